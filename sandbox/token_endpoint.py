"""The token endpoint of Logto for `client_credentials` (RFC 6749 §4.4), on the tenant's data."""

import base64
from collections.abc import Collection
from hmac import compare_digest
from http import HTTPStatus
from urllib.parse import parse_qs, unquote_plus

from drf_logto.testing import ABSENT, Logto

from .tenant import CLIENTS, Client

Form = dict[str, list[str]]

_LIFETIME = 3600
_MAX_FIELDS = 50


class Refused(Exception):
    """Why no token is issued (RFC 6749 §5.2)."""

    def __init__(self, status: HTTPStatus, error: str, description: str) -> None:
        self.status = status
        self.error = error
        self.description = description
        super().__init__(description)

    def to_dict(self) -> dict[str, object]:
        """Return the body of the answer, as Logto writes it."""
        return {
            "code": f"oidc.{self.error}",
            "error": self.error,
            "error_description": self.description,
        }


def issue_token(logto: Logto, authorization: str, body: bytes) -> dict[str, object]:
    """Return the answer to a token request.

    Args:
        logto: signs the token.
        authorization: the Authorization header, ``""`` where there is none.
        body: the form as it was sent.

    Raises:
        Refused: the request gets no token.
    """
    form = _parse(body)
    client = _authenticate(authorization, form)
    if "grant_type" not in form:
        raise _invalid_request("missing required parameter(s) 'grant_type'")
    if form["grant_type"] != ["client_credentials"]:
        raise Refused(
            HTTPStatus.BAD_REQUEST, "unsupported_grant_type", "unsupported grant_type requested"
        )
    return _grant(logto, client, form)


def _invalid_request(description: str) -> Refused:
    return Refused(HTTPStatus.BAD_REQUEST, "invalid_request", description)


def _invalid_target(description: str) -> Refused:
    return Refused(HTTPStatus.BAD_REQUEST, "invalid_target", description)


def _parse(body: bytes) -> Form:
    try:
        form = parse_qs(body.decode(errors="replace"), max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise _invalid_request("too many parameters") from None
    for name, values in form.items():
        if len(values) > 1 and name != "resource":
            raise _invalid_request(f"{name!r} parameter must not be provided twice")
    return form


def _authenticate(authorization: str, form: Form) -> Client:
    client_id, secret = _credentials(authorization, form)
    client = CLIENTS.get(client_id)
    if client is None or not compare_digest(client.secret.encode(), secret.encode()):
        raise Refused(HTTPStatus.UNAUTHORIZED, "invalid_client", "client authentication failed")
    return client


def _credentials(authorization: str, form: Form) -> tuple[str, str]:
    """Read client_secret_basic or client_secret_post (RFC 6749 §2.3.1)."""
    if not authorization:
        if "client_id" not in form:
            raise _invalid_request("no client authentication mechanism provided")
        return form["client_id"][0], form.get("client_secret", [""])[0]
    if "client_secret" in form:
        raise _invalid_request("client authentication must only be provided using one mechanism")
    scheme, _, encoded = authorization.partition(" ")
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        decoded = ""
    client_id, colon, secret = decoded.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise _invalid_request("invalid authorization header value format")
    return unquote_plus(client_id), unquote_plus(secret)


def _grant(logto: Logto, client: Client, form: Form) -> dict[str, object]:
    organization_id = _organization(client, form)
    resource = _resource(logto, form)
    if resource is None:
        if organization_id is None:
            raise _invalid_target("both `resource` and `organization_id` are not provided")
        scopes = _cut_down(form, client.permissions_in(organization_id))
        token = logto.organization_token(organization_id, scopes, machine=client.id)
        return _answer(token, {"scope": " ".join(scopes)})
    if organization_id is None:
        scopes = _cut_down(form, client.scopes())
        token = logto.global_token(scopes, machine=client.id, claims=_no_empty_scope(scopes))
    else:
        scopes = _cut_down(form, client.scopes_within(organization_id))
        token = logto.organization_resource_token(
            organization_id, scopes, machine=client.id, claims=_no_empty_scope(scopes)
        )
    return _answer(token, {"scope": " ".join(scopes)} if scopes else {})


def _organization(client: Client, form: Form) -> str | None:
    for organization_id in form.get("organization_id", []):
        if organization_id not in client.memberships:
            raise Refused(
                HTTPStatus.FORBIDDEN,
                "access_denied",
                "app has not associated with the organization",
            )
        return organization_id
    return None


def _resource(logto: Logto, form: Form) -> str | None:
    resources = set(form.get("resource", []))
    if len(resources) > 1:
        raise _invalid_target(
            "only a single resource indicator value is supported for this grant type"
        )
    if not resources <= {logto.api_resource}:
        raise _invalid_target("resource indicator is missing, or unknown")
    return next(iter(resources), None)


def _cut_down(form: Form, granted: Collection[str]) -> list[str]:
    """Return the requested scopes that are granted; Logto drops the others without a word."""
    requested = dict.fromkeys(form.get("scope", [""])[0].split(" "))
    return [scope for scope in requested if scope in granted]


def _no_empty_scope(scopes: list[str]) -> dict[str, object]:
    return {} if scopes else {"scope": ABSENT}


def _answer(token: str, scope: dict[str, str]) -> dict[str, object]:
    return {"access_token": token, "expires_in": _LIFETIME, "token_type": "Bearer", **scope}
