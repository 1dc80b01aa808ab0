"""Asks the permissions of a view whether they let a request in."""

import enum
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import chain
from typing import Any, NoReturn, TypeAlias

from django.db import connections
from django.utils.translation import gettext
from rest_framework.exceptions import APIException, NotAuthenticated, PermissionDenied
from rest_framework.permissions import BasePermission

from ..compositions.base import LogtoPermission
from ..compositions.evaluation import Evaluation, Pending
from ..compositions.operators import leaves
from ..denials import most_actionable
from ..exceptions import gettext_noop
from ..operations import Operation, own_methods, permissions_of
from ..responses import RefusedByProject
from ..view_options import organization_source
from .tokens import Refusal

_NO_TOKENS = gettext_noop("The view does not read access tokens of Logto.")
_ADD_CLASS = gettext_noop(
    "Add LogtoJWTAuthentication to DEFAULT_AUTHENTICATION_CLASSES, or to the view's "
    "authentication_classes."
)
_DATABASE = gettext_noop("It is not decided outside of a request: a permission asks the database.")
_AWAITED = gettext_noop("It is not decided here: %(permission)s has to be awaited.")
_OBJECTS = gettext_noop("It depends on the object: %(permissions)s.")
_OWN = gettext_noop("The view may still refuse: it has methods of its own (%(methods)s).")
_KEYWORD = re.compile(r"\(\?P<(\w+)>")


class Access(enum.StrEnum):
    """What is known of an operation."""

    OPEN = "open"
    REFUSED = "refused"
    NOT_DECIDED = "not decided"


Answer: TypeAlias = tuple[Access, Refusal | None, str]
"""What is known, what the request is refused with, and what else there is to say."""


def ask(operation: Operation, view: Any) -> Answer:
    """Return whether the permissions let in the request of ``view``, as far as that is decided.

    They may ask no database. Raises what they raise, but for exceptions of REST Framework.
    """
    with _without_databases() as queries:
        answer = _ask(operation, view)
    return not_decided(_DATABASE) if queries else answer


def _ask(operation: Operation, view: Any) -> Answer:
    try:
        permissions = permissions_of(operation.route, operation.handler, view)
        outcome = Evaluation(permissions, view.request, view).advance()
    except APIException as denied:  # by a permission itself
        return Access.REFUSED, Refusal.of(RefusedByProject(denied)), ""
    except _DatabaseAsked:
        return not_decided(_DATABASE)
    if isinstance(outcome, Pending):
        outcome.discard()
        return not_decided(_AWAITED, permission=type(outcome.permission).__qualname__)
    if outcome.granted:
        return _open(operation, view, permissions)
    reason = most_actionable(outcome.refusing, view.request, view)
    if view.request.auth is None:
        refusal = Refusal.of(RefusedByProject(NotAuthenticated()))
        return Access.REFUSED, replace(refusal, remedy=gettext(_ADD_CLASS)), gettext(_NO_TOKENS)
    return Access.REFUSED, Refusal.of(reason or _without_reason(outcome.refusing)), ""


def _open(operation: Operation, view: Any, permissions: list[Any]) -> Answer:
    source = organization_source(view, view.request)
    of_organization = (source and source.keywords) or frozenset()
    has_objects = keywords_of(operation) - of_organization - {"format"}
    about_objects = filter(_is_about_objects, chain.from_iterable(map(leaves, permissions)))
    names = sorted({type(one).__qualname__ for one in about_objects}) if has_objects else []
    if names:
        return not_decided(_OBJECTS, permissions=", ".join(names))
    said = [] if view.request.auth else [gettext(_NO_TOKENS)]
    if methods := own_methods(operation.route):
        said.append(gettext(_OWN) % {"methods": ", ".join(methods)})
    return Access.OPEN, None, " ".join(said)


def _is_about_objects(permission: Any) -> bool:
    if isinstance(permission, LogtoPermission):
        return permission.is_about_objects
    method = getattr(type(permission), "has_object_permission", None)
    return method not in (None, BasePermission.has_object_permission)


def _without_reason(refusing: tuple[Any, ...]) -> RefusedByProject:
    """What REST Framework says of permissions without a refusal."""
    said = next((one for one in refusing if getattr(one, "message", None)), None)
    return RefusedByProject(
        PermissionDenied(getattr(said, "message", None), getattr(said, "code", None))
    )


def not_decided(sentence: str, **named: str) -> Answer:
    """Return the answer that says why nothing is known."""
    return Access.NOT_DECIDED, None, gettext(sentence) % named


class _DatabaseAsked(Exception):
    """A permission asks a database."""


@contextmanager
def _without_databases() -> Iterator[list[None]]:
    """Refuse every query in the block; yield a list that is empty where there was none."""
    queries: list[None] = []

    def refuse(*_: Any) -> NoReturn:
        queries.append(None)  # the permission may catch the exception
        raise _DatabaseAsked

    with ExitStack() as stack:
        for connection in connections.all():
            stack.enter_context(connection.execute_wrapper(refuse))
        yield queries


def keywords_of(operation: Operation) -> set[str]:
    """Return the keywords of the route."""
    return set(_KEYWORD.findall("".join(operation.route.patterns)))
