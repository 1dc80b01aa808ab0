"""Access that was taken away in Logto ends in the browser, too."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from drf_logto.browsable import sign_in_store
from drf_logto.browsable.reasons import LEFT, SENTENCES
from drf_logto.revocation import revoke
from drf_logto.revocation.logout_tokens import sign_out
from drf_logto.runtime import Environment, override
from drf_logto.testing import ABSENT
from sandbox.tenant import BROWSABLE_API
from tests.browsable.browser import text_of
from tests.support.fake_logto import FakeLogto
from tests.support.sign_ins import give, is_signed_in, key_of, signed_in, who
from tests.support.webhooks import logout_token


@pytest.fixture
def revoking(fake: FakeLogto, revocation: None) -> Iterator[FakeLogto]:
    with override(Environment(now=fake.logto.now, is_shared=False)):
        yield fake


def log_out(fake: FakeLogto, **claims: Any) -> None:
    """Sign out at Logto; what follows happens later than in the same second."""
    sign_out(logout_token(fake.logto, aud=BROWSABLE_API.id, **claims))
    fake.logto.advance(1)
    give(fake)


def test_a_sign_in_ends_with_its_session_at_logto(revoking: FakeLogto) -> None:
    here, elsewhere = signed_in(revoking, sid="sid-1"), signed_in(revoking, sid="sid-2")
    log_out(revoking, sid="sid-1")
    assert not is_signed_in(here)
    assert who(elsewhere) == "ada"


@pytest.mark.parametrize("sid", [ABSENT, "sid-1"])
def test_every_sign_in_of_a_user_ends_where_no_session_is_named(
    revoking: FakeLogto, sid: object
) -> None:
    browser = signed_in(revoking, sid=sid)
    log_out(revoking)
    assert not is_signed_in(browser)
    assert who(signed_in(revoking, sid=sid)) == "ada"


def test_a_sign_in_of_another_user_stays(revoking: FakeLogto) -> None:
    browser = signed_in(revoking, sid="sid-1")
    log_out(revoking, sub="bob")
    assert who(browser) == "ada"


def test_an_unsafe_request_is_refused_after_a_sign_out_at_logto(revoking: FakeLogto) -> None:
    browser = signed_in(revoking, sid="sid-1")
    log_out(revoking, sid="sid-1")
    response = browser.client.post("/open/")
    assert (response.status_code, response.json()["code"]) == (403, "context_lost")


def test_a_revoked_token_is_refreshed(revoking: FakeLogto) -> None:
    browser = signed_in(revoking)
    revoke(user="ada")
    revoking.logto.advance(1)
    give(revoking)
    assert who(browser) == "ada"


def test_a_token_that_is_revoked_when_it_comes_is_refused(revoking: FakeLogto) -> None:
    browser = signed_in(revoking)
    revoke(user="ada")
    response = browser.client.get("/open/")
    assert (response.status_code, response.json()["code"]) == (401, "token_revoked")
    assert 'error="invalid_token"' in response["WWW-Authenticate"]


def test_the_page_says_that_a_token_was_revoked_and_leads_to_another_sign_in(
    revoking: FakeLogto,
) -> None:
    browser = signed_in(revoking)
    revoke(user="ada")
    notice = text_of(browser.get("/open/"), "logto-notice")
    assert notice == "The access token was revoked. Ask Logto for a new one. Log in again"


def test_the_page_says_first_that_the_organization_is_lost(revoking: FakeLogto) -> None:
    browser = signed_in(revoking)
    key = key_of(browser)
    sign_in_store.save(key, replace(sign_in_store.load(key), chosen="", lost_reason=LEFT))
    revoke(user="ada")
    response = browser.get("/open/")
    assert response.status_code == 401
    assert text_of(response, "logto-notice").startswith(SENTENCES[LEFT])
