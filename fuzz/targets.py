"""What is fuzzed: a target takes octets from outside, and raises where the contract is broken."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from jwt.algorithms import get_default_algorithms

from drf_logto import bearer, conf
from drf_logto.auth_info import AuthInfo, TokenKind
from drf_logto.exceptions import (
    AuthorizationServerUnavailable,
    InvalidToken,
    LogtoError,
    MalformedHeader,
    WrongAudience,
)
from drf_logto.jwk import SIGNATURE_ALGORITHMS, SigningKey, parse_jwks
from drf_logto.jwks import KeySet, Lifetimes
from drf_logto.key_source import Fetched
from drf_logto.metadata import discover_jwks_uri
from drf_logto.testing.signing import SigningKeyPair
from drf_logto.verifier import Verifier

_NOW: Final = 1_800_000_000
_ENDPOINT: Final = "https://tenant.logto.test"
_ISSUER: Final = f"{_ENDPOINT}/oidc"
_API: Final = "https://api.example.test"
_MAX_TOKEN_LENGTH: Final = 4096
_KEY: Final = SigningKeyPair.generate("ES256")
_JWKS: Final = {"keys": [_KEY.jwk | {"kid": "key"}]}
_SIGNATURE: Final = b"\1" * 64

Target = Callable[[bytes], None]


def authorization(octets: bytes) -> None:
    """An Authorization header: one token, another scheme, or malformed."""
    header = octets.decode("latin-1")
    try:
        token = bearer.credentials(header)
    except MalformedHeader as refusal:
        _read_refusal(refusal)
        return
    assert token is None or (token.split() == [token] and token in header and "," not in token)


def token(octets: bytes) -> None:
    """A token as it is sent: without the key, nobody makes one that gets in."""
    try:
        _VERIFIER.verify(octets.decode("latin-1"))
    except InvalidToken as refusal:
        _read_refusal(refusal)
        return
    raise AssertionError("a token got in that was never signed")


def signed_token(octets: bytes) -> None:
    """A protected header, a line feed and claims, as octets; the issuer itself signs them."""
    header, _, claims = octets.partition(b"\n")
    signing_input = b".".join((_base64url(header), _base64url(claims)))
    algorithm = get_default_algorithms()[_KEY.algorithm]
    signature = algorithm.sign(signing_input, _KEY.private_key)
    signed = b".".join((signing_input, _base64url(signature))).decode()
    try:
        auth = _VERIFIER.verify(signed)
    except (InvalidToken, WrongAudience) as refusal:
        _read_refusal(refusal)
        return
    assert len(signed) <= _MAX_TOKEN_LENGTH
    assert _VERIFIER.verify(signed) == auth
    _read(auth)


def jwks(octets: bytes) -> None:
    """A JWK Set: keys that verify signatures, or none."""
    document = _document(octets)
    keys = parse_jwks(document, SIGNATURE_ALGORITHMS, {})
    assert parse_jwks(document, SIGNATURE_ALGORITHMS, keys) == keys
    for kid, key in keys.items():
        assert kid == key.kid
        _verify_with(key)


def metadata(octets: bytes) -> None:
    """A discovery document: the address of a JWK Set behind TLS, or of no use."""
    document = _document(octets)
    try:
        uri = discover_jwks_uri(
            _ENDPOINT, (_ISSUER,), fetch=lambda _url, _timeout: document, timeout=1
        )
    except AuthorizationServerUnavailable as unavailable:
        _read_refusal(unavailable)
        return
    assert uri.startswith("https:")


def settings(octets: bytes) -> None:
    """The ``LOGTO`` setting: what can work, or what is wrong with it."""
    parsed, problems = conf.parse(_document(octets))
    assert (parsed is None) == bool(problems)
    assert all(problem.kind and problem.message for problem in problems)
    if parsed is not None:
        assert all(
            conf.parse({"ENDPOINT": [one], "API_RESOURCE": _API})[0] for one in parsed.endpoint
        )
        assert bearer.challenge(parsed.realm) == f'Bearer realm="{parsed.realm}"'


TARGETS: Final[Mapping[str, Target]] = {
    target.__name__: target
    for target in (authorization, token, signed_token, jwks, metadata, settings)
}


def _base64url(octets: bytes) -> bytes:
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


def _document(octets: bytes) -> Any:
    """What ``fetch_json`` makes of a body, None where it refuses it."""
    try:
        return json.loads(octets.decode())
    except (ValueError, RecursionError):
        return None


def _read_refusal(refusal: LogtoError) -> None:
    """What is told of a refusal, as it is told."""
    assert refusal.code
    assert str(refusal)
    assert bearer.challenge("api", refusal).isascii()


def _read(auth: AuthInfo) -> None:
    """Every fact of an accepted token has its type."""
    for text in (auth.sub, auth.client_id, auth.issuer, *auth.scopes, *auth.audience):
        assert isinstance(text, str)
    for optional in (auth.organization_id, auth.token_id, auth.actor):
        assert optional is None or isinstance(optional, str)
    assert all((auth.sub, auth.client_id, auth.audience))
    assert auth.issuer == _ISSUER
    assert auth.expires_at > _NOW
    assert auth.issued_at is None or isinstance(auth.issued_at, (int, float))
    assert (auth.kind is TokenKind.GLOBAL) == (auth.organization_id is None)
    for value in (auth.to_dict(), auth.claims):
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    assert repr(auth)


def _verify_with(key: SigningKey) -> None:
    for algorithm in key.by_algorithm:
        assert key.verify(algorithm, b"message", _SIGNATURE) is False


def _new_verifier() -> Verifier:
    lifetimes = Lifetimes(ttl=300, max_stale=86400, cooldown=30, wait=60)
    key_set = KeySet(
        lambda _wanted: Fetched(_JWKS, _NOW),
        algorithms=SIGNATURE_ALGORITHMS,
        lifetimes=lifetimes,
        now=lambda: _NOW,
    )
    return Verifier(
        key_sets={_ISSUER: key_set},
        audiences=[_API],
        algorithms=SIGNATURE_ALGORITHMS,
        leeway=0,
        max_token_length=_MAX_TOKEN_LENGTH,
        cache_size=8,
        now=lambda: _NOW,
    )


_VERIFIER: Final = _new_verifier()
