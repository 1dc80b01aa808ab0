"""how-to/typing.md: its files are those of the project that mypy and pyright check."""

import tomllib
from typing import Any

import pytest

from tests.support.documents import ROOT, Block, Page

PROJECT = ROOT / "tests" / "typed_project"
PAGE = Page("how-to/typing.md")
(SETTINGS,) = PAGE.take(language="toml")


@pytest.mark.parametrize("block", PAGE.take(language="python"), ids=lambda block: block.file)
def test_a_file_of_the_page_is_one_that_is_checked(block: Block) -> None:
    assert block.code == (PROJECT / block.file).read_text("utf-8")


def test_it_is_checked_with_the_settings_of_the_page() -> None:
    checked = tomllib.loads((PROJECT / SETTINGS.file).read_text("utf-8"))["tool"]
    named: dict[str, Any] = tomllib.loads(SETTINGS.code)["tool"]
    for tool, settings in named.items():
        assert settings.items() <= checked[tool].items()
