"""Marks: which tokens are void, and since when."""

import json
import math
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..auth_info import AuthInfo, TokenKind, numeric_date

_MAX_NAME = 200  # characters; ids of Logto have 21 at most, and the id of a session 43


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Void are all tokens of ``issuer`` issued at or before ``before`` that have what is named.

    With a ``session``, sign-ins are over instead: no access token names its session.

    Attributes:
        issuer: the ``iss`` claim.
        before: seconds since the epoch, by Logto's clock, as in the ``iat`` claim.
        user: the ``sub`` claim, of the token or of its actor.
        organization: the organization of the token; ``""`` for tokens of no organization.
        client: the ``client_id`` claim.
        token: the ``jti`` claim.
        session: the ``sid`` claim of ID tokens; ``""`` for every session.
    """

    issuer: str
    before: float
    user: str | None = None
    organization: str | None = None
    client: str | None = None
    token: str | None = None
    session: str | None = None

    @property
    def names(self) -> "Names":
        """What the mark names besides its time."""
        return _names(
            self.issuer, self.user, self.organization, self.client, self.token, self.session
        )


Names = tuple[str | None, ...]


def _names(
    issuer: str,
    user: str | None = None,
    organization: str | None = None,
    client: str | None = None,
    token: str | None = None,
    session: str | None = None,
) -> Names:
    return (issuer, user, organization, client, token, session)


def is_name(value: object) -> bool:
    """Whether a mark can name it."""
    return isinstance(value, str) and len(value) <= _MAX_NAME


class Marks:
    """The marks that this process knows. They only grow until they end.

    Args:
        lifetime: seconds for which the longest token is accepted, as a mark can void none later.
    """

    def __init__(self, lifetime: float) -> None:
        self._lifetime = lifetime
        self._before: dict[Names, float] = {}
        self._lock = threading.Lock()
        self.version = 0
        """Grows with every mark. A token that was not void at a version is not void at it later."""

    def __len__(self) -> int:
        return len(self._before)

    def __iter__(self) -> Iterator[Mark]:
        with self._lock:
            known = list(self._before.items())
        return (_mark(names, before) for names, before in known)

    def add(self, marks: Iterable[Mark]) -> None:
        """Learn marks; an earlier time than the known one changes nothing."""
        with self._lock:
            for mark in marks:
                if mark.before > self._before.get(mark.names, -math.inf):
                    self._before[mark.names] = mark.before
                    self.version += 1

    def covers(self, mark: Mark) -> bool:
        """Whether a mark, or a later one of the same names, is known."""
        return self._before.get(mark.names, -math.inf) >= mark.before

    def end(self, now: float) -> None:
        """Forget the marks that can void no token any longer."""
        with self._lock:
            over = [one for one, before in self._before.items() if before + self._lifetime < now]
            for names in over:
                del self._before[names]

    def is_void(self, auth: AuthInfo) -> bool:
        """Whether a token is void. One that does not say when it was issued counts as old."""
        issued_at = -math.inf if auth.issued_at is None else auth.issued_at
        return self._is_any_since(_named_by(auth), issued_at)

    def is_over(
        self, *, issuer: str, user: str, client: str, session: str | None, since: float
    ) -> bool:
        """Whether the user has signed out of a session at Logto that has been there since."""
        every = _names(issuer, user, client=client, session="")
        this = _names(issuer, client=client, session=session)
        return self._is_any_since((every,) if session is None else (every, this), since)

    def _is_any_since(self, marks: Iterable[Names], time: float) -> bool:
        before = self._before
        return any(time <= before.get(names, -math.inf) for names in marks if names in before)


def _named_by(auth: AuthInfo) -> list[Names]:
    """The names of every mark that could void a token."""
    issuer, client = auth.issuer, auth.client_id
    organization = "" if auth.kind is TokenKind.GLOBAL else auth.organization_id
    names: list[Names] = [(issuer, None, None, None, auth.token_id, None)]
    # Its actor as well: without that one, the token would not have been issued.
    for user in {auth.sub, auth.actor, None}:
        names += (
            (issuer, user, None, None, None, None),
            (issuer, user, organization, None, None, None),
            (issuer, user, None, client, None, None),
        )
    return names


def _mark(names: Names, before: float) -> Mark:
    issuer, user, organization, client, token, session = names
    return Mark(
        issuer=issuer or "",
        before=before,
        user=user,
        organization=organization,
        client=client,
        token=token,
        session=session,
    )


def dump(marks: Iterable[Mark]) -> str:
    """Return marks as JSON, for the cache."""
    return json.dumps([[*mark.names, mark.before] for mark in marks])


def parse(value: object) -> list[Mark]:
    """Return the marks of JSON; what another program wrote holds none."""
    try:
        rows = json.loads(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        rows = None
    rows = rows if isinstance(rows, list) else []
    return [_mark(tuple(row[:-1]), row[-1]) for row in rows if _is_row(row)]


def _is_row(row: Any) -> bool:
    if not isinstance(row, list) or len(row) != len(Mark.__slots__):
        return False
    *names, before = row
    is_named = all(one is None or is_name(one) for one in names)
    return is_named and isinstance(names[0], str) and numeric_date(before) is not None
