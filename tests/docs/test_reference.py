"""The reference: whatever is public has its row or heading in its page, and nothing else has."""

import argparse
import ast
import importlib
import inspect
import re
import tomllib
from collections.abc import Collection, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from rest_framework.authentication import BaseAuthentication

from drf_logto import audit as audit_trail
from drf_logto import exceptions, permissions, signals, tenancy
from drf_logto.auth_info import AuthInfo
from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.browsable import urls as browsable_urls
from drf_logto.browsable.meanings import MEANINGS
from drf_logto.conf import LogtoSettings
from drf_logto.decorators import require_access_token
from drf_logto.discovery import urls as discovery_urls
from drf_logto.management import subcommands
from drf_logto.management.commands.logto import Command
from drf_logto.management.doctor import GROUPS
from drf_logto.principal import LogtoPrincipal
from drf_logto.revocation import urls as revocation_urls
from drf_logto.telemetry import NO_CREDENTIALS, Snapshot
from drf_logto.testing import Logto, ManagementApi, TokenOptions, plugin
from drf_logto.testing.audit import AuditReport, audit
from drf_logto.users.admin_site import LogtoAdminSite
from drf_logto.view_options import VIEW_ATTRIBUTES
from tests.support.documents import LANGUAGES, ROOT, Page
from tests.support.reference import Headings, Rows, codes, keys_of, names, rows, sections
from tests.support.refusals import leaves
from tests.test_public_names import NAMES

PACKAGE = ROOT / "drf_logto"
MODULES = {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
SOURCES = [path.read_text("utf-8") for path in MODULES]
CALLS = [node for tree in MODULES.values() for node in ast.walk(tree) if isinstance(node, ast.Call)]

# What there is


def subparsers() -> dict[str, argparse.ArgumentParser]:
    parser = Command().create_parser("manage.py", "logto")
    (action,) = (one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    return dict(action.choices)


def arguments(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The arguments of a subcommand that are not those of every command of Django."""
    of_django = {one.dest for one in Command().create_parser("manage.py", "logto")._actions}
    for one in parser._actions:
        if one.dest not in of_django and one.help != argparse.SUPPRESS:
            value = "" if one.nargs == 0 else str(one.metavar or one.dest.upper())
            yield from (f"{name} {value}".strip() for name in one.option_strings or [""])


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
    own = {
        name for base in cls.__mro__[:-1] for name in (*vars(base), *inspect.get_annotations(base))
    }
    return [name for name in own if not name.startswith("_")]


def of_instances(cls: type, *internal: str) -> list[str]:
    """The public methods and attributes of a class, but for those that tests need not know."""
    assigned = re.findall(r"self\.([a-z]\w*)(?:: .+)? = ", inspect.getsource(cls))
    return [*{*attributes(cls), *assigned} - {*internal}]


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

OF_LOGTO = ["endpoint", "api_resource", "issuer", "metadata", "jwks", "fetch", "exchange"]
"""What stands in for the network, and what the arguments of Logto say already."""

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
        f"arguments of {name}": (
            Rows("commands", name, name == "tenant", whole=True),
            [*arguments(parser)],
        )
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
    "methods of authentication classes": (
        Headings("authentication", 2),
        [*{*attributes(LogtoJWTAuthentication)} - {*attributes(BaseAuthentication)}],
    ),
    "applications": (
        Rows("installation", "Applications"),
        [
            "drf_logto.users.admin_config.LogtoAdminConfig",
            *(".".join(path.relative_to(ROOT).parts[:-1]) for path in PACKAGE.rglob("apps.py")),
        ],
    ),
    "exit codes": (
        Rows("commands", "Commands", whole=True),
        [str(one) for one in (0, *vars(subcommands).values()) if isinstance(one, int)],
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
    "attributes of Logto": (
        Rows("testing", "The in-process Logto"),
        ["Logto", *of_instances(Logto, *OF_LOGTO)],
    ),
    "attributes of ManagementApi": (
        Rows("testing", "The in-process Management API"),
        ["ManagementApi", *of_instances(ManagementApi, "exchange", "tenant")],
    ),
    "attributes of a report": (
        Rows("testing", "The audit", 1),
        ["str", *of_instances(AuditReport, "sections")],
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
    for event, _level, keys in events:
        assert {*codes(keys.partition(": ")[0])} == KEYS[names(event)[0]]


AUDIT = PACKAGE / "audit.py"
KEYS = {
    "access_granted": OF_REQUESTS,
    "access_refused": {"code"},  # besides the same
    "access_revoked": {*keys_of(audit_trail._log_revoked)},
    "identity_created": {*keys_of(audit_trail._log_created)},
}


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
