"""The pages: both languages show the same code and have the same headings, links lead on."""

import re
from pathlib import Path

import pytest

from tests.support.documents import DOCS, FENCE, LANGUAGES, ROOT, text, tokens

PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("**/*.md")])
ENGLISH_ONLY = {
    "explanation/advisories.md",
    "explanation/conformance.md",
    "explanation/performance.md",
}
TWINS = [
    ("README.md", "README.ko.md"),
    *(
        (f"docs/en/{name}", f"docs/ko/{name}")
        for name in sorted(str(path.relative_to(DOCS / "en")) for path in DOCS.glob("en/**/*.md"))
        if name not in ENGLISH_ONLY
    ),
]

COMMENT = re.compile(r"(?:^|\s+)#.*")
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)")


def code(page: str, *, language: str = "") -> list[str]:
    return [body for name, body in FENCE.findall(text(page)) if language in {"", name}]


def without_comments(block: str) -> list[str]:
    return [COMMENT.sub("", line) for line in block.splitlines()]


def anchors(page: Path) -> set[str]:
    """What GitHub makes of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(("english", "korean"), TWINS)
def test_both_languages_show_the_same_code(english: str, korean: str) -> None:
    assert [without_comments(block) for block in code(english)] == [
        without_comments(block) for block in code(korean)
    ]


@pytest.mark.parametrize(("english", "korean"), TWINS)
def test_both_languages_have_the_same_structure(english: str, korean: str) -> None:
    """Paragraphs, headings, lists, cells, pictures, blocks and marks of blocks that are not run."""

    def structure(page: str) -> list[tuple[int, str, str]]:
        return [
            (token.level, one.type, one.tag)
            for token in tokens(text(page))
            for one in (token, *(token.children or ()))
            if one is token or one.type == "image"
        ]

    assert structure(english) == structure(korean)


@pytest.mark.parametrize("block", code("README.md", language="python"))
def test_a_python_block_of_the_readme_compiles(block: str) -> None:
    compile(block, "README.md", "exec")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_to_a_file_and_a_heading(page: Path) -> None:
    for path, anchor in LINK.findall(FENCE.sub("", text(page))):
        target = (page.parent / path) if path else page
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), f"{path}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_all_emphasis_is_rendered(page: Path) -> None:
    """``**`x`**`` ends no emphasis where a letter follows, as a Korean particle does."""
    written = [child for token in tokens(text(page)) for child in token.children or ()]
    assert [one.content for one in written if one.type == "text" and "**" in one.content] == []


@pytest.mark.parametrize("folder", ["explanation", "how-to", "reference", "tutorials"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_is_listed_once_in_the_index_of_its_folder(folder: str, language: str) -> None:
    pages = DOCS / language / folder
    listed = re.findall(r"^[-|].*\]\(([\w-]+\.md)\)", text(pages / "index.md"), re.MULTILINE)
    assert sorted([*listed, "index.md"]) == sorted(page.name for page in pages.glob("*.md"))
