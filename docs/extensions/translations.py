"""Each page knows itself in the other language."""

from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

LANGUAGES = {"en": "English", "ko": "한국어"}


def _set_address(app: Sphinx, config: Config) -> None:
    config.html_baseurl = f"{config.html_baseurl.removesuffix('en/')}{config.language}/"


def _find_translations(
    app: Sphinx, page: str, template: str, context: dict[str, Any], *rest: object
) -> None:
    home = app.config.html_baseurl.removesuffix(f"{app.config.language}/")
    up = "../" * (page.count("/") + 1)
    context["translations"] = []
    for language, name in LANGUAGES.items():
        is_there = page == "search" or (app.srcdir.parent / language / f"{page}.md").exists()
        path = f"{language}/{page if is_there else 'index'}.html"
        context["translations"].append(
            {"code": language, "name": name, "link": up + path, "url": is_there and home + path}
        )


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    app.connect("config-inited", _set_address)
    app.connect("html-page-context", _find_translations)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
