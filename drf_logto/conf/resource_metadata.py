"""Parses ``RESOURCE_METADATA``: what RFC 9728 §2 lets an API say about itself to people."""

import re
from collections.abc import Iterator, Mapping

from .values import Invalid, text

Members = tuple[tuple[str, str, str], ...]
"""Resource indicator, ``""`` for all; name and value of a member."""

_NAME = re.compile(
    r"(resource_(?:name|documentation|policy_uri|tos_uri))(?:#[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*)?"
)
_EXPECTED = (
    "may have resource_name, resource_documentation, resource_policy_uri and resource_tos_uri, "
    "each also with a language, such as 'resource_name#ko'"
)
_TEXT = text(re.compile(r"[^\x00-\x1f\x7f]{1,200}"), "a dict with names of up to 200 characters")
_ADDRESS = text(
    re.compile(r"https?://[^\s\x00-\x1f\x7f\"<>\\]+"), "a dict with addresses of web pages"
)


def resource_metadata(value: object) -> Members:
    """Return the members, those of one API resource under its indicator."""
    return tuple(_members(value, ""))


def _members(value: object, resource: str) -> Iterator[tuple[str, str, str]]:
    if not isinstance(value, Mapping):
        raise Invalid("value", f"must be a dict. It {_EXPECTED}.")
    for name, one in value.items():
        named = _NAME.fullmatch(str(name))
        if named is not None:
            parse_one = _TEXT if named[1] == "resource_name" else _ADDRESS
            yield resource, str(name), parse_one(one)
        elif isinstance(one, Mapping) and not resource:
            yield from _members(one, str(name))
        else:
            raise Invalid("value", f"has {name!r}. It {_EXPECTED}.")
