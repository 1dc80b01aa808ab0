"""A Logto that answers whatever a test wants."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.cache import cache

from drf_logto.runtime import Environment, override
from drf_logto.testing import ABSENT, Logto
from sandbox.tenant import API_RESOURCE, BROWSABLE_API
from tests.browsable.browser import Browser, query
from tests.support.loopback import LoopbackServer, document


@dataclass
class FakeLogto:
    """Publishes the documents of an in-process Logto; its token endpoint says what it is told."""

    server: LoopbackServer
    logto: Logto

    def __post_init__(self) -> None:
        self.server.serve_logto(self.logto)
        self.publish()

    def publish(self, **metadata: Any) -> None:
        """Publish these metadata besides the usual ones."""
        issuer = self.logto.issuer
        usual = {
            "authorization_endpoint": f"{issuer}/auth",
            "userinfo_endpoint": f"{issuer}/me",
            "end_session_endpoint": f"{issuer}/session/end",
        }
        path = "/oidc/.well-known/openid-configuration"
        self.server.answers[path] = document({**self.logto.metadata, **usual, **metadata})

    def id_token(self, nonce: object, **options: Any) -> str:
        """Return an ID token of the application; ``claims`` and ``headers`` change it."""
        absent = dict.fromkeys(("client_id", "jti", "scope"), ABSENT)
        claims = {**absent, "nonce": nonce, **options.pop("claims", {})}
        headers = {"typ": ABSENT, **options.pop("headers", {})}
        base = {"aud": BROWSABLE_API.id}
        return self.logto.issue(base, user="ada", claims=claims, headers=headers, **options)

    def tokens(self, nonce: object, **changes: Any) -> dict[str, Any]:
        """Return a good answer to a code, changed."""
        good = {
            "access_token": "opaque",
            "refresh_token": "refresh",
            "id_token": self.id_token(nonce),
            "expires_in": 3600,
            "token_type": "Bearer",
        }
        changed = {**good, **changes}
        return {name: value for name, value in changed.items() if value is not ABSENT}

    def answer(self, tokens: object) -> None:
        """Let the token endpoint say this."""
        self.server.answers["/oidc/token"] = document(tokens)

    def begin(self, browser: Browser) -> dict[str, str]:
        """Begin a sign-in, and return what Logto was asked with."""
        return query(browser.begin())

    def come_back(self, browser: Browser, asked: dict[str, str], **answer: Any) -> Any:
        """Come back from Logto with a code."""
        usual = {"code": "code", "state": asked["state"], "iss": self.logto.issuer}
        brought = {
            name: value for name, value in {**usual, **answer}.items() if value is not ABSENT
        }
        return browser.client.get("/auth/callback/", brought)


def configure_sign_in(settings: Any, endpoint: str) -> None:
    """Have the project that signs users in at a Logto."""
    settings.LOGTO = {
        "ENDPOINT": endpoint,
        "API_RESOURCE": API_RESOURCE,
        "APP_ID": BROWSABLE_API.id,
        "APP_SECRET": BROWSABLE_API.secret,
    }
    settings.ROOT_URLCONF = "tests.browsable.project"


@pytest.fixture
def fake(settings: Any, server: LoopbackServer) -> Iterator[FakeLogto]:
    """A Logto whose answers a test makes up, and the project that trusts it.

    Its clock moves only when a test advances it.
    """
    started = int(time.time())
    fake = FakeLogto(server, Logto(server.address, API_RESOURCE, now=lambda: started))
    configure_sign_in(settings, server.address)
    with override(Environment(now=fake.logto.now)):
        yield fake
    cache.clear()
