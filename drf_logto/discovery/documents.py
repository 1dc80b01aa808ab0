"""The metadata of each API resource, and the address that it has (RFC 9728 §2 and §3.1)."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urlsplit

from django.urls import URLResolver, get_resolver, get_urlconf
from django.utils.encoding import iri_to_uri

from ..auth_info import TokenKind
from ..conf import LogtoSettings, is_loopback
from ..responses import METADATA_PATH
from ..routes import all_permissions, scopes_of
from ..view_options import accepted_resources


def document(resource: str, settings: LogtoSettings) -> dict[str, Any]:
    """Return the metadata of one of ``API_RESOURCE``."""
    scopes = _scopes(get_resolver(get_urlconf()), settings)[resource]
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
    places = ((place_of(one), one) for one in reversed(settings.api_resource))
    return MappingProxyType({unquote(place[1]): one for place, one in places if place is not None})


def address_of(resource: str, settings: LogtoSettings) -> str | None:
    """Return the address of the metadata of a resource, None where it has none here."""
    place = place_of(resource)
    if place is None or served(settings).get(unquote(place[1])) != resource:
        return None
    origin, rest = place
    return iri_to_uri(f"{origin}{METADATA_PATH}{rest}")


def place_of(resource: str) -> tuple[str, str] | None:
    """Return the origin of a resource indicator and what follows, None where it has no metadata.

    RFC 9728 §1.2 wants an https address; http will do on this machine.
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
def _scopes(_resolver: URLResolver, settings: LogtoSettings) -> Mapping[str, list[str]]:
    """Return the scopes that routes name, by the resource that tokens for them are for.

    Those of organization permissions are left out: Logto grants them without a resource.
    """
    return {one: sorted({*chain.from_iterable(_named(one))}) for one in settings.api_resource}


def _named(resource: str) -> Iterator[frozenset[str]]:
    for route, permission in all_permissions():
        accepted = accepted_resources(route.view)
        if permission.kind is not TokenKind.ORGANIZATION and (
            accepted is None or resource in accepted
        ):
            yield scopes_of(permission, route.view)
