"""What the project's own code sets on a view, and what reads it."""

from collections.abc import Iterator, Mapping
from types import CodeType
from typing import Any, NamedTuple

from ..routes import Route
from ..view_options import chain_of, sources

_LIBRARIES = frozenset({"builtins", "django", "rest_framework", "adrf"})


class Attribute(NamedTuple):
    """What the project sets on a view under one name.

    Attributes:
        value: what it is.
        rank: of two attributes, the one with the lower rank stands in a more derived class.
        holder: the id of the class or the function that sets it.
    """

    value: Any
    rank: int
    holder: int


def is_of_libraries(value: Any) -> bool:
    """Whether Django or REST Framework define a class, that of an instance, or a function."""
    return str(getattr(value, "__module__", "")).partition(".")[0] in _LIBRARIES


def attributes(callback: Any) -> dict[str, Attribute]:
    """Return what the project sets on a view, by name; private names are left out."""
    own: dict[str, Attribute] = {}
    for rank, holder in enumerate(_holders(callback)):
        for name, value in _held(holder).items():
            if not name.startswith("_"):
                own.setdefault(name, Attribute(value, rank, id(holder)))
    return own


def names_read(callback: Any) -> frozenset[str]:
    """Return the names and strings in the code of a view, that of its base classes included."""
    values = (value for holder in _holders(callback) for value in _held(holder).values())
    # Other values may be lazy, and want a database.
    methods = (value for value in values if hasattr(type(value), "__get__"))
    functions = (one for value in methods for one in chain_of(getattr(value, "fget", value)))
    codes = (getattr(one, "__code__", None) for one in (*functions, *chain_of(callback)))
    return frozenset(word for code in codes if isinstance(code, CodeType) for word in _words(code))


def has_reader(route: Route, name: str) -> bool:
    """Whether a permission of a route reads an attribute; ``api_resource`` is read by none."""
    reads_all = name == "organization_url_kwarg"
    permissions = () if name == "api_resource" else route.permissions
    return any(reads_all or permission.declared is None for permission in permissions)


def _words(code: CodeType) -> Iterator[str]:
    for one in (*code.co_names, *code.co_consts):
        if isinstance(one, CodeType):
            yield from _words(one)
        elif isinstance(one, str):
            yield one


def _holders(callback: Any) -> Iterator[Any]:
    """Yield the project's own among what may declare something of a view."""
    for source in sources(callback):
        classes = source.__mro__ if isinstance(source, type) else [source]
        yield from (one for one in classes if not is_of_libraries(one))


def _held(holder: Any) -> Mapping[str, Any]:
    return holder if isinstance(holder, Mapping) else getattr(holder, "__dict__", {})
