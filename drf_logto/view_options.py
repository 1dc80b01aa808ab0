"""Reads what a view declares: in ``as_view``, on its class and on its functions."""

import enum
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from types import FunctionType
from typing import Any, Final, Protocol

from django.urls import Resolver404, ResolverMatch, resolve

from .conf import get_settings


class _Undeclared(enum.Enum):
    NOT_DECLARED = "not declared"


NOT_DECLARED: Final = _Undeclared.NOT_DECLARED
"""In place of a value that stands nowhere; None is a value."""

VIEW_ATTRIBUTES = ("api_resource", "organization_url_kwarg", "required_scopes")
"""What the permissions read of a view."""

ACCESS_TOKEN_PERMISSIONS = "logto_permissions"  # noqa: S105 - the name of an attribute
"""Under which ``require_access_token`` notes its permissions on the function that it returns."""

NO_ORGANIZATION = ""
"""A name that no organization has."""


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

_DEPTH = 20  # of functions that wrap functions


def declared(callback: Any, name: str, default: Any = NOT_DECLARED) -> Any:
    """Return what the view behind a URL pattern's ``callback`` declares under ``name``.

    What was given to ``as_view`` comes first, then the class, then the functions from the outermost
    to the innermost; decorators and partials are looked through.
    """
    return _declared_by(tuple(chain_of(callback)), name, default)


def declared_by_class(callback: Any, name: str) -> Any:
    """Return what was given to ``as_view`` under ``name``, or else what the class says."""
    return _declared_by_class(chain_of(callback), name)


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
    chain = _chain_of_route if isinstance(callback, FunctionType) else chain_of
    value = _declared_by(tuple(chain(callback)), name)
    if value is NOT_DECLARED:
        # A function may call that of @api_view, and then the route does not lead to it.
        own = view if is_function else _below_api_view(type(view))
        value = NOT_DECLARED if own is callback else declared(own, name)
    return value


@lru_cache(maxsize=4096)
def _chain_of_route(callback: FunctionType) -> tuple[Any, ...]:
    return tuple(chain_of(callback))


def _declared_by(chain: tuple[Any, ...], name: str, default: Any = NOT_DECLARED) -> Any:
    value = _declared_by_class(chain, name)
    if value is not NOT_DECLARED:
        return value
    return next((getattr(one, name) for one in chain if hasattr(one, name)), default)


def _declared_by_class(chain: Iterable[Any], name: str) -> Any:
    for function in chain:
        if name in (given := _initkwargs(function)):
            return given[name]
        cls = _class_of(function)
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
    """Return the organization that the route of ``view`` names, None where it names none.

    A path converter may have made another type of it; Logto's ids are strings, so it is compared as
    one. Where the view does not say readably which keyword it is, no organization fits.
    """
    try:
        keyword = organization_keyword(view, request)
    except ValueError:  # E010 reports it; closed until it is corrected
        return NO_ORGANIZATION
    if keyword is None:
        return None
    # A decorator may hand a keyword on by position, or keep it; the route has it all the same.
    match = getattr(django_request(request), "resolver_match", None)
    kwargs = {**getattr(match, "kwargs", {}), **(getattr(view, "kwargs", None) or {})}
    named = kwargs.get(keyword, NOT_DECLARED)
    if named is NOT_DECLARED and _has_keyword(match, keyword):
        named = _captured(keyword, request)
    if named is NOT_DECLARED:
        return None
    return NO_ORGANIZATION if named is None else str(named)


def _has_keyword(match: ResolverMatch | None, keyword: str) -> bool:
    """Whether the route has the keyword, in its path or among its extra options."""
    if match is None:
        return False
    options: Mapping[str, Any] = getattr(match, "extra_kwargs", None) or {}
    return f"{keyword}>" in (match.route or "") or keyword in options


def _captured(keyword: str, request: Request | None) -> Any:
    """What the path holds for a keyword that a middleware may have taken from the others."""
    asked = django_request(request)
    try:
        found = resolve(asked.path_info, getattr(asked, "urlconf", None))
    except Resolver404:
        return None
    return found.kwargs.get(keyword, NOT_DECLARED)


def organization_keyword(view: View, request: Request | None = None) -> str | None:
    """Return the URL keyword that names the organization, None where the view says that none does.

    It is the view's ``organization_url_kwarg``, or else the setting ``ORGANIZATION_URL_KWARG``.

    Raises:
        ValueError: the view's is not the name of a keyword.
    """
    keyword = option(view, "organization_url_kwarg", request)
    if keyword is NOT_DECLARED:
        return get_settings().organization_url_kwarg
    if keyword is not None and not (isinstance(keyword, str) and keyword.isidentifier()):
        raise ValueError(f"{keyword!r} is not the name of a URL keyword.")
    return keyword


def django_request(request: Request | None) -> Any:
    """Return Django's request below one of DRF, whose look-up of its attributes is slow."""
    return getattr(request, "_request", request)


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
