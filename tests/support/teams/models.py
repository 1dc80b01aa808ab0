"""Rows that belong to an organization by themselves, by a relation, and by a relation's."""

from django.db import models

from drf_logto.tenancy import SlugMap

organizations = SlugMap("teams.Team", slug="slug", organization="organization_id")


class Team(models.Model):
    """Is an organization in Logto."""

    slug = models.CharField(max_length=30, unique=True)
    organization_id = models.CharField(max_length=21, db_index=True)

    def __str__(self) -> str:
        return self.slug


class Folder(models.Model):
    name = models.CharField(max_length=30)
    team = models.ForeignKey(Team, on_delete=models.CASCADE)

    def __str__(self) -> str:
        return self.name


class Page(models.Model):
    title = models.CharField(max_length=30)
    organization_id = models.CharField(max_length=21, db_index=True)
    folder = models.ForeignKey(Folder, on_delete=models.CASCADE)
    follows = models.ForeignKey("self", models.SET_NULL, null=True, related_name="followed_by")
    linked = models.ManyToManyField("self", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization_id", "title"], name="title")]

    def __str__(self) -> str:
        return self.title
