"""The keys of Logto: which can be used, and why others cannot."""

from typing import Any

import pytest

from drf_logto.testing import Logto
from tests.management.doctor.conftest import Doctor
from tests.support.loopback import LoopbackServer, document


@pytest.fixture
def key(logto_at: LoopbackServer) -> dict[str, Any]:
    found: dict[str, Any] = Logto().jwks["keys"][0]
    return found


def publish(server: LoopbackServer, *keys: object) -> None:
    server.answers["/oidc/jwks"] = document({"keys": keys})


def test_each_key_is_named_with_what_it_verifies(logto_at: LoopbackServer, doctor: Doctor) -> None:
    logto = Logto()
    logto.rotate("RS256")
    logto_at.serve_logto(logto)
    rsa, elliptic = sorted(message for _verdict, message in doctor("keys"))[::-1]
    texts = f"{rsa} {elliptic}"
    assert "kty 'EC', crv 'P-384'" in texts
    assert "can verify ES384." in texts
    assert "can verify RS256 or PS256." in texts
    assert {verdict for verdict, _message in doctor("keys")} == {"ok"}
    ((verdict, message),) = doctor("algorithms")
    assert verdict == "ok"
    assert message.endswith("ES384 or RS256 or PS256, which LOGTO['ALGORITHMS'] accepts.")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"kid": None}, "it has no kid"),
        ({"d": "AAAA"}, "it is a private key, which must never be published"),
        ({"use": "enc"}, "it is not for signatures"),
        ({"key_ops": ["sign"]}, "it is not for signatures"),
        ({"kty": "oct"}, "its type is not supported"),
        ({"crv": "secp256k1"}, "its curve, its alg or its size is not supported"),
        ({"x": "!"}, "its curve, its alg or its size is not supported, or it cannot be read"),
    ],
)
def test_a_key_that_cannot_be_used_is_named_with_the_reason(
    logto_at: LoopbackServer, key: dict[str, Any], doctor: Doctor, changed: dict[str, Any],
    why: str,
) -> None:  # fmt: skip
    publish(logto_at, {**key, **changed}, key)
    unusable, usable = doctor("keys")
    assert unusable[0] == "warning"
    assert f" is not used: {why}" in unusable[1]
    assert usable[0] == "ok"
    publish(logto_at, {**key, **changed})
    assert doctor("keys")[1][0] == "error"
    assert doctor("algorithms") == [("skipped", "See keys above.")]


@pytest.mark.parametrize("keys", [[], ["no object"]])
def test_a_key_set_without_keys_is_an_error(
    logto_at: LoopbackServer, doctor: Doctor, keys: list[object]
) -> None:
    publish(logto_at, *keys)
    assert doctor("keys")[-1][0] == "error"
    logto_at.answers["/oidc/jwks"] = document([])
    assert [verdict for verdict, _message in doctor("keys")] == ["error"]


@pytest.mark.parametrize(
    ("rotations", "verdict", "message"),
    [
        (
            [],
            "error",
            "can sign with ES384. LOGTO['ALGORITHMS'] accepts RS256 alone. Add ES384",
        ),
        (["RS256"], "warning", "LOGTO['ALGORITHMS'] accepts RS256 of these. Add ES384 or RS256"),
        (["RS256", "RS256"], "warning", "accepts RS256 of these. Add RS256 or PS256"),
    ],
)
def test_algorithms_that_are_too_few_are_named(
    logto_at: LoopbackServer, logto_options: Any, doctor: Doctor, rotations: list[str],
    verdict: str, message: str,
) -> None:  # fmt: skip
    logto = Logto()
    for algorithm in rotations:
        logto.rotate(algorithm)
    logto_at.serve_logto(logto)
    logto_options(ALGORITHMS=["RS256"])
    ((found, text),) = doctor("algorithms")
    assert (found, message in text) == (verdict, True), text
