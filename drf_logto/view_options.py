"""Reads what a view declares: in ``as_view``, on its class and on its functions."""

import enum
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from types import FunctionType
from typing import Any, Final, Protocol, TypeAlias

from .conf import get_settings
from .organization_sources.base import NO_ORGANIZATION, OrganizationSource, django_request
from .organization_sources.computed import as_source
from .organization_sources.named import UrlKeyword


class _Undeclared(enum.Enum):
    NOT_DECLARED = "not declared"


NOT_DECLARED: Final = _Undeclared.NOT_DECLARED
"""In place of a value that stands nowhere; None is a value."""

VIEW_ATTRIBUTES = (
    "api_resource",
    "organization_source",
    "organization_url_kwarg",
    "required_scopes",
)
"""What the permissions read of a view."""

ACCESS_TOKEN_PERMISSIONS = "logto_permissions"  # noqa: S105 - the name of an attribute
"""How the attributes begin in which ``require_access_token`` notes permissions on what it returns.

There is one for each: method_decorator would write that of a method over the one around it.
"""


class Request(Protocol):
    """What is read of a request, Django's or DRF's."""

    @property
    def method(self) -> str | None:
        """The HTTP method, in upper case."""


class View(Protocol):
    """What is read of a view: an instance of DRF's, or what stands for a plain Django view.

    It may have the attributes in ``VIEW_ATTRIBUTES`` as well, and an ``action``.
    """

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """The keywords of the route."""


_OF_API_VIEW = "api_view.<locals>."
_CLASSES_OF_API_VIEW = ("WrappedAPIView", "WrappedAsyncAPIView")

_Link: TypeAlias = tuple[Any, Mapping[str, Any], type | None]
"""A function of a chain, what was given to its ``as_view``, and the class of the view behind it."""

_DEPTH = 20  # of functions that wrap functions


def declared(callback: Any, name: str, default: Any = NOT_DECLARED) -> Any:
    """Return what the view behind a URL pattern's ``callback`` declares under ``name``.

    What was given to ``as_view`` comes first, then the class, then the functions from the outermost
    to the innermost; decorators and partials are looked through.
    """
    return _declared_by(_links(callback), name, default)


def declared_by_class(callback: Any, name: str) -> Any:
    """Return what was given to ``as_view`` under ``name``, or else what the class says."""
    return _declared_by_class(_links(callback), name)


def option(view: Any, name: str, request: Request | None = None) -> Any:
    """Return what ``view`` declares under ``name`` for a request: the same as ``declared`` finds.

    The instance of a class-based view holds what was given to ``as_view``, its class, and what is
    computed. What it lacks may stand on the functions of the request's route, or of the view itself
    where it is a function.

    Args:
        view: an instance, a function, or what ``routes`` read of a route.
        name: one of ``VIEW_ATTRIBUTES``.
        request: the request, Django's or DRF's; None where there is none yet.
    """
    is_function = isinstance(view, FunctionType)
    if not is_function:
        # What the class computes may fail with an AttributeError, and is declared all the same.
        given = hasattr(type(view), name)
        value = getattr(view, name) if given else getattr(view, name, NOT_DECLARED)
        if value is not NOT_DECLARED:
            return value
    match = getattr(django_request(request), "resolver_match", None)
    callback = getattr(match, "func", None)
    # Functions of routes live as long as the process; other callables need not be hashable.
    links = _links_of_route if isinstance(callback, FunctionType) else _links
    value = _declared_by(links(callback), name)
    if value is NOT_DECLARED:
        # A function may call that of @api_view, and then the route does not lead to it.
        own = view if is_function else _below_api_view(type(view))
        value = NOT_DECLARED if own is callback else declared(own, name)
    return value


def _links(callback: Any) -> tuple[_Link, ...]:
    return tuple((one, _initkwargs(one), _class_of(one)) for one in chain_of(callback))


@lru_cache(maxsize=4096)
def _links_of_route(callback: FunctionType) -> tuple[_Link, ...]:
    return _links(callback)


def _declared_by(links: tuple[_Link, ...], name: str, default: Any = NOT_DECLARED) -> Any:
    value = _declared_by_class(links, name)
    if value is not NOT_DECLARED:
        return value
    return next((getattr(one, name) for one, _, _ in links if hasattr(one, name)), default)


def _declared_by_class(links: tuple[_Link, ...], name: str) -> Any:
    for _, given, cls in links:
        if name in given:
            return given[name]
        if hasattr(cls, name):
            return getattr(cls, name)
    return NOT_DECLARED


def accepted_resources(view: object, request: Request | None = None) -> Collection[object] | None:
    """Return the only resource indicators that ``view`` accepts, None where it accepts all.

    It reads the view's ``api_resource``, one or several; what is neither accepts no token.
    """
    narrowed = option(view, "api_resource", request)
    if narrowed is NOT_DECLARED or narrowed is None:
        return None
    if isinstance(narrowed, str):
        return (narrowed,)
    return narrowed if isinstance(narrowed, (list, tuple, set, frozenset)) else ()


def named_organization(view: View, request: Request | None = None) -> str | None:
    """Return the organization that a request names, None where it names none.

    Where the view does not say readably where it is named, no organization fits.
    """
    try:
        source = organization_source(view, request)
    except ValueError:  # E010 reports it; closed until it is corrected
        return NO_ORGANIZATION
    return None if source is None else source.find(request, view)


def organization_source(view: View, request: Request | None = None) -> OrganizationSource | None:
    """Return where requests for ``view`` name their organization, None where they name none.

    It is the view's ``organization_source``, its ``organization_url_kwarg``, the setting
    ``ORGANIZATION_SOURCE`` or the setting ``ORGANIZATION_URL_KWARG``, the first that is there.

    Raises:
        ValueError: what the view declares is not a source, or not the name of a keyword.
    """
    declared = option(view, "organization_source", request)
    if declared is not NOT_DECLARED:
        return as_source(declared)
    keyword = option(view, "organization_url_kwarg", request)
    if keyword is not NOT_DECLARED:
        return None if keyword is None else UrlKeyword(keyword)
    return get_settings().organization_source


def asks_project_code(view: View, request: Request | None) -> bool:
    """Whether a function of the project says which organization a request names."""
    try:
        source = organization_source(view, request)
    except ValueError:  # as above
        return False
    return source is not None and source.runs_project_code


def verified_auth(request: Request | None) -> Any:
    """Return ``auth`` of a request, None where it has none yet; DRF's would authenticate it."""
    return getattr(django_request(request), "auth", None)


def sources(callback: Any) -> Iterator[Any]:
    """Yield what may declare something of a view: keywords of ``as_view``, classes, functions."""
    for function in chain_of(callback):
        yield from filter(None, (_initkwargs(function), _class_of(function), function))


def owner(callback: Any) -> Any:
    """Return the class of the view behind ``callback``, or ``callback`` where it has none."""
    return class_of(callback) or callback


def chain_of(callback: Any) -> Iterator[Any]:
    """Yield ``callback`` and the functions that it wraps, the outermost first."""
    return islice(_wrapped(callback), _DEPTH)


def class_of(callback: Any) -> type | None:
    """Return the view class behind ``callback``, None where there is none."""
    return next(filter(None, map(_class_of, chain_of(callback))), None)


def instance_of(callback: Any) -> Any:
    """Return the view behind ``callback`` as ``as_view`` makes it, None where it has no class."""
    made = ((_class_of(one), _initkwargs(one)) for one in chain_of(callback))
    return next((cls(**given) for cls, given in made if cls is not None), None)


# Without generators: every check of every route asks them many times.
def _class_of(function: Any) -> type | None:
    for name in ("cls", "view_class"):
        if isinstance(one := getattr(function, name, None), type):
            return one
    return None


def _initkwargs(function: Any) -> Mapping[str, Any]:
    for name in ("initkwargs", "view_initkwargs"):
        if isinstance(one := getattr(function, name, None), Mapping):
            return one
    return {}


def _wrapped(function: Any) -> Iterator[Any]:
    while function is not None:
        yield function
        inner = getattr(function, "__wrapped__", None) or getattr(function, "func", None)
        function = inner or _below_api_view(_class_of(function) or object)


def _below_api_view(cls: type) -> Any:
    """The function below ``@api_view``, None where there is none: a closure alone refers to it.

    Args:
        cls: the class that ``@api_view`` has made of it.
    """
    if cls.__qualname__ not in _CLASSES_OF_API_VIEW:
        return None
    # The type itself: isinstance would evaluate a lazy object.
    functions = (one for one in vars(cls).values() if type(one) is FunctionType)
    handlers = (one for one in functions if one.__qualname__.startswith(_OF_API_VIEW))
    cells = (
        dict(zip(one.__code__.co_freevars, one.__closure__ or (), strict=True)) for one in handlers
    )
    return next((one["func"].cell_contents for one in cells if "func" in one), None)
