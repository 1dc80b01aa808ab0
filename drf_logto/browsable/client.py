"""The OpenID Connect client of the browsable API: Authlib's, for the application ``APP_ID``."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from authlib.common.security import generate_token
from authlib.common.urls import add_params_to_uri
from django.core.exceptions import ImproperlyConfigured

from ..auth_info import RESERVED_AUDIENCE
from ..conf import get_settings
from ..exceptions import AuthorizationServerUnavailable
from ..routes import all_scopes
from ..runtime import get_environment, get_metadata, get_verifier
from ..verification.fetch import fetch_json
from ..verification.metadata import ISSUER_PATH, Metadata
from .contexts import Context, Person, contexts_of
from .exceptions import (
    AccessDenied,
    AnswerNotTrusted,
    GrantRefused,
    NoRefreshToken,
    SignInRefused,
    WrongIssuer,
)
from .id_token import validated_claims
from .pending import Pending, code_verifier
from .sign_in_store import SignIn
from .token_endpoint import Tokens, exchange_code, oauth_client, refresh, revoke

_CODE = re.compile(r"[ -~]{1,2000}")
"""RFC 6749 §A.11. Logto may fail over anything else, and would be left alone for a while."""

IDENTITY_SCOPES = ("openid", "profile", "offline_access", "urn:logto:scope:organizations")


class LogtoClient:
    """What the application asks of Logto, at the first ``ENDPOINT``.

    Raises:
        ImproperlyConfigured: the settings cannot work, or name no application.
    """

    def __init__(self) -> None:
        self._settings = get_settings()
        self._environment = get_environment()
        if self._settings.app_id is None:
            raise ImproperlyConfigured("LOGTO['APP_ID'] is missing: nobody can sign in without it.")
        self._issuer = f"{self._settings.endpoint[0]}{ISSUER_PATH}"

    def begin(self, redirect_uri: str, next_path: str) -> tuple[str, Pending]:
        """Return the address that a browser signs in at, and what to remember until it is back.

        Raises:
            AuthorizationServerUnavailable: Logto does not say where that is.
        """
        pending = Pending(
            state=generate_token(43),
            nonce=generate_token(43),
            redirect_uri=redirect_uri,
            next=next_path,
            begun_at=self._environment.now(),
        )
        address, _state = oauth_client(self._settings).create_authorization_url(
            get_metadata(waits=False).front_channel("authorization_endpoint"),
            state=pending.state,
            nonce=pending.nonce,
            code_verifier=code_verifier(pending.state),
            redirect_uri=redirect_uri,
            scope=[*IDENTITY_SCOPES, *sorted(all_scopes().difference(IDENTITY_SCOPES))],
            # Logto grants permissions of organizations with this one; no token is asked for it.
            resource=[*self._settings.api_resource, RESERVED_AUDIENCE],
            prompt="consent",  # there is no refresh token without
        )
        return str(address), pending

    def complete(self, pending: Pending, code_verifier: str, answer: Mapping[str, str]) -> SignIn:
        """Return the sign-in that a browser came back from.

        Args:
            pending: what was remembered of it.
            code_verifier: the one of its code challenge.
            answer: the parameters that the browser brought (RFC 6749 §4.1.2).

        Raises:
            WrongIssuer: the answer is that of another issuer.
            AnswerNotTrusted: an ID token that is not valid for this sign-in.
            AccessDenied: the person or Logto said no.
            SignInRefused: any other error, or a code that Logto does not take.
            NoRefreshToken: no access token can be had.
            AuthorizationServerUnavailable: Logto cannot be asked.
        """
        metadata = get_metadata(waits=True)
        self._require_issuer(metadata, answer)
        if "error" in answer:
            raise AccessDenied if answer["error"] == "access_denied" else SignInRefused
        if not _CODE.fullmatch(answer.get("code", "")):
            raise SignInRefused
        try:
            tokens = exchange_code(
                self._settings,
                metadata,
                code=answer["code"],
                code_verifier=code_verifier,
                redirect_uri=pending.redirect_uri,
            )
        except GrantRefused:
            raise SignInRefused from None
        return self._signed_in(metadata, tokens, pending.nonce)

    def renew(self, sign_in: SignIn, context: Context) -> SignIn:
        """Return the sign-in with a new access token for a context.

        Raises:
            GrantRefused: Logto does not give it.
            AuthorizationServerUnavailable: Logto cannot be asked.
        """
        metadata = get_metadata(waits=True)
        tokens = refresh(self._settings, metadata, sign_in.refresh_token, context.parameters)
        return replace(
            sign_in,
            refresh_token=tokens.refresh_token or sign_in.refresh_token,
            tokens={**sign_in.tokens, context.id: tokens.access_token},
        )

    def end(self, sign_in: SignIn | None, post_logout_redirect_uri: str) -> str:
        """Revoke the refresh token, and return where a browser ends its session with Logto.

        The application is named there, not hinted at by an ID token: that would be a token in an
        address.

        Raises:
            AuthorizationServerUnavailable: Logto does not say where that is.
        """
        metadata = get_metadata(waits=sign_in is not None)
        if sign_in is not None:
            self.revoke(sign_in)
        parameters = [
            ("client_id", self._settings.app_id),
            ("post_logout_redirect_uri", post_logout_redirect_uri),
        ]
        return str(add_params_to_uri(metadata.front_channel("end_session_endpoint"), parameters))

    def revoke(self, sign_in: SignIn) -> None:
        """Let Logto void the refresh token of a sign-in, if it can be asked."""
        # Whatever comes of it, there is nothing more to do here; a good answer is empty.
        with suppress(AuthorizationServerUnavailable):
            revoke(self._settings, get_metadata(waits=True), sign_in.refresh_token)

    def _signed_in(self, metadata: Metadata, tokens: Tokens, nonce: str) -> SignIn:
        if tokens.id_token is None:
            raise AnswerNotTrusted
        claims = validated_claims(
            tokens.id_token,
            verifier=get_verifier(),
            issuer=self._issuer,
            client_id=str(self._settings.app_id),
            nonce=nonce,
            access_token=tokens.access_token,
            now=self._environment.now(),
            leeway=self._settings.leeway,
        )
        if tokens.refresh_token is None:
            raise NoRefreshToken
        person = Person.from_claims(claims, self._userinfo(metadata, tokens, claims["sub"]))
        first = contexts_of(person, self._settings.api_resource)[0]
        return SignIn(person=person, refresh_token=tokens.refresh_token, chosen=first.id)

    def _userinfo(self, metadata: Metadata, tokens: Tokens, sub: str) -> dict[str, Any]:
        """Return what Logto tells of the person besides, ``{}`` if it does not: names, no more."""
        try:
            told = fetch_json(
                metadata.back_channel("userinfo_endpoint"),
                self._settings.http_timeout,
                headers={"Authorization": f"Bearer {tokens.access_token}"},
            )
        except AuthorizationServerUnavailable:
            return {}
        # OpenID Connect Core §5.3.2
        return told if isinstance(told, dict) and told.get("sub") == sub else {}

    def _require_issuer(self, metadata: Metadata, answer: Mapping[str, str]) -> None:
        """RFC 9207 §2.4: an answer of another authorization server is none."""
        named = answer.get("iss")
        names_itself = metadata.document.get("authorization_response_iss_parameter_supported")
        if named != self._issuer and (named is not None or names_itself is True):
            raise WrongIssuer
