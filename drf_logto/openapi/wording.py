"""Describes the security requirements of an operation in words and as a value."""

from rest_framework.views import APIView

from ..auth_info import TokenKind
from ..compositions.alternatives import Alternative
from ..view_options import accepted_resources

_TOKENS = {
    TokenKind.GLOBAL: "an access token for the API resource",
    TokenKind.ORGANIZATION: "an organization token",
    TokenKind.ORGANIZATION_RESOURCE: "an access token for the API resource within an organization",
}


def in_words(ways: tuple[Alternative, ...], view: APIView) -> str:
    """Return a paragraph of Markdown."""
    if not ways:
        return "Closed: no access token opens this operation."
    if len(ways) == 1:
        words = f"Needs {_way(ways[0])}."
    else:
        words = "Needs one of these:\n\n" + "\n".join(f"- {_way(way)}" for way in ways)
    resources = _only_resources(view)
    if resources is None:
        return words
    return f"{words}\n\nThe API resource is {' or '.join(map(_quoted, resources))}, and no other."


def as_value(ways: tuple[Alternative, ...], view: APIView) -> list[dict[str, list[str]]]:
    """Return the tokens that will do, as JSON has it; OpenAPI knows no kinds of tokens."""
    resources = _only_resources(view)
    narrowed = {} if resources is None else {"resources": resources}
    return [way.to_dict() | narrowed for way in ways]


def _only_resources(view: APIView) -> list[str] | None:
    """What a view narrows its audience to, in an order that each description has; None for all."""
    narrowed = accepted_resources(view, view.request)
    return None if narrowed is None else sorted(map(str, narrowed))


def _way(way: Alternative) -> str:
    is_any = way.kinds == frozenset(TokenKind)
    tokens = [_TOKENS[kind] for kind in TokenKind if kind in way.kinds]
    words = "any access token" if is_any else " or ".join(tokens)
    if way.scopes:
        noun = "scope" if len(way.scopes) == 1 else "scopes"
        words += f", with the {noun} {' and '.join(map(_quoted, way.scopes))}"
    for permission in way.about_bearer:
        words += f", {permission.describe(write=_quoted)}"
    if way.others:
        words += f", if {' and '.join(map(_quoted, way.others))} lets it in"
    return words


def _quoted(value: object) -> str:
    return f"`{value}`"
