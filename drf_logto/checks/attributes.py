"""What the project's own code sets on a view, and what reads it."""

from collections.abc import Iterator, Mapping
from itertools import chain
from types import CodeType
from typing import Any, NamedTuple

from ..compositions.operators import leaves
from ..routes import Route
from ..view_options import NOT_DECLARED, chain_of, declared_by_class, sources

_LIBRARIES = frozenset({"builtins", "django", "rest_framework", "adrf"})
_LISTS = (list, tuple, set, frozenset)
_POLICIES = (
    "authentication_classes",
    "permission_classes",
    "throttle_classes",
    "filter_backends",
    "parser_classes",
    "renderer_classes",
    "serializer_class",
)


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
    return _package(value) in _LIBRARIES


def attributes(callback: Any) -> dict[str, Attribute]:
    """Return what the project sets on a view, by name; private names are left out."""
    own: dict[str, Attribute] = {}
    for rank, holder in enumerate(_holders(callback)):
        for name, value in _held(holder).items():
            if not name.startswith("_"):
                own.setdefault(name, Attribute(value, rank, id(holder)))
    return own


def names_read(callback: Any) -> frozenset[str]:
    """Return the names and strings in the code of a view and of its policies, and their bases."""
    of_policies = [value for policy in _policies(callback) for value in vars(policy).values()]
    of_view = (value for holder in _holders(callback) for value in _held(holder).values())
    values = (*of_policies, *of_view)
    # Other values may be lazy, and want a database.
    methods = (value for value in values if hasattr(type(value), "__get__"))
    functions = (one for value in methods for one in chain_of(getattr(value, "fget", value)))
    codes = (getattr(one, "__code__", None) for one in (*functions, *chain_of(callback)))
    words = (word for code in codes if isinstance(code, CodeType) for word in _words(code))
    # A policy may hold the name of what it reads, as scope_attr of a throttle does.
    return frozenset((*words, *(value for value in of_policies if type(value) is str)))


def computes_permissions(callback: Any) -> bool:
    """Whether code of the project, not of the libraries, says which permissions are asked."""
    methods = (declared_by_class(callback, f"{verb}_permissions") for verb in ("get", "check"))
    return not all(one is NOT_DECLARED or is_of_libraries(one) for one in methods)


def has_reader(route: Route, name: str) -> bool:
    """Whether a permission of a route reads an attribute; ``api_resource`` is read by none."""
    reads_all = name in {"organization_source", "organization_url_kwarg"}
    about_kind = [one for one in route.permissions if one.kind is not None]
    permissions = () if name == "api_resource" else about_kind
    return any(reads_all or permission.declared is None for permission in permissions)


def _package(value: Any) -> str:
    return str(getattr(value, "__module__", "")).partition(".")[0]


def _policies(callback: Any) -> Iterator[type]:
    """Yield the project's own classes among the policies of a view and their base classes."""
    values = [declared_by_class(callback, name) for name in _POLICIES]
    # isinstance would evaluate what is lazy.
    each = chain.from_iterable(one if issubclass(type(one), _LISTS) else (one,) for one in values)
    for one in chain.from_iterable(map(leaves, each)):
        kind = one if issubclass(type(one), type) else type(one)
        yield from (cls for cls in kind.__mro__ if _package(cls) not in {*_LIBRARIES, "drf_logto"})


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
