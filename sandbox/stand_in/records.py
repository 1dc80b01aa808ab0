"""What the stand-in remembers; ``expires_at`` is in seconds since the epoch."""

from dataclasses import dataclass

from ..tenant import Application, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """A request to the authorization endpoint whose client and parameters are in order."""

    application: Application
    redirect_uri: str
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    prompts: frozenset[str]
    code_challenge: str
    state: str | None
    nonce: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A sign-in page that waits for somebody to choose."""

    request: AuthorizationRequest
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser in which a person is signed in; ``id`` is told to applications as ``sid``."""

    id: str
    person: Person
    auth_time: int
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What an application got from one sign-in: revoked, all its codes and tokens are void."""

    id: str
    session: Session
    application: Application
    scopes: tuple[str, ...]
    resources: tuple[str, ...]
    nonce: str | None
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationCode:
    """A code of RFC 6749 §4.1.2 with the challenge of RFC 7636 §4.2."""

    grant: Grant
    redirect_uri: str
    code_challenge: str
    is_used: bool = False
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """A refresh token; one that was used to get the next one stays known until it expires."""

    grant: Grant
    is_used: bool = False
    issued_at: float
    expires_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OpaqueToken:
    """An access token for the userinfo endpoint."""

    grant: Grant
    scopes: tuple[str, ...]
    expires_at: float
