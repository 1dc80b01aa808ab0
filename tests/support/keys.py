"""A JWK Set as a source of keys answers with it."""

from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.verification.jwk import SIGNATURE_ALGORITHMS, parse_jwks
from drf_logto.verification.key_set import KeyResponse


def key_response(document: object, at: float) -> KeyResponse:
    keys = parse_jwks(document, SIGNATURE_ALGORITHMS)
    if not keys:
        raise AuthorizationServerUnavailable("the JWK Set holds no usable key")
    return KeyResponse(document, keys, at)
