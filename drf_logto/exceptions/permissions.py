"""A valid access token that is for something else, or grants too little."""

from .base import LogtoError, WrongToken, gettext_noop


class WrongAudience(WrongToken):
    """The token is for another API resource."""

    code = "wrong_audience"
    message = gettext_noop("The access token is for another API resource.")


class _WantsAnother(WrongToken):
    """A refusal with a sentence for each value that a view may want."""

    sentences: dict[str, str]

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.message = self.sentences[wanted]


class WrongTokenKind(_WantsAnother):
    """The token belongs to another permission model of Logto than the view.

    Args:
        wanted: the value of the ``TokenKind`` that the view accepts.
    """

    code = "wrong_token_kind"
    priority = 10
    sentences = {
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


class WrongBearer(_WantsAnother):
    """The token is for a user where a machine is needed, or the other way round, or not delegated.

    Args:
        wanted: "user", "machine" or "delegated".
    """

    code = "wrong_bearer"
    priority = 35
    sentences = {
        "user": gettext_noop("This endpoint needs an access token of a user."),
        "machine": gettext_noop(
            "This endpoint needs an access token of a machine-to-machine application."
        ),
        "delegated": gettext_noop(
            "This endpoint needs an access token with which an actor acts on behalf of a user."
        ),
    }


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


class InsufficientScope(LogtoError):
    """The token lacks a required scope (RFC 6750 §3.1 ``insufficient_scope``).

    Args:
        required: every scope that the request needs.
    """

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
    unnamed = gettext_noop(
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
