"""The state of the stand-in, in memory: people, sessions, grants, codes and tokens."""

import secrets
import threading
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from cachetools import TTLCache

from drf_logto.testing import Logto, ManagementApi

from ..tenant import CLIENTS, PEOPLE, Application, Client, Person
from .deliveries import Deliveries

DAY = 24 * 3600
SESSION_LIFETIME = REFRESH_TOKEN_LIFETIME = 14 * DAY
TOKEN_LIFETIME = 3600
MAX_RECORDS = 1000
"""So many of each kind are kept; the least recently used one goes first."""


def random_name() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, kw_only=True)
class Session:
    """A browser in which a person is signed in; ``id`` is the ``sid`` of ID tokens.

    ``applications`` are those that the person signed in to.
    """

    id: str = field(default_factory=random_name)
    person_id: str
    auth_time: int
    applications: set[Application] = field(default_factory=set, compare=False)


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What an application got from one sign-in; without it, its code and tokens are void.

    ``organization_ids`` are those that the person consented to, ``None`` where no consent is
    needed.
    """

    id: str = field(default_factory=random_name)
    session: Session
    application: Application
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    organization_ids: tuple[str, ...] | None
    redirect_uri: str
    code_challenge: str | None
    nonce: str | None


@dataclass(kw_only=True)
class Token:
    """An authorization code, a refresh token or an opaque access token, as Authlib asks it."""

    grant: Grant
    scopes: tuple[str, ...]
    issued_at: float
    used_at: float | None = None
    code_challenge_method = "S256"

    def check_client(self, client: Client) -> bool:
        return self.grant.application == client

    def get_scope(self) -> str:
        return " ".join(self.scopes)

    def get_redirect_uri(self) -> str:
        return self.grant.redirect_uri

    @property
    def code_challenge(self) -> str | None:
        return self.grant.code_challenge


class Provider:
    """The state of the stand-in; ``logto`` holds the keys and the clock, and signs the tokens."""

    def __init__(self, logto: Logto) -> None:
        self.logto = logto
        self.lock = threading.Lock()
        self.deliveries = Deliveries(logto)
        self.management_api: ManagementApi | None = None
        self.people = dict(PEOPLE)
        self.clients = dict(CLIENTS)
        self.sessions: MutableMapping[str, Session] = self._kept_for(SESSION_LIFETIME)
        self.grants: MutableMapping[str, Grant] = self._kept_for(180 * DAY)
        self.codes: MutableMapping[str, Token] = self._kept_for(60)
        self.refresh_tokens: MutableMapping[str, Token] = self._kept_for(REFRESH_TOKEN_LIFETIME)
        self.opaque_tokens: MutableMapping[str, Token] = self._kept_for(TOKEN_LIFETIME)

    def _kept_for(self, seconds: float) -> MutableMapping[str, Any]:
        return TTLCache(MAX_RECORDS, seconds, self.logto.now)

    def remember(
        self, tokens: MutableMapping[str, Token], grant: Grant, scopes: tuple[str, ...]
    ) -> str:
        """Keep a code or a token, and return the name that it goes by."""
        name = random_name()
        tokens[name] = Token(grant=grant, scopes=scopes, issued_at=self.logto.now())
        return name

    def find(
        self, tokens: MutableMapping[str, Token], name: str, client: Client, leeway: float = 0
    ) -> Token | None:
        """Return a code or a token of a client; one that was used before ends its grant."""
        token = tokens.get(name)
        if token is None or token.grant.id not in self.grants or not token.check_client(client):
            return None
        if token.used_at is not None and self.logto.now() >= token.used_at + leeway:
            del self.grants[token.grant.id]
            return None
        return token

    def update(self, person: Person) -> None:
        """Change a person; a suspended one loses all sessions and grants for good."""
        before, self.people[person.id] = self.people[person.id], person
        if person.is_suspended:
            self._end_all_of(person.id)
        self.deliveries.announce(before, person)

    def delete(self, person: Person) -> None:
        """Delete a person."""
        del self.people[person.id]
        self._end_all_of(person.id)
        self.deliveries.announce(person, None)

    def end_session(self, name: str) -> None:
        """End the session of a browser, if it has one."""
        session = self.sessions.pop(name, None)
        if session is not None:
            self.deliveries.sign_out(session.person_id, session.id, session.applications)

    def _end_all_of(self, person_id: str) -> None:
        for name, session in list(self.sessions.items()):
            if session.person_id == person_id:
                del self.sessions[name]
        for name, grant in list(self.grants.items()):
            if grant.session.person_id == person_id:
                del self.grants[name]
