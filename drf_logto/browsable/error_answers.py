"""Error responses of Logto, and what each error means to users and to developers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..exceptions import AuthorizationServerUnavailable, gettext_noop

_CODE = re.compile(r"[a-z_]{1,40}")
_MAX_DESCRIPTION = 200  # characters
_NOT_ALLOWED = re.compile(r"[^ !#-\[\]-~]")  # RFC 6749 §A.8
# Codes, tokens, secrets and states are long words, and not only of lower-case letters.
_SECRET = re.compile(r"(?=\S*[^\sa-z_.,:;'()])\S{20,}")


class Meaning(NamedTuple):
    """What an error means, and what a developer does about it; both in English."""

    sentence: str
    remedy: str


# By ``error``; those with a space are no errors of a response.
MEANINGS: Mapping[str, Meaning] = {
    "invalid_client": Meaning(
        gettext_noop("Logto does not accept the credentials of this application."),
        gettext_noop(
            "Compare APP_ID and APP_SECRET with the application in Logto: the secret is wrong, "
            "missing or deleted, or there is no such application. It must be of the type "
            "'Traditional web'; a single-page application has no secret."
        ),
    ),
    "invalid_target": Meaning(
        gettext_noop("Logto does not know the API resource."),
        gettext_noop(
            "Set API_RESOURCE to the API identifier of the API resource in Logto. Every character "
            "counts, including a slash at the end."
        ),
    ),
    "invalid_scope": Meaning(
        gettext_noop("Logto does not allow this application a scope that the sign-in needs."),
        gettext_noop(
            "In Logto, allow the third-party application the user permissions 'profile' and "
            "'urn:logto:scope:organizations', or use an application of your own of the type "
            "'Traditional web'."
        ),
    ),
    "access_denied": Meaning(
        gettext_noop("Logto did not let you in: the sign-in was cancelled or is not allowed."),
        gettext_noop(
            "If nobody cancelled the sign-in, look at the access control of the application in "
            "Logto: it may not be open to this user."
        ),
    ),
    "invalid_grant": Meaning(
        gettext_noop(
            "Logto does not accept the code of this sign-in: it was used before, has expired, or "
            "belongs to another application or redirect URI."
        ),
        gettext_noop(
            "Log in again. If that fails each time, look for something that opens the callback "
            "twice or late, and check that the user is not suspended in Logto."
        ),
    ),
    "another issuer": Meaning(
        gettext_noop("The metadata at ENDPOINT is that of another issuer."),
        gettext_noop(
            "Set ENDPOINT to the address in the 'issuer' of "
            "<ENDPOINT>/oidc/.well-known/openid-configuration, without /oidc. If this machine "
            "needs another address to reach it, set INTERNAL_ENDPOINT to that."
        ),
    ),
    "no answer": Meaning(
        AuthorizationServerUnavailable.message,
        gettext_noop(
            "The logger drf_logto has the reason. This machine must be able to open "
            "<ENDPOINT>/oidc/.well-known/openid-configuration."
        ),
    ),
}
_OTHER = Meaning(
    gettext_noop("Logto answered the sign-in with an error."),
    gettext_noop("The logger drf_logto has the error and its description."),
)
# The first one, to a user who is signed in.
NOT_ACCEPTED = Meaning(
    gettext_noop(
        "Logto does not accept this application, so it gives no tokens. Tell the operator of this "
        "site. You are still signed in."
    ),
    MEANINGS["invalid_client"].remedy,
)


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """An error response (RFC 6749 §4.1.2.1 and §5.2), fit for a log.

    Attributes:
        code: the ``error``, "an unknown error" if it has no usual form.
        description: the ``error_description``, bounded, printable and without long words that may
            be secret; "" if there is none.
    """

    code: str
    description: str

    @classmethod
    def parse(cls, error: object, description: object) -> "ErrorAnswer":
        """Return the error response with these members, which may be anything."""
        is_usual = isinstance(error, str) and _CODE.fullmatch(error)
        return cls(str(error) if is_usual else "an unknown error", described(description))

    @property
    def meaning(self) -> Meaning:
        """What the error means."""
        return MEANINGS.get(self.code, _OTHER)

    def __str__(self) -> str:
        return f"{self.code} ({self.description})" if self.description else self.code


def described(description: object) -> str:
    """Return a description for a log: bounded, printable, and without what may be secret."""
    text = description if isinstance(description, str) else ""
    if len(text) > _MAX_DESCRIPTION:
        text = text[:_MAX_DESCRIPTION].rpartition(" ")[0] + " ..."
    return _SECRET.sub("...", _NOT_ALLOWED.sub("?", text))
