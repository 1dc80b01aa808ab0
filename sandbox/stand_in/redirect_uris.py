"""Redirect URIs of the tenant's applications: on loopback at any port, at registered paths."""

import re

from ..tenant import Application

_LOOPBACK = re.compile(
    r"(http://(?:127\.0\.0\.1|localhost)(?::[0-9]{1,5})?)(/[\w.~/-]*)?", re.ASCII
)


def is_redirect_uri(application: Application, uri: str) -> bool:
    """Tell whether an application may get its codes there."""
    match = _LOOPBACK.fullmatch(uri)
    return match is not None and match[2] in application.redirect_paths


def is_post_logout_redirect_uri(uri: str) -> bool:
    """Tell whether a browser may be sent there after a sign-out: any path on loopback."""
    return _LOOPBACK.fullmatch(uri) is not None


def is_loopback_origin(origin: str) -> bool:
    """Tell whether a page of this origin may read answers."""
    match = _LOOPBACK.fullmatch(origin)
    return match is not None and match[2] is None
