"""The access token of a context, refreshed before it expires by one request at a time."""

import math
from dataclasses import replace

from ..auth_info import AuthInfo
from ..conf import get_settings
from ..exceptions import (
    AuthorizationServerUnavailable,
    ContextChanged,
    InvalidToken,
    WrongClient,
    WrongToken,
)
from ..runtime import get_environment, get_verifier
from ..telemetry import logger
from ..verification.mismatch import mismatch
from . import sign_in_store
from .choices import (
    chosen_context,
    context_ids,
    contexts,
    following,
    is_lost,
    without_refused,
)
from .client import LogtoClient
from .contexts import Context
from .exceptions import (
    ApplicationRefused,
    ContextRefused,
    GrantRefused,
    SignedOut,
    UnknownContext,
)
from .lock import Lock
from .reasons import (
    APPLICATION,
    LEFT,
    OF_EVERY_CONTEXT,
    OTHER,
    SENTENCES,
    UNKNOWN,
    context_lost,
    reason_of,
    unavailable,
)
from .sign_in_store import SignIn

REFRESH_BEFORE = 60  # seconds before its expiry, so that a token is valid for the request
_PART_LEFT = 5  # a shorter-lived token is refreshed when a fifth of its lifetime is left
_MAX_HTTP_REQUESTS = 7  # more than one refresh makes, with keys and names
_RETRY_DELAY = 5  # seconds after a refresh that Logto did not answer, so that requests do not queue


def stored_auth(sign_in: SignIn, context: Context) -> AuthInfo | None:
    """Return the AuthInfo of the stored token of a context, None if it is missing or invalid."""
    token = sign_in.tokens.get(context.id)
    try:
        return None if token is None else get_verifier().verify(token)
    except (InvalidToken, WrongToken):
        return None


def choose_context(key: str, context_id: str, *, renews: bool = False) -> None:
    """Make the requests of a sign-in in another context from now on.

    Args:
        key: of the sign-in.
        context_id: of one of the user's contexts.
        renews: whether to request a token even if the stored one is valid.

    Raises:
        UnknownContext: it is not one of this user's.
        ContextRefused: Logto does not issue its token.
        SignedOut: there is no sign-in, or its refresh token is no longer valid.
        AuthorizationServerUnavailable: Logto cannot be reached.
    """
    known = contexts(sign_in_store.load(key))
    context = next((context for context in known if context.id == context_id), None)
    if context is None:
        raise UnknownContext
    _refresh(key, context, is_chosen=True, renews=renews)


def get_access_token(key: str, *, is_safe: bool, page_context_id: str | None = None) -> str:
    """Return the token of the chosen context, refreshed if it expires soon.

    If Logto no longer issues it, for example because the user has left the organization, safe
    requests get the token of the first context, and others are refused until a context is chosen.

    Raises:
        WrongClient: the application of the sign-in may not use this API.
        ContextLost: Logto no longer issues a token for the chosen context.
        ContextChanged: the page was made in another context.
        SignedOut: there is no sign-in, or its refresh token is no longer valid.
        AuthorizationServerUnavailable: the token has expired, and Logto cannot be reached.
    """
    sign_in = sign_in_store.load(key)
    context = chosen_context(sign_in)
    _require_accepted_client()
    if not is_safe:
        if is_lost(sign_in):
            raise context_lost(sign_in.lost_reason)
        if page_context_id not in (None, sign_in.chosen):
            raise ContextChanged
    try:
        return _token(key, sign_in, context)
    except ContextRefused:  # so the first context is the chosen one now
        pass
    return get_access_token(key, is_safe=is_safe, page_context_id=page_context_id)


def get_first_auth(key: str) -> AuthInfo:
    """Return the facts of the token of the first context, refreshed if it expires soon.

    It is the one for the first API resource, whatever is chosen.

    Raises:
        InvalidToken: it is not valid here, or was revoked.
        WrongAudience: it is for another API.
        SignedOut: there is no sign-in, or its refresh token is no longer valid.
        AuthorizationServerUnavailable: the token has expired, and Logto cannot be reached.
    """
    sign_in = sign_in_store.load(key)
    return get_verifier().verify(_token(key, sign_in, contexts(sign_in)[0]))


def _token(key: str, sign_in: SignIn, context: Context) -> str:
    if _is_fresh(sign_in, context):
        return sign_in.tokens[context.id]
    try:
        return _refresh(key, context).tokens[context.id]
    except AuthorizationServerUnavailable:
        if stored_auth(sign_in, context) is None:
            raise
        return sign_in.tokens[context.id]


def _require_accepted_client() -> None:
    """Ask Logto for no token that would be refused, whatever else it says."""
    app_id, client_ids = get_settings().app_id, get_settings().client_ids
    if client_ids is not None and app_id not in client_ids:
        raise WrongClient().because(mismatch([str(app_id)], client_ids))


def _lock(key: str) -> Lock:
    return sign_in_store.lock(key, _MAX_HTTP_REQUESTS * get_settings().http_timeout)


def _refresh(
    key: str, context: Context, *, is_chosen: bool = False, renews: bool = False
) -> SignIn:
    with _lock(key):
        sign_in = sign_in_store.load(key)
        if context.id not in context_ids(sign_in):  # another request has lost it
            raise ContextRefused(SENTENCES[OTHER])
        if renews or not _is_fresh(sign_in, context):  # another request may have refreshed it
            sign_in = _request_token(key, sign_in, context)
        is_known = context.id in sign_in.tokens  # unless the user has left its organization
        if is_chosen and is_known:
            sign_in = replace(sign_in, chosen=context.id, lost_reason="")
        sign_in_store.save(key, sign_in)
    if not is_known:
        raise ContextRefused(SENTENCES[LEFT])
    return sign_in


def _request_token(key: str, sign_in: SignIn, context: Context) -> SignIn:
    pause = sign_in.retry_at - get_environment().now()
    if 0 < pause <= _RETRY_DELAY:
        raise unavailable("the last refresh failed", math.ceil(pause), sign_in.retry_reason)
    client, retry_after = LogtoClient(), 0
    try:
        sign_in, tokens = client.refresh(sign_in, context)
        accepted = client.accept(sign_in, context, tokens)
        return following(sign_in, accepted)
    except GrantRefused as refused:
        is_void, reason = refused.is_invalid, reason_of(refused.answer, context)
        logged = f"the token endpoint answered with {refused}"
    except AuthorizationServerUnavailable as failed:
        is_application = isinstance(failed, ApplicationRefused)
        is_void, reason = False, APPLICATION if is_application else UNKNOWN
        logged, retry_after = failed.reason, failed.retry_after
    # Outside of the handlers: an error in what follows must not have frames with tokens.
    if is_void:
        raise SignedOut
    logger.warning("No token from Logto: %s.", logged)
    if reason in OF_EVERY_CONTEXT:
        retry_at = get_environment().now() + _RETRY_DELAY
        sign_in_store.save(key, replace(sign_in, retry_at=retry_at, retry_reason=reason))
        raise unavailable(logged, max(retry_after, _RETRY_DELAY), reason)
    if context == contexts(sign_in)[0]:  # nothing can replace it, but the grant is valid
        raise unavailable(logged, retry_after, reason)
    # As it is now: another request may have chosen since, if the lock was taken over.
    sign_in_store.save(key, without_refused(sign_in_store.load(key), context, reason))
    raise ContextRefused(SENTENCES[reason])


def _is_fresh(sign_in: SignIn, context: Context) -> bool:
    auth = stored_auth(sign_in, context)
    if auth is None:
        return False
    lifetime = math.inf if auth.issued_at is None else auth.expires_at - auth.issued_at
    left = auth.expires_at - get_environment().now()
    return left > max(0, min(REFRESH_BEFORE, lifetime / _PART_LEFT))
