"""Where a person goes on after a page of ours: to a path of this site, and nowhere else."""

import re

from django.urls import get_script_prefix
from django.utils.http import url_has_allowed_host_and_scheme

_MAX_LENGTH = 2000
_PATH = re.compile(r"/[^\\\x00-\x20\x7f]*")


def own_path(value: str | None) -> str:
    """Return ``value`` if it is a path of this site, else the site's root.

    Browsers read a backslash as a slash and leave control characters out, so neither may be in it.
    """
    if (
        value is not None
        and len(value) <= _MAX_LENGTH
        and _PATH.fullmatch(value)
        and url_has_allowed_host_and_scheme(value, allowed_hosts=None)
    ):
        return value
    return get_script_prefix()
