"""Names and e-mail addresses of users, from what Logto tells this server of them."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, router, transaction

Profile = dict[str, str]
"""Values by field: ``first_name``, ``last_name`` and ``email``. What is not known is not there."""


def from_claims(claims: Mapping[str, Any]) -> Profile:
    """Return the profile in the claims of an ID token or a userinfo response.

    Args:
        claims: of a validated ID token, or of the userinfo endpoint (OpenID Connect Core §5.1). The
            e-mail address counts only if ``email_verified`` is true.
    """
    given, family, name = map(claims.get, ("given_name", "family_name", "name"))
    email = claims.get("email") if claims.get("email_verified") is True else None
    return _profile(given, family, name, email)


def from_user(user: Mapping[str, Any]) -> Profile:
    """Return the profile in a user of the Management API or of a webhook.

    Logto states of every ``primaryEmail`` that it is verified: it sets ``email_verified`` of ID
    tokens to true where there is one. Addresses elsewhere in the user do not count.

    Args:
        user: as the Management API gives it.
    """
    profile = user.get("profile")
    own = profile if isinstance(profile, dict) else {}
    return _profile(
        own.get("givenName"), own.get("familyName"), user.get("name"), user.get("primaryEmail")
    )


def fill(user: Any, profile: Profile) -> None:
    """Write what differs into the fields that the user model has.

    Names are cut to the length of their field. An address that is too long, or that another user
    has where it must be unique, is left out. The field of the username is never written, also where
    the username is an e-mail address: it is what somebody is found by.

    Args:
        user: a user of the project, saved.
        profile: what is known.
    """
    fields = {field.name: field for field in user._meta.concrete_fields}
    fields.pop(user.USERNAME_FIELD, None)
    email = user.get_email_field_name()
    changed: dict[str, str] = {}
    for name, value in profile.items():
        field = fields.get(email if name == "email" else name)
        longest = len(value) if field is None or field.max_length is None else field.max_length
        is_cut = name == "email" and len(value) > longest
        if field is not None and not is_cut and getattr(user, field.name) != value[:longest]:
            changed[field.name] = value[:longest]
    before = getattr(user, email, None)
    try:
        _save(user, changed)
    except IntegrityError:
        if changed.pop(email, None) is None:
            raise
        _save(user, {**changed, email: before})


def _save(user: Any, values: Mapping[str, Any]) -> None:
    if not values:
        return
    for name, value in values.items():
        setattr(user, name, value)
    with transaction.atomic(using=router.db_for_write(type(user))):
        user.save(update_fields=[*values])


def _profile(given: object, family: object, name: object, email: object) -> Profile:
    first, last, whole = map(_text, (given, family, name))
    if not first and not last:
        # Nobody knows where a name is to be split.
        first, last = whole, ""
    address = _address(email)
    known: Profile = {"first_name": first, "last_name": last} if first or last else {}
    return {**known, "email": address} if address else known


def _text(value: object) -> str:
    """Return a name without what does not print."""
    given = value[:1000] if isinstance(value, str) else ""
    return "".join(one for one in given if one.isprintable()).strip()


def _address(value: object) -> str:
    address = value if isinstance(value, str) and value.isprintable() else ""
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address
