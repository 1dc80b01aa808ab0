"""Authlib's OAuth client at Logto's token endpoint: a code or a refresh token in, tokens out."""

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

_LOGGED = re.compile(r"[a-z_]{1,40}")
"""What an error code is made of, and no token."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """An answer (RFC 6749 §5.1), as far as it is needed."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    id_token: str | None = field(repr=False)


def oauth_client(settings: LogtoSettings) -> Any:
    """Return Authlib's client for the application ``APP_ID``."""
    # In the form, where no character of a secret needs an encoding of its own.
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
    """Return what Logto gives for a code (§4.1.3, RFC 7636 §4.5).

    Raises:
        GrantRefused: Logto does not take it.
        AuthorizationServerUnavailable: Logto cannot be asked, or not by this application.
    """
    endpoint = metadata.back_channel("token_endpoint")
    client = oauth_client(settings)
    return _granted(client.fetch_token, endpoint, grant_type="authorization_code", **parameters)


def refresh(
    settings: LogtoSettings, metadata: Metadata, refresh_token: str, parameters: Mapping[str, str]
) -> Tokens:
    """Return what Logto gives for a refresh token (§6) and its own parameters.

    Raises:
        GrantRefused: Logto does not give it.
        AuthorizationServerUnavailable: Logto cannot be asked, or not by this application.
    """
    endpoint = metadata.back_channel("token_endpoint")
    client = oauth_client(settings)
    return _granted(client.refresh_token, endpoint, refresh_token=refresh_token, **parameters)


def revoke(settings: LogtoSettings, metadata: Metadata, refresh_token: str) -> None:
    """Let a refresh token be void (RFC 7009).

    Raises:
        AuthorizationServerUnavailable: there is no answer, or an empty one, which is a good one.
    """
    endpoint = metadata.back_channel("revocation_endpoint")
    oauth_client(settings).revoke_token(endpoint, token=refresh_token)


def _granted(ask: Any, endpoint: str, **parameters: str) -> Tokens:
    try:
        answer = ask(endpoint, **parameters)
    except OAuth2Error as refused:
        error = str(refused.error)
    else:
        return _tokens(answer)
    if error in REFUSALS:
        raise GrantRefused(error)
    named = error if _LOGGED.fullmatch(error) else "with an unknown error"
    raise AuthorizationServerUnavailable(f"it answers {named}")


def _tokens(answer: Mapping[str, str]) -> Tokens:
    if not answer.get("access_token"):
        raise AuthorizationServerUnavailable("the answer has no access token")
    return Tokens(
        answer["access_token"], answer.get("refresh_token") or None, answer.get("id_token") or None
    )
