"""End to end on tokens of a real Logto: what each of them gets on each of the three models."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.urls import path
from rest_framework import viewsets
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from drf_logto.explanation.access import AccessExplainer, find_target
from drf_logto.explanation.answers import Access
from drf_logto.explanation.tokens import explain_token
from drf_logto.permissions import HasScopes, InOrganization, OrgResourceScopes
from drf_logto.runtime import Environment, override
from drf_logto.testing import Logto

ENDPOINT = "http://localhost:3001"
ORGANIZATION_A = "bsyc5p40wmv2"

Expected = dict[str, int | str]

WRONG_KIND: Expected = dict.fromkeys(("products", "org", "data"), "wrong_token_kind")
GLOBAL: Expected = {"any": 200, **WRONG_KIND, "products": 200}
ORGANIZATION: Expected = {"any": 200, **WRONG_KIND, "org": 200}
RESOURCE: Expected = {"any": 200, **WRONG_KIND, "data": 200}
UNSCOPED = "insufficient_scope"
OTHER_ORGANIZATION = "wrong_organization"


def everywhere(answer: str) -> Expected:
    return dict.fromkeys(GLOBAL, answer)


EXPECTED: dict[str, Expected] = {
    "m2m_api_all": GLOBAL,
    "m2m_api_two": GLOBAL,
    "m2m_api_no_scope_param": {**GLOBAL, "products": UNSCOPED},
    "m2m_api_scope_all_keyword": {**GLOBAL, "products": UNSCOPED},
    "m2m_limited_asks_all": GLOBAL,
    "m2m_none_asks_all": {**GLOBAL, "products": UNSCOPED},
    "m2m_org_a": ORGANIZATION,
    "m2m_org_a_no_scope_param": {**ORGANIZATION, "org": UNSCOPED},
    "m2m_org_b": {**ORGANIZATION, "org": OTHER_ORGANIZATION},
    "m2m_org_a_api": RESOURCE,
    "m2m_org_a_api_no_scope_param": {**RESOURCE, "data": UNSCOPED},
    "m2m_org_b_api": {**RESOURCE, "data": OTHER_ORGANIZATION},
    "m2m_other": everywhere("wrong_audience"),
    "m2m_management_api": everywhere("wrong_audience"),
    "m2m_reserved_org_resource": everywhere("wrong_audience"),
    "m2m_none_reserved_org_resource": everywhere("wrong_audience"),
    "m2m_reserved_org_resource_org_b": everywhere("wrong_audience"),
    "user_code_exchange_no_resource": everywhere("opaque_token"),
    "user_refresh_no_params": everywhere("opaque_token"),
    "user_api": GLOBAL,
    "user_api_one_scope": GLOBAL,
    "user_other": everywhere("wrong_audience"),
    "user_org_a": ORGANIZATION,
    "user_org_b": {**ORGANIZATION, "org": OTHER_ORGANIZATION},
    "user_org_a_api": RESOURCE,
    "user_org_b_api": {**RESOURCE, "data": OTHER_ORGANIZATION},
    "user_org_resource": everywhere("wrong_audience"),
    "user_org_resource_org_a": everywhere("wrong_audience"),
}
STATUS = {"wrong_audience": 403, "opaque_token": 401, "not_an_access_token": 401}


class Seen(APIView):
    def get(self, request: Any, **kwargs: Any) -> Response:
        return Response({**request.auth.to_dict(), "machine": request.auth.is_machine})


@pytest.fixture
def recorded(
    settings: Any, route: Callable[..., None], recordings: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    """The recorded tokens, at the second when they were valid, and an API to send them to."""
    answers = recordings["tokens"]
    settings.LOGTO = {"ENDPOINT": ENDPOINT, "API_RESOURCE": answers["api_resource"]}
    route(
        path("any/", Seen.as_view(permission_classes=[IsAuthenticated])),
        path("products/", Seen.as_view(permission_classes=[HasScopes("read:products")])),
        path(
            "org/<str:organization_id>/",
            Seen.as_view(permission_classes=[InOrganization("invite:member")]),
        ),
        path(
            "data/<str:organization_id>/",
            Seen.as_view(permission_classes=[OrgResourceScopes("api:read")]),
        ),
    )
    documents = {
        "/oidc/.well-known/openid-configuration": recordings["openid_configuration"],
        "/oidc/jwks": recordings["jwks"],
    }
    environment = Environment(
        fetch=lambda url, timeout: documents[url.removeprefix(ENDPOINT)],
        now=lambda: answers["frozen_at"],
    )
    with override(environment):
        yield {**answers["tokens"], "documents": documents, "recordings": recordings}


def address(model: str) -> str:
    return f"/{model}/" if model in {"any", "products"} else f"/{model}/{ORGANIZATION_A}/"


def send(token: str, model: str) -> Any:
    return APIClient().get(address(model), headers={"Authorization": f"Bearer {token}"})


def explained(token: str, model: str) -> int | str:
    """What is said of a request that is not made."""
    target = find_target(address(model))
    assert target is not None
    found = AccessExplainer(explain_token(token)).explain(target.operations[0], target)
    return found.refusal.code if found.refusal else 200 if found.access is Access.OPEN else 0


def issued(recordings: dict[str, Any]) -> set[str]:
    answers = recordings["tokens"]["tokens"]
    return {name for name, answer in answers.items() if answer["status"] == 200}


def test_every_recorded_token_has_an_expected_answer(recordings: dict[str, Any]) -> None:
    assert issued(recordings) == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_token_gets_the_answer_of_its_kind(recorded: dict[str, Any], name: str) -> None:
    token = recorded[name]["response"]["access_token"]
    for model, expected in EXPECTED[name].items():
        assert explained(token, model) == expected
        response = send(token, model)
        if expected == 200:
            assert response.status_code == 200, (model, response.json())
            assert response.json()["machine"] is name.startswith("m2m")
        else:
            assert response.json()["code"] == expected, model
            assert response.status_code == STATUS.get(str(expected), 403), model


def test_a_real_id_token_is_no_access_token(recorded: dict[str, Any]) -> None:
    for model in GLOBAL:
        response = send(recorded["user_api"]["response"]["id_token"], model)
        assert (response.status_code, response.json()["code"]) == (401, "not_an_access_token")


def test_the_facts_of_a_real_token_reach_the_view(recorded: dict[str, Any]) -> None:
    assert send(recorded["m2m_org_a"]["response"]["access_token"], "org").json() == {
        "sub": "dx2zoxufuwdmf264yeupn",
        "client_id": "dx2zoxufuwdmf264yeupn",
        "organization_id": ORGANIZATION_A,
        "scopes": ["invite:member", "manage:billing"],
        "audience": [f"urn:logto:organization:{ORGANIZATION_A}"],
        "machine": True,
    }


def test_keys_after_a_rotation_to_rsa_still_verify_older_tokens(recorded: dict[str, Any]) -> None:
    rotated = recorded["recordings"]["jwks_after_rotation_to_rsa"]
    recorded["documents"]["/oidc/jwks"] = rotated
    assert send(recorded["user_api"]["response"]["access_token"], "products").status_code == 200


def test_tokens_signed_after_a_rotation_to_rsa_are_verified(
    logto: Logto, route: Callable[..., None]
) -> None:
    """The published RSA key has no ``alg``, as Logto's has none."""
    route(path("products/", Seen.as_view(permission_classes=[HasScopes("read:products")])))
    logto.rotate("RS256")
    assert "alg" not in logto.jwks["keys"][0]
    assert send(logto.global_token(["read:products"]), "products").status_code == 200


# Whatever a client sends

HEADERS = [
    "Bearer",
    "Bearer ",
    "Bearer  ",
    "bearer\t",
    "Bearer a b",
    "Bearer ,",
    "Bearer a,Bearer b",
    "Bearer é",
    "Bearer \xa0",
    "Bearer \x00",
    "Bearer \x7f",
    "Bearer .",
    "Bearer ..",
    "Bearer e30.e30.e30",
    "Bearer " + "a" * 20_000,
    "Bearer " + "." * 10_000,
    "Bearer null",
    "Bearer undefined",
    'Bearer "quoted"',
    "Bearer eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.e30.",
]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_a_bad_header_is_never_anonymous_and_never_an_error(
    logto: Logto, route: Callable[..., None], header: str, accept: str
) -> None:
    route(path("", Seen.as_view(permission_classes=[AllowAny])))
    response = APIClient().get("/", headers={"Authorization": header, "Accept": accept})
    assert response.status_code == 401
    assert "error=" in response.headers["WWW-Authenticate"]
    if accept == "application/json":
        assert response.json().keys() == {"detail", "code"}


def test_two_authorization_headers_are_one_bad_header(
    logto: Logto, route: Callable[..., None]
) -> None:
    """WSGI servers join them with a comma."""
    route(path("", Seen.as_view()))
    joined = f"Bearer {logto.global_token()},Bearer {logto.global_token()}"
    response = APIClient().get("/", headers={"Authorization": joined})
    assert response.json()["code"] == "malformed_header"


def test_a_token_in_query_body_or_cookie_is_no_credential(
    logto: Logto, route: Callable[..., None]
) -> None:
    class Posted(Seen):
        permission_classes = [IsAuthenticated]
        post = Seen.get

    route(path("", Posted.as_view()))
    token = logto.global_token()
    client = APIClient()
    client.cookies["access_token"] = token
    assert client.get("/", {"access_token": token}).status_code == 401
    assert client.post("/", {"access_token": token}).status_code == 401


# The browsable API


class Documents(viewsets.ViewSet):
    permission_classes = [
        HasScopes(list="read:documents", create="write:documents")
        | OrgResourceScopes("read:own-documents")
    ]

    def list(self, request: Any) -> Response:
        return Response(["shown"])

    def create(self, request: Any) -> None:
        """Is asked for by the form of the page alone."""


@pytest.mark.parametrize(
    ("scopes", "status"), [(["read:documents"], 200), (["write:documents"], 403), (None, 401)]
)
def test_the_browsable_api_renders_every_answer(
    logto: Logto, route: Callable[..., None], scopes: list[str] | None, status: int
) -> None:
    """It asks the permissions a dozen times a page, with other methods."""
    route(path("", Documents.as_view({"get": "list", "post": "create"})))
    client = logto.client(None if scopes is None else logto.global_token(scopes))
    response = client.get("/", headers={"Accept": "text/html"})
    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("text/html")
    assert ("WWW-Authenticate" in response.headers) is (status != 200)
    page = response.content.decode()
    assert ("shown" in page) is (status == 200)
    assert ("insufficient_scope" in page) is (status == 403)
