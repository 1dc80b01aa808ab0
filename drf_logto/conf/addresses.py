"""Parsers of addresses and resource indicators."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from ..auth_info import ORGANIZATION_AUDIENCE_PREFIX, RESERVED_AUDIENCE
from ..verification.metadata import ISSUER_PATH
from .values import Invalid

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?")
# What is easily copied with an address: the issuer's path, its metadata or one of its endpoints.
_AFTER_ADDRESS = re.compile(
    rf"(?<![:/])({ISSUER_PATH}(/(auth|token|jwks|me))?|({ISSUER_PATH})?/\.well-known/[a-z-]+)?/*$"
)
# Logto registers any text as a resource indicator, and issues tokens for absolute URIs without a
# fragment alone (RFC 8707 §2). Any scheme will do, so "urn:api" and "api.test:80" are some.
_ABSOLUTE_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s#]+")
_START_OF_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|urn:")


def is_loopback(url: str) -> bool:
    """Whether ``url`` never leaves this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def url(value: object) -> str:
    """Return the address of Logto without what often follows it."""
    if not isinstance(value, str):
        raise Invalid("value", "must be a string.")
    if not _is_address(value):
        raise Invalid("value", "must be the address of Logto, such as 'https://host'.")
    address = _AFTER_ADDRESS.sub("", value, count=1)
    if address != value.rstrip("/"):
        raise Invalid("value", f"must be the address alone: write {address!r}.")
    return address


def _is_address(value: str) -> bool:
    """Whether it is an http or https URL of host, port and path alone, in plain ASCII."""
    if not _ADDRESS.fullmatch(value):
        return False
    try:
        url = urlsplit(value)
        host, port = url.hostname or "", url.port
    except ValueError:
        return False
    return port != 0 and all(host.split("."))


def public_url(value: object) -> str:
    """Return an address that is https, or of this machine."""
    address = url(value)
    if not address.startswith("https:") and not is_loopback(address):
        raise Invalid(
            "plain_http",
            "must use https: over plain http anyone can replace the keys. It is the public address "
            "of Logto; INTERNAL_ENDPOINT may be another, such as that of a container.",
        )
    return address


def resource(value: object) -> str:
    """Return a resource indicator that Logto issues tokens for."""
    if not isinstance(value, str) or not re.search(r"\w", value):
        raise Invalid("value", "must be a resource indicator, as it is registered in Logto.")
    _require_one_uri(value)
    if value == RESERVED_AUDIENCE or value.startswith(ORGANIZATION_AUDIENCE_PREFIX):
        raise Invalid("reserved_audience", f"must not be {value!r}: Logto reserves it.")
    return value


def _require_one_uri(value: str) -> None:
    is_uri = _ABSOLUTE_URI.fullmatch(value) is not None
    parts = [one for one in re.split(r"[\s,]+", value) if re.match(r"\w", one)]
    # A URI may hold a comma, too.
    if len(parts) > 1 and (not is_uri or all(map(_START_OF_URI.match, parts))):
        listed = list(map(_as_uri, parts))
        raise Invalid("value", f"must be a list where there are several: write {listed}.")
    if not is_uri:
        raise Invalid("value", f"must be an absolute URI, such as {_as_uri(''.join(parts))!r}.")


def _as_uri(value: str) -> str:
    without_fragment = value.partition("#")[0]
    is_uri = _ABSOLUTE_URI.fullmatch(without_fragment)
    return without_fragment if is_uri else f"https://{without_fragment}"
