"""Which organization a request names."""

from typing import Any

from .conf import get_settings

NONE_AT_ALL = ""
"""A name that no organization has."""


def named_by(view: Any) -> str | None:
    """Return the organization that the route of ``view`` names, None where it names none.

    A path converter may have made another type of it; Logto's ids are strings, so it is compared as
    one. Where the view does not say readably which keyword it is, no organization fits.
    """
    try:
        keyword = url_kwarg(view)
    except ValueError:  # told by a system check; closed until it is mended
        return NONE_AT_ALL
    named = (getattr(view, "kwargs", None) or {}).get(keyword)
    return None if named is None else str(named)


def url_kwarg(view: Any) -> str:
    """Return the URL keyword that names the organization for ``view``, a view or its class.

    It is the view's ``organization_url_kwarg``, or else the setting ``ORGANIZATION_URL_KWARG``.

    Raises:
        ValueError: the view's is not the name of a keyword.
    """
    keyword = getattr(view, "organization_url_kwarg", None)
    if keyword is None:
        return get_settings().organization_url_kwarg
    if not isinstance(keyword, str) or not keyword.isidentifier():
        raise ValueError(f"{keyword!r} is not the name of a URL keyword.")
    return keyword
