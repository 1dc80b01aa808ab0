"""System checks of the authentication classes: that an access token is read, and read first."""

from collections.abc import Collection
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from ..authentication import LogtoJWTAuthentication
from ..routes import Route, guarded_routes
from ..view_options import declared


@register(Tags.urls)
def authentication_comes_first(**_: Any) -> list[CheckMessage]:
    """W002: DRF takes status and challenge of every 401 from the first authentication class."""
    lists: dict[str, Collection[Any]] = {"DEFAULT_AUTHENTICATION_CLASSES": _default()}
    for route in guarded_routes():
        classes = _authentication_classes(route)
        if classes is not None and not _is_default(classes):
            lists[f"authentication_classes of {route.path!r}"] = classes
    read = {where: [*map(_reads_access_tokens, classes)] for where, classes in lists.items()}
    return [
        Warning(
            f"LogtoJWTAuthentication is not the first of {where}.",
            hint="Put it first: DRF asks the first class alone for the challenge of a 401, and "
            "answers 403 where that class has none.",
            id="drf_logto.W002",
        )
        for where, each in read.items()
        if any(each) and not each[0]
    ]


@register(Tags.urls)
def access_tokens_are_authenticated(**_: Any) -> list[CheckMessage]:
    """E013: permissions of ours guard an API view that reads no access token."""
    by_default: list[str] = []
    found: list[CheckMessage] = []
    for route in guarded_routes():
        classes = _authentication_classes(route)
        if not route.permissions or classes is None or any(map(_reads_access_tokens, classes)):
            continue
        if _is_default(classes):
            by_default.append(route.path)
        else:
            found.append(_unauthenticated(f"authentication_classes of {route.path!r}", "there"))
    if by_default:
        first, *others = by_default
        users = f"{first!r} and {len(others)} more" if others else f"{first!r}"
        where = f"DEFAULT_AUTHENTICATION_CLASSES, used by {users},"
        found.append(_unauthenticated(where, "in REST_FRAMEWORK"))
    return found


def _unauthenticated(where: str, place: str) -> CheckMessage:
    return Error(
        f"{where} lacks LogtoJWTAuthentication, so that a valid access token is refused as if "
        "there were none.",
        hint=f"Name drf_logto.authentication.LogtoJWTAuthentication {place}, as the first class.",
        id="drf_logto.E013",
    )


def _authentication_classes(route: Route) -> Collection[Any] | None:
    """What authenticates requests of an API view, None where that is not known beforehand."""
    if declared(route.callback, "get_authenticators") is not APIView.get_authenticators:
        return None
    classes = declared(route.callback, "authentication_classes")
    return classes if isinstance(classes, Collection) else None


def _reads_access_tokens(authentication: Any) -> bool:
    """Whether an authentication class is, or may make, one that sets an AuthInfo."""
    return not isinstance(authentication, type) or issubclass(
        authentication, LogtoJWTAuthentication
    )


def _default() -> Collection[Any]:
    return api_settings.DEFAULT_AUTHENTICATION_CLASSES


def _is_default(classes: Collection[Any]) -> bool:
    return list(classes) == list(_default())
