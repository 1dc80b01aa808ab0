"""HTTP as a client speaks it: one request, one answer, no redirect followed."""

import base64
import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Message
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


def send(
    url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: str = ""
) -> Answer:
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    with closing(HTTPConnection(parts.netloc, timeout=10)) as connection:
        connection.request(method, target, body or None, dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read().decode())


def send_form(url: str, form: Mapping[str, Any], **headers: str) -> Answer:
    form_type = {"Content-Type": "application/x-www-form-urlencoded"}
    return send(url, method="POST", headers=form_type | headers, body=urlencode(form, doseq=True))


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return claims
