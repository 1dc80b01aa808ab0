"""Requests to Logto's token endpoint and revocation endpoint, through Authlib's OAuth client."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.client import OAuth2Client

from ..conf import LogtoSettings
from ..exceptions import AuthorizationServerUnavailable
from ..verification.metadata import Metadata
from .exceptions import REFUSALS, GrantRefused
from .transport import BoundedSession

_LOGGED_ERROR = re.compile(r"[a-z_]{1,40}")  # matches error codes, and no token


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a token response (RFC 6749 §5.1)."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    id_token: str | None = field(repr=False)


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
        AuthorizationServerUnavailable: Logto cannot be reached, or refuses the application.
    """
    endpoint = metadata.back_channel("token_endpoint")
    client = oauth_client(settings)
    return _request(client.fetch_token, endpoint, grant_type="authorization_code", **parameters)


def refresh(
    settings: LogtoSettings, metadata: Metadata, refresh_token: str, parameters: Mapping[str, str]
) -> Tokens:
    """Return the tokens for a refresh token (RFC 6749 §6), and raise as ``exchange_code``."""
    endpoint = metadata.back_channel("token_endpoint")
    client = oauth_client(settings)
    return _request(client.refresh_token, endpoint, refresh_token=refresh_token, **parameters)


def revoke(settings: LogtoSettings, metadata: Metadata, refresh_token: str) -> None:
    """Revoke a refresh token (RFC 7009).

    Raises:
        AuthorizationServerUnavailable: there is no JSON in the answer, even if it means success.
    """
    endpoint = metadata.back_channel("revocation_endpoint")
    oauth_client(settings).revoke_token(endpoint, token=refresh_token)


def _request(send: Any, endpoint: str, **parameters: str) -> Tokens:
    try:
        response = send(endpoint, **parameters)
    except OAuth2Error as refused:
        error = str(refused.error)
    else:
        if not response.get("access_token"):
            raise AuthorizationServerUnavailable("the answer has no access token")
        return Tokens(
            response["access_token"],
            response.get("refresh_token") or None,
            response.get("id_token") or None,
        )
    if error in REFUSALS:
        raise GrantRefused(error)
    named = error if _LOGGED_ERROR.fullmatch(error) else "an unknown error"
    raise AuthorizationServerUnavailable(f"the token endpoint answered with {named}")
