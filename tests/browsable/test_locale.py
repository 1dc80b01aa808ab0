"""The Korean translation of the pages: every sentence, the same placeholders, compiled."""

import ast
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import polib
import pytest
from django.utils.translation.template import templatize

from drf_logto import browsable
from tests.browsable.browser import Browser, page, text_of
from tests.support.fake_logto import FakeLogto

APP = Path(browsable.__file__).parent
PLACEHOLDER = re.compile(r"%\(\w+\)\w|%")
PO = APP / "locale/ko/LC_MESSAGES/django.po"
CATALOG = polib.pofile(str(PO))
MARKED = re.compile(r"gettext\(u'(.*?)'(?:, u'(.*?)', count)?\)")


def sentences() -> Iterator[str]:
    for template in APP.rglob("*.html"):
        for match in MARKED.finditer(templatize(template.read_text(), origin=str(template))):
            yield from filter(None, match.groups())
    modules = (ast.parse(module.read_text()) for module in APP.glob("*.py"))
    for call in chain.from_iterable(map(ast.walk, modules)):
        if isinstance(call, ast.Call) and getattr(call.func, "id", None) == "gettext_noop":
            yield ast.literal_eval(call.args[0])


SENTENCES = sorted(set(sentences()))


def test_every_sentence_is_found() -> None:
    assert "You cancelled the sign-in." in SENTENCES
    assert {"Log in", "%(minutes)s minute", "%(minutes)s minutes"} < set(SENTENCES)


def test_the_catalog_has_every_sentence_and_no_other() -> None:
    known = [entry.msgid for entry in CATALOG]
    plurals = [entry.msgid_plural for entry in CATALOG if entry.msgid_plural]
    assert sorted(known + plurals) == SENTENCES


@pytest.mark.parametrize("entry", CATALOG, ids=lambda entry: entry.msgid)
def test_a_sentence_has_a_translation_with_the_same_placeholders(entry: polib.POEntry) -> None:
    assert entry.translated()
    translation = entry.msgstr or entry.msgstr_plural[0]
    assert PLACEHOLDER.findall(translation) == PLACEHOLDER.findall(entry.msgid)


def test_the_compiled_catalog_matches_the_source() -> None:
    compiled = polib.mofile(str(PO.with_suffix(".mo")))
    assert {entry.msgid: (entry.msgstr, entry.msgstr_plural) for entry in compiled} == {
        entry.msgid: (entry.msgstr, entry.msgstr_plural) for entry in CATALOG
    }


def test_the_page_is_translated_to_korean(browser: Browser) -> None:
    korean = {"accept-language": "ko"}
    assert text_of(browser.get("/open/", **korean), "logto-log-in") == "로그인"
    browser.sign_in()
    response = browser.get("/acme/documents/", **korean)
    assert text_of(response, "logto-kind") == "API 리소스"
    assert text_of(response, "logto-minutes") == "60분"
    assert "조직의 것입니다" in text_of(response, "logto-denial")
    response = browser.get("/auth/callback/?state=x", **korean)
    assert "유효하지 않습니다" in page(response)


def test_the_remedy_of_a_failed_sign_in_is_translated_to_korean(
    fake: FakeLogto, settings: Any
) -> None:
    settings.DEBUG = True
    fake.publish(issuer="https://another.logto.test/oidc")
    response = Browser().get("/auth/login/", **{"accept-language": "ko"})
    remedy = text_of(response, "logto-remedy")
    assert remedy.startswith(
        "해결 방법(DEBUG가 켜져 있어 표시됩니다): ENDPOINT를 &lt;ENDPOINT&gt;/oidc/"
    )
