"""``manage.py logto explain``: what is written, where the token comes from, and the exit codes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import StringIO
from typing import Any

import pytest
from django.urls import path
from django.views.generic import RedirectView
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.views import APIView

from drf_logto.permissions import HasScopes, InOrganization
from drf_logto.testing import Logto
from tests.management.conftest import Run
from tests.support.users import answering
from tests.support.verifier_setup import NOW

SCOPE_REMEDY = """\
          Request the scopes, and grant them to a role of the user or application: Logto leaves out
          scopes that no role grants. For a token with organization_id, it is a role in the
          organization.
"""


@pytest.fixture
def logto() -> Iterator[Logto]:
    with Logto(now=lambda: NOW) as logto:
        yield logto


@pytest.fixture
def explain(logto: Logto, logto_command: Run) -> Run:
    """Run the command with a token on its standard input."""
    return lambda token, *arguments: logto_command("explain", *arguments, stdin=f"{token}\n")


def test_a_valid_token_is_explained(explain: Run, logto: Logto) -> None:
    claims = {"jti": "token-1", "note": "a\x1b[31m"}
    token = logto.organization_resource_token("org-1", ["read:a", "write:a"], claims=claims)
    code, output = explain(token)
    assert code == 0
    kid = logto.jwks["keys"][0]["kid"]
    assert (
        output
        == f"""\
This is an access token.

Header
  alg "ES384"
  typ "at+jwt"
  kid "{kid}"

Claims
  organization_id "org-1"
  jti "token-1"
  sub "user-1"
  iat 1800000000 (2027-01-15T08:00:00Z, less than a minute ago)
  exp 1800003600 (2027-01-15T09:00:00Z, in 1 hour)
  scope "read:a write:a"
  client_id "application-1"
  iss "https://tenant.logto.test/oidc"
  aud "https://api.example.test"
  note "a\\u001b[31m"

Facts
  Kind: organization_resource: for the API resource within an organization
  Organization: org-1
  Scopes: read:a write:a
  Lifetime: 1 hour

Rules
ok        Length of the token
ok        Form of the token
ok        Type of the token: typ "at+jwt"
ok        Signature algorithm: alg "ES384"
ok        Key ID: kid "{kid}"
ok        Critical extensions
ok        Type of the content
ok        Issuer: iss "https://tenant.logto.test/oidc"
ok        Signing key: kid "{kid}"
ok        Type of the signing key: alg "ES384"
ok        Signature
ok        Expiration time: exp 1800003600 (2027-01-15T09:00:00Z, in 1 hour)
ok        Start time
ok        Subject: sub "user-1"
ok        Client ID: client_id "application-1"
ok        Form of the scope: scope "read:a write:a"
ok        Organization claim: organization_id "org-1"
ok        Form of the audience: aud "https://api.example.test"
ok        Kind of the token: aud "https://api.example.test", organization_id "org-1"
ok        API resource: aud "https://api.example.test"
ok        Permitted client: client_id "application-1"

User
ok        LogtoJWTAuthentication: request.user is a LogtoPrincipal, not a user of the project.
"""
    )


def test_a_token_that_is_refused_is_explained_with_the_remedy(explain: Run, logto: Logto) -> None:
    code, output = explain(logto.global_token(claims={"iss": "https://tenant.logto.test/oidc/"}))
    assert code == 3
    for section in ("Header", "Claims", "Facts"):
        assert f"\n{section} (not verified)\n" in output
    words = " ".join(output.split())
    assert (
        'error Issuer: iss "https://tenant.logto.test/oidc/" The access token was not issued by '
        "the Logto tenant of this API. In particular: received 'https://tenant.logto.test/oidc/', "
        "expected "
        "'https://tenant.logto.test/oidc'; they differ by a trailing slash. Compare ENDPOINT with "
        "the token's iss: scheme, host and port must be the same."
    ) in words
    assert "skipped Signature: not asked, because of “Issuer”" in words
    assert output.endswith("The token is refused: invalid_issuer.")


@pytest.mark.usefixtures("revocation")
def test_a_revoked_token_is_said_to_be_so(explain: Run, logto: Logto, logto_command: Run) -> None:
    token = logto.global_token(claims={"jti": "token-1"})
    assert "\nok        Revocation: iat 1800000000" in explain(token)[1]
    logto_command("revoke", "--token-id", "token-1")
    code, output = explain(token)
    assert code == 3
    assert output.endswith("The token is refused: token_revoked.")


def test_what_is_no_token_is_named(explain: Run) -> None:
    code, output = explain('"undefined"')
    assert code == 3
    assert output.startswith("This is not a token of Logto.\n\nRules\n")
    assert "more rules: not asked, because of “Form of the token”" in output
    assert output.count("not asked") == 1
    assert "The client sent the word 'undefined'" in output
    assert "Claims" not in output


def test_no_sentence_is_repeated_for_what_is_not_well_formed(explain: Run) -> None:
    code, output = explain("opaque-token-with-a-full-stop.in-it")
    assert code == 3
    words = " ".join(output.split())
    assert "error Form of the token " in words
    assert words.count("Send the token exactly as Logto returned it.") == 1
    assert words.count("If there is none, get one first.") == 1


@pytest.mark.parametrize("start", ["Bearer ", "bearer  ", "Authorization: Bearer "])
def test_the_value_of_a_header_is_read_as_one(explain: Run, logto: Logto, start: str) -> None:
    code, output = explain(start + logto.global_token())
    assert code == 0
    assert "The word 'Bearer' belongs to the Authorization header" in output
    code, output = explain(start + logto.global_token(), "--json")
    assert json.loads(output)["note"].startswith("The word 'Bearer'")


@pytest.mark.parametrize("given", ["Bearer", "Bearer Bearer x", "Bearer a b"])
def test_a_header_that_is_malformed_is_said_to_be_so(explain: Run, given: str) -> None:
    code, output = explain(given)
    assert code == 3
    assert output.startswith("error     Authorization header\n          The Authorization header")
    assert output.endswith("The token is refused: malformed_header.")
    code, output = explain(given, "--json")
    document = output.removesuffix("The token is refused: malformed_header.")
    assert json.loads(document)["refusal"]["code"] == "malformed_header"


def test_json_has_everything(explain: Run, logto: Logto) -> None:
    code, output = explain(logto.organization_token("org-1", ["a"], claims={"jti": "t"}), "--json")
    assert code == 0
    document = json.loads(output)
    rules = {one.pop("name"): one for one in document.pop("rules")}
    header, claims = document.pop("header"), document.pop("claims")
    assert document == {
        "credential": {
            "name": "access token",
            "description": "This is an access token.",
            "remedy": "",
        },
        "note": None,
        "accepted": True,
        "verified": True,
        "refusal": None,
        "lifetime": "1 hour",
        "kind": "organization",
        "organization": "org-1",
        "scopes": ["a"],
        "user": {
            "authentication": "LogtoJWTAuthentication",
            "sentence": "request.user is a LogtoPrincipal, not a user of the project.",
            "refusal": None,
        },
        "access": [],
    }
    assert header[0] == {"name": "alg", "value": '"ES384"', "time": None}
    assert {"name": "exp", "value": "1800003600", "time": "2027-01-15T09:00:00Z"} in claims
    assert rules["subject"] == {
        "outcome": "kept",
        "found": [{"name": "sub", "value": '"user-1"', "time": None}],
        "refusal": None,
        "because_of": None,
    }


def test_json_says_why_a_token_is_refused(explain: Run, logto: Logto) -> None:
    code, output = explain(logto.id_token(), "--json")
    assert code == 3
    document = json.loads(output.removesuffix("The token is refused: not_an_access_token."))
    assert not document["accepted"]
    assert document["refusal"] == {
        "code": "not_an_access_token",
        "status": 401,
        "sentence": "This token is not an access token. Send the access token, not the ID token.",
        "reason": "",
        "remedy": "Send the access token.",
    }
    outcomes = {one["name"]: one["outcome"] for one in document["rules"]}
    assert [outcomes[name] for name in ("type", "issuer", "key")] == [
        "broken",
        "kept",
        "not asked",
    ]


class Products(APIView):
    permission_classes = [HasScopes(get="read:products", post="write:products")]

    def get(self, request: Any) -> None:
        """Never called."""

    post = get


@pytest.fixture
def products(route: Callable[..., None]) -> None:
    def guarded_by(permission: Any) -> Any:
        return Products.as_view(permission_classes=[permission])

    route(
        path("products/", Products.as_view()),
        path("open/", guarded_by(AllowAny)),
        path("<str:organization_id>/documents/", guarded_by(InOrganization("a"))),
        path("<str:organization_id>/members/", guarded_by(InOrganization("a"))),
        path("<int:pk>/", guarded_by(ById)),
        path("admin/", RedirectView.as_view(url="/")),
    )


class ById(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return bool(view.kwargs["pk"])


@pytest.mark.usefixtures("products")
@pytest.mark.parametrize(
    ("arguments", "code", "end"),
    [
        (["--path", "/products/"], 0, "\n\nAccess\nok        GET /products/\n"),
        (["--path", "https://api.example.test/products/?page=2"], 0, "ok        GET /products/\n"),
        (
            ["--path", "/products/", "--method", "post"],
            3,
            (
                "\n\nAccess\nerror     POST /products/: insufficient_scope\n"
                "          The access token needs the scope: write:products.\n"
                f"{SCOPE_REMEDY}POST '/products/' is refused: insufficient_scope."
            ),
        ),
        (["--path", "/7/"], 0, "ok        GET /7/\n"),
        (["--path", "/0/"], 3, "GET '/0/' is refused: permission_denied."),
        (["--path", "/nowhere/"], 2, "No route leads to '/nowhere/'."),
        (["--path", "/open"], 2, "No route leads to '/open'. Did you mean '/open/'?"),
        (["--path", "open/"], 2, "No route leads to 'open/'. Did you mean '/open/'?"),
        (["--path", "/products/", "--method", "PATCH"], 2, "--method must be one of: GET, POST."),
    ],
)
def test_a_path_is_open_or_not(
    explain: Run, logto: Logto, arguments: list[str], code: int, end: str
) -> None:
    found, output = explain(logto.global_token(["read:products"]), *arguments)
    assert found == code
    assert output.endswith(end)


@pytest.mark.usefixtures("products")
def test_all_routes_are_listed(explain: Run, logto: Logto) -> None:
    code, output = explain(logto.global_token(["read:products"]), "--routes")
    assert code == 0
    assert output.partition("\nAccess\n")[2] == (
        "Where a route has a keyword for the organization, it is taken to be that of the token. "
        "What depends\non an object or on the database is not decided. Routes that neither a "
        "permission of REST Framework\nnor an access token guards are left out.\n"
        "ok        GET /products/\n"
        "error     POST /products/: insufficient_scope\n"
        "          The access token needs the scope: write:products.\n"
        f"{SCOPE_REMEDY}"
        "ok        GET, POST /open/\n"
        "error     GET, POST /{organization_id}/documents/: wrong_token_kind\n"
        "error     GET, POST /{organization_id}/members/: wrong_token_kind\n"
        "          This endpoint needs an organization token: ask Logto with "
        "'organization_id' and without\n          'resource'.\n"
        "          Request the token with these parameters. If it was requested so, look for "
        "organization_id\n          in the tenant's custom claims script.\n"
        "skipped   GET, POST /{pk}/\n"
        "          It is not decided outside of a request: the view raises KeyError.\n"
    )


@pytest.mark.usefixtures("products")
def test_access_is_in_the_json(explain: Run, logto: Logto) -> None:
    code, output = explain(logto.global_token(), "--json", "--path", "/products/")
    assert code == 3
    document = output.removesuffix("GET '/products/' is refused: insufficient_scope.")
    (access,) = json.loads(document)["access"]
    assert (access["method"], access["path"], access["access"]) == ("GET", "/products/", "refused")
    assert access["refusal"]["code"] == "insufficient_scope"


def test_a_view_that_reads_no_token_says_how_it_would(
    explain: Run, logto: Logto, route: Callable[..., None]
) -> None:
    class OfSessions(Products):
        authentication_classes = [SessionAuthentication]

    route(path("a/", OfSessions.as_view()))
    code, output = explain(logto.global_token(), "--path", "/a/")
    assert code == 3
    assert "Add LogtoJWTAuthentication to DEFAULT_AUTHENTICATION_CLASSES" in output
    assert "          The view does not read access tokens of Logto.\n" in output
    assert "\nUser\n" not in output


Unknown, Failing = answering(None), answering(KeyError())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "code", "end"),
    [
        ("Unknown", 3, "The token is refused: unknown_user."),
        ("Failing", 0, "It is not known who the user is: get_user raises KeyError.\n"),
    ],
)
def test_the_user_is_that_of_the_class_in_the_settings(
    explain: Run, logto: Logto, settings: Any, name: str, code: int, end: str
) -> None:
    classes = ["rest_framework.authentication.SessionAuthentication", f"{__name__}.{name}"]
    settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": classes}
    found, output = explain(logto.global_token())
    assert found == code
    assert "\nUser\n" in output
    assert output.endswith(end)


def test_the_signature_of_a_token_that_failed_is_verified_where_that_is_asked(
    explain: Run, logto: Logto
) -> None:
    code, output = explain(logto.id_token(), "--signature")
    assert code == 3
    assert "\nok        Signature\n" in output
    assert "not verified" not in output


def test_a_logto_that_cannot_be_asked_is_a_failure(explain: Run, logto: Logto) -> None:
    with logto.outage():
        code, output = explain(logto.global_token())
    assert code == 1
    assert output.endswith(
        "The token cannot be judged: the in-process Logto does not answer. Check ENDPOINT, the "
        "network, and whether Logto works."
    )


@pytest.mark.parametrize("setting", [None, {"ENDPOINT": "ftp://x"}])
def test_settings_that_cannot_work_are_a_wrong_use(
    logto_command: Run, settings: Any, setting: Any
) -> None:
    settings.LOGTO = setting
    assert logto_command("explain", stdin="undefined")[0] == 2


@pytest.mark.parametrize("address", ["//[", "https://[/a/"])
def test_what_is_no_address_is_a_wrong_use(explain: Run, address: str) -> None:
    assert explain("x", "--path", address) == (2, "--path must be a path or an address.")


class NotText(StringIO):
    def read(self, *_: Any) -> str:
        raise UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")


@pytest.mark.parametrize("given", [None, NotText()])
def test_an_input_that_cannot_be_read_is_a_wrong_use(logto_command: Run, given: Any) -> None:
    assert logto_command("explain", stdin=given) == (
        2,
        "No token was given: write it to the standard input.",
    )


@pytest.mark.parametrize("given", ["", " \n"])
def test_no_token_is_a_wrong_use(explain: Run, given: str) -> None:
    assert explain(given) == (2, "No token was given: write it to the standard input.")


@pytest.mark.parametrize(
    "arguments", ["{}", "--json {}", "-- {}", "--token={}", "--token {}", "-{}", "--json={}"]
)
def test_a_token_on_the_command_line_is_refused_and_not_repeated(
    logto: Logto, logto_command: Run, arguments: str
) -> None:
    token = logto.global_token()
    code, output = logto_command("explain", *arguments.format(token).split())
    assert code != 0
    assert not any(part in output for part in token.split("."))
    if "-" not in arguments.replace("--json ", ""):
        assert code == 2
        assert output.startswith("Write the token to the standard input")


def test_no_part_of_a_token_is_written(explain: Run, logto: Logto) -> None:
    for token in (logto.global_token(), logto.id_token(), logto.opaque_token()):
        for arguments in ((), ("--json",)):
            output = explain(token, *arguments)[1]
            assert not any(part in output for part in token.split("."))


def test_the_answer_is_english_whatever_the_project_speaks(explain: Run, settings: Any) -> None:
    settings.LANGUAGE_CODE = "ko"
    assert explain("undefined")[1].startswith("This is not a token of Logto.")


def test_a_terminal_is_asked_for_the_token_and_does_not_show_it() -> None:
    """In a process of its own, because the prompt belongs to the terminal of a process."""
    pty = pytest.importorskip("pty")
    command = [sys.executable, "-m", "django", "logto", "explain"]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "COLUMNS": "80"}
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    output = b""
    while b"Token: " not in output:
        output += os.read(ours, 1000)
    os.write(ours, b"a-token-that-is-none\n")
    with suppress(OSError):  # the end of a terminal
        while read := os.read(ours, 1000):
            output += read
    assert process.wait(60) == 3
    os.close(ours)
    assert b"This is not a token of Logto." in output
    assert b"a-token" not in output
