"""A loopback server that answers as a recorded Management API."""

import json
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from drf_logto.testing import ManagementApi
from tests.support.loopback import Answer, Connection, LoopbackServer, document, http

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
    _publish(server)
    server.answers["/oidc/token"] = recorded(recordings["token"])
    server.answers["/api/hooks"] = recorded(recordings["hooks"])
    return {"ENDPOINT": server.address, "API_RESOURCE": "https://api.example.test", **OPTIONS}


def serve_stand_in(server: LoopbackServer, stand_in: ManagementApi) -> dict[str, Any]:
    """Let a server answer as a stand-in does; return the setting ``LOGTO`` for it."""
    _publish(server)

    def answer(connection: Any) -> None:
        method, path, headers = connection.requested
        status, fields, body = stand_in.respond(method, path, headers, connection.body)
        status_line = f"{status} {HTTPStatus(status).phrase}"
        http(body, status_line, **{name.replace("-", "_"): one for name, one in fields.items()})(
            connection
        )

    server.others = answer
    return {"ENDPOINT": server.address, **OPTIONS}


def _publish(server: LoopbackServer) -> None:
    issuer = f"{server.address}/oidc"
    server.answers["/oidc/.well-known/openid-configuration"] = document(
        {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/auth",
            "token_endpoint": f"{issuer}/token",
        }
    )


class HookLog:
    """The log of a webhook, as the loopback server gives it: newest first, in pages."""

    def __init__(self, server: LoopbackServer, hook: str) -> None:
        self._server = server
        self._path = f"/api/hooks/{hook}/recent-logs"
        self.entries: list[dict[str, Any]] = []
        server.answers[self._path] = self._answer

    def add(self, time: int, event: dict[str, Any]) -> None:
        """Log a delivery that failed, at a time in milliseconds."""
        entry = {"id": f"entry-{len(self.entries)}", "createdAt": time}
        payload = {"result": "Error", "hookRequest": {"body": event}}
        self.entries.append({**entry, "payload": payload})

    @property
    def asked(self) -> list[dict[str, int]]:
        """What was asked for, in turn."""
        queries = [path.partition("?")[2] for path in self._server.asked if self._path in path]
        return [{name: int(one) for name, one in parse_qsl(query)} for query in queries]

    def _answer(self, connection: Connection) -> None:
        query = self.asked[-1]
        found = [one for one in self.entries if one["createdAt"] > query["start_time"]]
        found.sort(key=lambda one: -one["createdAt"])
        first = (query["page"] - 1) * query["page_size"]
        document(found[first : first + query["page_size"]])(connection)


def serve_subjects(server: LoopbackServer, recordings: dict[str, Any]) -> None:
    """Let a server tell what the recorded user and machine have."""
    users, machines = ("roles", "organizations"), ("roles", "organizations", "secrets")
    names = [f"user_{one}" for one in users] + [f"machine_{one}" for one in machines]
    for answer in map(recordings.__getitem__, names):
        server.answers[answer["path"].partition("?")[0]] = recorded(answer)
