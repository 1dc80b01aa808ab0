"""What a view says of itself, wherever it is said: in as_view, on its class, on its function."""

from collections.abc import Iterator, Mapping
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


def _sources(callback: Any) -> Iterator[Any]:
    while callback is not None:
        for names in (("initkwargs", "view_initkwargs"), ("cls", "view_class")):
            for source in (getattr(callback, name, None) for name in names):
                if isinstance(source, (Mapping, type)):
                    yield source
        yield callback
        callback = getattr(callback, "__wrapped__", None) or getattr(callback, "func", None)
