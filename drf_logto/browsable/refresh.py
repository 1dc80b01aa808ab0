"""The access token of a context, renewed before it ends by whichever request comes first."""

import math
from contextlib import AbstractContextManager
from dataclasses import replace

from ..auth_info import AuthInfo
from ..conf import get_settings
from ..exceptions import (
    AuthorizationServerUnavailable,
    ContextChanged,
    ContextLost,
    InvalidToken,
    WrongAudience,
)
from ..runtime import get_environment, get_verifier
from ..telemetry import logger
from . import sign_in_store
from .client import LogtoClient
from .contexts import Context, Person, contexts_of
from .exceptions import ContextRefused, GrantRefused, SignedOut, UnknownContext
from .sign_in_store import SignIn

RENEWED_BEFORE = 60
"""Seconds before its end that a token is renewed, so that it lasts for the request."""

_EXCHANGES = 4
"""More than the HTTP exchanges of one renewal."""

_PAUSE = 5
"""Seconds after a renewal that Logto did not answer until the next, so that none queue for it."""


def contexts(person: Person) -> tuple[Context, ...]:
    """Return the contexts of a person in this API, that of the first API resource first."""
    return contexts_of(person, get_settings().api_resource)


def chosen_context(sign_in: SignIn) -> Context:
    """Return the context that a sign-in is in; the first where the chosen one is no more."""
    known = contexts(sign_in.person)
    return next((one for one in known if one.id == sign_in.chosen), known[0])


def is_lost(sign_in: SignIn) -> bool:
    """Whether the context that a sign-in is in was not chosen, but took the place of that."""
    return chosen_context(sign_in).id != sign_in.chosen


def held(sign_in: SignIn, context: Context) -> AuthInfo | None:
    """Return the facts of the token at hand for a context, None where none is good.

    Raises:
        AuthorizationServerUnavailable: no key is at hand to tell.
    """
    token = sign_in.tokens.get(context.id)
    try:
        return None if token is None else get_verifier().verify(token)
    except (InvalidToken, WrongAudience):
        return None


def choose(key: str, context_id: str) -> None:
    """Let requests be made in another context from now on.

    Raises:
        UnknownContext: it is none of this person's.
        ContextRefused: Logto does not give its token.
        SignedOut: there is no sign-in, or Logto renews it no more.
        AuthorizationServerUnavailable: Logto cannot be asked.
    """
    known = contexts(sign_in_store.load(key).person)
    context = next((one for one in known if one.id == context_id), None)
    if context is None:
        raise UnknownContext
    _renew(key, context, is_chosen=True)


def lasting_token(key: str, *, is_safe: bool, made_in: str | None = None) -> str:
    """Return the token of the chosen context, renewed if it ends soon.

    Where Logto does not give it any more, as when the person has left the organization, the first
    context takes its place for what changes nothing, until the person chooses one.

    Args:
        key: of the sign-in.
        is_safe: whether what it is for changes nothing, so that another context does as well.
        made_in: the id of the context of the page that asks, None where that names none.

    Raises:
        ContextLost: Logto gives no token for the chosen context, and no other was chosen since.
        ContextChanged: the page that asks was made in another context.
        SignedOut: there is no sign-in, or Logto renews it no more.
        AuthorizationServerUnavailable: the token has ended, and Logto cannot be asked.
    """
    sign_in = sign_in_store.load(key)
    context = chosen_context(sign_in)
    if not is_safe:
        _require_chosen(sign_in, made_in)
    if _lasts(sign_in, context):
        return sign_in.tokens[context.id]
    try:
        return _renew(key, context).tokens[context.id]
    except AuthorizationServerUnavailable:
        if held(sign_in, context) is None:
            raise
        return sign_in.tokens[context.id]
    except ContextRefused:
        _lose(key, context)
    return lasting_token(key, is_safe=is_safe, made_in=made_in)


def _require_chosen(sign_in: SignIn, made_in: str | None) -> None:
    if is_lost(sign_in):
        raise ContextLost
    if made_in not in (None, sign_in.chosen):
        raise ContextChanged


def _lose(key: str, context: Context) -> None:
    """Let nothing be chosen, unless somebody has chosen another context meanwhile."""
    with _locked(key):
        sign_in = sign_in_store.load(key)
        if chosen_context(sign_in) != context:
            return
        if context == contexts(sign_in.person)[0]:  # the grant stands, and another may do
            raise AuthorizationServerUnavailable("no token for the first context")
        sign_in_store.save(key, replace(sign_in, chosen=""))


def _locked(key: str) -> AbstractContextManager[None]:
    return sign_in_store.locked(key, _EXCHANGES * get_settings().http_timeout)


def _renew(key: str, context: Context, *, is_chosen: bool = False) -> SignIn:
    with _locked(key):
        sign_in = sign_in_store.load(key)
        if not _lasts(sign_in, context):  # another request may have renewed it meanwhile
            sign_in = _asked(key, sign_in, context)
        if is_chosen:
            sign_in = replace(sign_in, chosen=context.id)
        sign_in_store.save(key, sign_in)
        return sign_in


def _asked(key: str, sign_in: SignIn, context: Context) -> SignIn:
    pause = sign_in.asked_again_at - get_environment().now()
    if 0 < pause <= _PAUSE:
        raise AuthorizationServerUnavailable("the last renewal failed", math.ceil(pause))
    failure: Exception
    try:
        return LogtoClient().renew(sign_in, context)
    except GrantRefused as refused:
        failure = SignedOut() if refused.is_over else ContextRefused()
    except AuthorizationServerUnavailable as unavailable:
        failure = AuthorizationServerUnavailable(unavailable.reason, unavailable.retry_after)
    # Beyond the handlers: what follows may break, and would report what led to it, tokens included.
    if isinstance(failure, AuthorizationServerUnavailable):
        logger.warning("No token from Logto: %s.", failure.reason)
        sign_in_store.save(key, replace(sign_in, asked_again_at=get_environment().now() + _PAUSE))
    raise failure


def _lasts(sign_in: SignIn, context: Context) -> bool:
    auth = held(sign_in, context)
    return auth is not None and auth.expires_at - get_environment().now() > RENEWED_BEFORE
