"""The tokens that the audit sends, and whose they are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ...auth_info import TokenKind
from ...operations import Operation
from ..logto import Logto

_OF_ORGANIZATIONS = (TokenKind.ORGANIZATION, TokenKind.ORGANIZATION_RESOURCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Who sends a request.

    Attributes:
        kind: that of the token, None for no token.
        organization: the organization of the token.
        scopes: the scopes of the token.
        is_machine: whether an application speaks for itself.
        is_expired: whether the token has expired.
    """

    kind: TokenKind | None = None
    organization: str | None = None
    scopes: frozenset[str] = frozenset()
    is_machine: bool = False
    is_expired: bool = False

    def __str__(self) -> str:
        if self.kind is None:
            return "nobody's token"
        age = "an expired" if self.is_expired else "a"
        scopes = f"with {' '.join(sorted(self.scopes))}" if self.scopes else "without scopes"
        return f"{age} {self.name} {scopes}"

    @property
    def name(self) -> str:
        """Kind, organization and whose it is."""
        whose = "machine" if self.is_machine else "user"
        where = f" of {self.organization}" if self.organization else ""
        return f"{self.kind and self.kind.value} token{where} ({whose}'s)"


ANONYMOUS = Bearer()


def bearers(
    operation: Operation, known: Iterable[str], organizations: tuple[str, str]
) -> Iterator[Bearer]:
    """Yield whoever asks for an operation: without a token first, the strongest of a kind next.

    Args:
        operation: the operation.
        known: every scope that the project names.
        organizations: the one that requests name, and another.
    """
    needed = frozenset(scope for way in operation.ways for scope in way.scopes)
    whole = needed.union(known)
    yield ANONYMOUS
    for kind in TokenKind:
        own, other = organizations if kind in _OF_ORGANIZATIONS else (None, None)
        yield Bearer(kind=kind, organization=own, scopes=whole)
        yield Bearer(kind=kind, organization=own, scopes=needed, is_machine=True)
        yield Bearer(kind=kind, organization=own, scopes=whole, is_expired=True)
        held = {frozenset[str](), needed, *(frozenset({one}) for one in needed)}
        held.update(whole - {one} for one in needed)
        for scopes in sorted(held - {whole}, key=sorted):
            yield Bearer(kind=kind, organization=own, scopes=scopes)
        if other:
            yield Bearer(kind=kind, organization=other, scopes=whole)


class Tokens:
    """Issues the tokens of bearers.

    Args:
        logto: the in-process Logto.
        user: the subject of users' tokens.
        machine: the application that speaks for itself.
    """

    def __init__(self, logto: Logto, *, user: str, machine: str) -> None:
        self._logto, self._user, self._machine = logto, user, machine
        self._issued: dict[tuple[Bearer, str], str] = {}

    def of(self, bearer: Bearer, operation: Operation) -> str | None:
        """Return the token of a bearer for an operation, None for none."""
        if bearer.kind is None:
            return None
        key = bearer, next(iter(operation.resources), self._logto.api_resource)
        if key not in self._issued:  # a token that is known is verified once
            self._issued[key] = self._issue(*key)
        return self._issued[key]

    def _issue(self, bearer: Bearer, resource: str) -> str:
        base = {"aud": resource}
        match bearer.kind:
            case TokenKind.ORGANIZATION:
                base = {"aud": f"urn:logto:organization:{bearer.organization}"}
            case TokenKind.ORGANIZATION_RESOURCE:
                base["organization_id"] = str(bearer.organization)
        return self._logto.issue(
            base,
            sorted(bearer.scopes),
            user=self._user,
            machine=self._machine if bearer.is_machine else None,
            expires_in=-3600 if bearer.is_expired else 3600,
        )
