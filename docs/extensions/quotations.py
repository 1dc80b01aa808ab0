"""The search finds the sentence of a refusal, with any values, and a check by its full id."""

import gettext
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

import drf_logto
from drf_logto import exceptions

LOCALE = Path(drf_logto.__file__).parent / "locale"
PLACEHOLDER = re.compile(r"%\(\w+\)s")


def sentences(language: str) -> Iterator[tuple[str, str]]:
    """Yield what refusals say, as regular expressions, and their codes."""
    catalog = gettext.translation("django", LOCALE, [language], fallback=True)
    for refusal in (getattr(exceptions, name) for name in exceptions.__all__):
        said = [value for name, value in vars(refusal).items() if not name.startswith("_")]
        for value in chain.from_iterable(
            one.values() if isinstance(one, dict) else [one] for one in said
        ):
            if hasattr(refusal, "code") and isinstance(value, str) and value.endswith("."):
                for sentence in sorted({value, catalog.gettext(value)}):
                    parts = PLACEHOLDER.split(sentence.removesuffix("."))
                    yield ".+".join(map(re.escape, parts)), refusal.code


def _add_quotations(
    app: Sphinx, page: str, template: str, context: dict[str, Any], *rest: object
) -> None:
    if page == "search":
        refusals, checks = "reference/refusals", "reference/checks"
        context["quotations"] = [
            *([pattern, refusals, code] for pattern, code in sentences(app.config.language)),
            [r"drf_logto\.([EW]\d{3})", checks, "$1"],
        ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    app.connect("html-page-context", _add_quotations)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
