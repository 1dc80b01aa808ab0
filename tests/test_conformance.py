"""explanation/conformance.md: every section has its rows, every row its proof or its reason."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

TESTS = Path(__file__).parent
DOCUMENT = (TESTS.parent / "docs/en/explanation/conformance.md").read_text("utf-8")

SECTIONS = {
    "RFC 6750: bearer tokens": "6750: 2 2.1 2.2 2.3 3 3.1",
    "RFC 9068: JWT access tokens": "9068: 4-1 4-2 4-3 4-4 4-5 4-6 4-7 4-8",
    "RFC 8725: best practices for JWTs": (
        "8725: 3.1 3.2 3.3 3.4 3.5 3.6 3.7 3.8 3.9 3.10 3.11 3.12"
    ),
    "RFC 7515: JSON Web Signature": (
        "7515: 4.1.11 5.2-1 5.2-2 5.2-3 5.2-4 5.2-5 5.2-6 5.2-7 5.2-8 5.2-9 5.2-10 5.2-end"
    ),
    "RFC 7517: JSON Web Key sets": "7517: 5 5.1",
    "RFC 7519: JSON Web Token": (
        "7519: 4.1.1 4.1.2 4.1.3 4.1.4 4.1.5 4.1.6 4.1.7"
        " 7.2-1 7.2-2 7.2-3 7.2-4 7.2-5 7.2-6 7.2-7 7.2-8 7.2-9 7.2-10 7.2-end"
    ),
    "RFC 8414: authorization server metadata": "8414: 3.3",
    "RFC 9728: protected resource metadata": "9728: 2 2.1 2.2 3 3.1 3.2 3.3 5 5.1 6",
    "OpenID Connect Discovery 1.0": "oidc: 4.3",
    "OWASP ASVS 5.0": (
        "asvs: 9.1.1 9.1.2 9.1.3 9.2.1 9.2.2 9.2.3 9.2.4 10.3.1 10.3.2 10.3.3 10.3.4 10.3.5"
    ),
}
"""By heading: what the ids of its table begin with, and the sections and steps they cover."""

KEPT = re.compile(r"yes|(?:not applicable|deviates): \S.{20,}\.")
PROOF = re.compile(r"`((?:[a-z]+/)?test_\w+\.py)::(test_\w+)(?:\[([\w -]+)\])?`")
ADVISORIES = (TESTS.parent / "docs/en/explanation/advisories.md").read_text("utf-8")


class Row(NamedTuple):
    heading: str
    id: str
    rule: str
    kept: str
    proof: str


def rows() -> list[Row]:
    return [
        Row(heading, *line.removeprefix("| ").removesuffix(" |").split(" | "))
        for heading, _, body in (part.partition("\n") for part in DOCUMENT.split("\n## ")[1:])
        for line in body.splitlines()
        if line.startswith("| `")
    ]


ROWS = rows()


@cache
def names(module: str) -> set[str]:
    """The tests that a module holds and the texts in it, which rows of a table may be named by."""
    path = TESTS / module
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8")))) if path.exists() else []
    texts = {str(one.value) for one in nodes if isinstance(one, ast.Constant)}
    return {one.name for one in nodes if isinstance(one, ast.FunctionDef)} | texts


def exists(proof: str) -> bool:
    named = PROOF.fullmatch(proof)
    return named is not None and {one for one in named.groups()[1:] if one} <= names(named[1])


def test_each_row_has_a_rule_and_where_it_is_not_kept_a_reason() -> None:
    unfounded = [row.id for row in ROWS if not KEPT.fullmatch(row.kept) or len(row.rule) < 10]
    assert unfounded == []


def test_each_row_names_tests_that_exist() -> None:
    proofs = {proof for row in ROWS for proof in row.proof.split(", ")}
    proofs |= {proof[0] for proof in PROOF.finditer(ADVISORIES)}
    assert [proof for proof in proofs if not exists(proof)] == []


def test_an_id_belongs_to_one_row() -> None:
    ids = [row.id for row in ROWS]
    assert len(ids) == len(set(ids))


def test_every_line_of_a_table_is_a_row() -> None:
    lines = re.findall(r"^\|(?! id \||-)", DOCUMENT, re.MULTILINE)
    assert len(lines) == len(ROWS) > 100


@pytest.mark.parametrize("heading", SECTIONS)
def test_no_section_of_a_standard_is_missing(heading: str) -> None:
    standard, _, sections = SECTIONS[heading].partition(": ")
    ids = [row.id.strip("`") for row in ROWS if row.heading == heading]
    assert all(one.startswith(f"{standard}-") for one in ids)
    covered = {re.sub(r"-[a-z]$", "", one.removeprefix(f"{standard}-")) for one in ids}
    assert set(sections.split()) <= covered


def test_every_table_is_of_a_standard_that_is_listed() -> None:
    assert {row.heading for row in ROWS} == SECTIONS.keys()
