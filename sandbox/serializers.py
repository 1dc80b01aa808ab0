"""The serializers of the sandbox; a client never chooses the organization of a row."""

from rest_framework import serializers

from drf_logto.tenancy import CurrentOrganization

from .models import Document, Invitation, Product


class ProductSerializer(serializers.ModelSerializer[Product]):
    class Meta:
        model = Product
        fields = ("id", "name", "price")


class DocumentSerializer(serializers.ModelSerializer[Document]):
    organization = CurrentOrganization(source="organization_id")

    class Meta:
        model = Document
        fields = ("id", "organization", "organization_id", "title", "text")
        read_only_fields = ("organization_id",)


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    organization = CurrentOrganization(source="organization_id")

    class Meta:
        model = Invitation
        fields = ("id", "organization", "organization_id", "email", "invited_by")
        read_only_fields = ("organization_id", "invited_by")
