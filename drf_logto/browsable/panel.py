"""What the browsable API's page says: who is signed in, with which token, and what is wanted."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.cache import patch_cache_control

from ..auth_info import AuthInfo
from ..exceptions import AuthorizationServerUnavailable, ContextLost
from ..responses import sentence
from ..runtime import get_environment
from ..view_options import named_organization
from . import sign_in_store
from .authentication import LogtoSessionAuthentication
from .contexts import Context, Organization
from .curl import sent
from .exceptions import SignedOut
from .other_contexts import Outlook, outlook
from .refresh import chosen_context, contexts, held, is_lost
from .session import BrowserSession
from .sign_in_store import SignIn

_EXPLAINED = frozenset(
    {"wrong_audience", "wrong_token_kind", "wrong_organization", "insufficient_scope"}
)
_FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the links and forms of the page lead."""

    login: str
    logout: str
    context: str
    curl: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A token that the switch offers.

    Attributes:
        context: which one.
        is_chosen: whether requests are made with it.
    """

    context: Context
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Denial:
    """Why the page shows a 403, and which other token opens what it denies.

    Attributes:
        sentence: the refusal, as the API told it.
        organization: the one that the address names, None where it names none.
        is_member: whether the person is a member of it.
        opening: contexts whose token opens it.
        perhaps: contexts whose token may open it: its scopes were never seen.
    """

    sentence: str
    organization: str | None
    is_member: bool
    opening: tuple[Context, ...]
    perhaps: tuple[Context, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """What a page says to a person who is signed in.

    Attributes:
        name: how people call this person.
        chosen: the context that requests are made in.
        auth: the facts of its token, None where it is no good.
        minutes: how long that lasts, rounded up.
        groups: every choice, by organization; None for those of no organization.
        has_several_resources: whether the API has more than one, so that each needs its name.
        is_lost: whether requests that change something are refused until a context is chosen.
        notice: a sentence on that, or on a page that was made in another context; None without.
        denial: why the page shows a 403, None where it does not or somebody else's reason counts.
        body: that of the request, ``""`` where it has none.
        body_type: ``FORM`` where that is a form, ``""`` where it is JSON.
    """

    name: str
    chosen: Context
    auth: AuthInfo | None
    minutes: int
    groups: tuple[tuple[Organization | None, tuple[Choice, ...]], ...]
    has_several_resources: bool
    is_lost: bool
    notice: str | None
    denial: Denial | None
    body: str
    body_type: str


@dataclass(frozen=True, slots=True)
class Panel:
    """What one page says of the sign-in.

    Attributes:
        addresses: where its links and forms lead.
        has_ended: whether the sign-in has just ended by itself.
        signed_in: None where nobody is signed in.
    """

    addresses: Addresses
    has_ended: bool
    signed_in: SignedIn | None


def panel(view: Any, request: Any, response: Any) -> Panel | None:
    """Return what a page says, None where the project has no sign-in.

    Args:
        view: the view that the page shows.
        request: DRF's.
        response: the answer that the page shows.
    """
    addresses = _addresses()
    if addresses is None or not hasattr(request, "session"):
        return None
    browser = BrowserSession(request)
    has_ended = browser.take_end()
    try:
        sign_in = sign_in_store.load(browser.key)
    except SignedOut:
        signed_in = None
    else:
        signed_in = _signed_in(sign_in, view, request, response)
    if has_ended or signed_in:
        patch_cache_control(response, private=True, no_store=True)
    return Panel(addresses, has_ended, signed_in)


def _addresses() -> Addresses | None:
    names = ("login", "logout", "context", "curl")
    try:
        return Addresses(*(reverse(f"rest_framework:{name}") for name in names))
    except NoReverseMatch:
        return None


def _signed_in(sign_in: SignIn, view: Any, request: Any, response: Any) -> SignedIn:
    chosen = chosen_context(sign_in)
    auth = _held(sign_in, chosen)
    seconds = auth.expires_at - get_environment().now() if auth else 0
    choices = [Choice(one, one == chosen) for one in contexts(sign_in.person)]
    body, body_type = _body(request)
    by_organization = groupby(choices, key=lambda choice: choice.context.organization)
    return SignedIn(
        name=sign_in.person.name,
        chosen=chosen,
        auth=auth,
        minutes=math.ceil(seconds / 60),
        groups=tuple((organization, tuple(group)) for organization, group in by_organization),
        has_several_resources=len({one.context.resource for one in choices} - {None}) > 1,
        is_lost=is_lost(sign_in),
        notice=_notice(sign_in, response),
        denial=_denial(sign_in, view, request, response),
        body=body,
        body_type=body_type,
    )


def _body(request: Any) -> tuple[str, str]:
    """The body and its type, nothing where another site may have made the browser send it."""
    passed_csrf = isinstance(request.successful_authenticator, LogtoSessionAuthentication)
    return sent(request) if passed_csrf else ("", "")


def _held(sign_in: SignIn, context: Context) -> AuthInfo | None:
    try:
        return held(sign_in, context)
    except AuthorizationServerUnavailable:
        return None


def _refusal(response: Any) -> dict[str, str]:
    """Code and sentence of a 403, ``{}`` where the answer is another."""
    data = response.data if response.status_code == _FORBIDDEN else None
    return {name: str(value) for name, value in data.items()} if isinstance(data, dict) else {}


def _notice(sign_in: SignIn, response: Any) -> str | None:
    refusal = _refusal(response)
    if refusal.get("code") == ContextLost.code:
        return refusal["detail"]
    return sentence(ContextLost()) if is_lost(sign_in) else None


def _denial(sign_in: SignIn, view: Any, request: Any, response: Any) -> Denial | None:
    refusal = _refusal(response)
    if refusal.get("code") not in _EXPLAINED:
        return None
    organizations = {one.id: one.name for one in sign_in.person.organizations}
    named = named_organization(view, request)
    prospects = dict(_prospects(sign_in, view, request))
    return Denial(
        sentence=refusal["detail"],
        organization=organizations.get(named, named) if named else None,
        is_member=named in organizations,
        opening=tuple(one for one, it in prospects.items() if it is Outlook.OPENS),
        perhaps=tuple(one for one, it in prospects.items() if it is Outlook.MAY_OPEN),
    )


def _prospects(sign_in: SignIn, view: Any, request: Any) -> Iterator[tuple[Context, Outlook]]:
    chosen = chosen_context(sign_in)
    for one in contexts(sign_in.person):
        if one != chosen:
            yield one, outlook(view, request, sign_in.person, one, _held(sign_in, one))
