"""A loopback server that issues tokens to a machine, as Logto does."""

from typing import Any
from urllib.parse import parse_qs

from tests.support.loopback import Connection, LoopbackServer, document

SECRET = "hush-hush-of-the-machine-0000000"
OPTIONS = {"MACHINE_APP_ID": "machine-1", "MACHINE_APP_SECRET": SECRET}
LIFETIME = 3600


class TokenEndpoint:
    """Issues ``token-1``, ``token-2`` and so on.

    Attributes:
        denied: scopes that it does not grant.
        lifetime: the ``expires_in`` of its answers.
    """

    def __init__(self, server: LoopbackServer) -> None:
        self.server = server
        self.denied: set[str] = set()
        self.lifetime: object = LIFETIME
        issuer = f"{server.address}/oidc"
        metadata = {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/auth",
            "token_endpoint": f"{issuer}/token",
        }
        server.answers["/oidc/.well-known/openid-configuration"] = document(metadata)
        self.works()

    def works(self) -> None:
        self.server.answers["/oidc/token"] = self._issue

    @property
    def logto(self) -> dict[str, Any]:
        """The setting ``LOGTO`` for it."""
        options = {"ENDPOINT": self.server.address, "API_RESOURCE": "https://api.example.test"}
        return {**options, **OPTIONS}

    @property
    def asked(self) -> int:
        """How many tokens were asked for."""
        return self.server.asked.count("/oidc/token")

    @property
    def form(self) -> dict[str, str]:
        """What was asked for last."""
        last = max(i for i, path in enumerate(self.server.asked) if path == "/oidc/token")
        return {name: one for name, (one,) in parse_qs(self.server.bodies[last]).items()}

    def _issue(self, connection: Connection) -> None:
        granted = [one for one in self.form.get("scope", "").split() if one not in self.denied]
        answer = {"access_token": f"token-{self.asked}", "expires_in": self.lifetime}
        document({**answer, "token_type": "Bearer", "scope": " ".join(granted)})(connection)
