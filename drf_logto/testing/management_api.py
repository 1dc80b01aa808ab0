"""Logto's Management API in the process of the test: it answers as a real one was recorded."""

import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from drf_logto import runtime
from drf_logto.conf import get_settings
from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.verification.fetch import MAX_BODY, REFUSALS

from .tenant import Call, Refusal, Row, Tenant

_SUCCESS, _DONE = 2, (201, 204)
_TOKEN_PATH = "/oidc/token"  # noqa: S105 - no password
_PAGE, _LARGEST_PAGE = 20, 100
_JSON, _TEXT = "application/json; charset=utf-8", "text/plain; charset=utf-8"
_ALWAYS, _IF_ASKED = True, False
"""Whether a list is in pages."""

Response = tuple[int, dict[str, str], str]


class ManagementApi:
    """Stands in for the Management API of the project's Logto, as a context manager.

    Inside, and inside ``Logto``, the package's own client asks it. Nothing uses the network; a
    server that answers over HTTP calls ``respond``.

    It has API resources, scopes, roles, organization permissions, organization roles, applications
    and webhooks. Everything else is 404. Lists have no order to rely on.

    Args:
        client_id: the machine that may ask, ``MANAGEMENT_APP_ID`` of the settings unless given.
        client_secret: its secret, ``MANAGEMENT_APP_SECRET`` of the settings unless given.
        resource: the resource indicator of the Management API, that of the settings unless given.
        now: the clock, in seconds since the epoch.
    """

    def __init__(
        self,
        client_id: str | None = None,
        client_secret: str | None = None,
        *,
        resource: str | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        # Every run of pytest imports this module, and few need the client.
        from drf_logto.outgoing.management_api import management_api_resource  # noqa: PLC0415

        self._indicator = resource or management_api_resource(get_settings())
        self.tenant = Tenant(now, self._indicator)
        self.requests: list[tuple[str, str]] = []
        self._client = (
            client_id or get_settings().management_app_id,
            client_secret or get_settings().management_app_secret,
        )
        self._tokens: dict[str, str] = {}
        self._lock = threading.RLock()
        self._writes = 0
        self._incidents: dict[int, tuple[Callable[[], object], Callable[[], object]]] = {}
        self._active: list[ExitStack] = []
        self._routes = _routes(self.tenant)

    def __enter__(self) -> "ManagementApi":
        active = ExitStack()
        environment = replace(runtime.get_environment(), exchange=self.exchange)
        active.enter_context(runtime.override(environment))
        self._active.append(active)
        return self

    def __exit__(self, *_: object) -> None:
        self._active.pop().close()

    # What a test does

    def create(self, path: str, **body: object) -> Any:
        """Create something, as the console does: ``create("/roles", name=…, description=…)``.

        What Logto chooses itself, ``id`` and ``signingKey``, may be given here.

        Returns:
            the JSON value of the answer.

        Raises:
            ValueError: the Management API refuses.
        """
        chosen: Row = {name: body.pop(name) for name in ("id", "signingKey") if name in body}
        with self._lock:
            self.tenant.chosen = chosen
            try:
                return self._answer("POST", path, body)[1]
            finally:
                self.tenant.chosen = {}

    def change(self, path: str, **body: object) -> Any:
        """Change something: ``change("/hooks/<id>", enabled=False)``; otherwise as ``create``."""
        return self._answer("PATCH", path, body)[1]

    def fail_write(self, number: int, *, is_done: bool = False) -> None:
        """Answer 500 to a write to come.

        Args:
            number: which one, from 1.
            is_done: whether it is done nevertheless.
        """
        self.at_write(number, **{"after" if is_done else "before": _fail})

    def at_write(
        self,
        number: int,
        *,
        before: Callable[[], object] = lambda: None,
        after: Callable[[], object] = lambda: None,
    ) -> None:
        """Call something while a write is at work.

        Args:
            number: which one of those to come, from 1.
            before: called after the checks and before it is done, as another request may come.
            after: called when it is done.
        """
        self._incidents[self._writes + number] = before, after

    # What a client sees

    def exchange(
        self,
        method: str,
        url: str,
        timeout: float,
        *,
        headers: Mapping[str, str],
        body: str | None = None,
        accepted: Collection[int] = REFUSALS,
        max_body: int = MAX_BODY,
    ) -> tuple[int, object]:
        """Answer as ``drf_logto.verification.fetch.exchange`` would."""
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        status, fields, text = self.respond(method, target, headers, body or "")
        if status // 100 != _SUCCESS and status not in accepted:
            raise AuthorizationServerUnavailable(f"HTTP status {status}")
        if len(text) > max_body:
            raise AuthorizationServerUnavailable(f"longer than {max_body} bytes")
        if fields["Content-Type"] != _JSON and status not in _DONE:
            raise AuthorizationServerUnavailable(f"HTTP status {status}, and no JSON")
        return status, json.loads(text) if fields["Content-Type"] == _JSON else None

    def respond(self, method: str, target: str, headers: Mapping[str, str], body: str) -> Response:
        """Answer a request: return status, headers and body.

        Args:
            method: of HTTP.
            target: path and query.
            headers: ``Authorization`` is read.
            body: JSON, or the form of a token request.
        """
        self.requests.append((method, target))
        path, _, query = target.partition("?")
        if path != _TOKEN_PATH and not path.startswith("/api/"):
            return 200, {"Content-Type": "text/html; charset=utf-8"}, "<!DOCTYPE html>"
        path = path.removeprefix("/api")
        fields: dict[str, str] = {}
        document: object
        try:
            if path == _TOKEN_PATH:
                status, document = 200, self._token(dict(parse_qsl(body)))
            else:
                self._check_token(headers.get("Authorization", ""))
                parameters = dict(parse_qsl(query))
                parsed = _parsed(body)
                status, document = self._answer(method, path, parsed, parameters, fields)
        except Refusal as refusal:
            status, document = refusal.status, refusal.body
        if document is None or isinstance(document, str):
            return status, {**fields, "Content-Type": _TEXT}, document or ""
        return status, {**fields, "Content-Type": _JSON}, json.dumps(document)

    def _token(self, form: Mapping[str, str]) -> Row:
        client, secret = self._client
        if form.get("client_id") != client:
            raise Refusal(400, "oidc.invalid_client", error="invalid_client")
        if form.get("client_secret") != secret:
            raise Refusal(401, "oidc.invalid_client", error="invalid_client")
        if form.get("resource") != self._indicator:
            raise Refusal(400, "oidc.invalid_target", error="invalid_target")
        token, scope = secrets.token_urlsafe(32), form.get("scope", "")
        self._tokens[token] = scope
        granted = {"scope": scope} if scope else {}
        return {"access_token": token, "expires_in": 3600, "token_type": "Bearer", **granted}

    def _check_token(self, header: str) -> None:
        scheme, _, token = header.partition(" ")
        if not header:
            raise Refusal(401, "auth.authorization_header_missing")
        if scheme != "Bearer":
            raise Refusal(401, "auth.authorization_token_type_not_supported", data={})
        if token not in self._tokens:
            raise Refusal(401, "auth.unauthorized", data={})
        if self._tokens[token] != "all":
            raise Refusal(403, "auth.forbidden")

    def _answer(
        self,
        method: str,
        path: str,
        body: Row,
        query: Mapping[str, str] | None = None,
        fields: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        query, fields = query or {}, {} if fields is None else fields
        found = [(route, match) for route in self._routes if (match := route[1].fullmatch(path))]
        if not found:
            raise _in_plain_text(404, "Not Found")
        for (one, _pattern, call, outcome), match in found:
            if one == method:
                request = Call(match.groups(), query, body)
                if method != "GET":
                    return outcome, self._write(call, request)
                with self._lock:
                    document = call(request)
                is_list = not isinstance(document, dict)
                return 200, _page(
                    path, list(document), query, fields, outcome
                ) if is_list else document
        raise _in_plain_text(405, "Method Not Allowed")

    def _write(self, call: Callable[[Call], Callable[[], object]], request: Call) -> object:
        with self._lock:
            store = call(request)
            self._writes += 1
            before, after = self._incidents.pop(self._writes, (lambda: None, lambda: None))
        before()
        with self._lock:
            done = store()
        after()
        return done


def _fail() -> None:
    raise Refusal(500, None)


def _in_plain_text(status: int, text: str) -> Refusal:
    refusal = Refusal(status, text)
    refusal.body = text
    return refusal


def _parsed(body: str) -> Row:
    try:
        parsed = json.loads(body or "{}")
    except ValueError as error:
        raise Refusal(400, None) from error
    return parsed if isinstance(parsed, dict) else {}


def _page(
    path: str, rows: list[Row], query: Mapping[str, str], fields: dict[str, str], is_paged: int
) -> list[Row]:
    if not is_paged and not {"page", "page_size"}.intersection(query):
        return rows
    asked = query.get("page", "1"), query.get("page_size", str(_PAGE))
    if not all(re.fullmatch("[1-9][0-9]{0,4}", one) for one in asked):
        raise Refusal(400, "guard.invalid_pagination")
    page, size = map(int, asked)
    if size > _LARGEST_PAGE:
        raise Refusal(400, "guard.invalid_pagination")
    pages = {"first": 1, "last": max(1, -(-len(rows) // size))}
    pages |= {"next": page + 1} if page < pages["last"] else {}
    # Logto forgets the prefix /api, so these lead nowhere.
    links = {name: urlencode({**query, "page": number}) for name, number in pages.items()}
    fields["Link"] = ", ".join(f'<{path}?{one}>; rel="{name}"' for name, one in links.items())
    fields["Total-Number"] = str(len(rows))
    return rows[(page - 1) * size : page * size]


_Route = tuple[str, re.Pattern[str], Callable[[Call], Any], int]


def _routes(tenant: Tenant) -> list[_Route]:
    """Method, path, what answers, and the status of a write or whether a list is in pages."""
    table: Iterable[tuple[str, Callable[[Call], Any], int]] = (
        ("GET /resources", tenant.resources, _IF_ASKED),
        ("POST /resources", tenant.create_resource, 201),
        ("GET /resources/*", tenant.one("resources"), _IF_ASKED),
        ("PATCH /resources/*", tenant.change_resource, 200),
        ("GET /resources/*/scopes", tenant.scopes, _ALWAYS),
        ("POST /resources/*/scopes", tenant.create_scope, 201),
        ("GET /roles", tenant.roles, _ALWAYS),
        ("POST /roles", tenant.create_role, 200),
        ("GET /roles/*", tenant.one("roles"), _IF_ASKED),
        ("GET /roles/*/scopes", tenant.scopes_of_role, _IF_ASKED),
        ("POST /roles/*/scopes", tenant.assign_scopes, 201),
        ("GET /organization-scopes", tenant.organization_scopes, _IF_ASKED),
        ("POST /organization-scopes", tenant.create_organization_scope, 201),
        ("GET /organization-roles", tenant.organization_roles, _ALWAYS),
        ("POST /organization-roles", tenant.create_organization_role, 201),
        ("GET /organization-roles/*", tenant.one("organization-roles"), _IF_ASKED),
        ("GET /organization-roles/*/scopes", tenant.permissions_of_role, _IF_ASKED),
        ("POST /organization-roles/*/scopes", tenant.assign_permissions, 201),
        ("GET /organization-roles/*/resource-scopes", tenant.api_scopes_of_role, _IF_ASKED),
        ("POST /organization-roles/*/resource-scopes", tenant.assign_api_scopes, 201),
        ("GET /applications", tenant.applications, _IF_ASKED),
        ("POST /applications", tenant.create_application, 200),
        ("GET /applications/*", tenant.application, _IF_ASKED),
        ("PATCH /applications/*", tenant.change_application, 200),
        ("GET /applications/*/user-consent-scopes", tenant.consent, _IF_ASKED),
        ("POST /applications/*/user-consent-scopes", tenant.add_consent, 201),
        ("GET /hooks", tenant.hooks, _IF_ASKED),
        ("POST /hooks", tenant.create_hook, 201),
        ("GET /hooks/*", tenant.hook, _IF_ASKED),
        ("PATCH /hooks/*", tenant.change_hook, 200),
        ("DELETE /hooks/*", tenant.delete_hook, 204),
        ("GET /hooks/*/recent-logs", tenant.hook_log, _ALWAYS),
    )
    return [_route(*row) for row in table]


def _route(name: str, call: Callable[[Call], Any], outcome: int) -> _Route:
    method, path = name.split(" ")
    return method, re.compile(path.replace("*", "([^/]+)")), call, outcome
