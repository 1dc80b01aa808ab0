"""A token under examination, what it is compared with, and what a rule is."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from .jwk import SigningKey
from .jws import Jws
from .key_set import KeySet
from .revocations import Revocations


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Which tokens an API accepts.

    Attributes:
        key_sets: the keys of each trusted issuer, by its exact name.
        audiences: the resource indicators that this API answers to.
        client_ids: the applications that may use this API, None for all.
        algorithms: the allowed signature algorithms.
        leeway: seconds that clocks may differ, for ``exp`` and ``nbf``.
        now: the clock, in seconds since the epoch.
        revocations: may refuse valid tokens, None where none are.
    """

    key_sets: Mapping[str, KeySet]
    audiences: frozenset[str]
    client_ids: Collection[str] | None
    algorithms: frozenset[str]
    leeway: float
    now: Callable[[], float]
    revocations: Revocations | None


@dataclass(slots=True, repr=False)
class Candidate:
    """A token under examination, and what the rules that it has kept found.

    Attributes:
        jws: the token, whose header and claims may hold anything.
        policy: what it is compared with.
        key: the one that the token names.
        ends_at: when the token is over, in seconds since the epoch.
        version: of the revocations that it was compared with.
    """

    jws: Jws
    policy: Policy
    key: SigningKey = field(init=False)
    ends_at: float = field(init=False)
    version: int = 0

    @property
    def key_set(self) -> KeySet:
        """The keys of the token's issuer."""
        return self.policy.key_sets[self.jws.claims["iss"]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        name: unique, for people and programs.
        check: raises a LogtoError where a token breaks the rule.
        needs: rules that have to be kept, or there is nothing to check.
        header: the header parameters that it reads.
        claims: the claims that it reads.
    """

    name: str
    check: Callable[[Candidate], None]
    needs: tuple["Rule", ...] = ()
    header: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
