"""AuthInfo without a verified token."""

import json
from typing import Any

from drf_logto.auth_info import AuthInfo


def auth_info(**changes: Any) -> AuthInfo:
    claims = {
        "iss": "https://tenant.logto.test/oidc",
        "sub": "user-1",
        "client_id": "application-1",
        "aud": "https://api.example.test",
        "scope": "write:a read:a",
        "exp": 200,
        "iat": 100,
        "jti": "token-1",
        "act": {"sub": "admin"},
    }
    return AuthInfo(json.dumps(claims | changes).encode())
