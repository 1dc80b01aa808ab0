"""The contexts of a user who signed in: which one is chosen, and which are lost."""

from dataclasses import replace

from ..conf import get_settings
from .contexts import Context, contexts_of
from .reasons import LEFT, OF_AN_ORGANIZATION, ORGANIZATION
from .sign_in_store import SignIn


def contexts(sign_in: SignIn) -> tuple[Context, ...]:
    """Return the contexts of a user in this API, the one of the first API resource first."""
    organizations = (one for one in sign_in.person.organizations if one.id not in sign_in.refused)
    return contexts_of(organizations, get_settings().api_resource)


def chosen_context(sign_in: SignIn) -> Context:
    """Return the chosen context, or the first if the chosen one no longer exists."""
    known = contexts(sign_in)
    return next((context for context in known if context.id == sign_in.chosen), known[0])


def is_lost(sign_in: SignIn) -> bool:
    """Whether the first context replaces a chosen one that no longer exists."""
    return chosen_context(sign_in).id != sign_in.chosen


def following(sign_in: SignIn, accepted: SignIn) -> SignIn:
    """Return the accepted sign-in without what was in organizations that the user has left."""
    if accepted.lost_reason == ORGANIZATION and not accepted.refused:
        accepted = replace(accepted, lost_reason=LEFT)  # now the ID token says which reason it was
    return _without(accepted, context_ids(sign_in) - context_ids(accepted), LEFT)


def without_refused(sign_in: SignIn, context: Context, reason: str) -> SignIn:
    """Return the sign-in without a context, and without its organization if that is the reason."""
    rest, organization = sign_in, context.organization
    if organization and reason == LEFT:
        others = tuple(one for one in sign_in.person.organizations if one.id != organization.id)
        rest = replace(sign_in, person=replace(sign_in.person, organizations=others))
    elif organization and reason in OF_AN_ORGANIZATION:
        rest = replace(sign_in, refused=(*sign_in.refused, organization.id))
    return _without(rest, context_ids(sign_in) - context_ids(rest) | {context.id}, reason)


def _without(sign_in: SignIn, lost: set[str], reason: str) -> SignIn:
    """Return the sign-in without the tokens, and the choice, of contexts with these ids."""
    if sign_in.chosen in lost:
        sign_in = replace(sign_in, chosen="", lost_reason=reason)
    tokens = {id: token for id, token in sign_in.tokens.items() if id not in lost}
    return replace(sign_in, tokens=tokens)


def context_ids(sign_in: SignIn) -> set[str]:
    """Return the ids of all contexts."""
    return {context.id for context in contexts(sign_in)}
