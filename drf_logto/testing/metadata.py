"""The metadata document of a Logto."""

from typing import Any


def metadata(issuer: str) -> dict[str, Any]:
    """Return the document (OpenID Connect Discovery §3, RFC 8414 §2, RFC 9207 §3).

    Args:
        issuer: the issuer identifier; all endpoints are below it.
    """
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/auth",
        "token_endpoint": f"{issuer}/token",
        "revocation_endpoint": f"{issuer}/token/revocation",
        "userinfo_endpoint": f"{issuer}/me",
        "end_session_endpoint": f"{issuer}/session/end",
        "jwks_uri": f"{issuer}/jwks",
        "authorization_response_iss_parameter_supported": True,
        "code_challenge_methods_supported": ["S256"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "id_token_signing_alg_values_supported": ["ES384"],
        "response_modes_supported": ["query"],
        "response_types_supported": ["code"],
        "scopes_supported": [
            "openid",
            "offline_access",
            "profile",
            "email",
            "roles",
            "urn:logto:scope:organizations",
            "urn:logto:scope:organization_roles",
        ],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "none",
        ],
    }
