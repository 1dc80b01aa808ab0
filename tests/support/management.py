"""A loopback server that answers as a recorded Management API."""

import json
from http import HTTPStatus
from typing import Any

from tests.support.loopback import Answer, LoopbackServer, document, http

SECRET = "hush-hush-of-the-machine-0000000"
OPTIONS = {"MANAGEMENT_APP_ID": "machine-1", "MANAGEMENT_APP_SECRET": SECRET}


def recorded(exchange: dict[str, Any]) -> Answer:
    """Answer as Logto did."""
    status = HTTPStatus(exchange["status"])
    body = exchange["body"]
    text = body if isinstance(body, str) else json.dumps(body)
    return http(text, f"{status.value} {status.phrase}")


def serve_management_api(server: LoopbackServer, recordings: dict[str, Any]) -> dict[str, Any]:
    """Let a server answer to the machine; return the setting ``LOGTO`` for it."""
    issuer = f"{server.address}/oidc"
    server.answers["/oidc/.well-known/openid-configuration"] = document(
        {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/auth",
            "token_endpoint": f"{issuer}/token",
        }
    )
    server.answers["/oidc/token"] = recorded(recordings["token"])
    server.answers["/api/hooks"] = recorded(recordings["hooks"])
    return {"ENDPOINT": server.address, "API_RESOURCE": "https://api.example.test", **OPTIONS}
