"""A client of Logto's Management API."""

import json
import math
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.core.exceptions import ImproperlyConfigured

from ..conf import LogtoSettings, get_settings
from ..exceptions import AuthorizationServerUnavailable, without_frames
from ..runtime import get_environment, get_metadata
from ..telemetry import quoted
from ..verification.fetch import MAX_BODY, REFUSALS

PAGE = 100
"""Objects that are asked for at once; Logto refuses more."""

_MAX_PAGES = 250
_SCOPE = "all"  # the only one of the Management API
_EARLY = 60  # seconds before its end, a token is replaced
_LONGEST = 86400  # seconds that a token is kept
_TOKEN = re.compile(r"[!-~]{1,16384}")
_UNAUTHORIZED, _BAD_REQUEST = 401, 400
_API_REFUSALS = (*REFUSALS, 404, 422)  # statuses under which the Management API says why

_WRONG_RESOURCE = (
    "Set LOGTO['MANAGEMENT_API_RESOURCE'] to the indicator of the Management API, as Logto's "
    "console lists it under API resources."
)
_NO_ROLE = (
    "Give the application LOGTO['MANAGEMENT_APP_ID'] a machine-to-machine role with the permission "
    "'all' of the Management API. LOGTO['MANAGEMENT_API_RESOURCE'] must not be another API."
)
_REMEDIES = {
    "invalid_client": "Check LOGTO['MANAGEMENT_APP_ID'] and LOGTO['MANAGEMENT_APP_SECRET'].",
    "invalid_target": _WRONG_RESOURCE,
    "invalid_request": "LOGTO['MANAGEMENT_APP_ID'] must be a machine-to-machine application.",
    "insufficient_scope": _NO_ROLE,
    "auth.forbidden": _NO_ROLE,
    "auth.unauthorized": _WRONG_RESOURCE,
}


class ManagementApiRefused(Exception):
    """Logto does not do what was asked.

    Attributes:
        code: Logto's code of the error, or the status where it gives none.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code

    def __str__(self) -> str:
        remedy = _REMEDIES.get(self.code, "")
        return f"The Management API refuses: {quoted(self.code)}. {remedy}".rstrip()


class ManagementApi:
    """The Management API of one Logto, asked as a machine: one request at a time.

    Args:
        settings: whose ``MANAGEMENT_APP_ID`` asks.
        now: the clock, in seconds since the epoch.

    Raises:
        ImproperlyConfigured: there is no machine to ask as.
    """

    def __init__(self, settings: LogtoSettings, now: Callable[[], float]) -> None:
        if settings.management_app_id is None or settings.management_app_secret is None:
            raise ImproperlyConfigured(
                "LOGTO['MANAGEMENT_APP_ID'] or LOGTO['MANAGEMENT_APP_SECRET'] is missing. The "
                "Management API needs a machine-to-machine application."
            )
        self._settings = settings
        self._now = now
        self._lock = threading.Lock()
        self._token = ""
        self._valid_until = -math.inf

    def get(self, path: str, *, max_body: int = MAX_BODY, **parameters: object) -> object:
        """Return the JSON value at a path.

        Args:
            path: as in Logto's documentation, such as ``/hooks``.
            max_body: the longest answer, in bytes.
            parameters: of the query.

        Raises:
            ManagementApiRefused: Logto answers with an error; its code says which.
            AuthorizationServerUnavailable: Logto cannot be reached, or answers nonsense.
        """
        return self._request("GET", f"{path}?{urlencode(parameters)}", None, max_body)

    def post(self, path: str, body: Mapping[str, object]) -> object:
        """Create what ``body`` describes; return the JSON value of the answer, None for a text.

        Raises:
            ManagementApiRefused: as ``get``.
            AuthorizationServerUnavailable: likewise. It may have been created all the same.
        """
        return self._request("POST", path, body)

    def patch(self, path: str, body: Mapping[str, object]) -> object:
        """Change what is at a path; result and exceptions are those of ``post``."""
        return self._request("PATCH", path, body)

    def get_list(
        self, path: str, *, max_body: int = MAX_BODY, **parameters: object
    ) -> list[dict[str, Any]]:
        """Return the list of objects at a path; arguments and exceptions are those of ``get``."""
        answer = self.get(path, max_body=max_body, **parameters)
        if not isinstance(answer, list) or not all(isinstance(one, dict) for one in answer):
            raise AuthorizationServerUnavailable("the Management API answers without a list")
        return answer

    def get_pages(
        self, path: str, *, max_body: int = MAX_BODY, **parameters: object
    ) -> Iterator[list[dict[str, Any]]]:
        """Return a list that is in pages; arguments and exceptions are those of ``get``."""
        for page in range(1, _MAX_PAGES + 1):
            paging = {"page": page, "page_size": PAGE}
            rows = self.get_list(path, max_body=max_body, **parameters, **paging)
            yield rows
            if len(rows) < PAGE:
                return
        raise AuthorizationServerUnavailable("the list does not end")

    def _request(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
        max_body: int = MAX_BODY,
    ) -> object:
        ask = partial(self._send, method, path, None if body is None else json.dumps(body))
        with self._lock:
            answer = self._try(partial(ask, max_body))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _try(self, ask: Callable[[], tuple[int, object]]) -> object:
        try:
            return self._ask(ask)
        except (AuthorizationServerUnavailable, ManagementApiRefused) as failure:
            return without_frames(failure)  # they hold the token or the secret

    def _ask(self, ask: Callable[[], tuple[int, object]]) -> object:
        status, document = ask()
        if status == _UNAUTHORIZED:  # as after a rotation of keys: it may be the token's fault
            self._valid_until = -math.inf
            status, document = ask()
        if status >= _BAD_REQUEST:
            raise ManagementApiRefused(_code(document, "code", status))
        return document

    def _send(self, method: str, path: str, body: str | None, max_body: int) -> tuple[int, object]:
        address = self._settings.internal_endpoint or self._settings.endpoint[0]
        headers = {"Authorization": f"Bearer {self._current_token()}"}
        return get_environment().exchange(
            method,
            f"{address}/api{path}",
            self._settings.http_timeout,
            headers=headers if body is None else {**headers, "Content-Type": "application/json"},
            body=body,
            accepted=_API_REFUSALS,
            max_body=max_body,
        )

    def _current_token(self) -> str:
        asked_at = self._now()
        # A clock that was set back must not keep an old token.
        if not 0 < self._valid_until - asked_at <= _LONGEST:
            self._token, lifetime = self._new_token()
            self._valid_until = asked_at + min(lifetime, _LONGEST) - _EARLY
        return self._token

    def _new_token(self) -> tuple[str, float]:
        """Return a token and its lifetime in seconds (RFC 6749 §4.4)."""
        settings = self._settings
        form = {
            "grant_type": "client_credentials",
            "client_id": settings.management_app_id,
            "client_secret": settings.management_app_secret,
            "resource": management_api_resource(settings),
            "scope": _SCOPE,
        }
        status, document = get_environment().exchange(
            "POST",
            get_metadata(waits=True).back_channel("token_endpoint"),
            settings.http_timeout,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode(form),
        )
        if status >= _BAD_REQUEST:
            raise ManagementApiRefused(_code(document, "error", status))
        token: Any = document if isinstance(document, dict) else {}
        access_token, lifetime = token.get("access_token"), token.get("expires_in")
        if not isinstance(access_token, str) or not _TOKEN.fullmatch(access_token):
            raise AuthorizationServerUnavailable("the token endpoint answers without a token")
        # Logto grants what the machine's roles have, and says nothing of the rest.
        if _SCOPE not in str(token.get("scope")).split():
            raise ManagementApiRefused("insufficient_scope")
        return access_token, lifetime if isinstance(lifetime, int) else 0


def management_api_resource(settings: LogtoSettings) -> str:
    """Return the resource indicator of the Management API.

    Logto Cloud names it after the tenant; other Logtos have one name, whatever their address.
    """
    hosts = [urlsplit(endpoint).hostname or "" for endpoint in settings.endpoint]
    cloud = next((host for host in hosts if host.endswith(".logto.app")), "default.logto.app")
    return settings.management_api_resource or f"https://{cloud}/api"


def management_api() -> ManagementApi:
    """Return a client for the settings as they are now.

    Raises:
        ImproperlyConfigured: the settings cannot work, or name no machine to ask as.
    """
    return ManagementApi(get_settings(), get_environment().now)


def _code(document: object, name: str, status: int) -> str:
    found = document.get(name) if isinstance(document, dict) else None
    return found if isinstance(found, str) else f"HTTP status {status}"
