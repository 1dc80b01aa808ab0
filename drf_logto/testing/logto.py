"""Logto: an authorization server in the process of the test."""

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack
from urllib.parse import parse_qsl

from django.conf import settings

from drf_logto import runtime
from drf_logto.auth_info import ORGANIZATION_AUDIENCE_PREFIX
from drf_logto.conf import get_settings, parse
from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.verification.metadata import ISSUER_PATH

from .metadata import metadata
from .signing import SigningKeyPair

if TYPE_CHECKING:
    from rest_framework.test import APIClient


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = _Absent()
"""As the value of a claim or header: leave it out."""

_PUBLISHED_KEYS = 2  # Logto keeps the key before the current one


class TokenOptions(TypedDict, total=False):
    """The keyword arguments of a token; ``Logto.issue`` says what they mean."""

    user: str
    machine: str | None
    expires_in: float
    claims: Mapping[str, Any] | None
    headers: Mapping[str, Any] | None


class Logto:
    """Stands in for the project's Logto: as a context manager, or as the fixture ``logto``.

    Inside, tokens that it issues are verified by the package's own verifier, unpatched: only the
    fetching of documents and the clock are its own. Nothing uses the network.

    Args:
        endpoint: the address that it answers for, the first ``ENDPOINT`` of the settings unless
            given.
        api_resource: the resource indicator of API tokens, the first ``API_RESOURCE`` of the
            settings unless given.
        algorithm: of the first signing key; a tenant of Logto starts with ES384.
        now: the clock, in seconds since the epoch.
    """

    def __init__(
        self,
        endpoint: str | None = None,
        api_resource: str | None = None,
        *,
        algorithm: str = "ES384",
        now: Callable[[], float] = time.time,
    ) -> None:
        self.endpoint = endpoint or get_settings().endpoint[0]
        self.api_resource = api_resource or get_settings().api_resource[0]
        self.issuer = f"{self.endpoint}{ISSUER_PATH}"
        self.fetched: list[str] = []
        self._outages: list[None] = []  # of several threads
        self._keys = [SigningKeyPair.generate(algorithm)]
        self._ahead = 0.0
        self._clock = now
        self._active: list[ExitStack] = []

    def __enter__(self) -> "Logto":
        # Fetching is cheap here, and what a test makes happen is seen at once.
        environment = runtime.Environment(
            self.fetch, self.now, exchange=self.exchange, is_shared=False, cooldown=0
        )
        active = ExitStack()
        active.enter_context(runtime.override(environment))
        self._active.append(active)
        return self

    def __exit__(self, *_: object) -> None:
        self._active.pop().close()

    # Tokens, one call for each kind

    def global_token(self, scopes: Iterable[str] = (), **options: Unpack[TokenOptions]) -> str:
        """Return a token for the API resource.

        Args:
            scopes: the granted scopes.
            options: see ``issue``.
        """
        return self.issue({"aud": self.api_resource}, scopes, **options)

    def organization_token(
        self, organization_id: str, scopes: Iterable[str] = (), **options: Unpack[TokenOptions]
    ) -> str:
        """Return an organization token, the kind without an API resource.

        Args:
            organization_id: the organization.
            scopes: the granted organization permissions.
            options: see ``issue``.
        """
        audience = f"{ORGANIZATION_AUDIENCE_PREFIX}{organization_id}"
        return self.issue({"aud": audience}, scopes, **options)

    def organization_resource_token(
        self, organization_id: str, scopes: Iterable[str] = (), **options: Unpack[TokenOptions]
    ) -> str:
        """Return a token for the API resource within an organization.

        Args:
            organization_id: the organization.
            scopes: the granted scopes of the API resource.
            options: see ``issue``.
        """
        claims = {"aud": self.api_resource, "organization_id": organization_id}
        return self.issue(claims, scopes, **options)

    def id_token(
        self,
        user: str = "user-1",
        *,
        expires_in: float = 3600,
        claims: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> str:
        """Return an ID token: signed with the same key, and no access token.

        Args:
            user: the subject.
            expires_in: see ``issue``.
            claims: likewise.
            headers: likewise.
        """
        return self.issue(
            {"aud": "application-1", **dict.fromkeys(("client_id", "jti", "scope"), ABSENT)},
            user=user,
            expires_in=expires_in,
            claims=claims,
            headers={"typ": ABSENT, **(headers or {})},
        )

    def opaque_token(self) -> str:
        """Return what a user gets who signs in without ``resource``: 43 characters, no JWT."""
        return secrets.token_urlsafe(32)

    def issue(
        self,
        base: Mapping[str, Any],
        scopes: Iterable[str] = (),
        *,
        user: str = "user-1",
        machine: str | None = None,
        expires_in: float = 3600,
        claims: Mapping[str, Any] | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> str:
        """Return a token with the claims that Logto sets, signed with the current key.

        Args:
            base: what the kind of token adds to them.
            scopes: the granted scopes.
            user: whom the token is for.
            machine: the application that the token is for, instead of a user.
            expires_in: seconds until the token expires; negative for one that has.
            claims: more claims, or other values; ABSENT leaves one out.
            headers: more header parameters, or other values; ABSENT leaves one out.
        """
        now = int(self.now())
        scope = " ".join(scopes)
        is_for_organization = str(base["aud"]).startswith(ORGANIZATION_AUDIENCE_PREFIX)
        standard = {
            "organization_id": ABSENT,  # where there is one, Logto writes it first
            "jti": secrets.token_urlsafe(32),
            "sub": machine or user,
            "iat": now,
            "exp": now + expires_in,
            # A machine that is granted nothing for an API resource has no scope claim at all.
            "scope": scope if scope or is_for_organization or not machine else ABSENT,
            "client_id": machine or _first_client(),
            "iss": self.issuer,
        }
        key = self._keys[0]
        header = {"alg": key.algorithm, "typ": "at+jwt", "kid": key.jwk["kid"], **(headers or {})}
        return key.sign(
            _without_absent(header), _without_absent({**standard, **base, **(claims or {})})
        )

    def client(self, token: str | None = None) -> "APIClient":
        """Return a test client of DRF that sends ``token`` with every request."""
        from rest_framework.test import APIClient  # noqa: PLC0415 - reads settings when imported

        client = APIClient()
        if token is not None:
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        return client

    # What can happen to a Logto

    def rotate(self, algorithm: str = "ES384") -> None:
        """Sign with a new key from now on; the one before stays published, older ones do not.

        A token with the new key is accepted at once.
        """
        self._keys = [SigningKeyPair.generate(algorithm), *self._keys][:_PUBLISHED_KEYS]

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Answer nothing for a while; tokens with keys that are known are accepted meanwhile."""
        self._outages.append(None)
        try:
            yield
        finally:
            self._outages.pop()

    def advance(self, seconds: float) -> None:
        """Set the clock of the verifier, and of tokens to come, forward."""
        self._ahead += seconds

    def now(self) -> float:
        """Return the time, in seconds since the epoch."""
        return self._clock() + self._ahead

    # What the package sees

    @property
    def metadata(self) -> dict[str, Any]:
        """The discovery document."""
        return metadata(self.issuer)

    @property
    def jwks(self) -> dict[str, Any]:
        """The JWK Set, the current key first."""
        return {"keys": [key.jwk for key in self._keys]}

    def fetch(self, url: str, timeout: float) -> object:
        """Answer as the network would; ``fetched`` lists what was asked for."""
        self.fetched.append(url)
        documents = {
            f"{self.issuer}/.well-known/openid-configuration": self.metadata,
            f"{self.issuer}/jwks": self.jwks,
        }
        if self._outages or url not in documents:
            raise _unanswered()
        return documents[url]

    def exchange(
        self, method: str, url: str, timeout: float, *, body: str | None = None, **_: object
    ) -> tuple[int, object]:
        """Issue a token to a machine, with every scope that is asked for (RFC 6749 §4.4)."""
        self.fetched.append(url)
        form = dict(parse_qsl(body or ""))
        if self._outages or url != f"{self.issuer}/token":
            raise _unanswered()
        resource, organization = form.get("resource"), form.get("organization_id")
        claims = {"aud": resource or f"{ORGANIZATION_AUDIENCE_PREFIX}{organization}"}
        if resource and organization:
            claims["organization_id"] = organization
        scope = form.get("scope", "")
        token = self.issue(claims, scope.split(), machine=form["client_id"])
        return 200, {"access_token": token, "expires_in": 3600, "scope": scope}


def _unanswered() -> AuthorizationServerUnavailable:
    return AuthorizationServerUnavailable("the in-process Logto does not answer")


def _first_client() -> str:
    """The first application that may use the API."""
    parsed, _problems = parse(getattr(settings, "LOGTO", None))  # a test may break it
    clients = parsed.client_ids if parsed else None
    return (clients or ("application-1",))[0]


def _without_absent(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not ABSENT}
