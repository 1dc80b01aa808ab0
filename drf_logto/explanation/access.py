"""Explains whether a token opens an operation, by asking the view's own permissions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any
from urllib.parse import unquote

from django.urls import Resolver404, get_script_prefix, resolve
from rest_framework.settings import api_settings

from ..authentication import LogtoJWTAuthentication, for_view
from ..exceptions import LogtoError, gettext_noop
from ..operations import Operation, RequestIsNotKnown, operations_of, view_of
from ..organization_sources.base import django_request
from ..plain_views import default_class
from ..routes import all_routes
from ..view_options import organization_source
from .answers import Access, Answer, ask, keywords_of, not_decided
from .tokens import Refusal, TokenExplanation
from .users import UserExplanation, explain_user

_NOT_GUARDED = gettext_noop("No permission of REST Framework and no access token guards this view.")
_RAISES = gettext_noop("It is not decided outside of a request: the view raises %(fault)s.")
_ASKS = gettext_noop(
    "It is not decided outside of a request: the view reads more of it than method, path and user."
)
_ORGANIZATION = gettext_noop(
    "It depends on the organization that the request names: %(source)s. Give a path."
)


@dataclass(frozen=True, slots=True)
class AccessExplanation:
    """Whether a token opens an operation.

    Attributes:
        method: the HTTP method.
        path: that of the request, or of the route with its keywords in braces.
        access: whether it does.
        refusal: what requests are refused with, None where they are not or that is not known.
        sentence: what else there is to say, "" where there is nothing.
    """

    method: str
    path: str
    access: Access
    refusal: Refusal | None = None
    sentence: str = ""


def in_short(found: Iterable[AccessExplanation]) -> Iterator[AccessExplanation]:
    """Yield one explanation for methods that have the same one."""
    for same, group in groupby(found, key=lambda one: replace(one, method="")):
        yield replace(same, method=", ".join(one.method for one in group))


@dataclass(frozen=True, slots=True)
class Target:
    """Operations that a path leads to, and the keywords that stand in it."""

    path: str
    path_info: str
    operations: tuple[Operation, ...]
    keywords: Mapping[str, Any]


def find_target(path: str) -> Target | None:
    """Return what the path of an address leads to, None where no route has it."""
    decoded, prefix = unquote(path), get_script_prefix()
    path_info = f"/{decoded.removeprefix(prefix)}" if decoded.startswith(prefix) else decoded
    try:
        match = resolve(path_info)
    except Resolver404:
        return None
    routes = [one for one in all_routes() if one.callback is match.func]
    # One callback may have several routes. Django leaves out a ^ where it joins patterns.
    named = match.route.replace("^", "")
    route = next((one for one in routes if one.path.replace("^", "") == named), routes[0])
    return Target(decoded, path_info, tuple(operations_of(route)), match.kwargs)


class AccessExplainer:
    """Says whether a token opens operations, in the language of the request.

    Permissions are asked once, and may ask no database: what they say of objects and of rows is not
    decided. Each authentication class is asked once for the user.

    Args:
        token: the token.
    """

    def __init__(self, token: TokenExplanation) -> None:
        self._token = token
        self._users: dict[type, UserExplanation] = {}

    def user_at(self, target: Target | None) -> UserExplanation | None:
        """Return the user of the token at a path or, without one, where nothing else is declared.

        None where the token is refused, or is not read there.
        """
        views = [one.view for one in target.operations if one.view] if target else []
        authentication = _authentication(views[0]) if views else default_class()()
        return self._user_of(authentication) if authentication else None

    def _user_of(self, authentication: LogtoJWTAuthentication) -> UserExplanation | None:
        auth, kind = self._token.auth, type(authentication)
        if auth is None:
            return None
        if kind not in self._users:
            self._users[kind] = explain_user(authentication, auth)
        return self._users[kind]

    def explain(self, operation: Operation, target: Target | None = None) -> AccessExplanation:
        """Return whether the token opens an operation.

        Without a path, the organization that a keyword of the route names is that of the token.

        Args:
            operation: the operation.
            target: the path, None for the route as such.
        """
        path = target.path if target else operation.path
        try:
            answer = self._answer(operation, target)
        except RequestIsNotKnown:
            answer = not_decided(_ASKS)
        except Exception as fault:  # noqa: BLE001 - the project's own
            answer = not_decided(_RAISES, fault=type(fault).__name__)
        return AccessExplanation(operation.method, path, *answer)

    def _answer(self, operation: Operation, target: Target | None) -> Answer:
        if not operation.is_protected:
            return not_decided(_NOT_GUARDED)
        keywords = target.keywords if target else {}
        view = view_of(operation.route, operation.method, operation.action, keywords)
        asked = django_request(view.request)
        if target is not None:
            asked.path, asked.path_info = target.path, target.path_info
        source = organization_source(view, view.request)
        if source is not None and not source.keywords and not source.runs_project_code:
            asked.META = {}  # the organization of a header or a host is taken to be the token's
        authentication = _authentication(view)
        if authentication is None:
            view.request.user, view.request.auth = _anonymous(), None
        elif (answer := self._authenticate(authentication, view)) is not None:
            return answer
        elif target is None and not _assume_organization(operation, view):
            return not_decided(_ORGANIZATION, source=operation.organization)
        return ask(operation, view)

    def _authenticate(self, authentication: LogtoJWTAuthentication, view: Any) -> Answer | None:
        """Give the request its user; return the answer where that is none."""
        user, auth = self._user_of(authentication), self._token.auth
        refusal = self._token.refusal
        if auth is not None and user is not None:
            narrowed = for_view(auth, view, view.request)
            refusal = narrowed if isinstance(narrowed, LogtoError) else user.refusal
        if refusal is not None:
            return Access.REFUSED, Refusal.of(refusal), ""
        if user is None or user.user is None:
            return Access.NOT_DECIDED, None, user.sentence if user else ""
        view.request.user, view.request.auth = user.user, auth
        return None


def _authentication(view: Any) -> LogtoJWTAuthentication | None:
    """Return what reads access tokens; plain views have it from the settings."""
    if not hasattr(view, "get_authenticators"):
        return default_class()()
    own = (one for one in view.get_authenticators() if isinstance(one, LogtoJWTAuthentication))
    return next(own, None)


def _anonymous() -> Any:
    made_of: Any = api_settings.UNAUTHENTICATED_USER
    return made_of and made_of()


def _assume_organization(operation: Operation, view: Any) -> bool:
    """Put the token's organization into the keywords; return whether that can be done."""
    source = organization_source(view, view.request)
    if source is None or not operation.organization:
        return True
    named = set(source.keywords or ()) & keywords_of(operation)
    view.kwargs.update(dict.fromkeys(named, view.request.auth.organization_id or "organization"))
    return not source.runs_project_code
