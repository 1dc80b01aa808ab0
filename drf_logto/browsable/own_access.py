"""What the page about a signed-in person's own access shows."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.encoding import uri_to_iri

from ..exceptions import LogtoError
from ..explanation.access import (
    AccessExplainer,
    AccessExplanation,
    Target,
    find_target,
    in_short,
)
from ..explanation.tokens import Refusal, TokenExplanation, explain_token
from ..explanation.users import UserExplanation
from ..operations import Operation, all_operations
from .choices import chosen_context
from .contexts import Context
from .exceptions import SignedOut
from .next_path import local_path
from .refresh import get_access_token
from .session import BrowserSession


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAccess:
    """What is known of the token that the person has chosen.

    Attributes:
        name: of the person.
        chosen: which token it is.
        token: what it says, and which rules it keeps.
        refusal: why it is refused, None where it is not.
        user: whom the project has for it.
        path: the address in question, "" for all of them.
        access: to the address, or to all that read access tokens; none where no route leads there.
    """

    name: str
    chosen: Context
    token: TokenExplanation
    refusal: Refusal | None
    user: UserExplanation | None
    path: str
    access: tuple[AccessExplanation, ...]


def own_access(browser: BrowserSession, path: str) -> OwnAccess | None:
    """Return what the person of a session has access to, None where nobody is signed in.

    Args:
        browser: the session.
        path: of the address in question, "" for all of them.

    Raises:
        ImproperlyConfigured: the setting ``LOGTO`` cannot work.
    """
    token = _explained_token(browser)
    sign_in = browser.load()
    if token is None or sign_in is None:
        return None
    path = uri_to_iri(urlsplit(local_path(path)).path) if path else ""
    target = find_target(path) if path else None
    explainer, asked = AccessExplainer(token), _operations(path, target)
    user = explainer.user_at(target)
    refusal = token.refusal or (user.refusal if user else None)
    return OwnAccess(
        name=sign_in.person.name,
        chosen=chosen_context(sign_in),
        token=token,
        refusal=Refusal.of(refusal) if refusal else None,
        user=user,
        path=path,
        access=tuple(in_short(explainer.explain(one, target) for one in asked)),
    )


def _explained_token(browser: BrowserSession) -> TokenExplanation | None:
    """Explain the token that requests have; its frames end here, and so does the token."""
    try:
        return explain_token(get_access_token(browser.key, is_safe=True))
    except SignedOut:
        browser.end()
        return None
    except LogtoError:  # Logto gives no new one: what is stored may still say why
        sign_in = browser.load()
    stored = sign_in.tokens.get(chosen_context(sign_in).id) if sign_in else None
    return explain_token(stored) if stored else None


def _operations(path: str, target: Target | None) -> Iterable[Operation]:
    if path:
        return target.operations if target else ()
    return (one for one in all_operations() if one.is_protected and one.accepts_tokens)
