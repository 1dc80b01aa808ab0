"""The table of identities."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Creates the table."""

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LogtoIdentity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("issuer", models.CharField(max_length=255, verbose_name="issuer")),
                ("subject", models.CharField(max_length=200, verbose_name="subject")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("last_seen_at", models.DateTimeField(null=True, verbose_name="last seen at")),
                ("updated_at", models.DateTimeField(null=True, verbose_name="updated in Logto at")),
                (
                    "deactivated_at",
                    models.DateTimeField(null=True, verbose_name="deactivated by Logto at"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="logto_identities",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "Logto identity",
                "verbose_name_plural": "Logto identities",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("issuer", "subject"), name="drf_logto_users_identity_is_unique"
                    )
                ],
            },
        ),
    ]
