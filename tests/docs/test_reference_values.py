"""The reference: what it says of each name, such as types, defaults, codes, keys and methods."""

import inspect
import re
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields
from typing import Any

import pytest
from django.test import RequestFactory

from drf_logto import tenancy
from drf_logto.auth_info import AuthInfo
from drf_logto.browsable import urls as browsable_urls
from drf_logto.conf import LogtoSettings, parse
from drf_logto.discovery import urls as discovery_urls
from drf_logto.exceptions import AuthorizationServerUnavailable, LogtoError
from drf_logto.management import explanation_report
from drf_logto.management.routes.records import as_value
from drf_logto.management.subcommands import doctor, token
from drf_logto.management.tenant.plan import Item
from drf_logto.management.tenant.report import Report
from drf_logto.organization_sources import named
from drf_logto.outgoing.management_api import management_api_resource
from drf_logto.revocation import events
from drf_logto.revocation import urls as revocation_urls
from drf_logto.revocation import views as revocation_views
from drf_logto.revocation.marks import Mark
from drf_logto.scopes import SAFE, UNSAFE
from drf_logto.tenancy import throttling
from drf_logto.testing import Logto, ManagementApi
from drf_logto.testing.audit import AuditReport, Finding, audit
from drf_logto.users.admin_site import LogtoAdminSite
from tests.support.documents import LANGUAGES, ROOT
from tests.support.reference import Rows, codes, keys_of, names, row, rows, section
from tests.support.refusals import leaves

# Settings

REQUIRED = {"ENDPOINT": "https://acme.logto.app", "API_RESOURCE": "https://api.example.com"}
SETTINGS = {field.name.upper(): field for field in fields(LogtoSettings)}
SEVERAL = ("a string, or a list of strings", "문자열 또는 문자열의 리스트")
DICT = ("a dict", "딕셔너리")
TYPES = {
    "float": ("a number, in seconds", "숫자(초)"),
    "int": ("a whole number", "정수"),
    "bool": ("`True` or `False`", "`True` 또는 `False`"),
    "str": ("a string", "문자열"),
    "str | None": ("a string, or `None`", "문자열 또는 `None`"),
    "tuple[str, ...]": SEVERAL,
    "tuple[str, ...] | None": SEVERAL,
    "tuple[tuple[str, frozenset[str]], ...]": DICT,
    "tuple[tuple[str, str, str], ...]": DICT,
}
IN_WORDS = {
    "BACKCHANNEL_LOGOUT_CLIENT_IDS": ["APP_ID"],
    "CLIENT_IDS": [],
    "MANAGEMENT_API_RESOURCE": [
        "https://<>.logto.app/api",
        "ENDPOINT",
        "https://<>.logto.app",
        "https://default.logto.app/api",
    ],
    "ORGANIZATION_SOURCE": ['UrlKeyword("organization_id")'],
}
"""What their default is depends on other settings, or is no plain value."""


def default_of(name: str) -> list[str]:
    """The default of a setting as code; nothing where words say it, such as "required"."""
    default: Any = SETTINGS[name].default
    if name in IN_WORDS or default is MISSING:
        return IN_WORDS.get(name, [])
    return [*default] if isinstance(default, tuple) else [repr(default).replace("'", '"')]


def refused(name: str, value: object) -> str:
    """What is said of a value that a setting does not take."""
    _, (problem, *_) = parse({**REQUIRED, name: value})
    return problem.message


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_has_its_type_its_default_its_range_and_its_meaning(
    name: str, language: str
) -> None:
    text = section("settings", name, language)
    kind, default, *ranges = re.findall(r"^- \*\*.+?\*\*: (.+)$", text, re.M)
    choices = re.findall(r"'(\w+)'", refused(name, -1).rpartition("must be ")[2])
    if SETTINGS[name].type is str and choices:
        assert codes(kind) == [f'"{one}"' for one in choices]
    elif name != "ORGANIZATION_SOURCE":
        annotation = inspect.formatannotation(SETTINGS[name].type)
        assert kind == TYPES[annotation][LANGUAGES.index(language)]
    without_words = [re.sub("<.+>", "<>", one) for one in codes(default)]
    assert sorted(without_words) == sorted(default_of(name))
    limits = re.findall(r"at least (\S+) and at most (\S+)\.", refused(name, -1))
    assert [tuple(codes(one)) for one in ranges] == limits
    assert text.strip().count("\n\n") > 0


def test_the_default_of_the_management_api_is_that_of_the_tenant() -> None:
    for endpoint, resource in {
        "https://acme.logto.app": "https://acme.logto.app/api",
        "https://auth.example.com": "https://default.logto.app/api",
    }.items():
        settings, _ = parse({**REQUIRED, "ENDPOINT": endpoint})
        assert settings is not None
        assert management_api_resource(settings) == resource


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_members_of_the_metadata_are_named(language: str) -> None:
    members = re.findall(r"\bresource_\w+", refused("RESOURCE_METADATA", ""))
    assert {*members} <= {*codes(section("settings", "RESOURCE_METADATA", language))}


# Refusals


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_status_has_its_error_and_its_codes(language: str) -> None:
    for status, error, when, _what in rows("refusals", "Refusals", language):
        of_error = {
            one.code for one in leaves() if (str(one.status), one.error) == (status, *codes(error))
        }
        named = {*codes(when)} & {one.code for one in leaves()}
        assert named <= of_error
        assert named == of_error or status != "403" or codes(error) != ["invalid_token"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_has_its_priority(language: str) -> None:
    listed = [
        (code, int(priority))
        for first, priority in rows("refusals", "Your own refusals", language)
        for code in codes(first)
    ]
    found = {(one.code, one.priority) for one in leaves() if one.priority != LogtoError.priority}
    of_yours = ("priority", LogtoError.priority)
    assert sorted(listed) == sorted({*found, of_yours})


# Commands


JSON = {
    "audit": {*keys_of(AuditReport.to_dict)},
    "doctor": {*keys_of(doctor._json), "facts", "count", "token"},
    "explain": {*keys_of(explanation_report.Report.as_json), *keys_of(explanation_report._rule)},
    "revoke": {"user", "organization", "client", "token", "issuers", "before"},
    "routes": {*keys_of(as_value)},
    "tenant": {*re.findall(r'_document(?:\["|.setdefault\(")(\w+)', inspect.getsource(Report))},
    "token": {*keys_of(token._described)},
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("command", JSON)
def test_json_has_its_keys(command: str, language: str) -> None:
    _, meaning = row("commands", command, language, "--json", table=command == "tenant")
    assert JSON[command] - {*codes(meaning)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sign_of_a_plan_has_its_meaning(language: str) -> None:
    listed = [*map(codes, next(zip(*rows("commands", "tenant", language, table=2), strict=True)))]
    assert sorted(listed) == sorted([sign] for sign in keys_of(Item.to_dict) if len(sign) == 1)


# Attributes and arguments


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_attribute_of_request_auth_has_its_type(language: str) -> None:
    for first, kind, _value in rows("request", "request.auth", language):
        (name,) = names(first)
        attribute = vars(AuthInfo).get(name)
        getter = getattr(attribute, "fget", None) or getattr(attribute, "func", attribute)
        annotation = (
            inspect.signature(getter).return_annotation
            if getter
            else AuthInfo.__annotations__[name]
        )
        written = re.sub(r"dict\[.+\]", "dict", inspect.formatannotation(annotation))
        assert codes(kind) == re.findall(r"str|None|bool|float|bytes|dict|TokenKind", written)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_keyword_of_scopes_has_its_row(language: str) -> None:
    assert {SAFE, UNSAFE, "metadata"} <= {*Rows("permissions", "Scopes").listed(language)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mark_has_its_attributes(language: str) -> None:
    _, meaning = row("signals", "Signals", language, "marks", table=1)
    assert {*codes(meaning)} - {"None", '""'} == {one.name for one in fields(Mark)}


def documented(code: str) -> Iterator[inspect.Parameter]:
    """The arguments in a piece of code such as ``rotate(algorithm="ES384")``."""
    scope: dict[str, Any] = {"time": time}
    exec(f"def {code.replace('…', '...')}: ...", scope)
    yield from inspect.signature(scope[code.partition("(")[0]]).parameters.values()


@pytest.mark.parametrize(
    ("heading", "table", "of"),
    [
        ("The in-process Logto", 0, Logto),
        ("The in-process Management API", 0, ManagementApi),
        ("The audit", 1, AuditReport),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_arguments_of_a_method_exist_with_these_defaults(
    heading: str, table: int, of: type, language: str
) -> None:
    for first, _ in rows("testing", heading, language, table=table):
        for code in (one for one in codes(first) if "(" in one and one != "str(report)"):
            name = code.partition("(")[0]
            called = of if name == of.__name__ else getattr(of, name)
            existing = inspect.signature(called).parameters
            for one in documented(code):
                assert one.default in {..., existing[one.name].default}


@pytest.mark.parametrize(
    ("heading", "table", "function"),
    [("The in-process Logto", 1, Logto.issue), ("The audit", 0, audit)],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_argument_has_its_default(
    heading: str, table: int, function: Callable[..., Any], language: str
) -> None:
    existing = inspect.signature(function).parameters
    for first, default, _meaning in rows("testing", heading, language, table=table):
        defaults = [repr(existing[name].default) for name in names(first)]
        if names(first) != ["organizations"]:  # those of the objects, if there are some
            written = [one.replace('"', "'") for one in codes(default)]
            assert written == (defaults if len(written) > 1 else [*dict.fromkeys(defaults)])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_finding_has_its_attributes(language: str) -> None:
    assert {one.name for one in fields(Finding)} <= {
        *codes(section("testing", "The audit", language))
    }


# URLs, and what stands in other places

URLS: dict[str, Any] = {
    "drf_logto.browsable.urls": browsable_urls,
    "drf_logto.revocation.urls": revocation_urls,
    "drf_logto.discovery.urls": discovery_urls,
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("heading", [*URLS, "LogtoAdminSite"])
def test_a_url_has_its_namespace_and_its_method(heading: str, language: str) -> None:
    module = URLS.get(heading)
    urls = module.urlpatterns if module else LogtoAdminSite().get_urls()[:2]
    namespace = module.app_name if module else LogtoAdminSite().name
    assert namespace in codes(section("urls", heading, language))
    for url, (_name, _path, method, _what) in zip(
        urls, rows("urls", heading, language), strict=True
    ):
        request = RequestFactory().generic("TRACE", "/")
        response = url.callback(request, *[""] * url.pattern.regex.groups)
        assert response["Allow"].split(", ")[0] == method


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_response_to_logto_has_its_status_and_its_code(language: str) -> None:
    answered = re.findall(r'(\d{3}), "([a-z_]+)"', inspect.getsource(revocation_views))
    answered.append(("503", AuthorizationServerUnavailable.code))
    listed = [
        (status, *codes(code))
        for status, code, _meaning in rows("revocation", "Responses to Logto", language)
    ]
    assert sorted(listed) == sorted({("204",), *answered})


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_event_of_logto_has_its_row(language: str) -> None:
    listed = [name for _, name, _ in rows("revocation", "Events", language)]
    assert sorted(codes(" ".join(listed))) == sorted(events._TAKEN_AWAY)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_throttle_has_its_scope(language: str) -> None:
    first, what = rows("tenancy", "Rows of one organization", language)[-1]
    assert codes(what) == [getattr(throttling, name).scope for name in names(first)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_source_of_organizations_has_its_row(language: str) -> None:
    listed = rows("settings", "Organization source", language)
    found = {name.partition("(")[0] for first, _ in listed for name in codes(first)}
    assert {name for name in tenancy.__all__ if hasattr(named, name)} <= found


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_component_of_the_openapi_description_is_named(language: str) -> None:
    pattern = re.compile(r'"(Logto[A-Z]\w+|x-logto-[\w-]+)"')
    sources = [path.read_text("utf-8") for path in (ROOT / "drf_logto/openapi").glob("[a-z]*.py")]
    found = {name for source in sources for name in pattern.findall(source)}
    assert found - {*codes(section("openapi", "OpenAPI", language))} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_requirement_has_its_versions(language: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    classifiers = " ".join(project["classifiers"])
    pythons = re.findall(r"Python :: (\d+\.\d+)", classifiers)
    _django, rest_framework, pyjwt = (one.rpartition(">=")[2] for one in project["dependencies"])
    listed = [
        re.findall(r"\d+(?:\.\d+)+", versions)
        for _name, versions in rows("installation", "Requirements", language)
    ]
    assert listed[:4] == [
        [pythons[0], pythons[-1]],
        re.findall(r"Django :: (\d+\.\d+)", classifiers),
        [rest_framework],
        [pyjwt],
    ]
