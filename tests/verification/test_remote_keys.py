"""The way to one Logto: metadata, then keys."""

from contextlib import suppress

import pytest

from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.testing import Logto
from drf_logto.verification.fetch import Fetch
from drf_logto.verification.key_set import KeyRequest
from drf_logto.verification.remote_keys import RemoteKeys

REQUEST = KeyRequest(None, 0, forced=False)


def issuer_of(
    logto: Logto,
    name: str | None = None,
    keys: tuple[str, ...] = ("kid",),
    fetch: Fetch | None = None,
) -> RemoteKeys:
    return RemoteKeys(
        logto.endpoint,
        [name or logto.issuer],
        fetch=fetch or logto.fetch,
        timeout=5,
        parse=lambda jwks: dict.fromkeys(keys, jwks),  # type: ignore[arg-type]
        now=lambda: 1_000_000,
    )


@pytest.fixture
def somewhere() -> Logto:
    return Logto("https://tenant.logto.test", "https://api.example.test")


def test_its_keys_carry_the_time_when_they_were_asked_for(somewhere: Logto) -> None:
    fetched = issuer_of(somewhere)(REQUEST)
    assert (fetched.document, fetched.at, fetched.is_copy) == (somewhere.jwks, 1_000_000, False)
    assert somewhere.fetched == [
        "https://tenant.logto.test/oidc/.well-known/openid-configuration",
        "https://tenant.logto.test/oidc/jwks",
    ]


def test_nothing_of_the_metadata_of_another_issuer_is_used(somewhere: Logto) -> None:
    with pytest.raises(AuthorizationServerUnavailable) as refused:
        issuer_of(somewhere, "https://other.logto.test/oidc")(REQUEST)
    assert refused.value.reason == (
        "the metadata is of another issuer: received 'https://tenant.logto.test/oidc', "
        "expected 'https://other.logto.test/oidc'"
    )
    assert len(somewhere.fetched) == 1


def test_an_outage_is_no_answer(somewhere: Logto) -> None:
    with somewhere.outage(), pytest.raises(AuthorizationServerUnavailable):
        issuer_of(somewhere)(REQUEST)


def test_each_cause_of_an_outage_is_logged_once(
    somewhere: Logto, caplog: pytest.LogCaptureFixture
) -> None:
    causes = ["timed out", "timed out", "HTTP status 502", None, "timed out"]

    def fetch(url: str, timeout: float) -> object:
        if causes[0] is not None:
            raise AuthorizationServerUnavailable(causes[0])
        return somewhere.fetch(url, timeout)

    remote = issuer_of(somewhere, fetch=fetch)
    while causes:
        with suppress(AuthorizationServerUnavailable):
            remote(REQUEST)
        del causes[0]
    at = somewhere.endpoint
    assert [one.getMessage() for one in caplog.records] == [
        f"No keys from Logto at {at}: timed out.",
        f"No keys from Logto at {at}: HTTP status 502.",
        f"Logto at {at} can be reached again.",
        f"No keys from Logto at {at}: timed out.",
    ]


def test_a_set_without_usable_keys_is_no_answer(somewhere: Logto) -> None:
    with pytest.raises(AuthorizationServerUnavailable) as refused:
        issuer_of(somewhere, keys=())(REQUEST)
    assert refused.value.reason == "the JWK Set holds no usable key"
