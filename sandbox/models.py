"""The models of the sandbox: products, and documents and invitations of an organization."""

from django.db import models


class Product(models.Model):
    name = models.CharField(max_length=100)
    price = models.DecimalField(max_digits=8, decimal_places=2)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.name


class Document(models.Model):
    organization_id = models.CharField(max_length=64, db_index=True)
    title = models.CharField(max_length=100)
    text = models.TextField(blank=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.title


class Invitation(models.Model):
    organization_id = models.CharField(max_length=64, db_index=True)
    email = models.EmailField()
    invited_by = models.CharField(max_length=64)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.email
