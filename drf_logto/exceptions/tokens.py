"""No access token, or not one of this Logto: its form, its header, its signature."""

from .base import InvalidToken, gettext_noop


class TokenTooLong(InvalidToken):
    """The token is longer than ``MAX_TOKEN_LENGTH``; it was not read."""

    code = "token_too_long"
    message = gettext_noop("The access token is too long.")


class OpaqueToken(InvalidToken):
    """The token is opaque: Logto issues these where no ``resource`` was asked for."""

    code = "opaque_token"
    message = gettext_noop(
        "This is an opaque token, not a JWT access token. Ask Logto for a token with the "
        "'resource' parameter set to the resource indicator of this API."
    )


class MalformedToken(InvalidToken):
    """The token is not a compact JWS of two JSON objects (RFC 7515 §5.2).

    Args:
        message: the sentence, where it is another than that of the class.
        params: what this sentence names.
    """

    code = "malformed_token"
    message = gettext_noop("The access token is not a well-formed JWT.")
    word = gettext_noop(
        "The client sent the word '%(word)s' instead of an access token: it had no token when it "
        "made the request."
    )
    quoted = gettext_noop("The access token is in quotation marks. Send it without them.")
    no_jwt = gettext_noop(
        "This is not an access token of Logto: a JWT has three parts, separated by periods. Send "
        "the token exactly as Logto returned it."
    )

    def __init__(self, message: str | None = None, **params: str) -> None:
        super().__init__(**params)
        self.message = message or self.message


class NotAnAccessToken(InvalidToken):
    """The ``typ`` of the header is not that of an access token (RFC 9068 §2.1)."""

    code = "not_an_access_token"
    message = gettext_noop(
        "This token is not an access token. Send the access token, not the ID token."
    )


class UnsupportedAlgorithm(InvalidToken):
    """The ``alg`` of the header is not among ``ALGORITHMS``."""

    code = "unsupported_algorithm"
    message = gettext_noop("The access token is signed with an algorithm that is not accepted.")


class MissingKeyId(InvalidToken):
    """The header names no key."""

    code = "missing_key_id"
    message = gettext_noop("The access token does not name its signing key.")


class CriticalHeader(InvalidToken):
    """The header has ``crit``: an extension that is not understood here (RFC 7515 §4.1.11)."""

    code = "critical_header"
    message = gettext_noop("The access token demands an extension that is not supported.")


class InvalidIssuer(InvalidToken):
    """The ``iss`` claim is not an issuer that this API trusts."""

    code = "invalid_issuer"
    message = gettext_noop("The access token was not issued by the Logto tenant of this API.")


class UnknownKey(InvalidToken):
    """The issuer publishes no such key."""

    code = "unknown_key"
    message = gettext_noop("The access token names a key that its issuer does not publish.")


class AlgorithmMismatch(InvalidToken):
    """The key named by ``kid`` is not a key for ``alg`` (RFC 8725 §3.1)."""

    code = "algorithm_mismatch"
    message = gettext_noop("The access token names a key that does not fit its algorithm.")


class InvalidSignature(InvalidToken):
    """The signature does not verify."""

    code = "invalid_signature"
    message = gettext_noop("The signature of the access token is not valid.")
