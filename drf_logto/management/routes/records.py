"""Says in words who may do what: a record for each path and view."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from posixpath import commonpath
from typing import Any

from rest_framework.settings import api_settings

from ...auth_info import TokenKind
from ...compositions.alternatives import Alternative, Credential
from ...conf import get_settings
from ...operations import ANY_METHOD, METHODS_OF_FUNCTIONS, Operation, own_methods

Write = Callable[[str], str]

_WHO = {
    Credential.NONE: "anybody",
    Credential.UNKNOWN: "anybody",
    Credential.ANY: "every authenticated user",
}
_FILTERED = {
    True: "; a filter backend filters by it",
    False: "; no filter backend filters by it",
    None: "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is said of the operations of one path and view.

    Attributes:
        path: the path.
        lines: methods with their actions, and who may use them.
        facts: what holds for all of them, as names and values.
    """

    path: str
    lines: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]


def selected(operations: Iterable[Operation], *, prefix: str, is_open: bool) -> Iterator[Operation]:
    """Yield what is shown, sorted by path.

    The routes that only add a format, such as ``.json``, to those of the same view are left out.

    Args:
        operations: all that there are.
        prefix: with which the paths begin.
        is_open: only what may be open to requests without a token, and then plain Django views that
            nothing here protects as well.
    """
    every = sorted(operations, key=lambda one: one.path)
    plain = {id(one.route.callback) for one in every if not _has_format(one)}
    for one in every:
        is_shown = _may_be_open(one) if is_open else one.method != ANY_METHOD
        is_again = _has_format(one) and id(one.route.callback) in plain
        if is_shown and not is_again and one.path.startswith(prefix):
            yield one


def _has_format(operation: Operation) -> bool:
    keyword = f"(?P<{api_settings.FORMAT_SUFFIX_KWARG}>"
    return any(keyword in one for one in operation.route.patterns)


def _may_be_open(operation: Operation) -> bool:
    is_known = operation.is_protected and not operation.unread
    return not is_known or any(one.credential <= Credential.UNKNOWN for one in operation.ways)


def as_value(operation: Operation) -> dict[str, Any]:
    """Return an operation as JSON has it."""
    return {
        "path": operation.path,
        "method": operation.method,
        "action": operation.action,
        "view": operation.name,
        "is_protected": operation.is_protected,
        "unread": operation.unread or None,
        "is_open": operation.is_open,
        "accepts_tokens": operation.accepts_tokens,
        "ways": [
            {"credential": one.credential.name.lower(), **one.to_dict()} for one in operation.ways
        ],
        "permissions": list(operation.permissions),
        "resources": list(operation.resources),
        "organization": operation.organization or None,
        "is_filtered": operation.is_filtered,
    }


def records(operations: Iterable[Operation], write: Write) -> Iterator[Record]:
    """Yield a record for each path and view.

    Args:
        operations: those that are shown, in order.
        write: returns a name or a value as the text has it.
    """
    known = (one for one in operations if one.method != ANY_METHOD)
    for _, group in groupby(known, key=lambda one: (one.path, id(one.route.callback))):
        together = [*group]
        yield Record(
            path=together[0].path,
            lines=tuple(_lines(together, write)),
            facts=tuple((name, printable(value)) for name, value in _facts(together, write)),
        )


def other_routes(operations: Iterable[Operation], write: Write) -> Iterator[str]:
    """Yield a line for the plain Django views of each module that nothing here protects."""
    plain = (one for one in operations if one.method == ANY_METHOD)
    by_module = sorted((one.name.rpartition(".")[0], one.path, one.name) for one in plain)
    for module, group in groupby(by_module, key=lambda one: one[0]):
        paths, names = zip(*((path, name) for _, path, name in group), strict=True)
        if len(paths) == 1:
            yield printable(f"{write(paths[0])}: {write(names[0])}")
        else:
            below = f"{len(paths)} routes below {write(commonpath(paths))}"
            yield printable(f"{below}, of {write(module)}")


def _lines(operations: list[Operation], write: Write) -> Iterator[tuple[str, str]]:
    """Methods that are open to the same requests are in one line."""
    by_access: dict[str, list[Operation]] = {}
    for one in operations:
        by_access.setdefault(printable(_access(one, write)), []).append(one)
    for access, alike in by_access.items():
        is_every = tuple(one.method for one in alike) == METHODS_OF_FUNCTIONS
        named = (" ".join(filter(None, (one.method, one.action))) for one in alike)
        yield "Any method" if is_every and not alike[0].action else ", ".join(named), access


def _access(operation: Operation, write: Write) -> str:
    if not operation.is_protected:
        return "not protected by REST Framework or this package"
    declared = " and ".join(map(write, operation.permissions)) or "no permission"
    if operation.unread:
        return f"not known. {operation.unread} The class declares {declared}."
    if any(one.credential is Credential.NONE and not one.others for one in operation.ways):
        return f"anybody ({declared})"
    usable = [
        one
        for one in operation.ways
        if operation.accepts_tokens or one.credential is not Credential.ACCESS_TOKEN
    ]
    if operation.ways and not usable:
        return "closed: it needs an access token, and the view reads none"
    ways = dict.fromkeys(_way(one, write) for one in usable)
    return "; or ".join(ways) or "closed: no token opens it"


def _way(way: Alternative, write: Write) -> str:
    kinds = [f"{write(one.value)} token" for one in TokenKind if one in way.kinds]
    tokens = "any access token" if len(kinds) == len(TokenKind) else " or ".join(kinds)
    words = _WHO.get(way.credential, tokens)
    if way.scopes:
        words += f" with {' and '.join(map(write, way.scopes))}"
    for permission in way.about_bearer:
        words += f", {permission.describe(write=write)}"
    if way.others:
        words += f", if {' and '.join(map(write, way.others))} grants the request"
    return words


def _facts(operations: list[Operation], write: Write) -> Iterator[tuple[str, str]]:
    organizations = {one.organization + _FILTERED[one.is_filtered]: one for one in operations}
    if named := [text for text, one in organizations.items() if one.organization]:
        yield "Organization", " or ".join(named)
    narrowed = {one.resources: None for one in operations if not one.unread and one.is_protected}
    for resources in narrowed:
        if resources != get_settings().api_resource:
            yield "API resource", f"{' or '.join(map(write, resources)) or 'none'} alone"
    own = " and ".join(map(write, own_methods(operations[0].route)))
    yield "View", write(operations[0].name) + (f", with its own {own}" if own else "")


def printable(text: str) -> str:
    """Return a line without control characters, and whole: a change at its end shows as well."""
    return "".join(one if one.isprintable() else "?" for one in text)
