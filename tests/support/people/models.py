"""User models that differ from Django's."""

from django.contrib.auth.models import AbstractBaseUser
from django.db import models


class ByHandle(AbstractBaseUser):
    """Has another username, and nothing that must be given besides."""

    handle = models.CharField(max_length=30, unique=True)
    nickname = models.CharField(max_length=30, blank=True)
    joined_at = models.DateTimeField(auto_now_add=True)
    USERNAME_FIELD = "handle"


class ByEmail(AbstractBaseUser):
    """Is found by an e-mail address, and belongs to a team."""

    email = models.EmailField(unique=True)
    team = models.CharField(max_length=30)
    USERNAME_FIELD = "email"


class ByNumber(AbstractBaseUser):
    """Has a username that no text fits in."""

    number = models.IntegerField(unique=True)
    USERNAME_FIELD = "number"
