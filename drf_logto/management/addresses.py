"""The addresses of this project that Logto leads to or sends to."""

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from django.urls import NoReverseMatch, reverse


class SignIn(NamedTuple):
    """The paths of a sign-in: where it begins, comes back to, and leads to after a log-out."""

    begins: str
    callback: str
    signed_out: str


_NAMES = (
    ("rest_framework:login", "rest_framework:callback", "rest_framework:signed-out"),
    ("admin:logto_login", "admin:logto_callback", "admin:login"),
)


def sign_ins() -> list[SignIn]:
    """Return the sign-ins of the project: of the browsable API, and of Django's admin."""
    found = [[path_of(one) for one in names] for names in _NAMES]
    return [SignIn(*map(str, paths)) for paths in found if None not in paths]


def path_of(name: str) -> str | None:
    """Return the path of a URL pattern, None where the project does not include it."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


def is_address(url: str, base: str | None, path: str) -> bool:
    """Whether a URL is that of a path of this project.

    Args:
        url: as Logto has it.
        base: the address of the API; without it the path alone is compared.
        path: that it must have.
    """
    if base is not None:
        return url == f"{base}{path}"
    try:
        return urlsplit(url).path == path
    except ValueError:  # Logto takes what is no address
        return False


def one_of(urls: Iterable[str], base: str | None, path: str) -> str | None:
    """Return the first of several URLs that is that of a path of this project."""
    return next((one for one in urls if is_address(one, base, path)), None)
