"""Code exchanges: one for each sign-in, few at a time, and none while Logto does not answer."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Semaphore
from typing import Any

import pytest

from drf_logto.browsable.exceptions import SignInExpired
from drf_logto.browsable.exchanges import MAX_CONCURRENT, MAX_USED_STATES, RETRY_DELAY, Exchanges
from drf_logto.browsable.pending import PENDING_LIFETIME
from drf_logto.exceptions import AuthorizationServerUnavailable
from tests.browsable.browser import Browser
from tests.support.fake_logto import FakeLogto
from tests.support.loopback import http


def replay(fake: FakeLogto, browser: Browser, asked: dict[str, str], code: str = "code") -> Any:
    """Call the callback and keep the cookie, which a browser would delete."""
    cookies = {name: one.value for name, one in browser.client.cookies.items()}
    response = fake.come_back(browser, asked, code=code)
    for name, value in cookies.items():
        browser.client.cookies[name] = value
    return response


def exchanges_of(fake: FakeLogto) -> int:
    return fake.server.asked.count("/oidc/token")


def test_a_copied_cookie_allows_one_exchange(fake: FakeLogto) -> None:
    browser = Browser()
    asked = fake.begin(browser)
    fake.server.answers["/oidc/token"] = http('{"error": "invalid_grant"}', "400 Bad Request")
    statuses = [replay(fake, browser, asked, f"x{i}").status_code for i in range(20)]
    assert statuses == [400] * 20
    assert exchanges_of(fake) == 1
    assert "used before" in replay(fake, browser, asked).content.decode()


def test_a_token_endpoint_that_hangs_blocks_few_threads(fake: FakeLogto, settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "HTTP_TIMEOUT": 60}
    browsers = [(browser := Browser(), fake.begin(browser)) for _ in range(12)]
    asking = Semaphore(0)

    def hang(connection: Any) -> None:
        asking.release()
        fake.server.hang(connection)

    fake.server.answers["/oidc/token"] = hang
    with ThreadPoolExecutor(MAX_CONCURRENT) as threads:
        waiting = [threads.submit(fake.come_back, *one) for one in browsers[:MAX_CONCURRENT]]
        assert all(asking.acquire(timeout=30) for _ in waiting)
        # Answered in this thread, before Logto answers the first.
        for one in browsers[MAX_CONCURRENT:]:
            response = fake.come_back(*one)
            assert (response.status_code, response["Retry-After"]) == (503, "1")
        assert exchanges_of(fake) == MAX_CONCURRENT
        fake.server.released.set()
    assert [one.result().status_code for one in waiting] == [503] * MAX_CONCURRENT


def test_an_exchange_without_an_answer_pauses_the_next(fake: FakeLogto) -> None:
    fake.server.answers["/oidc/token"] = http("", "500 Oops")
    browsers = [(browser := Browser(), fake.begin(browser)) for _ in range(4)]
    first, second, third, last = browsers
    assert fake.come_back(*first).status_code == 503
    for one in (second, third):
        response = fake.come_back(*one)
        assert (response.status_code, response["Retry-After"]) == (503, str(RETRY_DELAY))
    assert exchanges_of(fake) == 1
    fake.logto.advance(RETRY_DELAY)
    fake.answer(fake.tokens(last[1]["nonce"]))
    assert fake.come_back(*last).status_code == 302


@pytest.mark.parametrize("code", ["\x00", "caf\xe9", "\n", "\x7f", "x" * 2001], ids=ascii)
def test_an_impossible_code_is_not_sent_and_causes_no_pause(fake: FakeLogto, code: str) -> None:
    """If Logto failed on it, any request could pause the sign-in for all users."""
    browser = Browser()
    fake.server.answers["/oidc/token"] = http("", "500 Oops")
    assert fake.come_back(browser, fake.begin(browser), code=code).status_code == 400
    assert exchanges_of(fake) == 0
    asked = fake.begin(browser)
    fake.answer(fake.tokens(asked["nonce"]))
    assert fake.come_back(browser, asked).status_code == 302


def spend(exchanges: Exchanges, state: str) -> None:
    with exchanges.once(state):
        """Nothing is asked."""


def fails(exchanges: Exchanges, state: str) -> None:
    with pytest.raises(AuthorizationServerUnavailable) as failure, exchanges.once(state):
        raise AuthorizationServerUnavailable("down")
    assert failure.value.reason == "down"


def test_a_state_is_remembered_as_long_as_its_cookie_is_valid() -> None:
    time = 10_000.0
    exchanges = Exchanges(lambda: time)
    spend(exchanges, "x")
    time += PENDING_LIFETIME - 1
    with pytest.raises(SignInExpired):
        spend(exchanges, "x")
    time += 1
    spend(exchanges, "x")


def test_the_oldest_state_is_dropped_first() -> None:
    exchanges = Exchanges(lambda: 10_000.0)
    for number in range(MAX_USED_STATES + 1):
        spend(exchanges, str(number))
    spend(exchanges, "0")
    with pytest.raises(SignInExpired):
        spend(exchanges, str(MAX_USED_STATES))


def test_an_exchange_that_ends_allows_another() -> None:
    exchanges = Exchanges(lambda: 10_000.0)
    with ExitStack() as running:
        for number in range(MAX_CONCURRENT):
            running.enter_context(exchanges.once(str(number)))
        with pytest.raises(AuthorizationServerUnavailable) as refused:
            spend(exchanges, "x")
        assert refused.value.retry_after == 1
    spend(exchanges, "y")


def test_a_clock_that_is_set_back_does_not_extend_the_pause() -> None:
    time = 10_000.0
    exchanges = Exchanges(lambda: time)
    fails(exchanges, "x")
    time += 1
    with pytest.raises(AuthorizationServerUnavailable) as refused:
        spend(exchanges, "y")
    assert refused.value.retry_after == RETRY_DELAY - 1
    time -= 100
    spend(exchanges, "z")
