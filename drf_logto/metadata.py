"""Authorization server metadata (RFC 8414, OpenID Connect Discovery): the way to the JWK Set."""

from collections.abc import Collection

from .exceptions import AuthorizationServerUnavailable
from .fetch import Fetch

ISSUER_PATH = "/oidc"
"""Logto's issuer is its endpoint and this, exact."""


def discover_jwks_uri(
    address: str, issuers: Collection[str], *, fetch: Fetch, timeout: float
) -> str:
    """Return the address of the JWK Set that a Logto endpoint names.

    Args:
        address: where Logto is asked, without a trailing slash.
        issuers: the issuers that may answer there; the document must name one, exactly.
        fetch: gets the document.
        timeout: seconds for the fetch.

    Raises:
        AuthorizationServerUnavailable: no such document, another issuer, or no usable ``jwks_uri``.
    """
    document = fetch(f"{address}{ISSUER_PATH}/.well-known/openid-configuration", timeout)
    if not isinstance(document, dict):
        raise AuthorizationServerUnavailable("the metadata is no JSON object")
    issuer, jwks_uri = document.get("issuer"), document.get("jwks_uri")
    if not isinstance(issuer, str) or issuer not in issuers:
        raise AuthorizationServerUnavailable("the metadata is of another issuer")
    if not isinstance(jwks_uri, str):
        raise AuthorizationServerUnavailable("the metadata names no jwks_uri")
    # Asked under an internal address, a proxy may still answer with public ones.
    endpoint = issuer.removesuffix(ISSUER_PATH) + "/"
    if jwks_uri.startswith(endpoint):
        jwks_uri = f"{address}/{jwks_uri.removeprefix(endpoint)}"
    if address.startswith("https:") and not jwks_uri.startswith("https:"):
        raise AuthorizationServerUnavailable("the metadata names a jwks_uri without TLS")
    return jwks_uri
