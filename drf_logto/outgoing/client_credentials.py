"""Asks Logto for a machine's access token by client credentials (RFC 6749 §4.4)."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ImproperlyConfigured

from ..auth_info import ORGANIZATION_AUDIENCE_PREFIX, RESERVED_AUDIENCE
from ..conf import LogtoSettings
from ..exceptions import AuthorizationServerUnavailable
from ..runtime import get_environment, get_metadata
from ..scopes import RequiredScopes
from ..telemetry import quoted

_TOKEN = re.compile(r"[!-~]{1,16384}")
_CODE = re.compile(r"[!-~]{1,100}")
_VISIBLE = re.compile(r"[!-~]{1,1000}")
_BAD_REQUEST = 400
_LONGEST = 86400  # seconds that a token is kept, however long it lives
_YEAR = 366 * 86400  # seconds that it may live
_CLOCK_SKEW = 5  # seconds that the clocks of two machines may differ
_MARGIN = 30  # seconds before its end, in which a token is not sent any more
_EARLIEST = 600  # seconds before its end, in which a token is replaced, if a tenth is longer

_REMEDIES = {
    "invalid_client": "Check LOGTO['{name}_APP_ID'] and LOGTO['{name}_APP_SECRET'].",
    "invalid_request": "LOGTO['{name}_APP_ID'] must be a machine-to-machine application.",
    "invalid_target": "The resource must be the indicator of an API resource, exactly as it is "
    "registered in Logto.",
    "access_denied": "Add the application LOGTO['{name}_APP_ID'] to the organization.",
    "insufficient_scope": "Not granted: {missing}. Check that Logto has the permissions, and give "
    "them to the application LOGTO['{name}_APP_ID'] by a machine-to-machine role{where}.",
}


class MachineTokenRefused(Exception):
    """Logto issues no such token to the application.

    Attributes:
        code: the error code of the token endpoint (RFC 6749 §5.2), the status where it gives none,
            or ``insufficient_scope`` where a scope that was asked for is not granted.
        remedy: a sentence, or an empty string.
    """

    def __init__(self, code: str, remedy: str = "") -> None:
        super().__init__(code, remedy)
        self.code = code
        self.remedy = remedy

    def __str__(self) -> str:
        return f"Logto issues no access token: {quoted(self.code)}. {self.remedy}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A machine-to-machine application of Logto.

    Attributes:
        name: how its settings begin.
        is_shared: whether processes may share its tokens.
    """

    name: str
    id: str
    secret: str = field(repr=False)
    is_shared: bool


def machine_application(settings: LogtoSettings) -> Application:
    """Return the application whose tokens are for other APIs.

    Raises:
        ImproperlyConfigured: there is none.
    """
    if settings.machine_app_id is None or settings.machine_app_secret is None:
        raise ImproperlyConfigured(
            "LOGTO['MACHINE_APP_ID'] or LOGTO['MACHINE_APP_SECRET'] is missing. Set them to the "
            "ID and the secret of a machine-to-machine application."
        )
    return Application(
        name="MACHINE",
        id=settings.machine_app_id,
        secret=settings.machine_app_secret,
        is_shared=True,
    )


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """What a token is for; ``scopes`` is sorted."""

    resource: str | None
    organization: str | None
    scopes: tuple[str, ...]

    @classmethod
    def of(
        cls, resource: str | None, organization: str | None, scopes: str | Collection[str]
    ) -> "TokenRequest":
        """Return a request.

        Raises:
            ValueError: neither resource nor organization, a resource that no API may accept, or
                something that is no scope.
        """
        if resource is None and organization is None:
            raise ValueError("A machine token needs a resource, an organization, or both.")
        for name, value in {"resource": resource, "organization": organization}.items():
            if value is not None and not _VISIBLE.fullmatch(value):
                raise ValueError(f"The {name} is not one that Logto can have: {quoted(value)}.")
        if str(resource).startswith((RESERVED_AUDIENCE, ORGANIZATION_AUDIENCE_PREFIX)):
            raise ValueError("For an organization token, pass 'organization' without 'resource'.")
        required = RequiredScopes.declared(scopes).always
        return cls(resource, organization, tuple(sorted(set(required))))

    @property
    def form(self) -> dict[str, str]:
        """The parameters for the token endpoint."""
        form = {"resource": self.resource, "organization_id": self.organization}
        form["scope"] = " ".join(self.scopes)
        return {name: value for name, value in form.items() if value}


@dataclass(frozen=True, slots=True)
class MachineToken:
    """An access token; times in seconds since the epoch.

    Attributes:
        value: the token.
        scopes: what Logto granted of the scopes that were asked for.
        begins_at: when it was asked for.
        ends_at: when it ends.
    """

    value: str = field(repr=False)
    scopes: tuple[str, ...]
    begins_at: float
    ends_at: float

    @property
    def kept_until(self) -> float:
        """When it is forgotten."""
        return min(self.ends_at, self.begins_at + _LONGEST)

    def is_usable(self, now: float) -> bool:
        """Whether it can be sent; a clock that was set back must not keep an old token."""
        return self.begins_at - _CLOCK_SKEW <= now < self.kept_until - _MARGIN

    def is_fresh(self, now: float) -> bool:
        """Whether it need not be replaced yet."""
        early = min((self.kept_until - self.begins_at) / 10, _EARLIEST)
        return self.is_usable(now) and now < self.kept_until - early


def request_token(
    settings: LogtoSettings,
    application: Application,
    request: TokenRequest,
    now: Callable[[], float],
) -> MachineToken:
    """Return a new token.

    Raises:
        MachineTokenRefused: Logto does not issue it, or grants less than what was asked for.
        AuthorizationServerUnavailable: Logto cannot be reached, or answers nonsense.
    """
    asked_at = now()
    credentials = {"client_id": application.id, "client_secret": application.secret}
    form = {"grant_type": "client_credentials", **credentials, **request.form}
    status, document = get_environment().exchange(
        "POST",
        get_metadata(waits=True).back_channel("token_endpoint"),
        settings.http_timeout,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        body=urlencode(form),
    )
    answer: dict[str, Any] = document if isinstance(document, dict) else {}
    if status >= _BAD_REQUEST:
        code = error_code(answer.get("error"), status)
        raise MachineTokenRefused(code, _remedy(code, application, request))
    token, lifetime = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise AuthorizationServerUnavailable("the token endpoint answers without a token")
    # Logto grants what the machine's roles have, and says nothing of the rest.
    granted = str(answer.get("scope")).split()
    scopes = tuple(scope for scope in request.scopes if scope in granted)
    if scopes != request.scopes:
        code = "insufficient_scope"
        raise MachineTokenRefused(code, _remedy(code, application, request, scopes))
    seconds = min(lifetime, _YEAR) if isinstance(lifetime, int) else 0
    return MachineToken(token, scopes, asked_at, asked_at + seconds)


def error_code(value: object, status: int) -> str:
    """Return what Logto gives as the code of an error, or the status where it gives none."""
    return value if isinstance(value, str) and _CODE.fullmatch(value) else f"HTTP status {status}"


def _remedy(
    code: str, application: Application, request: TokenRequest, granted: Collection[str] = ()
) -> str:
    missing = ", ".join(quoted(scope) for scope in request.scopes if scope not in granted)
    where = " of the organization" if request.organization else ""
    return _REMEDIES.get(code, "").format(name=application.name, missing=missing, where=where)
