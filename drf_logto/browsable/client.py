"""The OpenID Connect client: signs users in, refreshes and revokes, through Authlib."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from authlib.common.security import generate_token
from authlib.common.urls import add_params_to_uri
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from ..auth_info import RESERVED_AUDIENCE
from ..conf import get_settings
from ..exceptions import AuthorizationServerUnavailable
from ..routes import all_scopes
from ..runtime import get_environment, get_metadata
from ..signals import signed_in
from ..verification.metadata import Metadata
from .contexts import Context, Person, contexts_of, is_text
from .error_responses import ErrorResponse
from .exceptions import (
    AccessDenied,
    ApplicationNotAccepted,
    ApplicationRefused,
    GrantRefused,
    NoRefreshToken,
    SignInRefused,
    WrongIssuer,
)
from .identity import claims_at_refresh, claims_at_sign_in, issuer, userinfo
from .pending import PendingSignIn, code_verifier
from .sign_in_store import SignIn
from .token_endpoint import Tokens, exchange_code, oauth_client, refresh, revoke

# RFC 6749 §A.11. Logto may fail on other characters, and a failure pauses all code exchanges.
_CODE = re.compile(r"[ -~]{1,2000}")

IDENTITY_SCOPES = ("openid", "profile", "offline_access", "urn:logto:scope:organizations")


class LogtoClient:
    """The OpenID Connect client of ``APP_ID`` at the first ``ENDPOINT``.

    All methods but ``revoke`` raise AuthorizationServerUnavailable if Logto cannot be reached.
    """

    def __init__(self) -> None:
        self._settings = get_settings()
        self._environment = get_environment()
        if self._settings.app_id is None:
            raise ImproperlyConfigured("LOGTO['APP_ID'] is missing. Sign-in needs it.")

    def begin(self, redirect_uri: str, next_path: str) -> tuple[str, PendingSignIn]:
        """Return the authorization URL, and the pending sign-in to remember until the callback."""
        pending = PendingSignIn(
            state=generate_token(43),
            nonce=generate_token(43),
            redirect_uri=redirect_uri,
            next=next_path,
            begun_at=self._environment.now(),
        )
        url, _state = oauth_client(self._settings).create_authorization_url(
            get_metadata(waits=False).front_channel("authorization_endpoint"),
            state=pending.state,
            nonce=pending.nonce,
            code_verifier=code_verifier(pending.state),
            redirect_uri=redirect_uri,
            scope=[*IDENTITY_SCOPES, *sorted(self._scopes().difference(IDENTITY_SCOPES))],
            # Logto grants organization scopes only with this resource; no token is for it.
            resource=[*self._settings.api_resource, RESERVED_AUDIENCE],
            prompt="consent",  # Logto issues no refresh token without it
        )
        return str(url), pending

    def _scopes(self) -> frozenset[str]:
        """Return what the API asks for, and what the users of the project are filled from.

        Without the scopes that give rights of Django, a sign-in would take them.
        """
        of_rights = () if self._settings.groups_claim else self._settings.values_for_rights
        of_profile = ("email",) if apps.is_installed("drf_logto.users") else ()
        return all_scopes().union(of_rights, of_profile)

    def complete(self, pending: PendingSignIn, verifier: str, answer: Mapping[str, str]) -> SignIn:
        """Return the sign-in that an authorization response (RFC 6749 §4.1.2) completes.

        Raises:
            WrongIssuer: the response is from another issuer.
            AnswerNotTrusted: the ID token is not valid for this sign-in.
            AccessDenied: the user or Logto denied the request.
            ApplicationNotAccepted: Logto refused the application.
            SignInRefused: any other error, or a code that Logto does not accept.
            NoRefreshToken: Logto issued no refresh token.
        """
        metadata = get_metadata(waits=True)
        self._require_issuer(metadata, answer)
        if "error" in answer:
            error = ErrorResponse.parse(answer["error"], answer.get("error_description"))
            raise _refusal("the browser came back with", error)
        if not _CODE.fullmatch(answer.get("code", "")):
            raise SignInRefused("the browser came back without a possible code")
        try:
            tokens = exchange_code(
                self._settings,
                metadata,
                code=answer["code"],
                code_verifier=verifier,
                redirect_uri=pending.redirect_uri,
            )
        except GrantRefused as refused:
            raise _refusal("the token endpoint answered with", refused.answer) from None
        except ApplicationRefused as refused:
            raise ApplicationNotAccepted(refused.reason, refused.answer.meaning) from None
        return self._sign_in(metadata, tokens, pending.nonce)

    def refresh(self, sign_in: SignIn, context: Context | None = None) -> tuple[SignIn, Tokens]:
        """Return the tokens for a context, and the sign-in with the latest refresh token.

        Without a context, the access token is for the userinfo endpoint. Raises GrantRefused.
        """
        parameters = context.parameters if context else {}
        metadata = get_metadata(waits=True)
        tokens = refresh(self._settings, metadata, sign_in.refresh_token, parameters)
        return replace(sign_in, refresh_token=tokens.refresh_token or sign_in.refresh_token), tokens

    def accept(self, sign_in: SignIn, context: Context, tokens: Tokens) -> SignIn:
        """Return the sign-in with the access token of a refresh, in the current organizations.

        AuthorizationServerUnavailable is also raised if the tokens cannot be trusted.
        """
        claims = claims_at_refresh(tokens, sign_in)
        person = sign_in.person.with_organizations(claims)
        accepted = replace(
            sign_in,
            person=person,
            sid=_sid(claims) or sign_in.sid,
            refused=tuple(one.id for one in person.organizations if one.id in sign_in.refused),
            tokens={**sign_in.tokens, context.id: tokens.access_token},
        )
        is_named = set(person.organizations) <= set(sign_in.person.organizations)
        return accepted if is_named else self._with_names(accepted)

    def _with_names(self, sign_in: SignIn) -> SignIn:
        """Return the sign-in with the names of its organizations, if Logto gives them."""
        try:
            sign_in, tokens = self.refresh(sign_in)
            metadata = get_metadata(waits=True)
        except (AuthorizationServerUnavailable, GrantRefused):
            return sign_in
        names = userinfo(metadata, tokens, sign_in.person.sub)
        return replace(sign_in, person=sign_in.person.with_names(names))

    def end(self, sign_in: SignIn | None, post_logout_redirect_uri: str) -> str:
        """Revoke the refresh token, and return the URL that ends the browser's session at Logto."""
        metadata = get_metadata(waits=sign_in is not None)  # anonymous requests must not wait
        if sign_in is not None:
            self.revoke(sign_in)
        parameters = [
            ("client_id", self._settings.app_id),  # not id_token_hint: no tokens in URLs
            ("post_logout_redirect_uri", post_logout_redirect_uri),
        ]
        return str(add_params_to_uri(metadata.front_channel("end_session_endpoint"), parameters))

    def revoke(self, sign_in: SignIn) -> None:
        """Revoke the refresh token of a sign-in, if Logto can be reached."""
        # One of them is also raised for the empty answer that means success.
        with suppress(AuthorizationServerUnavailable, GrantRefused):
            revoke(self._settings, get_metadata(waits=True), sign_in.refresh_token)

    def _sign_in(self, metadata: Metadata, tokens: Tokens, nonce: str) -> SignIn:
        claims = claims_at_sign_in(tokens, nonce)
        if tokens.refresh_token is None:
            raise NoRefreshToken
        known = userinfo(metadata, tokens, claims["sub"])
        person = Person.from_claims(claims, known)
        signed_in.send_robust(None, issuer=issuer(), claims=claims, userinfo=known)
        first = contexts_of((), self._settings.api_resource)[0]
        return SignIn(
            person=person,
            refresh_token=tokens.refresh_token,
            chosen=first.id,
            nonce=nonce,
            sid=_sid(claims),
            since=claims["iat"],
        )

    def _require_issuer(self, metadata: Metadata, answer: Mapping[str, str]) -> None:
        """Refuse a response of another authorization server (RFC 9207 §2.4)."""
        claimed = answer.get("iss")
        is_required = metadata.document.get("authorization_response_iss_parameter_supported")
        if claimed != issuer() and (claimed is not None or is_required is True):
            raise WrongIssuer


def _refusal(source: str, error: ErrorResponse) -> SignInRefused:
    kind = AccessDenied if error.code == "access_denied" else SignInRefused
    return kind(f"{source} {error}", error.meaning)


def _sid(claims: dict[str, Any]) -> str | None:
    sid = claims.get("sid")
    return sid if is_text(sid) else None
