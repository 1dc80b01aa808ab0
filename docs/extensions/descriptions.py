"""The first paragraph of a page describes it to search engines, and where it is linked."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

LENGTH = 200


def describe(doctree: nodes.document | None) -> str:
    """Return the first paragraph, cut off at a word."""
    first = next(doctree.findall(nodes.paragraph), None) if doctree else None
    words = " ".join(first.astext().split()) if first else ""
    return words if len(words) <= LENGTH else f"{words[:LENGTH].rpartition(' ')[0]} …"


def _add_description(
    app: Sphinx,
    page: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    context["description"] = describe(doctree)


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    app.connect("html-page-context", _add_description)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
