"""A verifier with its own keys and clock, and the parts of its tokens."""

import base64
from typing import Any

from drf_logto.auth_info import AuthInfo
from drf_logto.testing import Logto
from drf_logto.verification.jwk import SIGNATURE_ALGORITHMS
from drf_logto.verification.key_set import KeyRequest, KeyResponse, KeySet, Lifetimes
from drf_logto.verification.verifier import Verifier
from tests.support.keys import key_response

NOW = 1_800_000_000
API = "https://api.example.test"


class Setup:
    """A verifier, a Logto whose keys it knows, and their common clock."""

    def __init__(self, **options: Any) -> None:
        self.time = float(NOW)
        self.loads = 0
        self.published: object = None
        self.logto = Logto("https://tenant.logto.test", API, now=lambda: self.time)
        lifetimes = Lifetimes(ttl=300, max_stale=86400, cooldown=30, wait=5)
        self.key_set = KeySet(
            self.load,
            lifetimes=lifetimes,
            now=lambda: self.time,
        )
        defaults: dict[str, Any] = {
            "key_sets": {self.logto.issuer: self.key_set},
            "audiences": [API, "https://second.example.test"],
            "algorithms": SIGNATURE_ALGORITHMS,
            "leeway": 0,
            "max_token_length": 16384,
            "cache_size": 100,
            "now": lambda: self.time,
        }
        self.verifier = Verifier(**(defaults | options))

    def load(self, request: KeyRequest) -> KeyResponse:
        self.loads += 1
        return key_response(self.published or self.logto.jwks, self.time)

    def verify(self, token: str) -> AuthInfo:
        return self.verifier.verify(token)

    def global_token(self, **claims: Any) -> str:
        return self.logto.global_token(["read:a"], claims=claims)


def segment(text: str | bytes) -> str:
    encoded = text.encode() if isinstance(text, str) else text
    return base64.urlsafe_b64encode(encoded).decode().rstrip("=")


def parts(token: str) -> list[str]:
    return token.split(".")
