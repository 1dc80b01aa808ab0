"""A valid access token of a user whom this API does not serve, or no longer."""

from .base import InvalidToken, gettext_noop


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
