"""Which organization a request names."""

from typing import Any

from .conf import get_settings


def named_by(view: Any) -> str | None:
    """Return the organization that the route of ``view`` names, None where it names none.

    The URL keyword is the view's ``organization_url_kwarg``, or else the setting
    ``ORGANIZATION_URL_KWARG``. A path converter may have made another type of it; Logto's ids are
    strings, so it is compared as one.
    """
    named = (getattr(view, "kwargs", None) or {}).get(url_kwarg(view))
    return None if named is None else str(named)


def url_kwarg(view: Any) -> str:
    """Return the URL keyword that names the organization for ``view``, a view or its class."""
    keyword: str | None = getattr(view, "organization_url_kwarg", None)
    return keyword or get_settings().organization_url_kwarg
