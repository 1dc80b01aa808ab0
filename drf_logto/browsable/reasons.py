"""Why Logto issues no token to a user who signed in, and what the user can do about it."""

from collections.abc import Mapping

from ..exceptions import AuthorizationServerUnavailable, ContextLost, gettext_noop
from .contexts import Context
from .error_responses import ErrorResponse
from .meanings import NOT_ACCEPTED

UNKNOWN = ""  # Logto cannot be reached, or says nothing that is about the user
LEFT = "left"
ACCESS_CONTROL = "access control"
APPLICATION = "application"
OTHER = "other"
_NO_CONSENT, _NO_MFA, _NO_ORGANIZATIONS = "no consent", "no mfa", "no organizations"
ORGANIZATION = "organization"  # one of those of an organization, and Logto does not say which

SENTENCES: Mapping[str, str] = {
    UNKNOWN: AuthorizationServerUnavailable.message,
    LEFT: gettext_noop(
        "You are no longer a member of the organization that you chose. Choose another token."
    ),
    _NO_CONSENT: gettext_noop(
        "You have not given this application access to the organization that you chose. Log in "
        "again, and allow it at Logto."
    ),
    _NO_MFA: gettext_noop(
        "The organization that you chose requires multi-factor authentication. Set it up for your "
        "account at Logto, then log in again."
    ),
    _NO_ORGANIZATIONS: gettext_noop(
        "This sign-in does not include your organizations. Log in again. If that does not help, "
        "tell the operator of this site that the application needs the scope "
        "urn:logto:scope:organizations in Logto."
    ),
    ACCESS_CONTROL: gettext_noop(
        "Logto does not let you use this application: its access control does not include you. "
        "You are still signed in."
    ),
    APPLICATION: NOT_ACCEPTED.sentence,
    ORGANIZATION: gettext_noop(
        "Logto gives you no token for the organization that you chose. You may have left it, or "
        "Logto does not let you or this application use it. Log in again to update your "
        "organizations."
    ),
    OTHER: gettext_noop(
        "Logto does not give you the token that you chose. Log in again. If that does not help, "
        "tell the operator of this site that the API resource may be missing in Logto."
    ),
}

OF_EVERY_CONTEXT = frozenset({UNKNOWN, ACCESS_CONTROL, APPLICATION})
OF_AN_ORGANIZATION = frozenset({LEFT, _NO_CONSENT, _NO_MFA, _NO_ORGANIZATIONS, ORGANIZATION})

_BAD_REQUEST = 400
# The descriptions of Logto 1.42. They alone tell those of an organization apart.
_BY_DESCRIPTION = {
    "user is not a member of the organization": LEFT,
    "organization access is not granted to the application": _NO_CONSENT,
    "organization requires MFA but user has no MFA configured": _NO_MFA,
    "Access denied.": ACCESS_CONTROL,
}


def reason_of(answer: ErrorResponse, context: Context) -> str:
    """Return why the token endpoint refused the token of a context, one of ``SENTENCES``."""
    if answer.code == "insufficient_scope" and context.organization:
        return _NO_ORGANIZATIONS
    if answer.code != "access_denied":
        return OTHER
    if not context.organization:
        return ACCESS_CONTROL
    unknown = ACCESS_CONTROL if answer.status == _BAD_REQUEST else ORGANIZATION
    return _BY_DESCRIPTION.get(answer.description, unknown)


def unavailable(
    logged: str, retry_after: int = 0, reason: str = UNKNOWN
) -> AuthorizationServerUnavailable:
    """Return the refusal of a request that needs a token, with the sentence of a reason."""
    refusal = AuthorizationServerUnavailable(logged, retry_after)
    refusal.message = SENTENCES[reason]
    return refusal


def context_lost(reason: str) -> ContextLost:
    """Return the refusal of an unsafe request after the choice of a context was lost."""
    refusal = ContextLost()
    if reason != UNKNOWN:
        refusal.message = SENTENCES[reason]
    return refusal
