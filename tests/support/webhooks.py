"""Logto's webhook, as a sender of deliveries."""

import hmac
import json
from collections.abc import Mapping
from typing import Any

from django.test import Client

from drf_logto.testing import ABSENT, Logto

WEBHOOK = "/logto/webhook/"
KEY = "WryoYlREB28ExRBJcLJep1uHFyP5AjjE"


def signature(body: str | bytes, key: str = KEY) -> str:
    octets = body.encode() if isinstance(body, str) else body
    return hmac.new(key.encode(), octets, "sha256").hexdigest()


def deliver(body: str | bytes | dict[str, Any], *, key: str = KEY, **options: Any) -> Any:
    octets = json.dumps(body) if isinstance(body, dict) else body
    headers = {"logto-signature-sha-256": signature(octets, key)}
    client = Client(enforce_csrf_checks=True)
    return client.post(WEBHOOK, octets, "application/json", headers=headers, **options)


EVENT = "http://schemas.openid.net/event/backchannel-logout"


def logout_token(logto: Logto, headers: Mapping[str, Any] | None = None, **claims: Any) -> str:
    """Return a logout token as Logto's; ``ABSENT`` leaves a claim out."""
    absent = dict.fromkeys(("client_id", "scope"), ABSENT)
    return logto.issue(
        {"aud": "application-1", "events": {EVENT: {}}},
        user="ada",
        expires_in=120,
        claims={**absent, **claims},
        headers={"typ": "logout+jwt", **(headers or {})},
    )
