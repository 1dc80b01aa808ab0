"""What the errors of a sign-in mean to users, and what a developer does about each."""

from collections.abc import Mapping
from typing import NamedTuple

from ..exceptions import AuthorizationServerUnavailable, gettext_noop


class Meaning(NamedTuple):
    """What an error means, and what a developer does about it; both in English."""

    sentence: str
    remedy: str


# By the ``error`` of a response; those with a space are no errors of one.
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
            "In Logto, allow the third-party application the user permissions 'profile', "
            "'urn:logto:scope:organizations' and, with drf_logto.users, 'email', or use an "
            "application of your own of the type 'Traditional web'."
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
OTHER = Meaning(
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
