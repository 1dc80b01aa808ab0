"""The Korean translation: every sentence, the same placeholders, compiled."""

import ast
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import polib
import pytest

import drf_logto
from drf_logto import exceptions as refusals
from drf_logto import explanation, permissions, tenancy
from tests.support.refusals import leaves

PO = Path(drf_logto.__file__).parent / "locale/ko/LC_MESSAGES/django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)\w|%")

CATALOG = polib.pofile(str(PO))


def of_parts() -> Iterator[str]:
    """What explains a token, and what serializers say, which nothing else has in words."""
    folders = [Path(str(part.__file__)).parent for part in (explanation, tenancy)]
    for module in chain.from_iterable(folder.glob("*.py") for folder in folders):
        for call in ast.walk(ast.parse(module.read_text())):
            named = getattr(call.func, "id", None) if isinstance(call, ast.Call) else None
            if isinstance(call, ast.Call) and named in {"gettext_noop", "gettext_lazy"}:
                yield ast.literal_eval(call.args[0])


SENTENCES = sorted(
    {one.message for one in leaves() if hasattr(one, "message")}
    | {*refusals.WrongTokenKind.sentences.values(), *refusals.WrongBearer.sentences.values()}
    | {words for name in permissions.__all__ if (words := getattr(permissions, name).words)}
    | {refusals.NoScopeDeclared.unnamed, refusals.MalformedHeader.repeated}
    | {*of_parts()}
    | {refusals.MalformedToken.word, refusals.MalformedToken.quoted, refusals.MalformedToken.no_jwt}
)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_has_a_translation_with_the_same_placeholders(sentence: str) -> None:
    entry = CATALOG.find(sentence)
    assert entry is not None
    assert entry.translated()
    assert PLACEHOLDER.findall(entry.msgstr) == PLACEHOLDER.findall(sentence)


def test_nothing_is_translated_that_is_no_longer_used() -> None:
    assert sorted(entry.msgid for entry in CATALOG) == SENTENCES


def test_the_catalog_says_what_it_is() -> None:
    assert CATALOG.metadata["Language"] == "ko"
    assert CATALOG.metadata["Content-Type"] == "text/plain; charset=UTF-8"
    assert CATALOG.metadata["Plural-Forms"] == "nplurals=1; plural=0;"


def test_the_compiled_catalog_is_that_of_the_source() -> None:
    compiled = polib.mofile(str(PO.with_suffix(".mo")))
    assert compiled.metadata.items() <= CATALOG.metadata.items()  # msgfmt keeps not all of it
    assert {entry.msgid: entry.msgstr for entry in compiled} == {
        entry.msgid: entry.msgstr for entry in CATALOG
    }
