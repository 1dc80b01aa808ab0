"""What the browsable API's page shows: what it asks for, the user, the token, why it is denied."""

import math
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.cache import patch_cache_control

from ..auth_info import AuthInfo
from ..exceptions import AuthorizationServerUnavailable, ContextLost, TokenRevoked
from ..explanation.claims import Claim, shown_claims
from ..responses import sentence
from ..runtime import get_environment
from ..view_options import named_organization
from .authentication import LogtoSessionAuthentication
from .choices import chosen_context, contexts, is_lost
from .contexts import Context, Organization
from .curl import request_body
from .other_contexts import Access, access_with
from .reasons import context_lost
from .refresh import stored_auth
from .requirements import Requirement, requirements
from .session import BrowserSession
from .sign_in_store import SignIn

_EXPLAINED = frozenset(  # refusals that another token may avoid
    {
        *("wrong_audience", "wrong_token_kind", "wrong_organization", "insufficient_scope"),
        *("wrong_client", "wrong_bearer", "missing_claim"),
    }
)
_UNAUTHORIZED, _FORBIDDEN = 401, 403


@dataclass(frozen=True, slots=True)
class Denial:
    """Why the page shows a 403, and which other tokens give access."""

    sentence: str
    organization: str | None  # the one that the URL names
    is_member: bool
    is_refused: bool  # Logto issues no token of the organization, though the user is a member
    lacks_scopes: bool  # which a new sign-in may bring: Logto grants scopes at the sign-in
    granting: tuple[Context, ...]
    possible: tuple[Context, ...]  # their tokens were not requested yet, so scopes are unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """What a page shows to a signed-in user."""

    name: str
    chosen: Context
    auth: AuthInfo | None  # None if the token of the chosen context is missing or invalid
    minutes: int  # until the token expires, rounded up
    claims: tuple[Claim, ...]
    groups: tuple[tuple[Organization | None, tuple[Context, ...]], ...]  # by organization
    has_several_resources: bool  # so contexts need the name of their API resource
    is_lost: bool  # unsafe requests are refused until a context is chosen
    notice: str | None  # about a lost context, a page of another one, or a revoked token
    denial: Denial | None
    body: str
    body_type: str  # as in request_body


@dataclass(frozen=True, slots=True)
class Panel:
    """What one page shows."""

    addresses: dict[str, str]  # of its links and forms
    has_ended: bool  # since the last page
    invites: bool  # to sign in, because the request was refused without it
    requirements: tuple[Requirement, ...]
    signed_in: SignedIn | None


def panel(view: Any, request: Any, response: Any) -> Panel | None:
    """Return what the page of a response shows, None if the project includes no sign-in."""
    try:
        addresses = {
            name: reverse(f"rest_framework:{name}")
            for name in ("login", "logout", "context", "curl", "explain")
        }
    except NoReverseMatch:
        return None
    if not hasattr(request, "session"):
        return None
    browser = BrowserSession(request)
    has_ended = browser.pop_ended()
    sign_in = browser.load()
    signed_in = _signed_in(sign_in, view, request, response) if sign_in else None
    if has_ended or signed_in:  # also on views that do not authenticate
        patch_cache_control(response, private=True, no_store=True)
    return Panel(
        addresses,
        has_ended,
        invites=signed_in is None and _is_refused_without_sign_in(request, response),
        requirements=requirements(view, request, sign_in.person if sign_in else None),
        signed_in=signed_in,
    )


def _is_refused_without_sign_in(request: Any, response: Any) -> bool:
    return (
        response.status_code in {_UNAUTHORIZED, _FORBIDDEN}
        and request.successful_authenticator is None
        and any(isinstance(one, LogtoSessionAuthentication) for one in request.authenticators)
    )


def _signed_in(sign_in: SignIn, view: Any, request: Any, response: Any) -> SignedIn:
    chosen = chosen_context(sign_in)
    auth = _stored_auth(sign_in, chosen)
    now = get_environment().now()
    seconds = auth.expires_at - now if auth else 0
    every, refusal = contexts(sign_in), _refusal(response)
    # Another site can make the browser send a body; only one that passed the CSRF check is shown.
    passed_csrf = isinstance(request.successful_authenticator, LogtoSessionAuthentication)
    body, body_type = request_body(request) if passed_csrf else ("", "")
    by_organization = groupby(every, key=lambda context: context.organization)
    return SignedIn(
        name=sign_in.person.name,
        chosen=chosen,
        auth=auth,
        minutes=math.ceil(seconds / 60),
        claims=shown_claims(auth.claims, now) if auth else (),
        groups=tuple((organization, tuple(group)) for organization, group in by_organization),
        has_several_resources=len({context.resource for context in every} - {None}) > 1,
        is_lost=is_lost(sign_in),
        notice=_notice(sign_in, refusal),
        denial=_denial(sign_in, view, request, refusal),
        body=body,
        body_type=body_type,
    )


def _stored_auth(sign_in: SignIn, context: Context) -> AuthInfo | None:
    try:
        return stored_auth(sign_in, context)
    except AuthorizationServerUnavailable:
        return None


def _refusal(response: Any) -> dict[str, str]:
    """Return code and sentence of a 401 or 403, and its challenge if it names scopes."""
    data = response.data if response.status_code in {_UNAUTHORIZED, _FORBIDDEN} else None
    if not isinstance(data, dict):
        return {}
    challenge = response.headers.get("WWW-Authenticate", "")
    scope = {"scope": challenge} if ' scope="' in challenge else {}
    return {name: str(value) for name, value in data.items()} | scope


def _notice(sign_in: SignIn, refusal: dict[str, str]) -> str | None:
    code = refusal.get("code")
    if code != ContextLost.code and is_lost(sign_in):
        return sentence(context_lost(sign_in.lost_reason))
    return refusal.get("detail") if code in {ContextLost.code, TokenRevoked.code} else None


def _denial(sign_in: SignIn, view: Any, request: Any, refusal: dict[str, str]) -> Denial | None:
    if refusal.get("code") not in _EXPLAINED:
        return None
    person, chosen = sign_in.person, chosen_context(sign_in)
    organizations = {one.id: one.name for one in person.organizations}
    named = named_organization(view, request)
    access = {
        one: access_with(view, request, person, one, _stored_auth(sign_in, one))
        for one in contexts(sign_in)
        if one != chosen
    }
    return Denial(
        sentence=refusal["detail"],
        organization=organizations.get(named, named) if named else None,
        is_member=named in organizations,
        is_refused=named in sign_in.refused,
        lacks_scopes="scope" in refusal,
        granting=tuple(one for one in access if access[one] is Access.GRANTED),
        possible=tuple(one for one in access if access[one] is Access.POSSIBLE),
    )
