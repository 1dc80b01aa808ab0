"""The exceptions of the package: one class and one code for each reason to refuse a request."""

from typing import ClassVar, Self, TypeVar

__all__ = [
    "AlgorithmMismatch",
    "AmbiguousAudience",
    "AuthorizationServerUnavailable",
    "ContextChanged",
    "ContextLost",
    "ContradictoryOrganization",
    "CriticalHeader",
    "InactiveUser",
    "InsufficientScope",
    "InvalidAudience",
    "InvalidClientId",
    "InvalidExpiration",
    "InvalidIssuer",
    "InvalidNotBefore",
    "InvalidOrganization",
    "InvalidRequest",
    "InvalidScope",
    "InvalidSignature",
    "InvalidSubject",
    "InvalidToken",
    "LifetimeTooLong",
    "LogtoError",
    "MalformedHeader",
    "MalformedToken",
    "MissingClaim",
    "MissingKeyId",
    "NoScopeDeclared",
    "NotAnAccessToken",
    "NotOwner",
    "OpaqueToken",
    "RevocationsUnavailable",
    "SignInEnded",
    "TokenExpired",
    "TokenNotYetValid",
    "TokenRevoked",
    "TokenTooLong",
    "UnknownKey",
    "UnknownUser",
    "UnsupportedAlgorithm",
    "WrongAudience",
    "WrongBearer",
    "WrongClient",
    "WrongOrganization",
    "WrongToken",
    "WrongTokenKind",
]


def gettext_noop(sentence: str) -> str:
    """Mark a sentence for translation; it is translated where it is reported."""
    return sentence


class LogtoError(Exception):
    """Why a request is refused; a project may derive refusals of its own.

    Attributes:
        code: stable name of the fact, for programs.
        message: one English sentence, for people; may hold ``%(name)s`` for ``params``.
        params: what the sentence names; never anything that a client sent.
        status: the HTTP status of the answer; a denial of REST Framework's views is always a 403.
        error: the error code of RFC 6750 §3.1, or None where a challenge carries none.
        priority: of the refusals of a composition the one with the highest is reported. It says how
            actionable a reason is: 10 for another kind of token, 20 for another organization, 30
            where the view declares no scope, 35 for another client or bearer, 45 for a missing
            claim, 50 for a missing scope. A project's own has 40 unless its class sets another.
        scope: what the ``scope`` attribute of the challenge names, or None.
        kid: the key that the token names, for the log; never shown to a client.
        issuer: the issuer that the token names, likewise.
        subject: the subject of a token whose signature is valid, likewise.
        client_id: the application that such a token is for, likewise.
        reason: what was wrong in particular, likewise; bounded and printable.
    """

    code: str
    status: int = 403
    error: ClassVar[str | None] = "invalid_token"
    priority: ClassVar[int] = 40
    message: str
    scope: str | None = None
    kid: str | None = None
    issuer: str | None = None
    subject: str | None = None
    client_id: str | None = None
    reason: str | None = None

    def __init__(self, **params: str) -> None:
        self.params = params
        # The arguments stay those of the subclass: copying and unpickling call it with them.
        super().__init__(*self.args)

    def because(self, reason: str) -> Self:
        """Set the reason for the log, and return itself."""
        self.reason = reason
        return self

    def __str__(self) -> str:
        return self.message % self.params


_Failure = TypeVar("_Failure", bound=Exception)


def without_frames(failure: _Failure) -> _Failure:
    """Return an exception without traceback and context.

    A report of an exception may include the variables of its frames, and they hold the token.
    """
    failure.__cause__ = failure.__context__ = None
    return failure.with_traceback(None)


class InvalidRequest(LogtoError):
    """The request itself is malformed (RFC 6750 §3.1 ``invalid_request``)."""

    status = 401
    error = "invalid_request"


class MalformedHeader(InvalidRequest):
    """The scheme is Bearer, and what follows is not exactly one credential.

    Args:
        message: the sentence, where it is another than that of the class.
    """

    code = "malformed_header"
    message = gettext_noop("The Authorization header must be 'Bearer' and exactly one token.")
    repeated: ClassVar[str] = gettext_noop(
        "The Authorization header has the word 'Bearer' twice. Send it once, followed by the token."
    )

    def __init__(self, message: str | None = None) -> None:
        super().__init__()
        self.message = message or self.message


class InvalidToken(LogtoError):
    """The token can be no access token for this API (RFC 6750 §3.1 ``invalid_token``)."""

    status = 401
    error = "invalid_token"


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
    """The token is no compact JWS of two JSON objects (RFC 7515 §5.2).

    Args:
        message: the sentence, where it is another than that of the class.
        params: what this sentence names.
    """

    code = "malformed_token"
    message = gettext_noop("The access token is not a well-formed JWT.")
    word: ClassVar[str] = gettext_noop(
        "The client sent the word '%(word)s' instead of an access token: it had no token when it "
        "made the request."
    )
    quoted: ClassVar[str] = gettext_noop(
        "The access token is in quotation marks. Send it without them."
    )
    no_jwt: ClassVar[str] = gettext_noop(
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
    """The ``iss`` claim is no issuer that this API trusts."""

    code = "invalid_issuer"
    message = gettext_noop("The access token was not issued by the Logto tenant of this API.")


class UnknownKey(InvalidToken):
    """The issuer publishes no such key."""

    code = "unknown_key"
    message = gettext_noop("The access token names a key that its issuer does not publish.")


class AlgorithmMismatch(InvalidToken):
    """The key named by ``kid`` is no key for ``alg`` (RFC 8725 §3.1)."""

    code = "algorithm_mismatch"
    message = gettext_noop("The access token names a key that does not fit its algorithm.")


class InvalidSignature(InvalidToken):
    """The signature does not verify."""

    code = "invalid_signature"
    message = gettext_noop("The signature of the access token is not valid.")


class InvalidExpiration(InvalidToken):
    """The ``exp`` claim is absent or no finite number."""

    code = "invalid_exp_claim"
    message = gettext_noop("The access token has no valid expiration time.")


class TokenExpired(InvalidToken):
    """The ``exp`` claim lies in the past."""

    code = "token_expired"
    message = gettext_noop("The access token has expired.")


class InvalidNotBefore(InvalidToken):
    """The ``nbf`` claim is no finite number."""

    code = "invalid_nbf_claim"
    message = gettext_noop("The access token has no valid start time.")


class TokenNotYetValid(InvalidToken):
    """The ``nbf`` claim lies in the future."""

    code = "token_not_yet_valid"
    message = gettext_noop("The access token is not valid yet.")


class InvalidSubject(InvalidToken):
    """The ``sub`` claim is no non-empty string."""

    code = "invalid_sub_claim"
    message = gettext_noop("The access token has no valid subject.")


class InvalidClientId(InvalidToken):
    """The ``client_id`` claim is no non-empty string."""

    code = "invalid_client_id_claim"
    message = gettext_noop("The access token has no valid client id.")


class InvalidAudience(InvalidToken):
    """The ``aud`` claim is no string or list of strings, or names an organization without an id."""

    code = "invalid_aud_claim"
    message = gettext_noop("The access token has no valid audience.")


class InvalidScope(InvalidToken):
    """The ``scope`` claim is there and no string."""

    code = "invalid_scope_claim"
    message = gettext_noop("The scope of the access token is not valid.")


class InvalidOrganization(InvalidToken):
    """The ``organization_id`` claim is there and no non-empty string."""

    code = "invalid_organization_id_claim"
    message = gettext_noop("The organization of the access token is not valid.")


class AmbiguousAudience(InvalidToken):
    """The audience names two organizations, or an organization and an API resource."""

    code = "ambiguous_audience"
    message = gettext_noop("The access token is for more than one kind of audience.")


class ContradictoryOrganization(InvalidToken):
    """The ``organization_id`` claim contradicts the organization of the audience."""

    code = "contradictory_organization"
    message = gettext_noop("The access token names two different organizations.")


class UnknownUser(InvalidToken):
    """The token is valid, and ``get_user`` returns None for its subject."""

    code = "unknown_user"
    message = gettext_noop("The access token is for a user that this API does not know.")


class InactiveUser(InvalidToken):
    """The token is valid, and its user is not active here."""

    code = "inactive_user"
    message = gettext_noop("The user of the access token is not active.")


class TokenRevoked(InvalidToken):
    """The token is valid, and the access that it stands for was taken away since it was issued."""

    code = "token_revoked"
    message = gettext_noop("The access token was revoked. Ask Logto for a new one.")


class LifetimeTooLong(InvalidToken):
    """The token lives longer than ``MAX_TOKEN_LIFETIME``, for which revocations are kept."""

    code = "lifetime_too_long"
    message = gettext_noop("The access token is valid for longer than this API accepts.")


class WrongToken(LogtoError):
    """A valid token of the tenant, and not one for this; the remedy is another token."""

    status = 403
    error = "invalid_token"


class WrongAudience(WrongToken):
    """The token is for another API resource."""

    code = "wrong_audience"
    message = gettext_noop("The access token is for another API resource.")


class WrongTokenKind(WrongToken):
    """The token belongs to another permission model of Logto than the view.

    Args:
        wanted: the value of the ``TokenKind`` that the view accepts.
    """

    code = "wrong_token_kind"
    priority = 10
    sentences: ClassVar[dict[str, str]] = {
        "global": gettext_noop(
            "This endpoint needs an access token for the API resource: ask Logto with "
            "'resource' and without 'organization_id'."
        ),
        "organization": gettext_noop(
            "This endpoint needs an organization token: ask Logto with 'organization_id' and "
            "without 'resource'."
        ),
        "organization_resource": gettext_noop(
            "This endpoint needs an access token for the API resource within an organization: "
            "ask Logto with 'resource' and 'organization_id'."
        ),
    }

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.message = self.sentences[wanted]


class WrongOrganization(WrongToken):
    """The token is for another organization than the one that the request names."""

    code = "wrong_organization"
    priority = 20
    message = gettext_noop("The access token is for another organization.")


class WrongClient(WrongToken):
    """The token was issued to an application that may not use this API, or the endpoint."""

    code = "wrong_client"
    priority = 35
    message = gettext_noop("Only access tokens of certain applications are accepted here.")


class WrongBearer(WrongToken):
    """The token is for a user where a machine is needed, or the other way round, or not delegated.

    Args:
        wanted: "user", "machine" or "delegated".
    """

    code = "wrong_bearer"
    priority = 35
    sentences: ClassVar[dict[str, str]] = {
        "user": gettext_noop("This endpoint needs an access token of a user."),
        "machine": gettext_noop(
            "This endpoint needs an access token of a machine-to-machine application."
        ),
        "delegated": gettext_noop(
            "This endpoint needs an access token with which an actor acts on behalf of a user."
        ),
    }

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.message = self.sentences[wanted]


class NotOwner(WrongToken):
    """The object belongs to another user, or to nobody."""

    code = "not_owner"
    priority = 35
    message = gettext_noop("This object does not belong to the user of the access token.")


class MissingClaim(WrongToken):
    """The token lacks a claim, or the claim has none of the values that are needed.

    Args:
        claim: the name of the claim.
    """

    code = "missing_claim"
    priority = 45
    message = gettext_noop("This endpoint needs an access token with a certain claim: %(claim)s.")

    def __init__(self, claim: str) -> None:
        super().__init__(claim=claim)


class ContextLost(WrongToken):
    """Logto gives a signed-in browser no token for what it had chosen any more.

    Requests that would change something are refused until the person chooses a token: they were
    meant for the other one.
    """

    code = "context_lost"
    message = gettext_noop(
        "Logto gives no token for what you had chosen any more. Until you choose a token, requests "
        "that change something are refused."
    )


class ContextChanged(ContextLost):
    """The page that a signed-in browser makes a request from was made with another token."""

    message = gettext_noop(
        "This request comes from a page that was made with a different token from the one now "
        "chosen. Nothing was changed: open the page again."
    )


class SignInEnded(ContextLost):
    """The sign-in of the page that a browser makes a request from has ended."""

    message = gettext_noop(
        "The sign-in of the page that this request comes from has ended. Nothing was changed: log "
        "in and open the page again."
    )


class InsufficientScope(LogtoError):
    """The token lacks a required scope (RFC 6750 §3.1 ``insufficient_scope``).

    Args:
        required: every scope that the request needs.
    """

    status = 403
    error = "insufficient_scope"
    code = "insufficient_scope"
    priority = 50
    message = gettext_noop("The access token needs the scope: %(scope)s.")

    def __init__(self, required: tuple[str, ...]) -> None:
        self.scope = " ".join(required)
        super().__init__(scope=self.scope)


class NoScopeDeclared(InsufficientScope):
    """The view declares no scope for what is asked of it, so no token opens it.

    Args:
        permission: the name of the permission class.
        asked: the action or method, None where it has no name that may be repeated.
    """

    priority = 30
    message = gettext_noop(
        "%(permission)s declares no scope for '%(asked)s', so no access token opens it."
    )
    unnamed: ClassVar[str] = gettext_noop(
        "%(permission)s declares no scope for this request, so no access token opens it."
    )

    def __init__(self, permission: str, asked: str | None = None) -> None:
        super().__init__(())
        self.scope = None
        self.params = {"permission": permission}
        if asked is None:
            self.message = self.unnamed
        else:
            self.params["asked"] = asked


class AuthorizationServerUnavailable(LogtoError):
    """Logto cannot be reached, or answers nonsense, and no usable key is at hand.

    Args:
        reason: what went wrong, for the log; never shown to a client.
        retry_after: after how many seconds another try can succeed, 0 where that is not known.
    """

    status = 503
    error = None
    code = "authorization_server_unavailable"
    message = gettext_noop("The authorization server is unavailable. Try again later.")
    reason: str

    def __init__(self, reason: str, retry_after: int = 0) -> None:
        super().__init__()
        self.reason = reason
        self.retry_after = retry_after


class RevocationsUnavailable(AuthorizationServerUnavailable):
    """It is not known which tokens were revoked; ``REVOCATION_WHEN_UNREACHABLE`` is "closed"."""

    code = "revocations_unavailable"
    message = gettext_noop(
        "Whether the access token was revoked cannot be checked. Try again later."
    )
