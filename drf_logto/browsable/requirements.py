"""What an endpoint asks for: the tokens that each of its methods accepts."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils.translation import gettext
from rest_framework.request import override_method

from ..auth_info import TokenKind
from ..authentication import LogtoJWTAuthentication
from ..compositions.alternatives import Alternative, Credential, alternatives
from ..view_options import accepted_resources, named_organization
from .contexts import Person

_NOT_SHOWN = frozenset({"HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Way:
    """One way in: the kind of token, None where any will do, and what it has to hold."""

    kind: TokenKind | None
    scopes: tuple[str, ...]
    bearers: tuple[str, ...]  # who may use the token, in the language of the request
    others: tuple[str, ...]  # other permissions that have to grant the request


@dataclass(frozen=True, slots=True)
class Requirement:
    """What some methods of an endpoint ask for; without a way in they are closed."""

    methods: tuple[str, ...]
    is_open: bool  # no token is needed
    ways: tuple[Way, ...]
    resources: tuple[str, ...]  # the only API resources whose tokens are accepted; () for all
    organization: str | None  # the one that the URL names; by its name where it is the user's


def requirements(view: Any, request: Any, person: Person | None) -> tuple[Requirement, ...]:
    """Return what the methods of a view ask for, nothing if it accepts no token or cannot tell."""
    try:
        if not any(isinstance(one, LogtoJWTAuthentication) for one in view.get_authenticators()):
            return ()
        narrowed = accepted_resources(view, request)
        named = named_organization(view, request)
        read = [*_each_method(view, request)]
    except Exception:  # noqa: BLE001 - the project's own code, which the request may not reach
        return ()
    resources = () if narrowed is None else tuple(sorted(map(str, narrowed)))
    names = {one.id: one.name for one in person.organizations} if person else {}
    by_ways = groupby(read, key=lambda one: one[1])
    return tuple(
        Requirement(
            methods=tuple(method for method, _ in group),
            is_open=any(one.credential is Credential.NONE and not one.others for one in ways),
            ways=tuple(dict.fromkeys(map(_way, ways))),
            resources=resources,
            organization=names.get(named, named) if named else None,
        )
        for ways, group in by_ways
    )


def _each_method(view: Any, request: Any) -> Iterator[tuple[str, tuple[Alternative, ...]]]:
    for method in view.allowed_methods:
        if method not in _NOT_SHOWN:
            with override_method(view, request, method):
                yield method, alternatives(view)


def _way(alternative: Alternative) -> Way:
    kind, *rest = alternative.kinds
    bearers = tuple(one.describe(translate=gettext) for one in alternative.about_bearer)
    return Way(None if rest else kind, alternative.scopes, bearers, alternative.others)
