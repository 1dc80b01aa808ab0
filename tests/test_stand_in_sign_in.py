"""The stand-in for Logto as people and their applications meet it: sign-in, tokens, sign-out."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jwt
import pytest

from drf_logto.testing import Logto
from sandbox.stand_in import MAX_BODY, StandIn, running_stand_in
from sandbox.stand_in.provider import MAX_RECORDS
from sandbox.tenant import (
    ADA,
    API_RESOURCE,
    BACK_OFFICE,
    BEN,
    BROWSABLE_API,
    CHO,
    DAN,
    PEOPLE,
    SWAGGER_UI,
    Person,
)
from tests.exchange import Answer, claims_of, send, send_form
from tests.relying_party import CHALLENGE, Browser, RelyingParty, told

API = {"resource": API_RESOURCE}
DAY = 24 * 3600


@pytest.fixture
def relying_party(stand_in: Logto) -> RelyingParty:
    return RelyingParty(stand_in.endpoint)


@pytest.fixture
def swagger_ui(stand_in: Logto) -> RelyingParty:
    return RelyingParty(stand_in.endpoint, SWAGGER_UI, "http://localhost:8000")


@pytest.fixture
def timed() -> Iterator[StandIn]:
    """A stand-in whose clock a test may move."""
    with running_stand_in() as server:
        yield server


def refusal(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json()["error"]


VOID = (400, "invalid_grant")


# The sign-in page


@pytest.mark.parametrize("person", PEOPLE.values(), ids=PEOPLE)
def test_whoever_is_chosen_is_signed_in(relying_party: RelyingParty, person: Person) -> None:
    tokens = relying_party.sign_in(person)
    assert claims_of(tokens["id_token"])["sub"] == person.id


def test_the_page_names_everybody_and_the_application(relying_party: RelyingParty) -> None:
    page = relying_party.browser.get(relying_party.page())
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert '<html lang="en">' in page.text
    assert BROWSABLE_API.name in page.text
    assert "client_credentials" in page.text
    assert page.text.count("<button ") == len(PEOPLE)
    assert all(
        f'value="{person.id}"><b>{person.name}</b>' in page.text for person in PEOPLE.values()
    )


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("ko-KR,ko;q=0.9,en;q=0.8", "ko"), ("fr, KO", "ko"), ("en-GB,ko", "en"), ("fr", "en")],
)
def test_the_page_speaks_the_language_of_its_reader(
    relying_party: RelyingParty, accepted: str, language: str
) -> None:
    page = relying_party.browser.get(relying_party.page(), **{"Accept-Language": accepted})
    assert f'<html lang="{language}">' in page.text
    assert ("로그인" in page.text) is (language == "ko")
    assert "Accept-Language" in page.headers["Vary"]


def test_the_page_runs_nothing_and_cannot_be_framed(relying_party: RelyingParty) -> None:
    page = relying_party.browser.get(relying_party.page())
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "<script" not in page.text


def test_a_sign_in_ends_with_the_choice(relying_party: RelyingParty) -> None:
    page = relying_party.page()
    assert relying_party.choose(page, ADA).status == 303
    again = relying_party.choose(page, BEN)
    assert again.status == 400
    assert "this sign-in is over" in again.text
    assert "Location" not in again.headers


def test_a_sign_in_waits_for_an_hour(timed: StandIn) -> None:
    relying_party = RelyingParty(timed.logto.endpoint)
    page = relying_party.page()
    timed.logto.advance(3599)
    assert relying_party.browser.get(page).status == 200
    timed.logto.advance(1)
    assert relying_party.browser.get(page).status == 400


def test_a_sign_in_that_nobody_asked_for_is_refused(relying_party: RelyingParty) -> None:
    page = f"{relying_party.endpoint}/sign-in/made-up"
    assert relying_party.browser.get(page).status == 400
    assert relying_party.choose(page, ADA).status == 400


@pytest.mark.parametrize("form", [{"person": "eve"}, {"person": ""}, {}])
def test_somebody_else_cannot_sign_in(relying_party: RelyingParty, form: dict[str, str]) -> None:
    answer = relying_party.browser.post(relying_party.page(), form)
    assert answer.status == 400
    assert "Set-Cookie" not in answer.headers


def test_the_choice_is_a_form(relying_party: RelyingParty) -> None:
    headers = {"Content-Type": "application/json", "Content-Length": "0"}
    assert send(relying_party.page(), method="POST", headers=headers).status == 400


# The session


def test_who_is_signed_in_is_not_asked_again(relying_party: RelyingParty) -> None:
    relying_party.sign_in(ADA)
    answer = relying_party.authorize(prompt=None)
    tokens = relying_party.redeem(told(answer)["code"]).json()
    assert claims_of(tokens["id_token"])["sub"] == "ada"


def test_the_session_serves_other_applications(
    relying_party: RelyingParty, swagger_ui: RelyingParty
) -> None:
    relying_party.sign_in(ADA)
    answer = replace(swagger_ui, browser=relying_party.browser).authorize(prompt="none")
    assert "code" in told(answer)


def test_prompt_login_asks_again_and_takes_somebody_else(relying_party: RelyingParty) -> None:
    relying_party.sign_in(ADA)
    tokens = relying_party.sign_in(BEN, prompt="login")
    assert claims_of(tokens["id_token"])["sub"] == "ben"
    assert "code" in told(relying_party.authorize())


def test_a_session_ends_with_the_next_sign_in(relying_party: RelyingParty) -> None:
    refresh_token = relying_party.sign_in(ADA)["refresh_token"]
    copy = replace(relying_party, browser=Browser(dict(relying_party.browser.cookies)))
    relying_party.sign_in(BEN, prompt="login")
    assert told(copy.authorize(prompt="none"))["error"] == "login_required"
    assert relying_party.refresh(refresh_token).status == 200


def test_the_cookie_is_found_among_others(relying_party: RelyingParty) -> None:
    relying_party.browser.cookies["sessionid"] = "of-django"
    relying_party.sign_in(ADA)
    assert "code" in told(relying_party.authorize(prompt="none"))


def test_prompt_none_asks_nobody(relying_party: RelyingParty) -> None:
    assert told(relying_party.authorize(prompt="none"))["error"] == "login_required"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    relying_party: RelyingParty,
) -> None:
    cookie = relying_party.choose(relying_party.page(), ADA).headers["Set-Cookie"]
    assert {"Path=/", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))


def test_the_cookie_is_told_to_no_application(relying_party: RelyingParty) -> None:
    told_and_kept = set()
    for _ in range(2):
        tokens = relying_party.sign_in(ADA, prompt="login")
        told_and_kept |= {
            claims_of(tokens["id_token"])["sid"],
            *relying_party.browser.cookies.values(),
        }
    assert len(told_and_kept) == 4


def test_a_session_keeps_its_id(relying_party: RelyingParty) -> None:
    tokens = relying_party.sign_in(ADA)
    again = relying_party.redeem(told(relying_party.authorize())["code"]).json()
    assert claims_of(tokens["id_token"])["sid"] == claims_of(again["id_token"])["sid"]


def test_a_session_ends_after_two_weeks(timed: StandIn) -> None:
    relying_party = RelyingParty(timed.logto.endpoint)
    relying_party.sign_in(ADA)
    timed.logto.advance(14 * DAY)
    assert told(relying_party.authorize(prompt="none"))["error"] == "login_required"


def test_a_made_up_cookie_is_nobody(relying_party: RelyingParty) -> None:
    relying_party.browser.cookies["_session"] = "made-up"
    assert told(relying_party.authorize(prompt="none"))["error"] == "login_required"


# The authorization request


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://127.0.0.1:8000/auth/callback/",
        "http://localhost:3000/auth/callback/",
        "http://localhost/auth/callback/",
    ],
)
def test_a_registered_path_on_loopback_gets_the_code(
    relying_party: RelyingParty, redirect_uri: str
) -> None:
    answer = relying_party.choose(relying_party.page(redirect_uri=redirect_uri), ADA)
    assert answer.headers["Location"].startswith(f"{redirect_uri}?code=")
    code = told(answer)["code"]
    assert relying_party.redeem(code, redirect_uri=redirect_uri).status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"client_id": BACK_OFFICE.id},
        {"client_id": None},
        {"client_id": SWAGGER_UI.id},
        {"redirect_uri": None},
        *(
            {"redirect_uri": uri}
            for uri in (
                "https://evil.example/auth/callback/",
                "http://127.0.0.1.evil.example/auth/callback/",
                "http://127.0.0.1:8000@evil.example/auth/callback/",
                "http://localhost:8000/auth/callback",
                "http://localhost:8000/auth/callback/../../",
                "http://localhost:8000/auth/callback/?next=/",
                "http://localhost:8000/auth/callback/#",
                "http://localhost:8000/auth/callback/\r\nSet-Cookie: x=y",
                "http://localhost:٨٠٠٠/auth/callback/",
                "https://localhost:8000/auth/callback/",
                "//localhost:8000/auth/callback/",
                "http://localhost:8000",
                '"><script>alert(1)</script>',
            )
        ),
    ],
)
def test_nothing_is_sent_to_an_address_that_is_not_registered(
    relying_party: RelyingParty, changes: dict[str, str | None]
) -> None:
    answer = relying_party.authorize(**changes)
    assert (answer.status, answer.headers.get_content_type()) == (400, "text/html")
    assert "Location" not in answer.headers
    assert "<script" not in answer.text
    assert "evil" not in answer.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "unsupported_response_mode"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": CHALLENGE[:-1]}, "invalid_request"),
        ({"code_challenge": "x" * 129}, "invalid_request"),
        ({"code_challenge": "=" * 43}, "invalid_request"),
        ({"prompt": "select_account"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"resource": f"{API_RESOURCE}/"}, "invalid_target"),
        ({"resource": [API_RESOURCE, "https://other.example.test"]}, "invalid_target"),
        ({"nonce": ["1", "2"]}, "invalid_request"),
    ],
)
def test_the_application_is_told_what_is_wrong(
    relying_party: RelyingParty, stand_in: Logto, changes: dict[str, Any], error: str
) -> None:
    answer = relying_party.authorize(**changes)
    assert answer.status == 303
    assert answer.headers["Location"].startswith(f"{relying_party.redirect_uri}?")
    refused = told(answer)
    assert refused.pop("error_description")
    assert refused == {"error": error, "state": "state-1", "iss": stand_in.issuer}


def test_a_code_comes_with_state_and_issuer(relying_party: RelyingParty, stand_in: Logto) -> None:
    state = "a b&c=d\r\n<é>"
    answer = told(relying_party.choose(relying_party.page(state=state), ADA))
    assert answer.pop("code")
    assert answer == {"state": state, "iss": stand_in.issuer}


def test_state_and_nonce_may_be_left_out(relying_party: RelyingParty) -> None:
    answer = told(relying_party.choose(relying_party.page(state=None, nonce=None), ADA))
    assert answer.keys() == {"code", "iss"}
    assert "nonce" not in claims_of(relying_party.redeem(answer["code"]).json()["id_token"])


def test_a_request_that_is_too_long_is_refused(relying_party: RelyingParty) -> None:
    answer = relying_party.authorize(state="x" * MAX_BODY)
    assert (answer.status, "Location" in answer.headers) == (400, False)


# Codes


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "made-up"},
        {"code_verifier": "x" * 43},
        {"code_verifier": CHALLENGE},
        {"code_verifier": ""},
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


@pytest.mark.parametrize("missing", ["code", "redirect_uri"])
def test_a_token_request_without_its_parameters_is_refused(
    relying_party: RelyingParty, missing: str
) -> None:
    answer = relying_party.redeem(relying_party.code(ADA), **{missing: ""})
    assert refusal(answer) == (400, "invalid_request")
    assert missing in answer.json()["error_description"]


def test_a_code_that_comes_back_takes_its_tokens_with_it(relying_party: RelyingParty) -> None:
    code = relying_party.code(ADA)
    tokens = relying_party.redeem(code).json()
    assert refusal(relying_party.redeem(code)) == VOID
    assert refusal(relying_party.refresh(tokens["refresh_token"])) == VOID
    assert refusal(relying_party.userinfo(tokens["access_token"])) == (401, "invalid_token")


def test_a_code_lives_for_a_minute(timed: StandIn) -> None:
    relying_party = RelyingParty(timed.logto.endpoint)
    code = relying_party.code(ADA)
    timed.logto.advance(59)
    last = relying_party.code(ADA, prompt="login")
    timed.logto.advance(1)
    assert refusal(relying_party.redeem(code)) == VOID
    assert relying_party.redeem(last).status == 200


# Clients


@pytest.mark.parametrize("secret", ["", "wrong"])
def test_a_confidential_client_shows_its_secret(relying_party: RelyingParty, secret: str) -> None:
    answer = relying_party.redeem(relying_party.code(ADA), client_secret=secret)
    assert refusal(answer) == (401, "invalid_client")


def test_a_public_client_has_no_secret(swagger_ui: RelyingParty) -> None:
    code = swagger_ui.code(ADA)
    assert refusal(swagger_ui.redeem(code, client_secret="x")) == (401, "invalid_client")
    assert swagger_ui.redeem(code).status == 200


def test_the_header_and_the_form_name_one_client(relying_party: RelyingParty) -> None:
    headers = {"Authorization": "Basic YmFjay1vZmZpY2U6YmFjay1vZmZpY2Utc2VjcmV0"}
    form = {"client_id": "browsable-api", "grant_type": "client_credentials"}
    answer = send_form(f"{relying_party.endpoint}/oidc/token", form, **headers)
    assert answer.json()["error_description"] == "client_id mismatch"


@pytest.mark.parametrize(
    "form",
    [
        {"grant_type": "client_credentials", **API},
        {
            "grant_type": "refresh_token",
            "client_id": "storefront",
            "client_secret": "storefront-secret",
        },
    ],
)
def test_a_client_uses_its_own_grants_only(
    relying_party: RelyingParty, form: dict[str, str]
) -> None:
    answer = relying_party.ask(**form)
    assert refusal(answer) == (400, "invalid_request")
    assert "not allowed for this client" in answer.json()["error_description"]


# The kinds of tokens

GRANTED = "openid profile offline_access urn:logto:scope:organizations"
REFRESHED = [
    ("user_refresh_no_params", ADA, {}, GRANTED),
    ("user_api", ADA, API, "read:products write:products read:documents write:documents"),
    ("user_api", BEN, API, "read:products read:documents"),
    ("user_api", CHO, API, "read:products read:documents write:documents"),
    ("user_api", DAN, API, "read:products"),
    ("user_api_one_scope", ADA, {**API, "scope": "read:products"}, "read:products"),
    ("user_org_a", ADA, {"organization_id": "acme"}, "invite:member"),
    ("user_org_a", BEN, {"organization_id": "acme"}, ""),
    ("user_org_a", CHO, {"organization_id": "globex"}, "invite:member"),
    (
        "user_org_a_api",
        ADA,
        {**API, "organization_id": "acme"},
        "read:products write:products read:documents write:documents",
    ),
    (
        "user_org_a_api",
        CHO,
        {**API, "organization_id": "acme"},
        "read:products read:documents",
    ),
    ("user_org_resource", ADA, {"resource": "urn:logto:resource:organizations"}, "invite:member"),
]


@pytest.mark.parametrize(("name", "person", "wanted", "scope"), REFRESHED)
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
    answer = relying_party.refresh(refresh_token, **wanted)
    tokens = answer.json()
    assert answer.headers["Cache-Control"] == "no-store"
    assert tokens["scope"] == scope
    assert tokens.pop("refresh_token") == refresh_token
    assert tokens.keys() == recorded.keys()
    if "." not in recorded["access_token"]:
        assert len(tokens["access_token"]) == len(recorded["access_token"])
        return
    claims, real = claims_of(tokens["access_token"]), claims_of(recorded["access_token"])
    assert claims.keys() == real.keys()
    assert (claims["sub"], claims["client_id"]) == (person.id, "browsable-api")
    assert (claims["scope"], claims["exp"] - claims["iat"]) == (scope, tokens["expires_in"])
    header = jwt.get_unverified_header(tokens["access_token"])
    assert header.keys() == jwt.get_unverified_header(recorded["access_token"]).keys()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("user_err_org_c", {"organization_id": "globex"}),
        ("user_err_org_c_api", {**API, "organization_id": "globex"}),
    ],
)
def test_an_organization_of_others_is_denied_as_by_logto(
    relying_party: RelyingParty, recordings: dict[str, Any], name: str, wanted: dict[str, str]
) -> None:
    recorded = recordings["tokens"]["tokens"][name]
    answer = relying_party.refresh(relying_party.sign_in(ADA)["refresh_token"], **wanted)
    assert (answer.status, answer.json()) == (recorded["status"], recorded["response"])


def test_a_code_gives_an_opaque_token(
    relying_party: RelyingParty, recordings: dict[str, Any]
) -> None:
    recorded = recordings["tokens"]["tokens"]["user_code_exchange_no_resource"]["response"]
    tokens = relying_party.sign_in(ADA)
    assert tokens.pop("refresh_token")
    assert tokens.keys() == recorded.keys()
    assert len(tokens["access_token"]) == len(recorded["access_token"])


def test_a_code_gives_a_token_for_one_of_its_resources(relying_party: RelyingParty) -> None:
    answer = relying_party.redeem(relying_party.code(BEN), organization_id="acme", **API)
    claims = claims_of(answer.json()["access_token"])
    assert (claims["aud"], claims["scope"]) == (API_RESOURCE, "read:products read:documents")
    # It is no parameter of this grant.
    assert "organization_id" not in claims


def test_a_code_without_openid_gives_a_token_for_its_one_resource(
    swagger_ui: RelyingParty,
) -> None:
    scope = "read:products write:products"
    tokens = swagger_ui.sign_in(BEN, scope=scope, resource=API_RESOURCE)
    claims = claims_of(tokens["access_token"])
    assert (claims["aud"], claims["scope"]) == (API_RESOURCE, "read:products")


@pytest.mark.parametrize(
    "changes",
    [
        {"scope": "openid read:products", "resource": API_RESOURCE},
        {"scope": "read:products"},
        {"scope": "read:products", "resource": None},
    ],
)
def test_a_code_gives_an_opaque_token_with_openid_or_not_one_resource(
    swagger_ui: RelyingParty, changes: dict[str, Any]
) -> None:
    assert "." not in swagger_ui.sign_in(BEN, **changes)["access_token"]


@pytest.mark.parametrize(
    ("asked_at_sign_in", "wanted"),
    [
        (None, API_RESOURCE),
        (API_RESOURCE, "urn:logto:resource:organizations"),
        (API_RESOURCE, "https://other.example.test"),
        (API_RESOURCE, [API_RESOURCE, "urn:logto:resource:organizations"]),
    ],
)
def test_a_resource_is_asked_for_at_the_sign_in(
    relying_party: RelyingParty, asked_at_sign_in: str | None, wanted: Any
) -> None:
    code = relying_party.code(ADA, resource=asked_at_sign_in)
    assert refusal(relying_party.redeem(code, resource=wanted)) == (400, "invalid_target")


def test_api_scopes_without_their_resource_are_dropped(relying_party: RelyingParty) -> None:
    code = relying_party.code(ADA, resource=API_RESOURCE)
    refresh_token = relying_party.redeem(code).json()["refresh_token"]
    answer = relying_party.refresh(refresh_token, organization_id="acme")
    assert answer.json()["scope"] == ""


def test_a_refresh_asks_for_no_more_than_was_granted(relying_party: RelyingParty) -> None:
    refresh_token = relying_party.sign_in(BEN)["refresh_token"]
    answer = relying_party.refresh(refresh_token, scope="read:documents write:documents", **API)
    assert refusal(answer) == (400, "invalid_scope")
    assert answer.json()["scope"] == "write:documents"
    answer = relying_party.refresh(refresh_token, scope="write:documents email", **API)
    assert answer.json()["error_description"] == "refresh token missing requested scopes"


def test_an_organization_needs_the_scope_for_organizations(relying_party: RelyingParty) -> None:
    refresh_token = relying_party.sign_in(ADA, scope="openid offline_access")["refresh_token"]
    answer = relying_party.refresh(refresh_token, organization_id="acme")
    assert refusal(answer) == (403, "insufficient_scope")
    assert answer.json()["scope"] == "urn:logto:scope:organizations"


# ID tokens and the userinfo endpoint


def test_an_id_token_is_logtos(relying_party: RelyingParty, stand_in: Logto) -> None:
    scope = "openid profile email roles urn:logto:scope:organizations "
    tokens = relying_party.sign_in(CHO, scope=scope + "urn:logto:scope:organization_roles")
    header = jwt.get_unverified_header(tokens["id_token"])
    key = jwt.PyJWKSet.from_dict(stand_in.jwks)[header["kid"]]
    claims = jwt.decode(
        tokens["id_token"],
        key,
        algorithms=["ES384"],
        audience="browsable-api",
        issuer=stand_in.issuer,
        options={"require": ["exp", "iat", "auth_time", "sid"]},
    )
    assert header.keys() == {"alg", "kid"}
    assert (claims["nonce"], claims["name"], claims["username"]) == ("nonce-1", "Cho", "cho")
    assert claims["organizations"] == ["acme", "globex"]
    assert claims["organization_roles"] == ["acme:member", "globex:admin"]
    assert claims["roles"] == ["catalogue reader"]
    assert claims["email"] == "cho@example.com"


def test_the_claims_of_an_id_token_are_those_of_logto(
    relying_party: RelyingParty, recordings: dict[str, Any]
) -> None:
    recorded = recordings["tokens"]["tokens"]["user_code_exchange_no_resource"]["response"]
    tokens = relying_party.sign_in(ADA, scope=recorded["scope"])
    assert claims_of(tokens["id_token"]).keys() <= claims_of(recorded["id_token"]).keys()


def test_without_openid_there_is_no_id_token(relying_party: RelyingParty) -> None:
    tokens = relying_party.sign_in(ADA, scope="profile")
    assert "id_token" not in tokens
    assert refusal(relying_party.userinfo(tokens["access_token"])) == (403, "insufficient_scope")


def test_the_userinfo_endpoint_names_the_organizations(relying_party: RelyingParty) -> None:
    answer = relying_party.userinfo(relying_party.sign_in(CHO)["access_token"])
    assert answer.status == 200
    assert answer.json() == {
        "sub": "cho",
        "name": "Cho",
        "picture": None,
        "username": "cho",
        "organizations": ["acme", "globex"],
        "organization_data": [
            {"id": "acme", "name": "Acme", "description": None},
            {"id": "globex", "name": "Globex", "description": None},
        ],
    }


def test_the_userinfo_endpoint_tells_what_was_asked_for(relying_party: RelyingParty) -> None:
    token = relying_party.sign_in(CHO, scope="openid")["access_token"]
    assert relying_party.userinfo(token).json() == {"sub": "cho"}


def test_the_userinfo_endpoint_takes_opaque_tokens_only(relying_party: RelyingParty) -> None:
    refresh_token = relying_party.sign_in(ADA)["refresh_token"]
    token = relying_party.refresh(refresh_token, **API).json()["access_token"]
    for wrong in (token, refresh_token, "made-up"):
        answer = relying_party.userinfo(wrong)
        assert refusal(answer) == (401, "invalid_token")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    answer = send(f"{relying_party.endpoint}/oidc/me")
    assert refusal(answer) == (400, "invalid_request")


def test_an_opaque_token_lives_for_an_hour(timed: StandIn) -> None:
    relying_party = RelyingParty(timed.logto.endpoint)
    token = relying_party.sign_in(ADA)["access_token"]
    timed.logto.advance(3599)
    assert relying_party.userinfo(token).status == 200
    timed.logto.advance(1)
    assert relying_party.userinfo(token).status == 401


# Refresh tokens


@pytest.mark.parametrize("changes", [{"scope": "openid"}, {"prompt": None}, {"prompt": "login"}])
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


def test_what_is_no_refresh_token_is_refused(relying_party: RelyingParty) -> None:
    access_token = relying_party.sign_in(ADA)["access_token"]
    assert refusal(relying_party.refresh("made-up")) == VOID
    assert refusal(relying_party.refresh(access_token)) == VOID
    assert refusal(relying_party.refresh("")) == (400, "invalid_request")


def test_a_public_client_gets_another_refresh_token_each_time(swagger_ui: RelyingParty) -> None:
    first = swagger_ui.sign_in(ADA)["refresh_token"]
    second = swagger_ui.refresh(first).json()["refresh_token"]
    third = swagger_ui.refresh(second, **API).json()["refresh_token"]
    assert len({first, second, third}) == 3


def test_a_used_refresh_token_that_comes_back_ends_all_of_them(swagger_ui: RelyingParty) -> None:
    first = swagger_ui.sign_in(ADA)["refresh_token"]
    second = swagger_ui.refresh(first).json()["refresh_token"]
    assert refusal(swagger_ui.refresh(first)) == VOID
    assert refusal(swagger_ui.refresh(second)) == VOID


def test_a_refused_refresh_does_not_use_the_token_up(swagger_ui: RelyingParty) -> None:
    refresh_token = swagger_ui.sign_in(ADA)["refresh_token"]
    assert swagger_ui.refresh(refresh_token, organization_id="globex").status == 403
    assert swagger_ui.refresh(refresh_token, resource="https://other.example.test").status == 400
    assert swagger_ui.refresh(refresh_token).status == 200


def test_the_refresh_tokens_of_a_public_client_end_two_weeks_after_the_first(
    timed: StandIn,
) -> None:
    swagger_ui = RelyingParty(timed.logto.endpoint, SWAGGER_UI)
    token = swagger_ui.sign_in(ADA)["refresh_token"]
    timed.logto.advance(13 * DAY)
    token = swagger_ui.refresh(token).json()["refresh_token"]
    timed.logto.advance(DAY)
    assert refusal(swagger_ui.refresh(token)) == VOID


def test_a_confidential_client_gets_another_refresh_token_when_the_first_is_old(
    timed: StandIn,
) -> None:
    relying_party = RelyingParty(timed.logto.endpoint)
    first = relying_party.sign_in(ADA)["refresh_token"]
    timed.logto.advance(9 * DAY)
    assert relying_party.refresh(first).json()["refresh_token"] == first
    timed.logto.advance(DAY)
    second = relying_party.refresh(first).json()["refresh_token"]
    assert second != first
    timed.logto.advance(13 * DAY)
    assert relying_party.refresh(second).status == 200


# Revocation


@pytest.mark.parametrize("name", ["refresh_token", "access_token"])
def test_a_revoked_token_takes_the_others_with_it(relying_party: RelyingParty, name: str) -> None:
    tokens = relying_party.sign_in(ADA)
    assert revoke(relying_party, tokens[name]).status == 200
    assert refusal(relying_party.refresh(tokens["refresh_token"])) == VOID
    assert relying_party.userinfo(tokens["access_token"]).status == 401


def revoke(relying_party: RelyingParty, token: str, **form: Any) -> Answer:
    own = {
        "client_id": relying_party.application.id,
        "client_secret": relying_party.application.secret,
        "token": token,
    }
    return send_form(f"{relying_party.endpoint}/oidc/token/revocation", {**own, **form})


def test_nobody_revokes_the_tokens_of_another_client(
    relying_party: RelyingParty, swagger_ui: RelyingParty
) -> None:
    token = relying_party.sign_in(ADA)["refresh_token"]
    assert revoke(swagger_ui, token).status == 200
    machine = {"client_id": BACK_OFFICE.id, "client_secret": BACK_OFFICE.secret}
    assert revoke(relying_party, token, **machine).status == 200
    assert relying_party.refresh(token).status == 200


def test_a_revocation_that_cannot_be_is_refused(relying_party: RelyingParty) -> None:
    tokens = relying_party.sign_in(ADA)
    assert refusal(revoke(relying_party, tokens["id_token"])) == (400, "unsupported_token_type")
    assert refusal(revoke(relying_party, "")) == (400, "invalid_request")
    repeated = revoke(relying_party, tokens["refresh_token"], token_type_hint=["x", "y"])
    assert refusal(repeated) == (400, "invalid_request")
    unknown = revoke(relying_party, tokens["refresh_token"], client_secret="wrong")
    assert refusal(unknown) == (401, "invalid_client")
    assert revoke(relying_party, "made-up").status == 200


# The end of a session


def test_a_sign_out_ends_the_session_and_its_tokens(relying_party: RelyingParty) -> None:
    tokens = relying_party.sign_in(ADA)
    answer = relying_party.end_session(
        id_token_hint=tokens["id_token"],
        post_logout_redirect_uri="http://127.0.0.1:8000/",
        state="state-2",
    )
    assert answer.status == 303
    assert answer.headers["Location"] == "http://127.0.0.1:8000/?state=state-2"
    assert relying_party.browser.cookies == {"_session": ""}
    assert told(relying_party.authorize(prompt="none"))["error"] == "login_required"
    assert refusal(relying_party.refresh(tokens["refresh_token"])) == VOID
    assert relying_party.userinfo(tokens["access_token"]).status == 401


def test_a_sign_out_voids_the_cookie_wherever_it_was_copied(relying_party: RelyingParty) -> None:
    relying_party.sign_in(ADA)
    copy = replace(relying_party, browser=Browser(dict(relying_party.browser.cookies)))
    relying_party.end_session()
    assert told(copy.authorize(prompt="none"))["error"] == "login_required"


def test_a_sign_out_leaves_other_sessions_alone(relying_party: RelyingParty) -> None:
    other = replace(relying_party, browser=Browser())
    token = other.sign_in(ADA)["refresh_token"]
    relying_party.sign_in(ADA)
    relying_party.end_session()
    assert other.refresh(token).status == 200
    assert "code" in told(other.authorize(prompt="none"))


def test_a_client_id_does_for_a_hint(relying_party: RelyingParty) -> None:
    answer = relying_party.end_session(
        client_id="browsable-api", post_logout_redirect_uri="http://localhost:8000/products/"
    )
    assert answer.headers["Location"] == "http://localhost:8000/products/"


@pytest.mark.parametrize("ahead", [-2 * DAY, DAY])
def test_an_id_token_of_another_time_does_for_a_hint(timed: StandIn, ahead: int) -> None:
    relying_party = RelyingParty(timed.logto.endpoint)
    timed.logto.advance(ahead)
    hint = relying_party.sign_in(ADA)["id_token"]
    uri = "http://127.0.0.1:8000/"
    answer = relying_party.end_session(id_token_hint=hint, post_logout_redirect_uri=uri)
    assert answer.headers["Location"] == uri


def test_a_form_signs_out_as_well(relying_party: RelyingParty) -> None:
    token = relying_party.sign_in(ADA)["refresh_token"]
    relying_party.browser.post(f"{relying_party.endpoint}/oidc/session/end", {})
    assert refusal(relying_party.refresh(token)) == VOID


@pytest.mark.parametrize("parameters", [{}, {"post_logout_redirect_uri": "https://evil.example/"}])
def test_a_sign_out_that_leads_nowhere_shows_a_page(
    relying_party: RelyingParty, parameters: dict[str, str]
) -> None:
    relying_party.sign_in(ADA)
    answer = relying_party.end_session(**parameters)
    assert (answer.status, "Location" in answer.headers) == (200, False)
    assert "<h1>Signed out</h1>" in answer.text
    assert told(relying_party.authorize(prompt="none"))["error"] == "login_required"


@pytest.mark.parametrize(
    "parameters",
    [
        {"client_id": "browsable-api", "post_logout_redirect_uri": "https://evil.example/"},
        {"client_id": "browsable-api", "post_logout_redirect_uri": "http://localhost:1@evil.test/"},
        {"client_id": "browsable-api", "post_logout_redirect_uri": "http://localhost:1/\u00e9"},
        {"client_id": "nobody"},
        {"client_id": ["browsable-api", "browsable-api"]},
        {"id_token_hint": "made-up"},
        {"id_token_hint": Logto("http://127.0.0.1:1", API_RESOURCE).id_token()},
    ],
)
def test_a_sign_out_that_cannot_be_leaves_the_session_alone(
    relying_party: RelyingParty, parameters: dict[str, Any]
) -> None:
    relying_party.sign_in(ADA)
    answer = relying_party.end_session(**parameters)
    assert (answer.status, "Location" in answer.headers) == (400, False)
    assert "code" in told(relying_party.authorize(prompt="none"))


def test_a_page_repeats_no_html(relying_party: RelyingParty) -> None:
    answer = relying_party.end_session(**{"<script>": ["1", "2"]})
    assert answer.status == 400
    assert "&lt;script&gt;" in answer.text
    assert "<script>" not in answer.text


def test_a_hint_that_is_not_signed_here_is_refused(
    relying_party: RelyingParty, stand_in: Logto
) -> None:
    token = relying_party.sign_in(ADA)["id_token"]
    tampered = f"{token[:-4]}{'AAAA' if token[-4:] != 'AAAA' else 'BBBB'}"
    without_kid = stand_in.id_token(headers={"kid": 1})
    for hint in (tampered, without_kid):
        assert relying_party.end_session(id_token_hint=hint).status == 400


def test_a_hint_for_another_client_is_refused(relying_party: RelyingParty) -> None:
    hint = relying_party.sign_in(ADA)["id_token"]
    answer = relying_party.end_session(id_token_hint=hint, client_id="swagger-ui")
    assert answer.status == 400


# Memory


def test_what_is_remembered_is_bounded(timed: StandIn) -> None:
    relying_party = RelyingParty(timed.logto.endpoint)
    first = relying_party.page()
    for _ in range(MAX_RECORDS):
        relying_party.authorize()
    assert len(timed.provider.sign_ins) == MAX_RECORDS
    assert relying_party.browser.get(first).status == 400


def test_what_is_over_is_forgotten(timed: StandIn) -> None:
    relying_party = RelyingParty(timed.logto.endpoint)
    relying_party.sign_in(ADA)
    relying_party.page(prompt="login")
    timed.logto.advance(365 * DAY)
    provider = timed.provider
    kept = (provider.sign_ins, provider.sessions, provider.grants, provider.codes)
    assert [len(records) for records in kept] == [0, 0, 0, 0]
    assert len(provider.refresh_tokens) == len(provider.opaque_tokens) == 0
