"""how-to/testing-*.md: the tests of a project, run as the pages say."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.documents import Page
from tests.support.guides import guide

pytestmark = pytest.mark.servers  # each is a process of its own

PAGES = {name: Page(f"how-to/testing-{name}.md") for name in ("pytest", "schemathesis", "unittest")}
FILES = {
    name: [block for block in page.take() if block.language != "sh"] for name, page in PAGES.items()
}
COMMANDS = {name: page.take(language="sh")[0].code.split() for name, page in PAGES.items()}

missing = pytest.mark.skipif(
    find_spec("schemathesis") is None, reason="in the dependency group 'frameworks', which py has"
)


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("pytest", "8 passed"),
        pytest.param("schemathesis", "6 passed", marks=missing),
        ("unittest", "Ran 2 tests"),
    ],
)
def test_the_tests_of_a_page_pass(tmp_path: Path, name: str, outcome: str) -> None:
    project = guide(tmp_path, FILES[name])
    ran = project.run(*COMMANDS[name][1:])
    assert outcome in ran, ran
    assert "fail" not in ran.lower(), ran
