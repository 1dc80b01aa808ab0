"""LogtoIdentity: which subject of Logto is which user of the project."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy

__all__ = ["LogtoIdentity"]

LONGEST_ISSUER = 255
LONGEST_SUBJECT = 200


class LogtoIdentity(models.Model):
    """A subject at an issuer, and its user, who may have several.

    Attributes:
        created_at: when it was made, by the clock of this machine.
        last_seen_at: when it last sent a request, to the hour; None where it never did.
        updated_at: when Logto last changed what this application knows of it, by Logto's clock;
            None where it knows nothing.
        deactivated_at: when this application deactivated the user because Logto suspended or
            deleted this subject, by Logto's clock; None where it did not.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=gettext_lazy("user"),
        on_delete=models.CASCADE,
        related_name="logto_identities",
    )
    issuer = models.CharField(gettext_lazy("issuer"), max_length=LONGEST_ISSUER)
    subject = models.CharField(gettext_lazy("subject"), max_length=LONGEST_SUBJECT)
    created_at = models.DateTimeField(gettext_lazy("created at"))
    last_seen_at = models.DateTimeField(gettext_lazy("last seen at"), null=True)
    updated_at = models.DateTimeField(gettext_lazy("updated in Logto at"), null=True)
    deactivated_at = models.DateTimeField(gettext_lazy("deactivated by Logto at"), null=True)

    class Meta:
        verbose_name = gettext_lazy("Logto identity")
        verbose_name_plural = gettext_lazy("Logto identities")
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "subject"], name="drf_logto_users_identity_is_unique"
            )
        ]

    def __str__(self) -> str:
        return self.subject
