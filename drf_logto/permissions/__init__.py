"""The permission classes: for each token kind one, and those about the token's bearer."""

from .bearer import FromClients, IsDelegated, IsMachine, IsUser
from .claims import HasClaim
from .ownership import OwnedByUser
from .token_kinds import HasScopes, InOrganization, OrgResourceScopes

__all__ = [
    "FromClients",
    "HasClaim",
    "HasScopes",
    "InOrganization",
    "IsDelegated",
    "IsMachine",
    "IsUser",
    "OrgResourceScopes",
    "OwnedByUser",
]
