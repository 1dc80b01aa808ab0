"""Logto's grants: codes and tokens for people, tokens for machines, and revocation."""

from typing import Any

from authlib.oauth2 import rfc7009, rfc7636
from authlib.oauth2.rfc6749 import grants

from drf_logto.auth_info import RESERVED_AUDIENCE

from ..tenant import Client
from .provider import REFRESH_TOKEN_LIFETIME, Grant, Provider, Session, Token
from .tokens import (
    IDENTITY_SCOPES,
    grantable_scopes,
    invalid_target,
    issue_to_machine,
    issue_to_person,
    refused,
)

_OLD = 0.7  # of its lifetime: then a confidential client's refresh token is replaced
_LEEWAY = 3  # seconds in which a replaced refresh token still works


def do_nothing(*_: object, **__: object) -> None:
    """Take what Authlib gives to be kept: codes and tokens are kept as they are made."""


class CodeChallenge(rfc7636.CodeChallenge):
    """PKCE, which is not demanded of confidential clients."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)


class _Grant(grants.BaseGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post", "none")

    @property
    def provider(self) -> Provider:
        provider: Provider = self.server.provider
        return provider

    @property
    def resources(self) -> tuple[str, ...]:
        return tuple(self.request.payload.datalist.get("resource", ()))

    @property
    def resource(self) -> str | None:
        """The resource indicator of a token request."""
        if len(self.resources) > 1:
            description = "only a single resource indicator value is supported for this grant type"
            raise invalid_target(description)
        return next(iter(self.resources), None)

    def authenticate_user(self, token: Token) -> Session:
        return token.grant.session


class AuthorizationCodeGrant(_Grant, grants.AuthorizationCodeGrant):
    """The authorization code grant."""

    organization_ids: tuple[str, ...] | None = None  # those chosen on the consent page

    @classmethod
    def check_authorization_endpoint(cls, _request: object) -> bool:
        return True  # another response type is refused below, at the redirect URI

    @staticmethod
    def validate_authorization_redirect_uri(request: Any, client: Client) -> str:
        redirect_uri = request.payload.redirect_uri or ""
        if not client.check_redirect_uri(redirect_uri):
            description = "redirect_uri did not match any of the client's registered redirect_uris"
            raise refused("invalid_redirect_uri", description)
        return str(redirect_uri)

    def validate_requested_scope(self) -> None:
        """Validate all that Authlib does not; these refusals go to the redirect URI."""
        payload, client = self.request.payload, self.client
        if payload.response_type != "code":
            raise refused("unsupported_response_type", "unsupported response_type requested")
        if not client.secret and not payload.data.get("code_challenge"):
            description = "Authorization Server policy requires PKCE to be used for this request"
            raise refused("invalid_request", description)
        if not {self.provider.logto.api_resource, RESERVED_AUDIENCE}.issuperset(self.resources):
            raise invalid_target()
        if client.third_party_scopes is not None:
            allowed = {"openid", "offline_access"} | client.third_party_scopes
            if IDENTITY_SCOPES.intersection(self.scopes) - allowed:
                raise refused("invalid_scope", "requested scope is not allowed")

    @property
    def scopes(self) -> list[str]:
        return str(self.request.payload.data.get("scope", "")).split()

    @property
    def prompts(self) -> list[str]:
        return str(self.request.payload.data.get("prompt", "")).split()

    def granted_scopes(self, session: Session) -> tuple[str, ...]:
        """Return the requested scopes that a person may have; Logto drops the others."""
        person = self.provider.people[session.person_id]
        resources = (*self.resources, *([None] if "openid" in self.scopes else []))
        grantable = {one for resource in resources for one in grantable_scopes(person, resource)}
        if "consent" not in self.prompts:  # OpenID Connect Core §11
            grantable.discard("offline_access")
        return tuple(scope for scope in self.scopes if scope in grantable)

    def create_authorization_response(self, redirect_uri: str, grant_user: Session) -> Any:
        # Without a user, Authlib denies access.
        user = grant_user if self.granted_scopes(grant_user) else None
        return super().create_authorization_response(redirect_uri, user)

    def generate_authorization_code(self) -> str:
        asked = self.request.payload.data
        grant = Grant(
            session=self.request.user,
            application=self.client,
            scopes=self.granted_scopes(self.request.user),
            resources=self.resources,
            organization_ids=self.organization_ids,
            redirect_uri=asked["redirect_uri"],
            code_challenge=asked.get("code_challenge"),
            nonce=asked.get("nonce"),
        )
        self.provider.grants[grant.id] = grant
        self.request.user.applications.add(self.client)
        return self.provider.remember(self.provider.codes, grant, grant.scopes)

    save_authorization_code = do_nothing

    def query_authorization_code(self, code: str, client: Client) -> Token | None:
        return self.provider.find(self.provider.codes, code, client)

    def generate_token(self, **_: object) -> dict[str, Any]:
        grant: Grant = self.request.authorization_code.grant
        resource = self.resource
        if resource is None and "openid" not in grant.scopes and len(grant.resources) == 1:
            resource = grant.resources[0]  # for Swagger UI, which cannot name one here
        tokens = issue_to_person(self.provider, grant, grant.scopes, resource)
        if "offline_access" in grant.scopes:
            kept = self.provider.refresh_tokens
            tokens["refresh_token"] = self.provider.remember(kept, grant, grant.scopes)
        return tokens

    def delete_authorization_code(self, authorization_code: Token) -> None:
        authorization_code.used_at = self.provider.logto.now()


class RefreshTokenGrant(_Grant, grants.RefreshTokenGrant):
    """Tokens of all kinds for a refresh token."""

    def authenticate_refresh_token(self, refresh_token: str) -> Token | None:
        kept = self.provider.refresh_tokens
        return self.provider.find(kept, refresh_token, self.client, _LEEWAY)

    def generate_token(self, *, scope: str, **_: object) -> dict[str, Any]:
        form, token = self.request.form, self.request.refresh_token
        wanted = scope.split(), self.resource, form.get("organization_id")
        tokens = issue_to_person(self.provider, token.grant, *wanted)
        name, now = form["refresh_token"], self.provider.logto.now()
        if not self.client.secret or now - token.issued_at >= _OLD * REFRESH_TOKEN_LIFETIME:
            token.used_at = now
            kept = self.provider.refresh_tokens
            name = self.provider.remember(kept, token.grant, token.scopes)
        return {**tokens, "refresh_token": name}

    revoke_old_credential = do_nothing


class ClientCredentialsGrant(_Grant, grants.ClientCredentialsGrant):
    """Tokens for machines."""

    def generate_token(self, *, scope: str | None, **_: object) -> dict[str, Any]:
        wanted = (scope or "").split(), self.resource, self.request.form.get("organization_id")
        return issue_to_machine(self.provider.logto, self.client, *wanted)


class RevocationEndpoint(rfc7009.RevocationEndpoint):
    """With a token goes all that was granted along with it."""

    CLIENT_AUTH_METHODS = _Grant.TOKEN_ENDPOINT_AUTH_METHODS

    def query_token(self, token_string: str, _hint: str | None) -> Token | None:
        if token_string.count(".") == 2:
            description = "Structured JWT Tokens cannot be revoked via the revocation_endpoint"
            raise refused("unsupported_token_type", description)
        provider: Provider = self.server.provider
        token = provider.refresh_tokens.get(token_string)
        return token or provider.opaque_tokens.get(token_string)

    def revoke_token(self, token: Token, _request: object) -> None:
        self.server.provider.grants.pop(token.grant.id, None)

    def create_endpoint_response(self, request: object) -> Any:
        super().create_endpoint_response(request)
        return 200, "", [("Content-Type", "text/plain; charset=utf-8")]
