"""System checks of users: of the authentication classes and of the project's user model."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db.models import NOT_PROVIDED, CharField, EmailField
from rest_framework.settings import api_settings

from ..conf import LogtoSettings
from ..permissions import OrgResourceScopes
from ..routes import all_permissions, all_routes, current_settings, scopes_of
from ..view_options import declared
from .authentication import LogtoUserAuthentication
from .installation import APP, is_installed

_SHORTEST_USERNAME = 22  # characters: "logto-" and 64 random bits


@register(Tags.urls)
def authentication_class_is_used(**_: Any) -> list[CheckMessage]:
    """W041: no view has users of the project."""
    has_admin = f"{APP}.backends.LogtoBackend" in settings.AUTHENTICATION_BACKENDS
    if not is_installed() or has_admin or any(True for _each in _used_classes()):
        return []
    return [
        Warning(
            f"{APP!r} is in INSTALLED_APPS, but no view uses LogtoUserAuthentication, so that "
            "request.user is no user of the project.",
            hint=f"Put {APP}.authentication.LogtoUserAuthentication into "
            "DEFAULT_AUTHENTICATION_CLASSES, in the place of LogtoJWTAuthentication.",
            id="drf_logto.W041",
        )
    ]


@register(Tags.models)
def user_can_be_created(**_: Any) -> list[CheckMessage]:
    """E042: the user model needs what ``new_user`` does not give it."""
    parsed = current_settings()
    makes_default = (one.new_user is LogtoUserAuthentication.new_user for one in _used_classes())
    is_needed = parsed is not None and parsed.create_users and is_installed() and any(makes_default)
    faults = list(_faults_of_model()) if is_needed else []
    if not faults:
        return []
    return [
        Error(
            f"LogtoUserAuthentication cannot create a user of {get_user_model()._meta.label}: "
            f"{', '.join(faults)}.",
            hint="Override new_user() in a subclass, or create no users: "
            "LOGTO['CREATE_USERS'] = False.",
            id="drf_logto.E042",
        )
    ]


@register(Tags.models)
def rights_can_be_given(**_: Any) -> list[CheckMessage]:
    """E043, W042 and W043: what the settings give cannot be given, or is given to too many."""
    parsed = current_settings()
    if parsed is None or not is_installed():
        return []
    return [*_check_fields(parsed), *_check_superuser(parsed), *_check_organizations(parsed)]


def _check_fields(parsed: LogtoSettings) -> Iterator[CheckMessage]:
    model: Any = get_user_model()
    known = {field.name for field in model._meta.get_fields()}
    needed = {
        "GROUPS": ("groups", parsed.groups),
        "STAFF_SCOPE": ("is_staff", parsed.staff_scope),
        "SUPERUSER_SCOPE": ("is_superuser", parsed.superuser_scope),
    }
    for key, (field, value) in needed.items():
        if value and field not in known:
            yield Error(
                f"LOGTO[{key!r}] is set, but {model._meta.label} has no field {field!r}.",
                hint="Derive the user model from PermissionsMixin or AbstractUser, or remove "
                f"{key}.",
                id="drf_logto.E043",
            )


def _check_superuser(parsed: LogtoSettings) -> Iterator[CheckMessage]:
    if parsed.superuser_scope is not None:
        yield Warning(
            f"LOGTO['SUPERUSER_SCOPE'] lets everyone who has {parsed.superuser_scope!r} in Logto "
            "do everything here.",
            hint="Give permissions to a group of GROUPS instead. Silence this where it is meant.",
            id="drf_logto.W042",
        )


def _check_organizations(parsed: LogtoSettings) -> Iterator[CheckMessage]:
    """W043: Logto puts the scopes of organization roles into tokens of no organization as well."""
    scopes = frozenset() if parsed.groups_claim else parsed.values_for_rights
    for route, permission in all_permissions():
        both = scopes & scopes_of(permission, route.view)
        if both and isinstance(permission, OrgResourceScopes):
            yield Warning(
                f"The scope {min(both)!r} gives rights of Django, and it opens {route.path!r} "
                "within an organization. Every organization role that has it gives those rights.",
                hint="Use another scope in GROUPS, STAFF_SCOPE or SUPERUSER_SCOPE.",
                id="drf_logto.W043",
            )


def _used_classes() -> Iterator[type[LogtoUserAuthentication]]:
    classes = list(api_settings.DEFAULT_AUTHENTICATION_CLASSES)
    for route in all_routes():
        of_view = declared(route.callback, "authentication_classes")
        classes += of_view if isinstance(of_view, (list, tuple)) else ()
    for one in dict.fromkeys(classes):
        if isinstance(one, type) and issubclass(one, LogtoUserAuthentication):
            yield one


def _faults_of_model() -> Iterator[str]:
    model: Any = get_user_model()
    for field in model._meta.concrete_fields:
        if field.name == model.USERNAME_FIELD:
            if not _takes_random_text(field):
                yield f"{field.name} takes no random text of {_SHORTEST_USERNAME} characters"
        elif field.name != "password" and _must_be_given(field):
            yield f"{field.name} must be given"


def _takes_random_text(field: Any) -> bool:
    is_text = isinstance(field, CharField) and not isinstance(field, EmailField)
    return is_text and (field.max_length or _SHORTEST_USERNAME) >= _SHORTEST_USERNAME


def _must_be_given(field: Any) -> bool:
    has_default = field.has_default() or field.db_default is not NOT_PROVIDED
    return not (field.null or field.blank or has_default or field.primary_key)
