"""The OpenAPI description: valid, pinned for the sandbox, and equal to what requests meet."""

import os
import subprocess
import sys
from collections.abc import Callable
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.urls import path
from drf_spectacular import openapi
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BasicAuthentication
from rest_framework.permissions import (
    OR,
    AllowAny,
    BasePermission,
    IsAdminUser,
    IsAuthenticated,
    IsAuthenticatedOrReadOnly,
    OperandHolder,
)
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.permissions import (
    FromClients,
    HasClaim,
    HasScopes,
    InOrganization,
    IsDelegated,
    IsMachine,
    IsUser,
    OrgResourceScopes,
    OwnedByUser,
)
from drf_logto.testing import Logto
from tests.support.described import described
from tests.support.refusals import leaves

ROOT = Path(__file__).parent.parent
PINNED = ROOT / "tests/openapi/sandbox.yaml"

GLOBAL, ORGANIZATION, RESOURCE = ["global"], ["organization"], ["organization_resource"]
EVERY_KIND = [*GLOBAL, *ORGANIZATION, *RESOURCE]
BEARER: dict[str, list[str]] = {"LogtoBearer": []}


class Own(BasePermission):
    pass


class Data(APIView):
    """The data."""

    @extend_schema(responses=OpenApiTypes.STR)
    def get(self, request: Any) -> None: ...

    @extend_schema(request=None, responses=OpenApiTypes.STR)
    def post(self, request: Any) -> None: ...


def operation(method: str = "get", **declared: Any) -> dict[str, Any]:
    described_operation: dict[str, Any] = described(Data.as_view(**declared))["paths"]["/0/"][
        method
    ]
    return described_operation


def oauth2(*scopes: str) -> dict[str, list[str]]:
    return {"LogtoOAuth2": list(scopes)}


def tokens(*ways: tuple[list[str], list[str]]) -> list[dict[str, list[str]]]:
    return [{"kinds": kinds, "scopes": scopes} for kinds, scopes in ways]


# The sandbox


def test_the_description_of_the_sandbox_is_valid_complete_and_as_committed(tmp_path: Path) -> None:
    found = tmp_path / "sandbox.yaml"
    command = (
        f"django spectacular --settings sandbox.settings --validate --fail-on-warn --file {found}"
    )
    environment = {
        "LOGTO_ENDPOINT": "https://your-tenant.logto.app",
        "LOGTO_API_RESOURCE": "https://api.example.com",
    }
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", *command.split()],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert found.read_text("utf-8") == PINNED.read_text("utf-8")


ISSUED: dict[str, Callable[[Logto, list[str]], str]] = {
    "global": lambda logto, scopes: logto.global_token(scopes),
    "organization": lambda logto, scopes: logto.organization_token("acme", scopes),
    "organization_resource": lambda logto, scopes: logto.organization_resource_token(
        "acme", scopes
    ),
}
OPERATIONS = {
    f"{method} {url}": (method, url.format(organization_id="acme", id=1), operation)
    for url, methods in yaml.safe_load(PINNED.read_text("utf-8"))["paths"].items()
    for method, operation in methods.items()
}
Send = Callable[[str | None], tuple[int, Any]]


@pytest.fixture(params=OPERATIONS)
def sandbox_operation(
    request: Any, db: None, logto: Logto, settings: Any
) -> tuple[dict[str, Any], Send]:
    """An operation as it is described, and what sends a token to it."""
    settings.ROOT_URLCONF = "sandbox.urls"
    method, url, operation = OPERATIONS[request.param]

    def send(token: str | None) -> tuple[int, Any]:
        response = logto.client(token).generic(method, url)
        is_json = response.headers.get("Content-Type") == "application/json"
        body = response.json() if is_json else None
        return response.status_code, body.get("code") if isinstance(body, dict) else None

    return operation, send


def test_an_operation_lets_in_the_tokens_that_its_description_names(
    sandbox_operation: tuple[dict[str, Any], Send], logto: Logto
) -> None:
    operation, send = sandbox_operation
    for way in operation.get("x-logto-access-tokens", tokens((EVERY_KIND, []))):
        assert oauth2(*way["scopes"]) in operation["security"]
        for kind in way["kinds"]:
            status, _ = send(ISSUED[kind](logto, way["scopes"]))
            assert status in {200, 201, 204, 400, 404}


def test_an_operation_refuses_the_tokens_that_its_description_does_not_name(
    sandbox_operation: tuple[dict[str, Any], Send], logto: Logto
) -> None:
    operation, send = sandbox_operation
    ways = operation.get("x-logto-access-tokens", tokens((EVERY_KIND, [])))
    accepted = {kind for way in ways for kind in way["kinds"]}
    every_scope = sorted({scope for way in ways for scope in way["scopes"]})
    for kind in ISSUED.keys() - accepted:
        assert send(ISSUED[kind](logto, every_scope)) == (403, "wrong_token_kind")
    for way in ways:
        for kind in way["kinds"]:
            for missing in way["scopes"]:
                fewer = [scope for scope in every_scope if scope != missing]
                assert send(ISSUED[kind](logto, fewer)) == (403, "insufficient_scope")


def test_an_operation_is_open_without_a_token_where_its_description_says_so(
    sandbox_operation: tuple[dict[str, Any], Send],
) -> None:
    operation, send = sandbox_operation
    is_open = {} in operation["security"]
    assert send(None)[0] == (200 if is_open else 401)
    assert ("401" in operation["responses"]) is not is_open


# Each permission and composition


@pytest.mark.parametrize(
    ("permissions", "scopes", "expected"),
    [
        ([HasScopes("a")], [["a"]], [(GLOBAL, ["a"])]),
        ([HasScopes("a", "b")], [["a", "b"]], [(GLOBAL, ["a", "b"])]),
        ([HasScopes("a", get="b")], [["a", "b"]], [(GLOBAL, ["a", "b"])]),
        ([InOrganization], [[]], [(ORGANIZATION, [])]),
        ([InOrganization("a")], [["a"]], [(ORGANIZATION, ["a"])]),
        ([OrgResourceScopes("a")], [["a"]], [(RESOURCE, ["a"])]),
        ([IsAuthenticated], [[]], [(EVERY_KIND, [])]),
        ([IsAuthenticated, HasScopes("a")], [["a"]], [(GLOBAL, ["a"])]),
        ([AllowAny, HasScopes("a")], [["a"]], [(GLOBAL, ["a"])]),
        ([IsAuthenticatedOrReadOnly, HasScopes("a")], [["a"]], [(GLOBAL, ["a"])]),
        ([HasScopes("a"), HasScopes("b", "a")], [["a", "b"]], [(GLOBAL, ["a", "b"])]),
        ([HasScopes("a") & HasScopes("b")], [["a", "b"]], [(GLOBAL, ["a", "b"])]),
        ([HasScopes("a") & IsAuthenticated], [["a"]], [(GLOBAL, ["a"])]),
        (
            [HasScopes("a") | OrgResourceScopes("b")],
            [["a"], ["b"]],
            [(GLOBAL, ["a"]), (RESOURCE, ["b"])],
        ),
        (
            [HasScopes("a") | OrgResourceScopes("a")],
            [["a"]],
            [(GLOBAL, ["a"]), (RESOURCE, ["a"])],
        ),
        (
            [(HasScopes("a") | InOrganization("b")) & (HasScopes("c") | InOrganization("d"))],
            [["a", "c"], ["b", "d"]],
            [(GLOBAL, ["a", "c"]), (ORGANIZATION, ["b", "d"])],
        ),
        ([HasScopes("a") | HasScopes("a")], [["a"]], [(GLOBAL, ["a"])]),
        (
            [IsAuthenticated | HasScopes("a")],
            [[], ["a"]],
            [(EVERY_KIND, []), (GLOBAL, ["a"])],
        ),
        ([HasScopes("a") & InOrganization("a")], [[]], []),
        ([HasScopes(post="a")], [[]], []),
        ([HasScopes], [[]], []),
    ],
)
def test_each_alternative_is_reported_with_its_scopes_and_its_tokens(
    permissions: list[Any], scopes: list[list[str]], expected: list[tuple[list[str], list[str]]]
) -> None:
    found = operation(permission_classes=permissions)
    assert found["security"] == [*(oauth2(*one) for one in scopes), BEARER]
    assert found["x-logto-access-tokens"] == tokens(*expected)


@pytest.mark.parametrize(
    ("permission", "written"),
    [
        (IsAdminUser, "IsAdminUser"),
        (Own, "Own"),
        (~HasScopes("b"), "~HasScopes('b')"),
        (~(Own | HasScopes("b")), "~(Own | HasScopes('b'))"),
        (~(Own & ~InOrganization), "~(Own & ~InOrganization())"),
    ],
)
def test_what_scopes_cannot_express_is_reported_by_its_name(permission: Any, written: str) -> None:
    (way,) = operation(permission_classes=[HasScopes("a") & permission])["x-logto-access-tokens"]
    assert way == {"kinds": GLOBAL, "scopes": ["a"], "other_permissions": [written]}


@pytest.mark.parametrize(
    ("permission", "bearer"),
    [
        (IsUser, ["only users"]),
        (IsMachine(), ["only machine-to-machine applications"]),
        (IsDelegated, ["only actors on behalf of a user"]),
        (FromClients("a", "b"), ["only the clients a, b"]),
        (HasClaim("plan", "pro"), ["with the claim plan: pro"]),
        (OwnedByUser("owner"), ["only for objects that belong to the user"]),
        (HasClaim("level", one_of=[1, True, "1"]), ["with the claim level: 1, true, 1"]),
        (IsUser & FromClients("a") & IsUser(), ["only users", "only the clients a"]),
    ],
)
def test_what_the_bearer_must_be_is_reported_beside_the_kind(
    permission: Any, bearer: list[str]
) -> None:
    found = operation(permission_classes=[permission, HasScopes("a")])
    assert found["security"] == [oauth2("a"), BEARER]
    (way,) = found["x-logto-access-tokens"]
    assert way == {"kinds": GLOBAL, "scopes": ["a"], "bearer": bearer}
    (way,) = operation(permission_classes=[permission])["x-logto-access-tokens"]
    assert way == {"kinds": EVERY_KIND, "scopes": [], "bearer": bearer}


def test_ways_that_are_too_many_to_list_are_reported_as_one() -> None:
    scopes = [f"{letter}{number}" for letter in "bcd" for number in range(5)]
    either = [reduce(or_, map(HasScopes, scopes[start : start + 5])) for start in (0, 5, 10)]
    schema = described(Data.as_view(permission_classes=[HasScopes("a"), *either]))
    found = schema["paths"]["/0/"]["get"]
    (way,) = found["x-logto-access-tokens"]
    assert found["security"] == [oauth2("a"), BEARER]
    assert (way["kinds"], way["scopes"], len(way["other_permissions"])) == (GLOBAL, ["a"], 4)
    flows = schema["components"]["securitySchemes"]["LogtoOAuth2"]["flows"]
    assert [*flows["authorizationCode"]["scopes"]] == ["a", *scopes]


def test_an_operator_of_the_project_is_called_by_its_name() -> None:
    class Xor(OR):
        """What it means is not known."""

    operator: Any = Xor
    xor = OperandHolder(operator, HasScopes("a"), HasScopes("b"))
    (way,) = operation(permission_classes=[xor])["x-logto-access-tokens"]
    assert way == {"kinds": EVERY_KIND, "scopes": [], "other_permissions": ["Xor"]}


def test_each_permission_is_read_once_for_an_operation() -> None:
    read = []

    class Counted(HasScopes):
        def scopes_for(self, request: Any, view: Any) -> tuple[str, ...] | None:
            read.append(request.method)
            return super().scopes_for(request, view)

    described(Data.as_view(permission_classes=[Counted("a") | InOrganization]))
    assert sorted(read) == ["GET", "POST"]


@pytest.mark.parametrize(
    ("permission", "written"),
    [
        (IsAdminUser, "IsAdminUser"),
        (~Own, "~Own"),
        (~(Own | HasScopes("b")), "~(Own | HasScopes('b'))"),
        (~~HasScopes("b"), "~~HasScopes('b')"),
    ],
)
def test_what_may_need_a_token_is_found_needing_any(permission: Any, written: str) -> None:
    (way,) = operation(permission_classes=[permission])["x-logto-access-tokens"]
    assert way == {"kinds": EVERY_KIND, "scopes": [], "other_permissions": [written]}


@pytest.mark.parametrize(
    "permission",
    [
        ~HasScopes("b"),
        ~(Own & HasScopes("b")),
        ~(HasScopes("b") | IsAuthenticated),
        ~IsAuthenticated,
        ~IsUser,
        ~HasScopes("b") | HasScopes("b"),
    ],
)
def test_what_a_not_opens_to_everyone_needs_no_token(permission: Any) -> None:
    view = Data(permission_classes=[permission])
    view.check_permissions(view.initialize_request(APIRequestFactory().get("/")))
    assert {} in operation(permission_classes=[permission])["security"]


@pytest.mark.parametrize("required", ["a", ["a"], {"get": "a", "post": "b"}])
def test_a_bare_class_is_reported_with_the_scopes_of_the_view(required: Any) -> None:
    class Scoped(Data):
        permission_classes = [HasScopes]
        required_scopes = required

    found = described(Scoped.as_view())["paths"]["/0/"]
    other = "b" if isinstance(required, dict) else "a"
    assert found["get"]["security"] == [oauth2("a"), BEARER]
    assert found["post"]["security"] == [oauth2(other), BEARER]


def test_each_action_is_reported_with_its_own_scopes() -> None:
    class Products(ViewSet):
        permission_classes = [HasScopes(list="read:products", post="write:products")]

        @extend_schema(responses=OpenApiTypes.STR)
        def list(self, request: Any) -> None: ...

        @extend_schema(request=None, responses=OpenApiTypes.STR)
        def create(self, request: Any) -> None: ...

    found = described(Products.as_view({"get": "list", "post": "create"}))["paths"]["/0/"]
    assert found["get"]["security"] == [oauth2("read:products"), BEARER]
    assert found["post"]["security"] == [oauth2("write:products"), BEARER]


def test_a_narrowed_view_takes_no_organization_token() -> None:
    class Narrowed(Data):
        api_resource = "https://api.example.test"

    found = described(
        Narrowed.as_view(permission_classes=[IsAuthenticated]),
        Narrowed.as_view(permission_classes=[InOrganization]),
    )["paths"]
    (way,) = found["/0/"]["get"]["x-logto-access-tokens"]
    resources = ["https://api.example.test"]
    assert way == {"kinds": [*GLOBAL, *RESOURCE], "scopes": [], "resources": resources}
    assert found["/1/"]["get"]["x-logto-access-tokens"] == []


# In words


@pytest.mark.parametrize(
    ("permission", "words"),
    [
        (HasScopes("a"), "Needs an access token for the API resource, with the scope `a`."),
        (InOrganization, "Needs an organization token."),
        (IsAuthenticated, "Needs any access token."),
        (IsUser, "Needs any access token, only users."),
        (
            HasScopes("a") & FromClients("b", "c") & HasClaim("d.e", "f") & ~IsDelegated,
            (
                "Needs an access token for the API resource, with the scope `a`, "
                "only the clients `b`, `c`, with the claim `d.e`: `f`, "
                "if `~IsDelegated()` lets it in."
            ),
        ),
        (HasScopes, "Closed: no access token opens this operation."),
        (
            OrgResourceScopes("a"),
            (
                "Needs an access token for the API resource within an organization, "
                "with the scope `a`."
            ),
        ),
        (
            InOrganization("a", "b") & ~Own,
            ("Needs an organization token, with the scopes `a` and `b`, if `~Own` lets it in."),
        ),
        (
            InOrganization | IsAuthenticated,
            "Needs one of these:\n\n- an organization token\n- any access token",
        ),
    ],
)
def test_a_description_says_which_tokens_will_do(permission: Any, words: str) -> None:
    found = operation(permission_classes=[permission])
    assert found["description"] == f"The data.\n\n{words}"


def test_a_description_names_the_resources_that_are_accepted() -> None:
    class Narrowed(Data):
        """The data."""

        api_resource = frozenset(["https://two.test", "https://one.test"])  # in no order
        permission_classes = [IsAuthenticated]

    found = described(Narrowed.as_view())["paths"]["/0/"]["get"]
    assert found["description"] == (
        "The data.\n\nNeeds an access token for the API resource "
        "or an access token for the API resource within an organization.\n\n"
        "The API resource is `https://one.test` or `https://two.test`, and no other."
    )
    (way,) = found["x-logto-access-tokens"]
    assert way["resources"] == ["https://one.test", "https://two.test"]


def test_a_view_without_a_docstring_is_described_by_what_it_needs() -> None:
    class Undocumented(APIView):
        permission_classes = [InOrganization]
        get = Data.get

    found = described(Undocumented.as_view())["paths"]["/0/"]["get"]
    assert found["description"] == "Needs an organization token."


# Refusals


def test_a_protected_operation_has_the_responses_of_its_refusals() -> None:
    schema = described(Data.as_view(permission_classes=[IsAuthenticated]))
    responses = schema["paths"]["/0/"]["get"]["responses"]
    assert list(responses) == ["200", "401", "403", "503"]
    assert responses["403"] == {"$ref": "#/components/responses/LogtoForbidden"}
    headers = {
        name: list(one["headers"]) for name, one in schema["components"]["responses"].items()
    }
    assert headers == {
        "LogtoForbidden": ["WWW-Authenticate"],
        "LogtoUnauthorized": ["WWW-Authenticate"],
        "LogtoUnavailable": ["Retry-After"],
    }


@pytest.mark.parametrize(
    ("status", "name"),
    [(401, "LogtoUnauthorized"), (403, "LogtoForbidden"), (503, "LogtoUnavailable")],
)
def test_the_body_of_a_refusal_names_every_code_of_its_status(status: int, name: str) -> None:
    schemas = described(Data.as_view(permission_classes=[IsAuthenticated]))["components"]["schemas"]
    assert list(schemas[name]["properties"]) == ["detail", "code"]
    codes = {one.code for one in leaves() if one.status == status}
    assert set(schemas[f"{name}Code"]["enum"]) == codes


def test_a_response_that_a_view_declares_itself_stays() -> None:
    class Declared(Data):
        @extend_schema(responses={200: str, 403: OpenApiTypes.STR})
        def get(self, request: Any) -> None: ...

    found = described(Declared.as_view(permission_classes=[HasScopes("a")]))["paths"]["/0/"]["get"]
    assert found["responses"]["403"]["content"]["application/json"]["schema"] == {"type": "string"}
    assert list(found["responses"]) == ["200", "403", "401", "503"]


# What is open, and what is not ours


@pytest.mark.parametrize(
    ("permissions", "scopes"),
    [
        ([AllowAny], [[]]),
        ([], [[]]),
        ([IsAuthenticatedOrReadOnly], [[]]),
        ([AllowAny | HasScopes("a")], [[], ["a"]]),
        ([AllowAny, AllowAny | IsAuthenticated], [[]]),
    ],
)
def test_an_open_operation_needs_no_token_and_is_otherwise_untouched(
    permissions: list[Any], scopes: list[list[str]]
) -> None:
    found = operation(permission_classes=permissions)
    assert found["security"] == [*(oauth2(*one) for one in scopes), BEARER, {}]
    assert found["description"] == "The data."
    assert found["responses"].keys() == {"200"}
    assert "x-logto-access-tokens" not in found


def test_what_is_open_to_read_is_closed_to_write() -> None:
    found = operation("post", permission_classes=[IsAuthenticatedOrReadOnly])
    assert found["security"] == [oauth2(), BEARER]
    assert found["x-logto-access-tokens"] == tokens((EVERY_KIND, []))


def test_another_scheme_is_offered_only_where_it_opens_something() -> None:
    both = [LogtoJWTAuthentication, BasicAuthentication]
    anybody = operation(authentication_classes=both, permission_classes=[IsAuthenticated])
    scoped = operation(authentication_classes=both, permission_classes=[HasScopes("a")])
    assert anybody["security"] == [oauth2(), BEARER, {"basicAuth": []}]
    assert scoped["security"] == [oauth2("a"), BEARER]


@pytest.mark.parametrize("permission", [IsAuthenticated, HasScopes("a")])
def test_an_operation_without_our_authentication_is_untouched(permission: Any) -> None:
    found = operation(authentication_classes=[BasicAuthentication], permission_classes=[permission])
    assert found["security"] == [{"basicAuth": []}]
    assert found["responses"].keys() == {"200"}


def test_an_operation_whose_security_is_declared_is_untouched() -> None:
    class Declared(Data):
        @extend_schema(auth=[], responses=str)
        def get(self, request: Any) -> None: ...

    found = described(Declared.as_view(permission_classes=[HasScopes("a")]))["paths"]["/0/"]["get"]
    assert "security" not in found
    assert found["responses"].keys() == {"200"}


def test_an_excluded_operation_stays_out() -> None:
    class Excluded(Data):
        @extend_schema(exclude=True)
        def get(self, request: Any) -> None: ...

    found = described(Excluded.as_view(permission_classes=[HasScopes("a")]))["paths"]
    assert found["/0/"].keys() == {"post"}


# The security schemes


class Mapped(LogtoJWTAuthentication):
    pass


def test_the_schemes_name_the_endpoints_of_logto_and_every_scope() -> None:
    schema = described(
        Data.as_view(permission_classes=[HasScopes("b")]),
        Data.as_view(permission_classes=[HasScopes("a") | InOrganization("b")]),
        Data.as_view(permission_classes=[OrgResourceScopes("b")]),
    )
    schemes = schema["components"]["securitySchemes"]
    assert schemes.keys() == {"LogtoOAuth2", "LogtoBearer"}
    assert schemes["LogtoOAuth2"]["flows"] == {
        "authorizationCode": {
            "authorizationUrl": "https://tenant.logto.test/oidc/auth",
            "tokenUrl": "https://tenant.logto.test/oidc/token",
            "refreshUrl": "https://tenant.logto.test/oidc/token",
            "scopes": {
                "b": "for the API resource; in an organization; "
                "for the API resource within an organization",
                "a": "for the API resource",
            },
        }
    }
    bearer = schemes["LogtoBearer"]
    assert (bearer["type"], bearer["scheme"], bearer["bearerFormat"]) == ("http", "bearer", "JWT")


def test_derived_authentication_classes_share_the_schemes() -> None:
    found = described(
        Data.as_view(authentication_classes=[Mapped], permission_classes=[HasScopes("a")]),
        Data.as_view(permission_classes=[HasScopes("b")]),
    )
    assert found["paths"]["/0/"]["get"]["security"] == [oauth2("a"), BEARER]
    assert found["components"]["securitySchemes"].keys() == {"LogtoOAuth2", "LogtoBearer"}


def test_the_schema_class_of_drf_spectacular_shows_the_security_as_well() -> None:
    class Plain(Data):
        schema = openapi.AutoSchema()
        permission_classes = [HasScopes("a") | OrgResourceScopes("b")]

        def get(self, request: Any) -> None: ...

    plain = SchemaGenerator(patterns=[path("", Plain.as_view(http_method_names=["get"]))])
    with GENERATOR_STATS.silence():
        found = plain.get_schema(public=True)["paths"]["/"]["get"]
    assert found["security"] == [oauth2("a"), oauth2("b"), BEARER]


PROJECT = """
import sys
import django
from django.conf import settings

settings.configure(INSTALLED_APPS=["rest_framework", "drf_logto", *sys.argv[1:]])
django.setup()
names = ("drf_spectacular", "drf_logto.openapi")
print(*sorted({one for one in names if one in sys.modules}))
"""


@pytest.mark.parametrize(
    ("apps", "imported"),
    [([], ""), (["drf_spectacular"], "drf_logto.openapi drf_spectacular")],
)
def test_nothing_of_it_is_imported_where_drf_spectacular_is_no_app(
    apps: list[str], imported: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROJECT, *apps],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == (imported, "")
