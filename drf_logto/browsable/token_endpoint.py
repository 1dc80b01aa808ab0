"""Authlib's OAuth client at Logto's token and revocation endpoints, with bounds on each request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.client import OAuth2Client

from ..conf import LogtoSettings
from ..exceptions import AuthorizationServerUnavailable
from ..verification.fetch import post_form
from ..verification.metadata import Metadata
from .error_responses import ErrorResponse
from .exceptions import APPLICATION_ERRORS, REFUSALS, ApplicationRefused, GrantRefused

_BAD_REQUEST = 400
# Strings only. Authlib would compute with others, such as expires_in, which may be any number.
_MEMBERS = ("access_token", "refresh_token", "id_token")


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a token response (RFC 6749 §5.1)."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    id_token: str | None = field(repr=False)


class TokenResponse:
    """A status and a JSON object, with the interface of Requests that Authlib reads."""

    def __init__(self, status: int, document: Mapping[str, str]) -> None:
        self.status_code = status
        self._document = document

    def json(self) -> dict[str, str]:
        """Return a copy of the JSON object."""
        return dict(self._document)


class BoundedSession:
    """Sends the forms of an OAuth client without redirects; ``timeout`` is in seconds."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout

    def post(
        self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: Any
    ) -> TokenResponse:
        """POST a form with the credentials that Authlib's ``auth`` adds to it."""
        url, prepared, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        status, document = post_form(url, self._timeout, headers=prepared, body=body)
        if not isinstance(document, dict):
            raise AuthorizationServerUnavailable("the answer is no JSON object")
        error, description = document.get("error"), document.get("error_description")
        if _is_text(error):  # Authlib would drop the status
            raise _refusal(ErrorResponse.parse(error, description, status))
        if status >= _BAD_REQUEST or "error" in document:
            raise AuthorizationServerUnavailable(f"HTTP status {status}")
        members = {name: document[name] for name in _MEMBERS if _is_text(document.get(name))}
        return TokenResponse(status, members)


def oauth_client(settings: LogtoSettings) -> Any:
    """Return Authlib's client for ``APP_ID``."""
    # client_secret_post, because clients and servers differ in how they encode HTTP Basic.
    method = "none" if settings.app_secret is None else "client_secret_post"
    return OAuth2Client(
        BoundedSession(settings.http_timeout),
        client_id=settings.app_id,
        client_secret=settings.app_secret,
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
        code_challenge_method="S256",
    )


def exchange_code(settings: LogtoSettings, metadata: Metadata, **parameters: str) -> Tokens:
    """Return the tokens for a code (RFC 6749 §4.1.3, RFC 7636 §4.5).

    Raises:
        GrantRefused: Logto does not issue them.
        ApplicationRefused: Logto refuses the application; it is an AuthorizationServerUnavailable.
        AuthorizationServerUnavailable: Logto cannot be reached.
    """
    send = oauth_client(settings).fetch_token
    return _request(send, metadata, grant_type="authorization_code", **parameters)


def refresh(
    settings: LogtoSettings, metadata: Metadata, refresh_token: str, parameters: Mapping[str, str]
) -> Tokens:
    """Return the tokens for a refresh token (RFC 6749 §6), and raise as ``exchange_code``."""
    send = oauth_client(settings).refresh_token
    return _request(send, metadata, refresh_token=refresh_token, **parameters)


def revoke(settings: LogtoSettings, metadata: Metadata, refresh_token: str) -> None:
    """Revoke a refresh token (RFC 7009).

    Raises:
        GrantRefused: Logto does not revoke it.
        AuthorizationServerUnavailable: there is no answer, or an empty one, which means success.
    """
    endpoint = metadata.back_channel("revocation_endpoint")
    oauth_client(settings).revoke_token(endpoint, token=refresh_token)


def _request(send: Any, metadata: Metadata, **parameters: str) -> Tokens:
    response = send(metadata.back_channel("token_endpoint"), **parameters)
    if not response.get("access_token"):
        raise AuthorizationServerUnavailable("the answer has no access token")
    return Tokens(
        response["access_token"],
        response.get("refresh_token") or None,
        response.get("id_token") or None,
    )


def _refusal(answer: ErrorResponse) -> Exception:
    if answer.code in REFUSALS:
        return GrantRefused(answer)
    if answer.code in APPLICATION_ERRORS:
        return ApplicationRefused(answer)
    return AuthorizationServerUnavailable(f"the token endpoint answered with {answer}")


def _is_text(value: object) -> bool:
    """Whether a value is printable ASCII, as RFC 6749 §A.7, §A.12 and §A.17 require."""
    return isinstance(value, str) and value.isascii() and value.isprintable()
