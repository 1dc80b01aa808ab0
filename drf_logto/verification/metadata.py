"""Authorization server metadata (RFC 8414, OpenID Connect Discovery)."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..exceptions import AuthorizationServerUnavailable
from .fetch import Fetch
from .mismatch import mismatch

ISSUER_PATH = "/oidc"
"""Logto's issuer is its endpoint and this, exact."""

ANOTHER_ISSUER = "the metadata is of another issuer"
"""How the reason begins where the metadata is not that of the issuer that was asked."""

_URL = re.compile(r"https?://[!-~]+")


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a Logto publishes of itself.

    Attributes:
        address: where it was asked, without a trailing slash.
        issuer: who answered, one of those that may.
        document: the metadata.
    """

    address: str
    issuer: str
    document: Mapping[str, object]

    def back_channel(self, name: str) -> str:
        """Return the address of an endpoint for this process.

        Raises:
            AuthorizationServerUnavailable: there is none, no address, or none with TLS.
        """
        # Asked under an internal address, a proxy may still answer with public ones.
        return self._endpoint(name, self._public_address, self.address)

    def front_channel(self, name: str) -> str:
        """Return the address of an endpoint for a browser.

        Raises:
            AuthorizationServerUnavailable: there is none, no address, or none with TLS.
        """
        return self._endpoint(name, self.address, self._public_address)

    @property
    def _public_address(self) -> str:
        return self.issuer.removesuffix(ISSUER_PATH)

    def _endpoint(self, name: str, published: str, reached: str) -> str:
        endpoint = self.document.get(name)
        if not isinstance(endpoint, str):
            raise AuthorizationServerUnavailable(f"the metadata names no {name}")
        if endpoint.startswith(f"{published}/"):
            endpoint = reached + endpoint.removeprefix(published)
        if reached.startswith("https:") and not endpoint.startswith("https:"):
            raise AuthorizationServerUnavailable(f"the metadata names a {name} without TLS")
        if not _is_url(endpoint):
            raise AuthorizationServerUnavailable(f"the metadata names a {name} that is no address")
        return endpoint


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return bool(_URL.fullmatch(value) and parts.hostname and parts.port != 0)
    except ValueError:  # brackets that do not match, or a port that is no number
        return False


def discover(address: str, issuers: Collection[str], *, fetch: Fetch, timeout: float) -> Metadata:
    """Return the metadata of a Logto endpoint.

    Args:
        address: where Logto is asked, without a trailing slash.
        issuers: the issuers that may answer there; the document must name one, exactly.
        fetch: gets the document.
        timeout: seconds for the fetch.

    Raises:
        AuthorizationServerUnavailable: no such document, or one of another issuer.
    """
    document = fetch(f"{address}{ISSUER_PATH}/.well-known/openid-configuration", timeout)
    if not isinstance(document, dict):
        raise AuthorizationServerUnavailable("the metadata is no JSON object")
    issuer = document.get("issuer")
    if not isinstance(issuer, str) or issuer not in issuers:
        named = mismatch([issuer] if isinstance(issuer, str) else [], issuers)
        raise AuthorizationServerUnavailable(f"{ANOTHER_ISSUER}: {named}")
    return Metadata(address, issuer, document)


def discover_for_sign_in(
    address: str, issuers: Collection[str], *, fetch: Fetch, timeout: float
) -> Metadata:
    """Return the metadata of a Logto endpoint that people can sign in with.

    Raises:
        AuthorizationServerUnavailable: as ``discover``, or no usable ``authorization_endpoint`` or
            ``token_endpoint``.
    """
    found = discover(address, issuers, fetch=fetch, timeout=timeout)
    found.front_channel("authorization_endpoint")
    found.back_channel("token_endpoint")
    return found


def discover_jwks_uri(
    address: str, issuers: Collection[str], *, fetch: Fetch, timeout: float
) -> str:
    """Return the address of the JWK Set that a Logto endpoint names.

    Raises:
        AuthorizationServerUnavailable: as ``discover``, or no usable ``jwks_uri``.
    """
    return discover(address, issuers, fetch=fetch, timeout=timeout).back_channel("jwks_uri")
