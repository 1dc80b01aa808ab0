"""HasScopes, InOrganization and OrgResourceScopes: one permission class for each token kind."""

from typing import ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.views import View as DjangoView

from ..auth_info import AuthInfo, TokenKind
from ..exceptions import (
    InsufficientScope,
    LogtoError,
    NoScopeDeclared,
    WrongOrganization,
    WrongTokenKind,
)
from ..scopes import RequiredScopes
from ..view_options import NOT_DECLARED, Request, View, named_organization, option
from .base import TokenPermission, require_no_list


class AccessTokenPermission(TokenPermission):
    """What the three permission classes share; not for use by itself.

    Usable as a class, which reads the view's ``required_scopes``, or as an instance, which holds
    its own. It reads ``request.auth`` alone. ``HasScopes`` says what the arguments mean.
    """

    kind: ClassVar[TokenKind]
    open_when_undeclared: ClassVar[bool] = False

    def __init__(self, *scopes: str, **by_action: str | list[str] | tuple[str, ...]) -> None:
        name = type(self).__name__
        require_no_list(name, "scope", scopes)
        try:
            always = RequiredScopes.declared(scopes)
            named = RequiredScopes.declared(by_action).by_action if by_action else None
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {error}") from None
        self.declared = RequiredScopes(always.always, named) if scopes or by_action else None

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.declared == other.declared

    def __hash__(self) -> int:
        return hash((type(self), self.declared))

    def __repr__(self) -> str:
        if self.declared is None:
            return f"{type(self).__name__}()"
        arguments = [repr(scope) for scope in self.declared.always]
        arguments += [f"{name}={list(scopes)}" for name, scopes in self.declared.by_action or ()]
        return f"{type(self).__name__}({', '.join(arguments)})"

    def refusal(self, request: Request, view: View) -> LogtoError | None:
        auth = getattr(request, "auth", None)
        if not isinstance(auth, AuthInfo):
            return WrongTokenKind(self.kind.value)
        if auth.kind is not self.kind:
            return WrongTokenKind(self.kind.value)
        if auth.organization_id is not None:
            named = named_organization(view, request)
            if named is not None and named != auth.organization_id:
                return WrongOrganization()
        required = self.scopes_for(request, view)
        if required is None:
            return NoScopeDeclared(type(self).__name__, _asked(request, view))
        if not set(required).issubset(auth.scopes):
            return InsufficientScope(required)
        return None

    def required_by(self, view: View, request: Request | None = None) -> RequiredScopes | None:
        if self.declared is not None:
            return self.declared
        value = option(view, "required_scopes", request)
        if value is not NOT_DECLARED and value is not None:
            return RequiredScopes.declared(value)
        return RequiredScopes() if self.open_when_undeclared else None

    def scopes_for(self, request: Request, view: View) -> tuple[str, ...] | None:
        try:
            declared = self.required_by(view, request)
        except ValueError:  # reported by a system check; closed until it is corrected
            return None
        if declared is None:
            return None
        method = _method(request)
        return declared.for_request(
            method,
            _action(view, method),
            is_metadata=method == "options" and _is_described_by_drf(view),
        )


class HasScopes(AccessTokenPermission):
    """Lets in tokens for a global API resource that hold the scopes.

    The class reads the view's ``required_scopes``, an instance holds its own. With no scope
    declared, here or there, it is closed.

    Args:
        scopes: required of every request.
        by_action: scopes required as well for a view action, a lower-case HTTP method, ``read``
            (GET, HEAD, OPTIONS) or ``write`` (the others); the first of these that is named
            counts, and what is not named is closed. HEAD follows GET. OPTIONS needs no scope where
            DRF itself answers it, unless ``metadata`` or ``options`` is named.

    Raises:
        ImproperlyConfigured: something is no scope (RFC 6749 §3.3).
    """

    kind = TokenKind.GLOBAL


class InOrganization(AccessTokenPermission):
    """Lets in organization tokens of the request's organization that hold the scopes.

    With no scope declared, membership is enough. The arguments are those of ``HasScopes``.
    """

    kind = TokenKind.ORGANIZATION
    open_when_undeclared = True


class OrgResourceScopes(AccessTokenPermission):
    """Lets in tokens for an API resource within the request's organization that hold the scopes.

    With no scope declared, here or as the view's ``required_scopes``, it is closed. The arguments
    are those of ``HasScopes``.
    """

    kind = TokenKind.ORGANIZATION_RESOURCE


def _method(request: Request) -> str:
    return str(getattr(request, "method", "")).lower()


def _action(view: View, method: str) -> str | None:
    """The view's action; while DRF describes the view, the one that ``method`` would be."""
    action = getattr(view, "action", None)
    if action == "metadata":
        described = action if method == "options" else None
        action = getattr(view, "action_map", {}).get(method, described)
    return action if isinstance(action, str) else None


def _asked(request: Request, view: View) -> str | None:
    """What a refusal may call the request: a name of the project's or of HTTP, never another."""
    method = _method(request)
    return _action(view, method) or (method if method in DjangoView.http_method_names else None)


def _is_described_by_drf(view: View) -> bool:
    """Whether OPTIONS is answered with DRF's metadata, not by code of the project."""
    # DRF's views import these very permissions where DEFAULT_PERMISSION_CLASSES names them.
    from rest_framework.views import APIView  # noqa: PLC0415

    # A router can set a handler of its own on the instance.
    handler = getattr(view, "options", None)
    return getattr(handler, "__func__", None) is APIView.options
