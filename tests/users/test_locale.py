"""The Korean words of the admin site: all of them, and no others."""

from pathlib import Path

import polib
from django.apps import apps
from django.utils import translation
from django.utils.functional import Promise

from drf_logto.users import models
from drf_logto.users.models import LogtoIdentity

PO = Path(models.__file__).parent / "locale/ko/LC_MESSAGES/django.po"


def test_every_name_has_a_translation() -> None:
    options = LogtoIdentity._meta
    named = [options.verbose_name, options.verbose_name_plural]
    named += [apps.get_app_config("drf_logto_users").verbose_name]
    named += [field.verbose_name for field in options.fields]
    marked = {one for one in named if isinstance(one, Promise)}
    catalog = {entry.msgid: entry.msgstr for entry in polib.pofile(str(PO))}
    compiled = {entry.msgid: entry.msgstr for entry in polib.mofile(str(PO.with_suffix(".mo")))}
    with translation.override("en"):
        assert {str(one) for one in marked} == set(catalog)
    with translation.override("ko"):
        assert {str(one) for one in marked} == set(catalog.values())
    assert compiled == catalog
