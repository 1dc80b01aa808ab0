"""What the views of every sign-in share: its begin, its end, and the page of a failure."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache

from ..exceptions import AuthorizationServerUnavailable
from ..runtime import get_environment, get_kept
from . import pending
from .client import LogtoClient
from .exceptions import (
    BrowserError,
    LogtoUnavailable,
    NoSignIn,
    SignInCancelled,
    SignInRefused,
)
from .exchanges import Exchanges
from .failure_page import failure_page
from .sign_in_store import SignIn

View = Callable[[HttpRequest], HttpResponse]
Page = Callable[[HttpRequest, BrowserError], HttpResponse]


def sign_in_view(view: View, page: Page = failure_page) -> View:
    """Decorate a view: not cached, open to all, and a BrowserError becomes a page.

    Args:
        view: the view.
        page: makes the page.
    """

    @wraps(view)
    def wrapper(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except BrowserError as error:
            failure = error
        # Outside of the handler: an error in the page must not have frames with tokens.
        return page(request, failure)

    # A rollback would restore a refresh token that Logto has replaced.
    return never_cache(transaction.non_atomic_requests(login_not_required(wrapper)))


@contextmanager
def errors_lead_to(next_path: str) -> Iterator[None]:
    """Let the page of a BrowserError lead to ``next_path``."""
    try:
        yield
    except AuthorizationServerUnavailable as unavailable:
        raise LogtoUnavailable(next_path, unavailable) from None
    except BrowserError as error:
        error.next_path = next_path
        raise


def begin(request: HttpRequest, redirect_uri: str, next_path: str) -> HttpResponse:
    """Return the redirect to Logto, with the cookie of the pending sign-in."""
    with errors_lead_to(next_path):
        url, begun = LogtoClient().begin(redirect_uri, next_path)
    response = HttpResponseRedirect(url)
    pending.set_cookie(request, response, begun)
    return response


def deletes_cookie(view: View) -> View:
    """Decorate a callback: the pending sign-in is deleted even if the view fails."""

    @wraps(view)
    def wrapper(request: HttpRequest) -> HttpResponse:
        response = view(request)
        pending.delete_cookie(request, response, request.GET.get("state", ""))
        return response

    return wrapper


def complete(request: HttpRequest) -> tuple[str, SignIn]:
    """Return the path to go to, and what the authorization response (RFC 6749 §4.1.2) completes.

    Raises:
        BrowserError: it completes nothing.
    """
    answer = request.GET.dict()
    now = get_environment().now()
    if not answer:
        begun = pending.newest(request, now)
        raise NoSignIn if begun is None else SignInCancelled(begun.next)
    begun, code_verifier = pending.find(request, answer.get("state", ""), now)
    with errors_lead_to(begun.next), get_kept(Exchanges).once(begun.state):
        if len(answer) != sum(len(values) for _, values in request.GET.lists()):
            # RFC 6749 §3.1
            raise SignInRefused("the browser came back with a parameter twice")
        return begun.next, LogtoClient().complete(begun, code_verifier, answer)
