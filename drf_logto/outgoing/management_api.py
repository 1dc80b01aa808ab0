"""A client of Logto's Management API."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.core.exceptions import ImproperlyConfigured

from ..conf import LogtoSettings, get_settings
from ..exceptions import AuthorizationServerUnavailable, without_frames
from ..runtime import get_environment
from ..telemetry import quoted
from ..verification.fetch import MAX_BODY, REFUSALS
from .client_credentials import Application, MachineTokenRefused, TokenRequest, error_code
from .machine_tokens import machine_tokens

PAGE = 100
"""Objects that are asked for at once; Logto refuses more."""

_MAX_PAGES = 250
_SCOPE = "all"  # the only one of the Management API
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

    Raises:
        ImproperlyConfigured: there is no machine to ask as.
    """

    def __init__(self, settings: LogtoSettings) -> None:
        if settings.management_app_id is None or settings.management_app_secret is None:
            raise ImproperlyConfigured(
                "LOGTO['MANAGEMENT_APP_ID'] or LOGTO['MANAGEMENT_APP_SECRET'] is missing. Set "
                "them to the ID and the secret of a machine-to-machine application with the role "
                "'Logto Management API access'."
            )
        self._settings = settings
        self._tokens = machine_tokens()
        # Whoever has its token can do everything, so it stays in this process.
        self._application = Application(
            name="MANAGEMENT",
            id=settings.management_app_id,
            secret=settings.management_app_secret,
            is_shared=False,
        )
        resource = management_api_resource(settings)
        self._token_request = TokenRequest.of(resource, None, _SCOPE)
        self._lock = threading.Lock()

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

    def _try(self, ask: Callable[[str], tuple[int, object]]) -> object:
        try:
            return self._ask(ask)
        except (AuthorizationServerUnavailable, ManagementApiRefused) as failure:
            return without_frames(failure)  # they hold the token or the secret

    def _ask(self, ask: Callable[[str], tuple[int, object]]) -> object:
        token = self._token()
        status, document = ask(token)
        # As after a rotation of keys: it may be the token's fault.
        if status == _UNAUTHORIZED and self._tokens.drop(token):
            status, document = ask(self._token())
        if status >= _BAD_REQUEST:
            code = document.get("code") if isinstance(document, dict) else None
            raise ManagementApiRefused(error_code(code, status))
        return document

    def _send(
        self, method: str, path: str, body: str | None, max_body: int, token: str
    ) -> tuple[int, object]:
        address = self._settings.internal_endpoint or self._settings.endpoint[0]
        headers = {"Authorization": f"Bearer {token}"}
        return get_environment().exchange(
            method,
            f"{address}/api{path}",
            self._settings.http_timeout,
            headers=headers if body is None else {**headers, "Content-Type": "application/json"},
            body=body,
            accepted=_API_REFUSALS,
            max_body=max_body,
        )

    def _token(self) -> str:
        try:
            return self._tokens.get(self._application, self._token_request).value
        except MachineTokenRefused as refused:
            raise ManagementApiRefused(refused.code) from refused


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
    return ManagementApi(get_settings())
