"""The metadata of each API resource, and the address that it has (RFC 9728 §2 and §3.1)."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urlsplit

from django.urls import URLResolver, get_resolver, get_urlconf
from django.utils.encoding import iri_to_uri

from ..conf import LogtoSettings, is_loopback
from ..operations import scopes_of_routes
from ..responses import METADATA_PATH


def document(resource: str, settings: LogtoSettings) -> dict[str, Any]:
    """Return the metadata of one of ``API_RESOURCE``."""
    scopes = sorted(_scopes(get_resolver(get_urlconf()), settings)[resource])
    of_people = {
        name: value
        for which in ("", resource)
        for of, name, value in settings.resource_metadata
        if of == which
    }
    return {
        "resource": resource,
        "authorization_servers": [*settings.issuers],
        **({"scopes_supported": scopes} if scopes else {}),  # RFC 9728 §3.2: none is left out
        "bearer_methods_supported": ["header"],
        **of_people,
    }


@lru_cache(maxsize=8)
def served(settings: LogtoSettings) -> Mapping[str, str]:
    """Return the resource indicators by what follows ``METADATA_PATH`` in a request, unquoted.

    Of several that differ only in their host, the first has the address: a Host header is the
    client's word.
    """
    split = ((split_indicator(one), one) for one in reversed(settings.api_resource))
    return MappingProxyType({unquote(parts[1]): one for parts, one in split if parts is not None})


def address_of(resource: str, settings: LogtoSettings) -> str | None:
    """Return the address of the metadata of a resource, None where it has none here."""
    parts = split_indicator(resource)
    if parts is None or served(settings).get(unquote(parts[1])) != resource:
        return None
    origin, rest = parts
    return iri_to_uri(f"{origin}{METADATA_PATH}{rest}")


def split_indicator(resource: str) -> tuple[str, str] | None:
    """Return the origin of a resource indicator and what follows, None where it has no metadata.

    RFC 9728 §1.2 wants an https address; http is accepted on this machine.
    """
    try:
        url = urlsplit(resource)
        is_secure = url.scheme == "https" or (url.scheme == "http" and is_loopback(resource))
        if not is_secure or not url.hostname:
            return None
    except ValueError:
        return None
    path = "" if url.path == "/" else url.path
    query = f"?{url.query}" if url.query else ""
    return f"{url.scheme}://{url.netloc}", f"{path}{query}"


@lru_cache(maxsize=8)  # URLconfs
def _scopes(_resolver: URLResolver, _settings: LogtoSettings) -> Mapping[str, set[str]]:
    """Return the scopes of each API resource; views are read once, and not for each client."""
    return MappingProxyType(scopes_of_routes())
