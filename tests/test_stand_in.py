"""The stand-in for Logto, as machines, people and their applications meet it."""

import base64
import json
import re
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.message import Message
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import polib
import pytest

import sandbox
from drf_logto.testing import Logto
from sandbox.stand_in import StandIn, running_stand_in
from sandbox.stand_in.provider import MAX_RECORDS, SESSION_LIFETIME, Session
from sandbox.tenant import (
    ADA,
    API_RESOURCE,
    BACK_OFFICE,
    BEN,
    BROWSABLE_API,
    CHO,
    DAN,
    PARTNER,
    PEOPLE,
    PERMISSIONS,
    ROLES,
    SWAGGER_UI,
    Person,
)
from tests.support.exchange import Answer, claims_of, send, send_form
from tests.support.loopback import LoopbackServer, http
from tests.support.relying_party import CHALLENGE, Browser, RelyingParty, answered
from tests.support.webhooks import WEBHOOK, signature

API = {"resource": API_RESOURCE}
DAY = 24 * 3600
LOGOUT = "/logto/backchannel-logout/"
VOID = (400, "invalid_grant")


@pytest.fixture
def relying_party(stand_in: Logto) -> RelyingParty:
    return RelyingParty(stand_in.endpoint)


@pytest.fixture
def swagger_ui(stand_in: Logto) -> RelyingParty:
    return RelyingParty(stand_in.endpoint, SWAGGER_UI, "http://localhost:8000")


@pytest.fixture
def partner(stand_in: Logto) -> RelyingParty:
    return RelyingParty(stand_in.endpoint, PARTNER)


@pytest.fixture
def own() -> Iterator[StandIn]:
    """A stand-in whose clock and people a test may change."""
    with running_stand_in() as server:
        yield server


def refusal(answer: Answer) -> tuple[int, str]:
    document = answer.json()
    assert document["code"] == f"oidc.{document['error']}"
    return answer.status, document["error"]


# Machines


def machine(stand_in: Logto, **form: Any) -> Answer:
    credentials = {"client_id": BACK_OFFICE.id, "client_secret": BACK_OFFICE.secret}
    grant = {"grant_type": "client_credentials"}
    return send_form(f"{stand_in.endpoint}/oidc/token", {**grant, **credentials, **form})


ALL = "invite:member read:documents write:documents read:products write:products"


@pytest.mark.parametrize(
    ("name", "form", "scope"),
    [
        ("m2m_api_two", {**API, "scope": ALL}, "read:products write:products"),
        ("m2m_api_no_scope_param", API, None),
        ("m2m_org_a", {"organization_id": "acme", "scope": ALL}, "invite:member"),
        ("m2m_org_a_no_scope_param", {"organization_id": "globex"}, ""),
        (
            "m2m_org_a_api",
            {**API, "organization_id": "acme", "scope": ALL},
            "read:documents write:documents",
        ),
        ("m2m_org_a_api_no_scope_param", {**API, "organization_id": "acme"}, None),
    ],
)
def test_a_machine_gets_what_logto_gives(
    stand_in: Logto, recordings: dict[str, Any], name: str, form: dict[str, str], scope: str | None
) -> None:
    recorded = recordings["tokens"]["tokens"][name]["response"]
    answer = machine(stand_in, **form)
    claims = claims_of(answer.json()["access_token"])
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.json().keys() == recorded.keys()
    assert claims.keys() == claims_of(recorded["access_token"]).keys()
    assert claims.get("scope") == answer.json().get("scope") == scope
    assert claims["sub"] == claims["client_id"] == BACK_OFFICE.id


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("m2m_no_resource", {"scope": "read:products"}),
        ("err_unknown_resource", {"resource": "https://nope.example.test"}),
        ("err_resource_trailing_slash", {"resource": f"{API_RESOURCE}/"}),
        ("err_two_resources", {"resource": [API_RESOURCE, "https://other.example.test"]}),
        ("err_org_not_associated", {"organization_id": "initech"}),
        ("err_bad_secret", {**API, "client_secret": "wrong"}),
    ],
)
def test_a_machine_is_refused_as_by_logto(
    stand_in: Logto, recordings: dict[str, Any], name: str, form: dict[str, Any]
) -> None:
    recorded = recordings["tokens"]["tokens"][name]
    answer = machine(stand_in, **form)
    assert refusal(answer) == (recorded["status"], recorded["response"]["error"])
    assert ("WWW-Authenticate" in answer.headers) is (answer.status == 401)


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (b"back-office:back-office-secret", 200),
        (b"back-office:wrong", 401),
        (b"nobody:wrong", 400),
        (b"\xff:\xff", 400),
    ],
)
def test_a_client_may_authenticate_in_the_header(
    stand_in: Logto, authorization: bytes, status: int
) -> None:
    basic = f"Basic {base64.b64encode(authorization).decode()}"
    form = {"grant_type": "client_credentials", **API}
    answer = send_form(f"{stand_in.endpoint}/oidc/token", form, Authorization=basic)
    assert answer.status == status


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({str(number): "x" for number in range(2000)}, "invalid_request"),
    ],
)
def test_a_token_request_that_cannot_be_is_refused(
    stand_in: Logto, form: dict[str, str], error: str
) -> None:
    assert refusal(machine(stand_in, **form)) == (400, error)


# The documents, other origins, and the wire


def test_metadata_and_keys_are_published_as_by_logto(stand_in: Logto) -> None:
    metadata = send(f"{stand_in.endpoint}/oidc/.well-known/openid-configuration").json()
    keys = send(metadata["jwks_uri"])
    assert metadata["issuer"] == stand_in.issuer
    assert keys.headers["Content-Type"] == "application/jwk-set+json"
    assert [key["alg"] for key in keys.json()["keys"]] == ["ES384"]


@pytest.mark.parametrize("path", ["/", "//[", "/oidc/nothing"])
def test_what_logto_does_not_have_is_not_found(stand_in: Logto, path: str) -> None:
    assert refusal(send(stand_in.endpoint + path)) == (404, "invalid_request")


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://localhost", "http://localhost"),
        ("https://localhost:8000", None),
        ("http://localhost.example", None),
        ("http://127.0.0.1:8000/", None),
        ("null", None),
    ],
)
def test_a_page_on_loopback_may_ask_for_tokens_and_no_other(
    stand_in: Logto, origin: str, allowed: str | None
) -> None:
    url = f"{stand_in.endpoint}/oidc/token"
    preflight = send(url, method="OPTIONS", headers={"Origin": origin})
    assert (preflight.status, preflight.text) == (204, "")
    for answer in (preflight, send_form(url, {}, Origin=origin)):
        assert answer.headers["Access-Control-Allow-Origin"] == allowed
        assert answer.headers["Vary"] == "Origin"


def test_a_client_that_hangs_up_leaves_no_trace(
    stand_in: Logto, capfd: pytest.CaptureFixture[str]
) -> None:
    parts = urlsplit(stand_in.endpoint)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        # Closed with unread data, a socket resets the connection.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(b"POST /oidc/token HTTP/1.1\r\nContent-Length: 9\r\n")
    send(f"{stand_in.endpoint}/oidc/jwks")
    assert capfd.readouterr() == ("", "")


# The sign-in


@pytest.mark.parametrize("person", PEOPLE.values(), ids=PEOPLE)
def test_who_is_chosen_is_signed_in(relying_party: RelyingParty, person: Person) -> None:
    tokens = relying_party.sign_in(person)
    assert claims_of(tokens["id_token"])["sub"] == person.id


@pytest.mark.parametrize(
    ("accepted", "language", "heading"),
    [("ko-KR,ko;q=0.9,en;q=0.8", "ko", "로그인"), ("en-GB,ko", "en", "Sign in"), ("fr", "en", "")],
)
def test_the_page_speaks_the_language_of_its_reader(
    relying_party: RelyingParty, accepted: str, language: str, heading: str
) -> None:
    page = relying_party.browser.get(relying_party.page(), **{"Accept-Language": accepted})
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert f'<html lang="{language}">' in page.text
    assert heading in page.text
    assert BROWSABLE_API.name in page.text
    assert page.text.count("<button ") == len(PEOPLE)


def test_the_korean_catalog_has_what_the_pages_say() -> None:
    folder = Path(sandbox.__file__).parent
    catalog = folder / "locale/ko/LC_MESSAGES/django.po"
    texts = [path.read_text() for path in folder.glob("templates/stand_in/*.html")]
    texts.append((folder / "stand_in/forms.py").read_text())
    said = {*ROLES, *PERMISSIONS}
    for text in texts:
        said.update(re.findall(r'(?:translate |_\()"([^"]+)"', text))
        blocks = re.findall(r"{% blocktranslate.*?%}(.*?){% endblocktranslate", text, re.DOTALL)
        said.update(re.sub(r"{{ (\w+) }}", r"%(\1)s", block.strip()) for block in blocks)
    translated = {entry.msgid: entry.msgstr for entry in polib.pofile(str(catalog))}
    compiled = polib.mofile(str(catalog.with_suffix(".mo")))
    assert {entry.msgid: entry.msgstr for entry in compiled} == translated
    assert translated.keys() == said
    assert all(translated.values())


def test_a_page_runs_nothing_and_cannot_be_framed(relying_party: RelyingParty) -> None:
    page = relying_party.browser.get(relying_party.page())
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    style = send(f"{relying_party.endpoint}/style.css")
    assert (style.status, style.headers["Content-Type"]) == (200, "text/css")


def test_a_form_of_another_site_is_refused(relying_party: RelyingParty) -> None:
    page = relying_party.page()
    answer = send_form(page, {"person": "ada"}, **{"Sec-Fetch-Site": "same-site"})
    assert refusal(answer) == (403, "invalid_request")


def test_somebody_else_cannot_sign_in(relying_party: RelyingParty) -> None:
    answer = relying_party.browser.post(relying_party.page(), {"person": "eve"})
    assert (answer.status, "Set-Cookie" in answer.headers) == (200, False)


def test_who_is_signed_in_is_asked_again_with_prompt_login_only(
    relying_party: RelyingParty,
) -> None:
    assert answered(relying_party.authorize(prompt="none"))["error"] == "login_required"
    relying_party.sign_in(ADA)
    copy = replace(relying_party, browser=Browser(dict(relying_party.browser.cookies)))
    assert "code" in answered(relying_party.authorize(prompt="none"))
    tokens = relying_party.sign_in(BEN, prompt="login")
    assert claims_of(tokens["id_token"])["sub"] == "ben"
    assert answered(copy.authorize(prompt="none"))["error"] == "login_required"


def test_the_cookie_is_known_to_the_browser_only(relying_party: RelyingParty) -> None:
    answer = relying_party.choose(relying_party.page(), ADA)
    assert {"Path=/", "HttpOnly", "SameSite=Lax"} <= set(answer.headers["Set-Cookie"].split("; "))
    tokens = relying_party.redeem(answered(answer)["code"]).json()
    assert claims_of(tokens["id_token"])["sid"] not in relying_party.browser.cookies.values()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_id": None}, "invalid_client"),
        ({"client_id": BACK_OFFICE.id}, "invalid_redirect_uri"),
        ({"client_id": SWAGGER_UI.id}, "invalid_redirect_uri"),
        ({"redirect_uri": None}, "invalid_redirect_uri"),
        *(
            ({"redirect_uri": uri}, "invalid_redirect_uri")
            for uri in (
                "https://evil.example/auth/callback/",
                "http://127.0.0.1.evil.example/auth/callback/",
                "http://127.0.0.1:8000@evil.example/auth/callback/",
                "http://localhost:8000/auth/callback",
                "http://localhost:8000/auth/callback/?next=/",
                "http://localhost:8000/auth/callback/\r\nSet-Cookie: x=y",
                "http://localhost:٨٠٠٠/auth/callback/",
                "http://localhost:8000",
                '"><script>alert(1)</script>',
            )
        ),
    ],
)
def test_nothing_is_sent_to_an_address_that_is_not_registered(
    relying_party: RelyingParty, changes: dict[str, str | None], error: str
) -> None:
    answer = relying_party.authorize(**changes)
    assert refusal(answer) == (400, error)
    assert (answer.headers.get_content_type(), "evil" in answer.text) == ("application/json", False)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": 'a"token'}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"resource": f"{API_RESOURCE}/"}, "invalid_target"),
        ({"resource": [API_RESOURCE, "https://other.example.test"]}, "invalid_target"),
    ],
)
def test_the_application_is_reported_what_is_wrong(
    relying_party: RelyingParty, stand_in: Logto, changes: dict[str, Any], error: str
) -> None:
    answer = relying_party.authorize(**changes)
    assert answer.status == 303
    assert answer.headers["Location"].startswith(f"{relying_party.redirect_uri}?")
    refused = answered(answer)
    assert refused.pop("error_description")
    assert refused == {"error": error, "state": "state-1", "iss": stand_in.issuer}


def test_a_code_comes_with_state_and_issuer(relying_party: RelyingParty, stand_in: Logto) -> None:
    state = "a b&c=d\r\n<é>"
    answer = answered(relying_party.choose(relying_party.page(state=state), ADA))
    assert answer.pop("code")
    assert answer == {"state": state, "iss": stand_in.issuer}
    page = relying_party.page(state=None, nonce=None, prompt="login")
    answer = answered(relying_party.choose(page, ADA))
    assert answer.keys() == {"code", "iss"}
    assert "nonce" not in claims_of(relying_party.redeem(answer["code"]).json()["id_token"])


@pytest.mark.parametrize("scope", ["nothing:at-all", "profile", None])
def test_access_is_denied_where_nothing_can_be_granted(
    relying_party: RelyingParty, scope: str | None
) -> None:
    answer = relying_party.choose(relying_party.page(scope=scope), ADA)
    assert answered(answer)["error"] == "access_denied"


# Codes


def test_pkce_is_demanded_of_public_clients(
    relying_party: RelyingParty, swagger_ui: RelyingParty
) -> None:
    without = {"code_challenge": None, "code_challenge_method": None}
    assert answered(swagger_ui.authorize(**without))["error"] == "invalid_request"
    code = relying_party.code(ADA, **without)
    form = {"grant_type": "authorization_code", "code": code}
    answer = relying_party.ask(**form, redirect_uri=relying_party.redirect_uri)
    assert answer.status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "made-up"},
        {"code_verifier": "x" * 43},
        {"code_verifier": CHALLENGE},
        {"redirect_uri": "http://127.0.0.1:8001/auth/callback/"},
        {"client_id": SWAGGER_UI.id, "client_secret": ""},
    ],
)
def test_a_code_is_for_the_request_it_answers(
    relying_party: RelyingParty, changes: dict[str, str]
) -> None:
    code = relying_party.code(ADA)
    assert refusal(relying_party.redeem(code, **changes)) == VOID
    assert relying_party.redeem(code).status == 200


def test_a_code_that_comes_back_takes_its_tokens_with_it(relying_party: RelyingParty) -> None:
    code = relying_party.code(ADA)
    tokens = relying_party.redeem(code).json()
    assert refusal(relying_party.redeem(code)) == VOID
    assert refusal(relying_party.refresh(tokens["refresh_token"])) == VOID
    assert refusal(relying_party.userinfo(tokens["access_token"])) == (401, "invalid_token")


def test_a_code_lives_for_a_minute(own: StandIn) -> None:
    relying_party = RelyingParty(own.logto.endpoint)
    code = relying_party.code(ADA)
    own.logto.advance(60)
    assert refusal(relying_party.redeem(code)) == VOID


def test_a_code_gives_a_token_for_one_of_its_resources(relying_party: RelyingParty) -> None:
    claims = claims_of(relying_party.redeem(relying_party.code(BEN), **API).json()["access_token"])
    assert (claims["aud"], claims["scope"]) == (API_RESOURCE, "read:products read:documents")


@pytest.mark.parametrize(
    ("scope", "resource", "is_for_the_api"),
    [
        ("read:products write:products", API_RESOURCE, True),
        ("openid read:products", API_RESOURCE, False),
        ("read:products", [API_RESOURCE, "urn:logto:resource:organizations"], False),
    ],
)
def test_a_code_without_openid_gives_a_token_for_its_one_resource(
    swagger_ui: RelyingParty, scope: str, resource: Any, is_for_the_api: bool
) -> None:
    tokens = swagger_ui.sign_in(BEN, scope=scope, resource=resource)
    assert ("id_token" in tokens) is scope.startswith("openid")
    if is_for_the_api:
        claims = claims_of(tokens["access_token"])
        assert (claims["aud"], claims["scope"]) == (API_RESOURCE, "read:products")
    else:
        assert "." not in tokens["access_token"]


# Refresh tokens

EVERYWHERE = "read:products write:products read:documents write:documents"


@pytest.mark.parametrize(
    ("name", "person", "wanted", "scope"),
    [
        (
            "user_refresh_no_params",
            ADA,
            {},
            "openid profile offline_access urn:logto:scope:organizations",
        ),
        ("user_api", ADA, API, EVERYWHERE),
        ("user_api", CHO, API, "read:products read:documents write:documents"),
        ("user_api", DAN, API, "read:products"),
        ("user_api_one_scope", ADA, {**API, "scope": "read:products"}, "read:products"),
        ("user_org_a", ADA, {"organization_id": "acme"}, "invite:member"),
        ("user_org_a", BEN, {"organization_id": "acme"}, ""),
        ("user_org_a_api", ADA, {**API, "organization_id": "acme"}, EVERYWHERE),
        ("user_org_a_api", CHO, {**API, "organization_id": "acme"}, "read:products read:documents"),
        (
            "user_org_resource",
            ADA,
            {"resource": "urn:logto:resource:organizations"},
            "invite:member",
        ),
    ],
)
def test_a_refresh_gives_what_logto_gives(
    relying_party: RelyingParty,
    recordings: dict[str, Any],
    name: str,
    person: Person,
    wanted: dict[str, str],
    scope: str,
) -> None:
    recorded = recordings["tokens"]["tokens"][name]["response"]
    refresh_token = relying_party.sign_in(person)["refresh_token"]
    tokens = relying_party.refresh(refresh_token, **wanted).json()
    assert (tokens["scope"], tokens.pop("refresh_token")) == (scope, refresh_token)
    assert tokens.keys() == recorded.keys()
    if "." in recorded["access_token"]:
        claims, real = claims_of(tokens["access_token"]), claims_of(recorded["access_token"])
        assert claims.keys() == real.keys()
        assert (claims["sub"], claims["client_id"]) == (person.id, "browsable-api")
    else:
        assert len(tokens["access_token"]) == len(recorded["access_token"])


@pytest.mark.parametrize(
    ("wanted", "status", "error"),
    [
        ({"organization_id": "globex"}, 403, "access_denied"),
        ({**API, "organization_id": "globex"}, 403, "access_denied"),
        ({"resource": f"{API_RESOURCE}/"}, 400, "invalid_target"),
        ({"resource": [API_RESOURCE, "x"]}, 400, "invalid_target"),
        ({"scope": "read:reports"}, 400, "invalid_scope"),
    ],
)
def test_a_refused_refresh_does_not_use_the_token_up(
    swagger_ui: RelyingParty, wanted: dict[str, Any], status: int, error: str
) -> None:
    refresh_token = swagger_ui.sign_in(ADA)["refresh_token"]
    assert refusal(swagger_ui.refresh(refresh_token, **wanted)) == (status, error)
    assert swagger_ui.refresh(refresh_token).status == 200


def test_an_organization_needs_the_scope_for_organizations(relying_party: RelyingParty) -> None:
    refresh_token = relying_party.sign_in(ADA, scope="openid offline_access")["refresh_token"]
    answer = relying_party.refresh(refresh_token, organization_id="acme")
    assert refusal(answer) == (403, "insufficient_scope")


@pytest.mark.parametrize("changes", [{"scope": "openid"}, {"prompt": None}])
def test_a_refresh_token_needs_offline_access_and_consent(
    relying_party: RelyingParty, changes: dict[str, Any]
) -> None:
    tokens = relying_party.sign_in(ADA, **changes)
    assert "refresh_token" not in tokens
    assert "offline_access" not in tokens["scope"]


def test_a_refresh_token_is_for_its_client(
    relying_party: RelyingParty, swagger_ui: RelyingParty
) -> None:
    refresh_token = relying_party.sign_in(ADA)["refresh_token"]
    assert refusal(swagger_ui.refresh(refresh_token)) == VOID
    assert relying_party.refresh(refresh_token).status == 200


def test_a_public_client_gets_another_refresh_token_each_time(own: StandIn) -> None:
    swagger_ui = RelyingParty(own.logto.endpoint, SWAGGER_UI)
    first = swagger_ui.sign_in(ADA)["refresh_token"]
    second = swagger_ui.refresh(first).json()["refresh_token"]
    third = swagger_ui.refresh(first).json()["refresh_token"]  # within the seconds of grace
    assert len({first, second, third}) == 3
    own.logto.advance(4)
    assert refusal(swagger_ui.refresh(first)) == VOID
    assert refusal(swagger_ui.refresh(third)) == VOID


def test_a_confidential_client_gets_another_refresh_token_when_the_first_is_old(
    own: StandIn,
) -> None:
    relying_party = RelyingParty(own.logto.endpoint)
    first = relying_party.sign_in(ADA)["refresh_token"]
    own.logto.advance(9 * DAY)
    assert relying_party.refresh(first).json()["refresh_token"] == first
    own.logto.advance(DAY)
    second = relying_party.refresh(first).json()["refresh_token"]
    own.logto.advance(13 * DAY)
    assert relying_party.refresh(second).status == 200
    own.logto.advance(DAY)
    assert refusal(relying_party.refresh(second)) == VOID


# ID tokens and the userinfo endpoint


def test_an_id_token_is_logtos(
    relying_party: RelyingParty, stand_in: Logto, recordings: dict[str, Any]
) -> None:
    recorded = recordings["tokens"]["tokens"]["user_code_exchange_no_resource"]["response"]
    scope = "openid profile urn:logto:scope:organizations urn:logto:scope:organization_roles"
    tokens = relying_party.sign_in(CHO, scope=scope)
    header = jwt.get_unverified_header(tokens["id_token"])
    key = jwt.PyJWKSet.from_dict(stand_in.jwks)[header["kid"]]
    claims = jwt.decode(tokens["id_token"], key, ["ES384"], audience="browsable-api")
    assert header.keys() == {"alg", "kid"}
    assert (claims["iss"], claims["nonce"]) == (stand_in.issuer, "nonce-1")
    assert claims["organizations"] == ["acme", "globex"]
    assert claims["organization_roles"] == ["acme:member", "globex:admin"]
    assert claims.keys() <= claims_of(recorded["id_token"]).keys() | {"organization_roles"}


@pytest.mark.parametrize(
    ("scope", "claims"),
    [
        ("openid", {"sub"}),
        (
            "openid profile urn:logto:scope:organizations",
            {"sub", "name", "picture", "username", "organizations", "organization_data"},
        ),
    ],
)
def test_the_userinfo_endpoint_shows_what_was_asked_for(
    relying_party: RelyingParty, scope: str, claims: set[str]
) -> None:
    answer = relying_party.userinfo(relying_party.sign_in(CHO, scope=scope)["access_token"])
    assert answer.json().keys() == claims
    names = [one["name"] for one in answer.json().get("organization_data", [])]
    assert names == (["Acme", "Globex"] if "organizations" in claims else [])


def test_the_userinfo_endpoint_takes_opaque_tokens_with_openid_only(
    relying_party: RelyingParty,
) -> None:
    tokens = relying_party.sign_in(ADA)
    jwt_token = relying_party.refresh(tokens["refresh_token"], **API).json()["access_token"]
    for wrong in (jwt_token, tokens["refresh_token"], ""):
        answer = relying_party.userinfo(wrong)
        assert refusal(answer) == (401, "invalid_token")
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    resources = [API_RESOURCE, "urn:logto:resource:organizations"]
    token = relying_party.sign_in(ADA, scope="read:products", resource=resources, prompt="login")
    assert refusal(relying_party.userinfo(token["access_token"])) == (403, "insufficient_scope")


# Revocation


def revoke(relying_party: RelyingParty, token: str, **form: Any) -> Answer:
    application = relying_party.application
    own = {"client_id": application.id, "client_secret": application.secret, "token": token}
    return send_form(f"{relying_party.endpoint}/oidc/token/revocation", {**own, **form})


@pytest.mark.parametrize("name", ["refresh_token", "access_token"])
def test_a_revoked_token_takes_the_others_with_it(relying_party: RelyingParty, name: str) -> None:
    tokens = relying_party.sign_in(ADA)
    for _ in range(2):
        answer = revoke(relying_party, tokens[name])
        assert (answer.status, answer.text) == (200, "")
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert refusal(relying_party.refresh(tokens["refresh_token"])) == VOID
    assert relying_party.userinfo(tokens["access_token"]).status == 401


def test_a_revocation_that_cannot_be_is_refused(
    relying_party: RelyingParty, swagger_ui: RelyingParty
) -> None:
    tokens = relying_party.sign_in(ADA)
    token = tokens["refresh_token"]
    assert refusal(revoke(relying_party, tokens["id_token"])) == (400, "unsupported_token_type")
    wrong = revoke(relying_party, token, client_secret="wrong")
    assert refusal(wrong) == (401, "invalid_client")
    assert revoke(swagger_ui, token).status == 400
    assert revoke(relying_party, "made-up").status == 200
    assert relying_party.refresh(token).status == 200


# The end of a session


def test_a_sign_out_ends_the_session_and_leaves_the_grant(relying_party: RelyingParty) -> None:
    token = relying_party.sign_in(ADA)["refresh_token"]
    copy = replace(relying_party, browser=Browser(dict(relying_party.browser.cookies)))
    uri = "http://127.0.0.1:8000/auth/signed-out/"
    answer = relying_party.end_session(
        client_id="browsable-api", post_logout_redirect_uri=uri, state="state-2"
    )
    assert (answer.status, answer.headers["Location"]) == (303, f"{uri}?state=state-2")
    assert answered(copy.authorize(prompt="none"))["error"] == "login_required"
    assert relying_party.refresh(token).status == 200


@pytest.mark.parametrize(
    "parameters", [{}, {"client_id": "swagger-ui"}, {"post_logout_redirect_uri": "https://x.test/"}]
)
def test_a_sign_out_that_leads_nowhere_shows_a_page(
    relying_party: RelyingParty, parameters: dict[str, str]
) -> None:
    relying_party.sign_in(ADA)
    answer = relying_party.end_session(**parameters)
    assert (answer.status, "Location" in answer.headers) == (200, False)
    assert "<h1>Signed out</h1>" in answer.text
    assert answered(relying_party.authorize(prompt="none"))["error"] == "login_required"


@pytest.mark.parametrize(
    ("client_id", "uri"),
    [
        ("browsable-api", "https://evil.example/auth/signed-out/"),
        ("browsable-api", "http://127.0.0.1:8000/elsewhere/"),
        ("swagger-ui", "http://127.0.0.1:8000/auth/signed-out/"),
        ("nobody", "http://127.0.0.1:8000/auth/signed-out/"),
    ],
)
def test_a_sign_out_to_an_address_that_is_not_registered_leaves_the_session_alone(
    relying_party: RelyingParty, client_id: str, uri: str
) -> None:
    relying_party.sign_in(ADA)
    answer = relying_party.end_session(client_id=client_id, post_logout_redirect_uri=uri)
    assert answer.json()["error"] in {"invalid_request", "invalid_client"}
    assert answer.status == 400
    assert "code" in answered(relying_party.authorize(prompt="none"))


# Consent

ASKED = "openid profile offline_access urn:logto:scope:organizations read:products invite:member"


def consent_page(partner: RelyingParty, person: Person) -> str:
    location = partner.choose(partner.page(scope=ASKED), person).headers["Location"]
    assert location.startswith("/consent/?")
    return partner.endpoint + str(location)


def test_a_third_party_application_needs_consent_for_each_organization(
    partner: RelyingParty,
) -> None:
    page = consent_page(partner, CHO)
    shown = partner.browser.get(page).text
    assert all(text in shown for text in ("Partner", "Cho", "read:products", "Acme", "Globex"))
    answer = partner.browser.post(page, {"authorize": "yes", "organization": "acme"})
    refresh_token = partner.redeem(answered(answer)["code"]).json()["refresh_token"]
    assert partner.refresh(refresh_token, organization_id="acme").status == 200
    refused = partner.refresh(refresh_token, organization_id="globex")
    assert refusal(refused) == (403, "access_denied")
    description = "organization access is not granted to the application"
    assert refused.json()["error_description"] == description


def test_cancel_leads_to_the_bare_redirect_uri(partner: RelyingParty) -> None:
    answer = partner.browser.post(consent_page(partner, DAN), {"cancel": "yes"})
    assert (answer.status, answer.headers["Location"]) == (303, partner.redirect_uri)


def test_the_consent_page_needs_somebody_who_is_signed_in(partner: RelyingParty) -> None:
    page = consent_page(partner, DAN)
    answer = replace(partner, browser=Browser()).browser.get(page)
    assert answer.headers["Location"].startswith("/sign-in/?")


def test_a_third_party_application_learns_what_it_cannot_have(partner: RelyingParty) -> None:
    roles = "urn:logto:scope:organization_roles"
    assert answered(partner.authorize(scope=f"openid {roles}"))["error"] == "invalid_scope"
    consent_page(partner, ADA)
    assert answered(partner.authorize(prompt="none"))["error"] == "consent_required"


# People who change


def change(stand_in: StandIn, person: Person, **form: str) -> Answer:
    return send_form(f"{stand_in.logto.endpoint}/people/", {"person": person.id, **form})


def test_the_page_of_people_shows_everyone_as_of_now(own: StandIn) -> None:
    page = send(f"{own.logto.endpoint}/people/").text
    assert re.findall(r"<legend>(\w+)</legend>", page) == ["Ada", "Ben", "Cho", "Dan"]
    assert page.count("selected") == 4 + 4
    assert "Dan was changed." in change(own, DAN, globex="admin").text


def test_a_membership_is_followed_with_the_grant_of_before(own: StandIn) -> None:
    relying_party = RelyingParty(own.logto.endpoint)
    token = relying_party.sign_in(BEN)["refresh_token"]
    assert change(own, BEN, globex="admin").status == 200
    tokens = relying_party.refresh(token, organization_id="globex").json()
    assert claims_of(tokens["id_token"])["organizations"] == ["globex"]
    assert tokens["scope"] == "invite:member"
    left = relying_party.refresh(token, organization_id="acme")
    assert refusal(left) == (403, "access_denied")


def test_a_suspended_person_is_out_for_good(own: StandIn) -> None:
    relying_party, other = RelyingParty(own.logto.endpoint), RelyingParty(own.logto.endpoint)
    token, others = relying_party.sign_in(BEN)["refresh_token"], other.sign_in(ADA)["refresh_token"]
    change(own, BEN, acme="member", is_suspended="on")
    assert refusal(relying_party.refresh(token)) == VOID
    page = relying_party.page()
    assert "disabled" in relying_party.browser.get(page).text
    assert "Location" not in relying_party.choose(page, BEN).headers
    change(own, BEN, acme="member")
    assert refusal(relying_party.refresh(token)) == VOID
    assert relying_party.choose(page, BEN).status == 303
    assert other.refresh(others).status == 200


def test_a_role_that_does_not_exist_is_refused(own: StandIn) -> None:
    assert refusal(change(own, BEN, acme="owner")) == (400, "invalid_request")
    assert "member" in own.provider.people["ben"].memberships.values()


@pytest.mark.parametrize("delete", ["ben", "nobody"])
def test_who_is_deleted_is_gone(own: StandIn, delete: str) -> None:
    relying_party = RelyingParty(own.logto.endpoint)
    tokens = relying_party.sign_in(BEN)
    answer = send_form(f"{own.logto.endpoint}/people/", {"delete": delete})
    is_gone = delete == "ben"
    assert ("Ben was deleted." in answer.text) is is_gone
    assert ("<legend>Ben</legend>" not in answer.text) is is_gone
    assert (relying_party.refresh(tokens["refresh_token"]).status == 400) is is_gone
    assert (relying_party.userinfo(tokens["access_token"]).status == 401) is is_gone


# What is sent to the API


@dataclass
class Receiver:
    """An API to which the stand-in sends; a test waits for what arrives."""

    server: LoopbackServer
    arrived: SimpleQueue[tuple[str, Message, str]]

    def answer(self, connection: Any) -> None:
        server = self.server
        self.arrived.put((server.asked[-1], server.headers[-1], connection.body))
        http("", "500 Internal Server Error")(connection)

    def next(self) -> tuple[str, Message, str]:
        return self.arrived.get(timeout=60)


@pytest.fixture
def receiver(own: StandIn, server: LoopbackServer) -> Receiver:
    receiver = Receiver(server, SimpleQueue())
    server.answers |= dict.fromkeys((WEBHOOK, LOGOUT), receiver.answer)
    own.provider.deliveries.receiver = urlsplit(server.address).netloc
    return receiver


SUSPENDED = {"person": "ben", "acme": "member", "is_suspended": "on"}


@pytest.mark.parametrize(
    ("form", "trigger"),
    [
        (SUSPENDED, "PATCH /users/:id/is-suspended true"),
        ({"person": "ben"}, "DELETE /organizations/:id/users/:uid"),
        ({"person": "dan", "globex": "admin"}, "POST /organizations/:id/users"),
        ({"delete": "cho"}, "DELETE /users/:id"),
    ],
)
def test_a_change_is_sent_as_by_logto(
    own: StandIn,
    receiver: Receiver,
    recordings: dict[str, Any],
    form: dict[str, str],
    trigger: str,
) -> None:
    first_hook = recordings["revocation"]["hooks"][0]["deliveries"]
    (recorded,) = (json.loads(one["raw"]) for one in first_hook if one["trigger"] == trigger)
    send_form(f"{own.logto.endpoint}/people/", form)
    path, headers, body = receiver.next()
    event = json.loads(body)
    assert (path, headers["User-Agent"]) == (WEBHOOK, "Logto (https://logto.io/)")
    assert headers["Content-Type"] == "application/json"
    key = own.provider.deliveries.signing_key
    assert headers["Logto-Signature-Sha-256"] == signature(body, key)
    same = ("event", "method", "status", "matchedRoute")
    assert [event[name] for name in same] == [recorded[name] for name in same]
    assert event.keys() == recorded.keys()
    assert event["params"].keys() == recorded["params"].keys()
    assert event.get("data", {}).keys() == recorded.get("data", {}).keys()
    assert event["path"].count("/") == recorded["path"].count("/")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", event["createdAt"])


def test_a_role_is_changed_without_an_event(own: StandIn, receiver: Receiver) -> None:
    change(own, BEN, acme="admin")
    change(own, BEN, acme="admin", is_suspended="on")
    assert json.loads(receiver.next()[2])["event"] == "User.SuspensionStatus.Updated"


def test_a_delivery_that_fails_is_not_repeated(own: StandIn, receiver: Receiver) -> None:
    for suspended in ({"is_suspended": "on"}, {}):
        change(own, BEN, acme="member", **suspended)
        event = json.loads(receiver.next()[2])
        assert event["data"]["isSuspended"] is bool(suspended)
    assert len(receiver.server.asked) == 2


def test_a_page_waits_for_no_delivery(own: StandIn, receiver: Receiver) -> None:
    receiver.server.answers[WEBHOOK] = receiver.server.hang
    assert change(own, BEN).status == 200


def test_a_sign_out_is_sent_to_the_applications_of_the_session(
    own: StandIn, receiver: Receiver, recordings: dict[str, Any]
) -> None:
    (recorded, *_) = recordings["revocation"]["logouts"]["requests"]
    of_logto = parse_qs(recorded["raw"])["logout_token"][0]
    relying_party = RelyingParty(own.logto.endpoint)
    swagger_ui = RelyingParty(own.logto.endpoint, SWAGGER_UI, browser=relying_party.browser)
    tokens = relying_party.sign_in(ADA)
    revoke(relying_party, tokens["refresh_token"])
    swagger_ui.authorize()
    relying_party.end_session()
    path, headers, body = receiver.next()
    token = parse_qs(body)["logout_token"][0]
    assert (path, headers["Content-Type"]) == (LOGOUT, "application/x-www-form-urlencoded")
    assert jwt.get_unverified_header(token).keys() == jwt.get_unverified_header(of_logto).keys()
    claims = claims_of(token)
    assert claims.keys() == claims_of(of_logto).keys()
    assert claims["exp"] - claims["iat"] == 120
    assert claims["sid"] == claims_of(tokens["id_token"])["sid"]
    assert (claims["sub"], claims["aud"]) == ("ada", "browsable-api")
    relying_party.end_session()
    assert receiver.server.asked == [LOGOUT]  # Swagger UI has no address for it


# The Management API


def test_a_stand_in_without_a_management_api_says_so(own: StandIn) -> None:
    assert send(f"{own.logto.endpoint}/api/roles").status == 404


# Memory


def test_what_is_remembered_is_bounded_in_number_and_time(own: StandIn) -> None:
    sessions = own.provider.sessions
    for number in range(MAX_RECORDS + 1):
        sessions[str(number)] = Session(person_id="ada", auth_time=0)
    assert len(sessions) == MAX_RECORDS
    own.logto.advance(SESSION_LIFETIME)
    assert len(sessions) == 0
