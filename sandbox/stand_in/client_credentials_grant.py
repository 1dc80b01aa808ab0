"""Tokens for machines: `client_credentials` (RFC 6749 §4.4), on the tenant's data."""

from collections.abc import Collection

from drf_logto.testing import ABSENT, Logto

from ..tenant import Machine
from .parameters import Parameters
from .refusals import access_denied, invalid_target

_LIFETIME = 3600


def issue_to_machine(logto: Logto, machine: Machine, parameters: Parameters) -> dict[str, object]:
    """Return the answer with an access token.

    Raises:
        Refused: another API resource, or no organization of the machine.
    """
    organization_id = parameters.get("organization_id")
    resource = parameters.resource()
    if organization_id not in (None, *machine.memberships):
        raise access_denied("app has not associated with the organization")
    if resource not in (None, logto.api_resource):
        raise invalid_target()
    if resource is None:
        if organization_id is None:
            raise invalid_target("both `resource` and `organization_id` are not provided")
        scopes = _cut_down(parameters, machine.permissions_in(organization_id))
        token = logto.organization_token(organization_id, scopes, machine=machine.id)
        return _answer(token, {"scope": " ".join(scopes)})
    if organization_id is None:
        scopes = _cut_down(parameters, machine.scopes())
        token = logto.global_token(scopes, machine=machine.id, claims=_no_empty_scope(scopes))
    else:
        scopes = _cut_down(parameters, machine.scopes_within(organization_id))
        token = logto.organization_resource_token(
            organization_id, scopes, machine=machine.id, claims=_no_empty_scope(scopes)
        )
    return _answer(token, {"scope": " ".join(scopes)} if scopes else {})


def _cut_down(parameters: Parameters, granted: Collection[str]) -> list[str]:
    """Return the requested scopes that are granted; Logto drops the others without a word."""
    return [scope for scope in parameters.words("scope") if scope in granted]


def _no_empty_scope(scopes: list[str]) -> dict[str, object]:
    return {} if scopes else {"scope": ABSENT}


def _answer(token: str, scope: dict[str, str]) -> dict[str, object]:
    return {"access_token": token, "expires_in": _LIFETIME, "token_type": "Bearer", **scope}
