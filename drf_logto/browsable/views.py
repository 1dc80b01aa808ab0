"""The views of the sign-in: login, callback, logout, the choice of a context, and copy as curl."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from ..exceptions import AuthorizationServerUnavailable, LogtoError
from ..responses import sentence
from ..runtime import get_environment, get_kept
from . import pending, sign_in_store
from .client import LogtoClient
from .curl import UnprintableCommand, curl_command
from .exceptions import (
    BrowserError,
    LogtoUnavailable,
    NoSignIn,
    SignedOut,
    SignInCancelled,
    SignInRefused,
)
from .exchanges import Exchanges
from .failure_page import failure_page
from .next_path import local_path
from .page_context import page_context
from .redirect_uris import redirect_uri, signed_out_uri
from .refresh import choose_context, get_access_token
from .session import BrowserSession

View = Callable[[HttpRequest], HttpResponse]

_UNAUTHORIZED = 401
_BAD_REQUEST = 400
_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")


def _sign_in_view(view: View) -> View:
    """Decorate a view: not cached, open to all, and a BrowserError becomes a page."""

    @wraps(view)
    def wrapper(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except BrowserError as error:
            failure = error
        # Outside of the handler: an error in the page must not have frames with tokens.
        return failure_page(request, failure)

    # A rollback would restore a refresh token that Logto has replaced.
    return never_cache(transaction.non_atomic_requests(login_not_required(wrapper)))


@contextmanager
def _errors_lead_to(next_path: str) -> Iterator[None]:
    """Let the page of a BrowserError lead to ``next_path``."""
    try:
        yield
    except AuthorizationServerUnavailable as unavailable:
        raise LogtoUnavailable(next_path, unavailable) from None
    except BrowserError as error:
        error.next_path = next_path
        raise


@require_GET
@_sign_in_view
def login(request: HttpRequest) -> HttpResponse:
    """Redirect to Logto."""
    next_path = local_path(request.GET.get("next"))
    with _errors_lead_to(next_path):
        url, begun = LogtoClient().begin(redirect_uri(request), next_path)
    response = HttpResponseRedirect(url)
    pending.set_cookie(request, response, begun)
    return response


def _deletes_cookie(view: View) -> View:
    """Decorate the callback: the pending sign-in is deleted even if the view fails."""

    @wraps(view)
    def wrapper(request: HttpRequest) -> HttpResponse:
        response = view(request)
        pending.delete_cookie(request, response, request.GET.get("state", ""))
        return response

    return wrapper


@require_GET
@_deletes_cookie
@_sign_in_view
def callback(request: HttpRequest) -> HttpResponse:
    """Complete a sign-in with the authorization response (RFC 6749 §4.1.2)."""
    answer = request.GET.dict()
    now = get_environment().now()
    if not answer:
        begun = pending.newest(request, now)
        raise NoSignIn if begun is None else SignInCancelled(begun.next)
    begun, code_verifier = pending.find(request, answer.get("state", ""), now)
    with _errors_lead_to(begun.next), get_kept(Exchanges).once(begun.state):
        if len(answer) != sum(len(values) for _, values in request.GET.lists()):
            # RFC 6749 §3.1
            raise SignInRefused("the browser came back with a parameter twice")
        sign_in = LogtoClient().complete(begun, code_verifier, answer)
    browser = BrowserSession(request)
    former = browser.load()
    browser.sign_in(sign_in_store.create(sign_in), sign_in.person.sub)
    rotate_token(request)  # as Django's login() does
    # Two sign-ins of the same user may share a grant, which a revocation ends as a whole.
    if former is not None and former.person.sub != sign_in.person.sub:
        LogtoClient().revoke(former)
    return HttpResponseRedirect(begun.next)


@require_POST
@csrf_protect
@_sign_in_view
def logout(request: HttpRequest) -> HttpResponse:
    """End the session here, and redirect to Logto to end the session there."""
    browser = BrowserSession(request)
    sign_in = browser.load()
    browser.sign_out()
    try:
        url = LogtoClient().end(sign_in, signed_out_uri(request))
    except AuthorizationServerUnavailable:
        url = f"{reverse('rest_framework:signed-out')}?here=only"
    return HttpResponseRedirect(url)


@require_GET
@_sign_in_view
def signed_out(request: HttpRequest) -> HttpResponse:
    """Show that the session has ended, here or also at Logto."""
    context = {
        "is_here_only": "here" in request.GET,
        "login_url": reverse("rest_framework:login"),
        "next": local_path(None),
    }
    return render(request, "drf_logto/signed_out.html", context)


@require_POST
@csrf_protect
@_sign_in_view
def context(request: HttpRequest) -> HttpResponse:
    """Choose the context that requests are made in; with ``renew``, also get a new token."""
    chosen, renews = request.POST.get("context", ""), "renew" in request.POST
    next_path = local_path(request.POST.get("next"))
    browser = BrowserSession(request)
    try:
        with _errors_lead_to(next_path):
            choose_context(browser.key, chosen, renews=renews)
    except SignedOut:
        browser.end()
    return HttpResponseRedirect(next_path)


@require_POST
@csrf_protect
@_sign_in_view
def curl(request: HttpRequest) -> HttpResponse:
    """Return a request as a curl command with the access token."""
    method, path = request.POST.get("method"), request.POST.get("path", "")
    if method not in _METHODS or local_path(path) != path:
        return JsonResponse({}, status=_BAD_REQUEST)
    url = request.build_absolute_uri(path)  # it may raise, and a report must have no token
    try:
        # Not safe, whatever the method: the command must have the token that was chosen.
        token = get_access_token(
            BrowserSession(request).key, is_safe=False, page_context_id=page_context(request)
        )
    except SignedOut:
        return JsonResponse({}, status=_UNAUTHORIZED)
    except LogtoError as refusal:
        return JsonResponse({"detail": sentence(refusal)}, status=refusal.status)
    body, body_type = request.POST.get("body", ""), request.POST.get("body_type", "")
    try:
        return JsonResponse({"command": curl_command(method, url, token, body, body_type)})
    except UnprintableCommand:
        return JsonResponse({}, status=_BAD_REQUEST)
