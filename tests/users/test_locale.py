"""The Korean words of the admin site: all of them, and no others."""

import re
from pathlib import Path

import polib
from django.apps import apps
from django.utils import translation
from django.utils.functional import Promise

from drf_logto.users import admin_sign_in
from drf_logto.users.models import LogtoIdentity

USERS = Path(admin_sign_in.__file__).parent
PO = USERS / "locale/ko/LC_MESSAGES/django.po"
SENTENCE = re.compile(
    r'{% translate "(.*?)" %}|{% blocktranslate trimmed %}(.*?){% endblocktranslate %}', re.S
)
CATALOG = {entry.msgid: entry.msgstr for entry in polib.pofile(str(PO))}


def names() -> set[Promise]:
    options = LogtoIdentity._meta
    named = [options.verbose_name, options.verbose_name_plural]
    named += [apps.get_app_config("drf_logto_users").verbose_name]
    named += [field.verbose_name for field in options.fields]
    return {one for one in named if isinstance(one, Promise)}


def sentences() -> set[str]:
    refused = admin_sign_in.NotAdmitted
    found = {refused.heading, refused.message, admin_sign_in.NO_TOKEN}
    for template in USERS.glob("templates/*/*.html"):
        pairs = SENTENCE.findall(template.read_text("utf-8"))
        found |= {re.sub(r"{{ (\w+) }}", r"%(\1)s", one or other) for one, other in pairs}
    return found


def test_every_name_and_sentence_has_a_translation() -> None:
    with translation.override("en"):
        assert {str(one) for one in names()} | sentences() == set(CATALOG)
    with translation.override("ko"):
        assert {str(one) for one in names()} <= set(CATALOG.values())


def test_the_compiled_catalog_is_that_of_the_source() -> None:
    compiled = polib.mofile(str(PO.with_suffix(".mo")))
    assert {entry.msgid: entry.msgstr for entry in compiled} == CATALOG
