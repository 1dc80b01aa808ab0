"""The menu is made once for all pages; the theme makes it for each, in a quarter of all time."""

import re
from functools import cache
from typing import Any, cast

from furo.navigation import get_navigation_tree
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.environment.adapters.toctree import global_toctree_for_doc

ITEM = re.compile(
    r'<li class="(toctree-l\d)((?: has-children)?)"><a class="reference internal" '
    r'href="([^"]+)">(.*?</a>(?:<input)?)'
)
ALL: dict[str, Any] = {
    "collapse": False,
    "titles_only": True,
    "maxdepth": -1,
    "includehidden": True,
}


@cache
def _menu_of_the_root(app: Sphinx) -> str:
    builder = cast(StandaloneHTMLBuilder, app.builder)
    tree = global_toctree_for_doc(app.env, "index", builder, tags=app.tags, **ALL)
    return str(get_navigation_tree(builder.render_partial(tree)["fragment"]))


def menu_of(page: str, menu: str) -> str:
    """Return the menu of the root as a page shows it: open where the page is."""

    def item(match: re.Match[str]) -> str:
        level, more, target, rest = match.groups()
        is_page = target == f"{page}.html"
        is_above = target.endswith("/index.html") and page.startswith(target[: -len("index.html")])
        classes = level + " current" * (is_page or is_above) + more + " current-page" * is_page
        link = "current " * is_page + 'reference internal" href="'
        link += "#" if is_page else "../" * page.count("/") + target
        rest = rest.replace("<input", '<input checked=""') if is_above else rest
        return f'<li class="{classes}"><a class="{link}">{rest}'

    return ITEM.sub(item, menu)


def _leave_out_the_toctree(
    app: Sphinx, page: str, template: str, context: dict[str, Any], *rest: object
) -> None:
    context.pop("toctree", None)


def _add_menu(
    app: Sphinx, page: str, template: str, context: dict[str, Any], *rest: object
) -> None:
    context["furo_navigation_tree"] = menu_of(page, _menu_of_the_root(app))


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    app.connect("html-page-context", _leave_out_the_toctree, priority=400)  # before the theme
    app.connect("html-page-context", _add_menu, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
