"""The reference: whatever is public has its row or heading in its page, and nothing else has."""

import argparse
import ast
import importlib
import inspect
import re
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import MISSING, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from drf_logto import exceptions, permissions, signals, tenancy
from drf_logto.auth_info import AuthInfo
from drf_logto.browsable import urls as browsable_urls
from drf_logto.browsable.meanings import MEANINGS
from drf_logto.conf import LogtoSettings
from drf_logto.decorators import require_access_token
from drf_logto.discovery import urls as discovery_urls
from drf_logto.management.commands.logto import Command
from drf_logto.management.doctor import GROUPS
from drf_logto.principal import LogtoPrincipal
from drf_logto.revocation import urls as revocation_urls
from drf_logto.telemetry import NO_CREDENTIALS, Snapshot
from drf_logto.testing import Logto, ManagementApi, TokenOptions, plugin
from drf_logto.testing.audit import AuditReport, audit
from drf_logto.users.admin_site import LogtoAdminSite
from drf_logto.view_options import VIEW_ATTRIBUTES
from tests.support.documents import FENCE, LANGUAGES, ROOT, Page
from tests.support.refusals import leaves
from tests.test_public_names import NAMES

PACKAGE = ROOT / "drf_logto"
MODULES = {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
SOURCES = [path.read_text("utf-8") for path in MODULES]
CALLS = [node for tree in MODULES.values() for node in ast.walk(tree) if isinstance(node, ast.Call)]

HEADING = re.compile(r"^(#+) (.+)\n", re.MULTILINE)
TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)


# What is written


@cache
def sections(page: str, language: str) -> list[tuple[int, str, str]]:
    """The level, the heading and the text of each section, without the sections below it."""
    _, *parts = HEADING.split(FENCE.sub("", Page(f"reference/{page}.md", language).text))
    found = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return [(len(level), title.replace("`", ""), body) for level, title, body in found]


def section(page: str, heading: str, language: str) -> str:
    """The text below the heading that is called so in English."""
    titles = [title for _, title, _ in sections(page, "en")]
    return sections(page, language)[titles.index(heading)][2]


def rows(page: str, heading: str, language: str, *, table: int = 0) -> list[list[str]]:
    """The cells of a table below a heading."""
    _head, _line, *found = TABLE.findall(section(page, heading, language))[table].splitlines()
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in found]


def codes(cell: str) -> list[str]:
    return re.findall("`([^`]+)`", cell)


def names(cell: str) -> list[str]:
    """What begins each piece of code in a cell."""
    return [name for code in codes(cell) for name in NAME.findall(code)]


NAME = re.compile(r"^\*{0,2}(--[\w-]+|[\w./ -]+)")


@dataclass(frozen=True)
class Headings:
    """The headings of a page on one level."""

    page: str
    level: int

    def listed(self, language: str) -> list[str]:
        return [title for level, title, _ in sections(self.page, language) if level == self.level]


@dataclass(frozen=True)
class Rows:
    """The names in the first cells of a table."""

    page: str
    heading: str
    table: int = 0

    def listed(self, language: str) -> list[str]:
        found = rows(self.page, self.heading, language, table=self.table)
        return [name for first, *_ in found for name in names(first)]


# What there is


def subparsers() -> dict[str, argparse.ArgumentParser]:
    parser = Command().create_parser("manage.py", "logto")
    (action,) = (one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    return dict(action.choices)


def options(parser: argparse.ArgumentParser) -> list[str]:
    """The options of a subcommand that are not those of every command of Django."""
    of_django = {one.dest for one in Command().create_parser("manage.py", "logto")._actions}
    own = [one for one in parser._actions if one.dest not in of_django]
    return [option for one in own for option in one.option_strings]


def is_call_of(call: ast.Call, function: str) -> bool:
    return ast.unparse(call.func) == function


def sent_with(signal: str) -> set[str]:
    """The arguments with which a signal is sent in one place."""
    sending = f"{signal}.send_robust"
    (call,) = (one for one in CALLS if sending in map(ast.unparse, [one.func, *one.args]))
    return {str(one.arg) for one in call.keywords} - {"sender", "using"}


OF_REQUESTS = {"method", "route", *signals._OF_BEARER}
SENT_WITH = {
    "access_granted": OF_REQUESTS,
    "access_refused": OF_REQUESTS | {"code"},
    **{
        name: sent_with(name)
        for name in signals.__all__
        if name not in {"access_granted", "access_refused"}
    },
}


def attributes(cls: Any) -> list[str]:
    """The public attributes of a class."""
    own = {name for base in cls.__mro__[:-1] for name in (*vars(base), *base.__annotations__)}
    return [name for name in own if not name.startswith("_")]


PAGES = {
    path.relative_to(path.parents[-1 - path.parts.index("templates")]).as_posix(): path.read_text()
    for path in sorted(PACKAGE.rglob("templates/**/*.html"))
    if "{% extends" in path.read_text()
}
"""The templates that extend others; the rest are parts of these."""

EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
SETTINGS = {field.name.upper(): field for field in fields(LogtoSettings)}

URLS: dict[str, list[Any]] = {
    "drf_logto.browsable.urls": browsable_urls.urlpatterns,
    "drf_logto.revocation.urls": revocation_urls.urlpatterns,
    "drf_logto.discovery.urls": discovery_urls.urlpatterns,
    "LogtoAdminSite": LogtoAdminSite().get_urls()[:2],
}
PUBLIC = {**NAMES, "drf_logto.exceptions": exceptions.__all__}

LISTS: dict[str, tuple[Headings | Rows, Collection[str]]] = {
    "settings": (Headings("settings", 3), [*SETTINGS]),
    "codes": (Headings("refusals", 3), [*{one.code for one in leaves()}, NO_CREDENTIALS]),
    "checks": (
        Headings("checks", 3),
        [
            *{
                one
                for path in MODULES
                for one in re.findall(r"\bdrf_logto\.([EW]\d{3})", path.read_text())
            }
        ],
    ),
    "commands": (Headings("commands", 2), [*subparsers()]),
    **{
        f"options of {name}": (Rows("commands", name, name == "tenant"), options(parser))
        for name, parser in subparsers().items()
    },
    "facts of doctor": (
        Rows("commands", "doctor", 1),
        [fact.name for group in GROUPS for fact in group.facts],
    ),
    "signals": (Rows("signals", "Signals"), signals.__all__),
    "arguments of signals": (Rows("signals", "Signals", 1), [*set().union(*SENT_WITH.values())]),
    "permissions": (Rows("permissions", "Permission classes"), permissions.__all__),
    "attributes of a view": (
        Rows("permissions", "Attributes of a view"),
        [*VIEW_ATTRIBUTES, "organization_field", "organization_optional"],
    ),
    "attributes of request.auth": (Rows("request", "request.auth"), attributes(AuthInfo)),
    "attributes of request.user": (Rows("request", "request.user"), attributes(LogtoPrincipal)),
    "tenancy": (Rows("tenancy", "Rows of one organization"), tenancy.__all__),
    "arguments of the decorator": (
        Rows("decorators", "The decorator"),
        ["permissions", *inspect.getfullargspec(require_access_token).kwonlyargs],
    ),
    "extras": (Rows("installation", "Extras"), [*EXTRAS]),
    "loggers": (
        Rows("log-messages", "Loggers"),
        [ast.literal_eval(one.args[0]) for one in CALLS if is_call_of(one, "logging.getLogger")],
    ),
    "functions": (
        Rows("functions", "Functions"),
        [name for name in NAMES["drf_logto"] if name != "__version__"],
    ),
    "authentication classes": (
        Rows("authentication", "Authentication classes"),
        [
            one
            for module, found in NAMES.items()
            for name in found
            if name.endswith("Authentication")
            for one in (name, module)
        ],
    ),
    "counters": (Rows("log-messages", "Counters"), [*Snapshot.__annotations__]),
    "fixtures": (
        Rows("testing", "The pytest plugin"),
        [name for name, one in vars(plugin).items() if hasattr(one, "_fixture_function")],
    ),
    "options of tokens": (
        Rows("testing", "The in-process Logto", 1),
        [*TokenOptions.__annotations__],
    ),
    "arguments of the audit": (
        Rows("testing", "The audit"),
        [*inspect.signature(audit).parameters],
    ),
    "templates": (Rows("urls", "Templates"), [*PAGES]),
    "modules": (Headings("public-names", 2), ["Versions", *PUBLIC]),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", LISTS)
def test_the_reference_lists_what_there_is_and_nothing_else(kind: str, language: str) -> None:
    place, existing = LISTS[kind]
    versions = ["버전" if one == "Versions" and language == "ko" else one for one in existing]
    assert sorted(place.listed(language)) == sorted(versions)


# What is said of it

SEVERAL = ("a string, or a list of strings", "문자열 또는 문자열의 리스트")
TYPES = {
    "float": ("a number, in seconds", "숫자(초)"),
    "int": ("a whole number", "정수"),
    "bool": ("`True` or `False`", "`True` 또는 `False`"),
    "str": ("a string", "문자열"),
    "str | None": ("a string, or `None`", "문자열 또는 `None`"),
    "tuple[str, ...]": SEVERAL,
    "tuple[str, ...] | None": SEVERAL,
}
ONE_OF = {
    "REVOCATION_WHEN_UNREACHABLE": ['"open"', '"closed"'],
    "REVOCATION_AFTER_A_GAP": ['"report"', '"revoke"'],
}
IN_WORDS = {"BACKCHANNEL_LOGOUT_CLIENT_IDS", "MANAGEMENT_API_RESOURCE", "ORGANIZATION_SOURCE"}
"""What their default is depends on other settings, or is no plain value."""


def default_of(name: str) -> list[str]:
    """The default of a setting as code; nothing where words say it, such as "required"."""
    default: Any = SETTINGS[name].default
    if default is MISSING or name == "CLIENT_IDS":
        return []
    return [*default] if isinstance(default, tuple) else [repr(default).replace("'", '"')]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_has_its_type_its_default_and_its_meaning(name: str, language: str) -> None:
    text = section("settings", name, language)
    kind, default = re.findall(r"^- \*\*.+?\*\*: (.+)$", text, re.M)
    assert text.strip().count("\n\n") > 0
    if name in ONE_OF:
        assert codes(kind) == ONE_OF[name]
    elif annotation := TYPES.get(inspect.formatannotation(SETTINGS[name].type)):
        assert kind == annotation[LANGUAGES.index(language)]
    if name not in IN_WORDS:
        assert codes(default) == default_of(name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_code_is_below_its_status_with_its_classes(language: str) -> None:
    status = ""
    for level, title, body in sections("refusals", language):
        status = title[:3] if level == 2 else status
        of_code = [one for one in leaves() if level == 3 and one.code == title]
        if of_code:
            assert {str(one.status) for one in of_code} == {status}, title
            assert codes(body.splitlines()[-2]) == sorted(one.__name__ for one in of_code), title


@pytest.mark.parametrize("language", LANGUAGES)
def test_checks_are_listed_by_number(language: str) -> None:
    listed = Headings("checks", 3).listed(language)
    assert listed == sorted(listed)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_signal_has_its_arguments(language: str) -> None:
    for signal, _when, arguments in rows("signals", "Signals", language):
        assert {*names(arguments)} == SENT_WITH[names(signal)[0]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_template_has_its_blocks(language: str) -> None:
    for template, extends, blocks, _page in rows("urls", "Templates", language):
        text = PAGES[names(template)[0]]
        assert re.findall('{% extends "(.+?)" %}', text) == names(extends)
        assert re.findall(r"{% block ([\w-]+) %}", text) == names(blocks)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("heading", URLS)
def test_a_url_has_its_name_and_its_path(heading: str, language: str) -> None:
    listed = [
        (*names(name), *codes(path)[:1]) for name, path, *_ in rows("urls", heading, language)
    ]
    existing = [(one.name, str(one.pattern)) for one in URLS[heading]]
    assert [name for name, _ in listed] == [name for name, _ in existing]
    for (_, path), (_, pattern) in zip(listed, existing, strict=True):
        assert pattern.replace("\\", "").lstrip("^").startswith(path)


def test_each_module_of_urls_has_its_table() -> None:
    modules = {path.relative_to(ROOT).as_posix() for path in MODULES if path.name == "urls.py"}
    named = {f"{name.replace('.', '/')}.py" for name in URLS}
    assert modules - named == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_error_of_a_sign_in_has_its_row(language: str) -> None:
    listed = Rows("sign-in-errors", "When a sign-in fails").listed(language)
    assert {one for one in MEANINGS if " " not in one} - {*listed} == set()


# The log

LOGGING = re.compile(r"(?:telemetry\.)?(_?)logger\.(info|warning|error)|_log_once")


def messages(path: Path) -> Iterator[tuple[str, str]]:
    """The level and the words of what a module logs, with an ellipsis for what differs."""
    constants = {}
    for node in MODULES[path].body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            constants[ast.unparse(node.targets[0])] = node.value
    for call in (one for one in ast.walk(MODULES[path]) if isinstance(one, ast.Call)):
        if found := LOGGING.fullmatch(ast.unparse(call.func)):
            *levels, text = call.args[:1] if found[2] else call.args[:2]
            level = found[2] or ast.unparse(levels[0]).removeprefix("logging.")
            words = ast.literal_eval(constants.get(ast.unparse(text), text))
            yield level.upper(), re.sub(r"%(?:\.\d+)?[srd]", "…", words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_message_of_the_log_has_its_row(language: str) -> None:
    written = [
        (codes(level)[0], codes(message)[0].replace("<code>", "…").rstrip("…. "))
        for level, message, *_ in rows("log-messages", "Messages", language)
    ]
    logged = {one for path in MODULES if path != AUDIT for one in messages(path)}
    found = {
        one: [
            (level, begin)
            for level, begin in written
            if level == one[0] and one[1].startswith(begin)
        ]
        for one in logged
    }
    assert [one for one, fitting in found.items() if len(fitting) != 1] == []
    assert {*written} == {fitting for (fitting,) in found.values()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_event_of_the_audit_trail_has_its_row(language: str) -> None:
    events = rows("log-messages", "Audit trail", language)
    assert {(codes(level)[0], names(event)[0]) for event, level, _ in events} == {*messages(AUDIT)}


AUDIT = PACKAGE / "audit.py"


# The public names

DIRECTIVE = re.compile(r"^\.\. (currentmodule|auto\w+):: (\S+)(?:\n   :members: (.+))?", re.M)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_public_name_is_generated_from_its_documentation(language: str) -> None:
    generated: dict[str, list[str]] = {}
    module = ""
    page = Page("reference/public-names.md", language).text
    for directive, name, members in DIRECTIVE.findall(page):
        if directive == "currentmodule":
            module = name
            generated[module] = []
            continue
        generated[module].append(name)
        public = getattr(importlib.import_module(module), name)
        assert [one for one in members.split(", ") if one and not hasattr(public, one)] == []
    assert {name: sorted(found) for name, found in generated.items()} == {
        name: sorted(found) for name, found in PUBLIC.items()
    }


@pytest.mark.parametrize(
    ("heading", "table", "of"),
    [
        ("The in-process Logto", 0, Logto),
        ("The in-process Management API", 0, ManagementApi),
        ("The audit", 1, AuditReport),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_row_about_an_attribute_is_of_one_that_exists(
    heading: str, table: int, of: type, language: str
) -> None:
    source = inspect.getsource(of)
    listed = Rows("testing", heading, table).listed(language)
    assert [one for one in listed if not re.search(rf"\b{one}\b", source)] == []
