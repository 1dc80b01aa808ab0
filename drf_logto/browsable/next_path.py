"""Where to go after a page of the sign-in: only to a path of this site."""

import re

from django.urls import get_script_prefix
from django.utils.http import url_has_allowed_host_and_scheme

_MAX_LENGTH = 2000
# Browsers read a backslash as a slash and ignore control characters.
_PATH = re.compile(r"/[^\\\x00-\x20\x7f]*")


def local_path(value: str | None, default: str | None = None) -> str:
    """Return ``value`` if it is a path of this site, else ``default``, which is the site's root."""
    if (
        value is not None
        and len(value) <= _MAX_LENGTH
        and _PATH.fullmatch(value)
        and url_has_allowed_host_and_scheme(value, allowed_hosts=None)
    ):
        return value
    return default or get_script_prefix()
