"""What to do about each refusal, as the reference says it."""

from django.utils.translation import gettext

from ..exceptions import LogtoError, NoScopeDeclared, gettext_noop

_FIND_OUT = gettext_noop("Find out who issued the token.")
_CORRECT = gettext_noop("Correct the tenant's custom claims script.")
_DECLARE = gettext_noop("Declare scopes for the action, or set required_scopes.")
_CODES = {
    "malformed_header": gettext_noop("Send one header: Authorization: Bearer <token>."),
    "token_too_long": gettext_noop(
        "Check whether a custom claim has become too long. If the length is intended, raise "
        "MAX_TOKEN_LENGTH."
    ),
    "opaque_token": gettext_noop(
        "Request the token from Logto with resource set to the resource indicator of this API. Set "
        "it in the configuration of the client's SDK and also in the call that gets the token."
    ),
    "malformed_token": gettext_noop(
        "Send the token exactly as Logto returned it. If there is none, get one first."
    ),
    "not_an_access_token": gettext_noop("Send the access token."),
    "unsupported_algorithm": gettext_noop(
        "Use the default of ALGORITHMS, or add the algorithm of the tenant's key."
    ),
    "missing_key_id": _FIND_OUT,
    "critical_header": _FIND_OUT,
    "invalid_issuer": gettext_noop(
        "Compare ENDPOINT with the token's iss: scheme, host and port must be the same. If the "
        "tenant has a custom domain, list both domains."
    ),
    "unknown_key": gettext_noop(
        "Get a new token. If it is refused too, try again after JWKS_COOLDOWN."
    ),
    "algorithm_mismatch": _FIND_OUT,
    "invalid_signature": gettext_noop("Send the token exactly as Logto returned it."),
    "invalid_exp_claim": _FIND_OUT,
    "token_expired": gettext_noop(
        "Get a new token. If the token is new, correct the clocks or set LEEWAY."
    ),
    "invalid_nbf_claim": _CORRECT,
    "token_not_yet_valid": gettext_noop(
        "Correct the clocks or set LEEWAY. Check the custom claims script."
    ),
    "invalid_sub_claim": _FIND_OUT,
    "invalid_client_id_claim": _FIND_OUT,
    "invalid_aud_claim": _FIND_OUT,
    "invalid_scope_claim": _FIND_OUT,
    "invalid_organization_id_claim": _CORRECT,
    "ambiguous_audience": _FIND_OUT,
    "contradictory_organization": _CORRECT,
    "unknown_user": gettext_noop("Create the user, or sign in as another user."),
    "inactive_user": gettext_noop("Activate the user, or sign in as another user."),
    "lifetime_too_long": gettext_noop(
        "Raise MAX_TOKEN_LIFETIME, or shorten the token lifetime of the API resource in Logto."
    ),
    "token_revoked": gettext_noop(
        "Get a new token. If Logto does not issue one, the access is gone."
    ),
    "wrong_audience": gettext_noop(
        "Request the token with resource set to one of API_RESOURCE, or to the view's "
        "api_resource. If API_RESOURCE is not exactly the API identifier in Logto, correct it."
    ),
    "wrong_token_kind": gettext_noop(
        "Request the token with these parameters. If it was requested so, look for organization_id "
        "in the tenant's custom claims script."
    ),
    "wrong_organization": gettext_noop("Request the token with the organization_id of the URL."),
    "wrong_client": gettext_noop(
        "Use an application that is permitted, or add the ID of this one."
    ),
    "wrong_bearer": gettext_noop("Request such a token."),
    "not_owner": gettext_noop(
        "Sign in as the owner, or add a permission to the view that opens objects of others."
    ),
    "missing_claim": gettext_noop(
        "Add the claim in the tenant's custom claims script, then get a new token."
    ),
    "insufficient_scope": gettext_noop(
        "Request the scopes, and grant them to a role of the user or application: Logto leaves out "
        "scopes that no role grants. For a token with organization_id, it is a role in the "
        "organization."
    ),
    "authorization_server_unavailable": gettext_noop(
        "Check ENDPOINT, the network, and whether Logto works."
    ),
    "revocations_unavailable": gettext_noop("Check the cache."),
}


def remedy_of(refusal: LogtoError) -> str:
    """Return what to do, in the language of the request; "" for a refusal of the project."""
    remedy = _DECLARE if isinstance(refusal, NoScopeDeclared) else _CODES.get(refusal.code)
    return gettext(remedy) if remedy else ""
