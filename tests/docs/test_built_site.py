"""docs/check.py, which finds what is wrong with a built site, and Korean in its search."""

from pathlib import Path

import pytest
from docutils import nodes
from docutils.utils import new_document

from docs.check import problems
from docs.extensions.descriptions import describe
from docs.extensions.korean_search import KoreanSearch
from docs.extensions.menu import menu_of

ITEM = '<li class="toctree-l2"><a class="reference internal" href="a/b.html">B</a></li>'
ITEM_HERE = (
    '<li class="toctree-l2 current current-page">'
    '<a class="current reference internal" href="#">B</a></li>'
)
ITEM_ABOVE = (
    '<li class="toctree-l1 has-children">'
    '<a class="reference internal" href="a/index.html">A</a><input type="checkbox"/></li>'
)
ITEM_ABOVE_OPEN = (
    '<li class="toctree-l1 current has-children"><a class="reference internal" '
    'href="../a/index.html">A</a><input checked="" type="checkbox"/></li>'
)
ITEM_ABOVE_HERE = (
    '<li class="toctree-l1 current has-children current-page">'
    '<a class="current reference internal" href="#">A</a><input checked="" type="checkbox"/></li>'
)
HOME = "https://docs.example.com/"
PAGE = (
    '<html lang="en"><link rel="canonical" href="https://docs.example.com/en/page.html">'
    '<h1 id="top">A</h1><a href="other/page.html#%ED%82%A4">B</a>'
    '<a href="https://other.example.com/">C</a>{}'
)


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("", None),
        ('<a href="missing.html">', "leads nowhere: missing.html"),
        ('<a href="#missing">', "leads nowhere: #missing"),
        (
            '<a href="https://docs.example.com/ko/x">',
            "leads nowhere: https://docs.example.com/ko/x",
        ),
        ('<a href="http://b.example.com/">', "not over https: http://b.example.com/"),
        ('<img src="a.png" alt="A">', "does not exist: a.png"),
        ('<img src="page.html">', "picture without a description: page.html"),
        ('<img src="//b.example.com/a" alt="A">', "loaded from another host: //b.example.com/a"),
        (
            '<script src="https://b.example.com/a">',
            "loaded from another host: https://b.example.com/a",
        ),
        (
            '<link rel="stylesheet" href="https://b.example.com/a">',
            "loaded from another host: https://b.example.com/a",
        ),
        ("<h1>", "has not one first heading"),
        ("<h2><h4>", "leaves out a level of headings: [1, 2, 4]"),
    ],
)
def test_a_problem_of_a_page_is_named(tmp_path: Path, more: str, problem: str | None) -> None:
    write(tmp_path, "en/page.html", PAGE.format(more))
    write(tmp_path, "en/other/page.html", '<html lang="en"><h1 id="키">A</h1>')
    assert problems(tmp_path, HOME) == ([f"en/page.html: {problem}"] if problem else [])


def test_a_page_in_the_wrong_language_a_foreign_font_and_a_dead_link_to_the_site_are_named(
    tmp_path: Path,
) -> None:
    write(tmp_path, "ko/page.html", '<html lang="en"><h1>A</h1>')
    write(tmp_path, "ko/a.css", "@font-face { src: url(https://b.example.com/a.woff) }")
    links = f"[A]({HOME}ko/page.html) [B]({HOME}ko/page.html#b) [C](https://c.example.com)."
    write(tmp_path, "README.md", links)
    assert problems(tmp_path, HOME, tmp_path / "README.md") == [
        "ko/page.html: is in another language: en",
        "ko/a.css: loaded from another host: https://b.example.com/a.woff",
        "README.md: leads nowhere: https://docs.example.com/ko/page.html#b",
    ]


def test_a_korean_word_is_found_by_each_beginning_of_two_syllables() -> None:
    assert KoreanSearch({}).split("`wrong_audience`는 액세스 API를 이") == [
        *("wrong_audience", "는", "액세", "액세스", "API", "를", "이")
    ]


def test_a_korean_word_of_one_syllable_is_found_with_its_particle() -> None:
    assert KoreanSearch({}).split("키를 키워") == ["키", "키를", "키워"]


@pytest.mark.parametrize(
    ("paragraphs", "description"),
    [
        ([], ""),
        (["One\nline.", "Another."], "One line."),
        (["seven " * 40], f"{'seven ' * 33}…"),
    ],
)
def test_a_page_is_described_by_its_first_paragraph(
    paragraphs: list[str], description: str
) -> None:
    document = new_document("")
    document += [nodes.paragraph("", text) for text in paragraphs]
    assert describe(document) == description


def write(folder: Path, name: str, content: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, "utf-8")


@pytest.mark.parametrize(
    ("page", "above", "here"),
    [
        ("search", ITEM_ABOVE, ITEM),
        ("a/index", ITEM_ABOVE_HERE, ITEM.replace('"a/', '"../a/')),
        ("a/b", ITEM_ABOVE_OPEN, ITEM_HERE),
    ],
)
def test_the_menu_is_open_at_its_page(page: str, above: str, here: str) -> None:
    assert menu_of(page, ITEM_ABOVE + ITEM) == above + here
