"""What a view says of itself, wherever it is said: in as_view, on its class, on its function."""

from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any

VIEW_ATTRIBUTES = ("api_resource", "organization_url_kwarg", "required_scopes")
"""What our permissions read of a view."""

_DEPTH = 20  # of functions that wrap functions


def declared(callback: Any, name: str, default: Any = None) -> Any:
    """Return what the view behind a URL pattern's ``callback`` declares under ``name``.

    What was given to ``as_view`` comes before the class, the class before the function; decorators
    and partials are looked through.
    """
    for source in islice(_sources(callback), _DEPTH):
        if isinstance(source, Mapping):
            if name in source:
                return source[name]
        elif hasattr(source, name):
            return getattr(source, name)
    return default


def accepted_resources(view: Any) -> Collection[object] | None:
    """Return the only resource indicators that ``view`` accepts, None where it accepts all.

    It reads the view's ``api_resource``, one or several; what is neither accepts no token.
    """
    narrowed = getattr(view, "api_resource", None)
    if narrowed is None:
        return None
    if isinstance(narrowed, str):
        return (narrowed,)
    return narrowed if isinstance(narrowed, (list, tuple, set, frozenset)) else ()


def _sources(callback: Any) -> Iterator[Any]:
    while callback is not None:
        for names in (("initkwargs", "view_initkwargs"), ("cls", "view_class")):
            for source in (getattr(callback, name, None) for name in names):
                if isinstance(source, (Mapping, type)):
                    yield source
        yield callback
        callback = getattr(callback, "__wrapped__", None) or getattr(callback, "func", None)
