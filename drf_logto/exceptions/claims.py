"""An access token whose claims are malformed, contradict each other, or are out of date."""

from .base import InvalidToken, gettext_noop


class InvalidExpiration(InvalidToken):
    """The ``exp`` claim is absent or no finite number."""

    code = "invalid_exp_claim"
    message = gettext_noop("The access token has no valid expiration time.")


class TokenExpired(InvalidToken):
    """The ``exp`` claim lies in the past."""

    code = "token_expired"
    message = gettext_noop("The access token has expired.")


class InvalidNotBefore(InvalidToken):
    """The ``nbf`` claim is not a finite number."""

    code = "invalid_nbf_claim"
    message = gettext_noop("The access token has no valid start time.")


class TokenNotYetValid(InvalidToken):
    """The ``nbf`` claim lies in the future."""

    code = "token_not_yet_valid"
    message = gettext_noop("The access token is not valid yet.")


class LifetimeTooLong(InvalidToken):
    """The token lives longer than ``MAX_TOKEN_LIFETIME``, for which revocations are kept."""

    code = "lifetime_too_long"
    message = gettext_noop("The access token is valid for longer than this API accepts.")


class InvalidSubject(InvalidToken):
    """The ``sub`` claim is not a non-empty string."""

    code = "invalid_sub_claim"
    message = gettext_noop("The access token has no valid subject.")


class InvalidClientId(InvalidToken):
    """The ``client_id`` claim is not a non-empty string."""

    code = "invalid_client_id_claim"
    message = gettext_noop("The access token has no valid client id.")


class InvalidAudience(InvalidToken):
    """The ``aud`` claim is not a string or list of strings, or names an organization without id."""

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
