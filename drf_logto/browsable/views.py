"""The pages of the sign-in: log in, come back, choose a token, take it along, log out."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from ..exceptions import AuthorizationServerUnavailable, LogtoError
from ..responses import sentence
from ..runtime import get_environment, get_kept
from . import pending, sign_in_store
from .client import LogtoClient
from .curl import UnprintableLine, curl_command
from .exceptions import BrowserError, LogtoUnavailable, SignedOut, SignInRefused
from .exchanges import Exchanges
from .next_path import own_path
from .page_context import page_context
from .refresh import choose, lasting_token
from .session import BrowserSession

View = Callable[[HttpRequest], HttpResponse]

_UNAUTHORIZED = 401
_BAD_REQUEST = 400
_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")


def _for_one_person(view: View) -> View:
    """Let a view be cached by nobody, and tell on a plain page what goes wrong in it."""

    @wraps(view)
    def told(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except BrowserError as error:
            failure = error
        # Beyond the handler: a page that breaks would report what led to it, tokens included.
        context = {
            "sentence": gettext(failure.message),
            "next": failure.next_path,
            "login_url": reverse("rest_framework:login"),
        }
        response = render(request, "drf_logto/failure.html", context, status=failure.status)
        if failure.retry_after:
            response["Retry-After"] = str(failure.retry_after)
        return response

    # What Logto has done with a refresh token stands, whatever becomes of the request.
    return never_cache(transaction.non_atomic_requests(login_not_required(told)))


def _kept(browser: BrowserSession) -> sign_in_store.SignIn | None:
    """Return the sign-in of a browser, None where nobody is signed in."""
    try:
        return sign_in_store.load(browser.key)
    except SignedOut:
        return None


@contextmanager
def _on_the_way_to(next_path: str) -> Iterator[None]:
    """Let the page about what goes wrong lead on to ``next_path``."""
    try:
        yield
    except AuthorizationServerUnavailable as unavailable:
        raise LogtoUnavailable(next_path, unavailable) from None
    except BrowserError as error:
        error.next_path = next_path
        raise


@require_GET
@_for_one_person
def login(request: HttpRequest) -> HttpResponse:
    """Send the browser to Logto."""
    next_path = own_path(request.GET.get("next"))
    redirect_uri = request.build_absolute_uri(reverse("rest_framework:callback"))
    with _on_the_way_to(next_path):
        address, begun = LogtoClient().begin(redirect_uri, next_path)
    response = HttpResponseRedirect(address)
    pending.keep(request, response, begun)
    return response


def _used_once(view: View) -> View:
    """Let the browser forget the sign-in that it comes back from, whatever comes of it."""

    @wraps(view)
    def forgetting(request: HttpRequest) -> HttpResponse:
        response = view(request)
        pending.forget(request, response, request.GET.get("state", ""))
        return response

    return forgetting


@require_GET
@_used_once
@_for_one_person
def callback(request: HttpRequest) -> HttpResponse:
    """Take the browser back from Logto (RFC 6749 §4.1.2)."""
    answer = request.GET.dict()
    now = get_environment().now()
    begun, code_verifier = pending.find(request, answer.get("state", ""), now)
    with _on_the_way_to(begun.next), get_kept(Exchanges).once(begun.state):
        if len(answer) != sum(len(values) for _, values in request.GET.lists()):
            raise SignInRefused  # a parameter twice, RFC 6749 §3.1
        sign_in = LogtoClient().complete(begun, code_verifier, answer)
    browser = BrowserSession(request)
    former = _kept(browser)
    browser.sign_in(sign_in_store.create(sign_in), sign_in.person.sub)
    rotate_token(request)
    # Another sign-in of the same person may share the grant, which a revocation voids as a whole.
    if former is not None and former.person.sub != sign_in.person.sub:
        LogtoClient().revoke(former)
    return HttpResponseRedirect(begun.next)


@require_POST
@csrf_protect
@_for_one_person
def logout(request: HttpRequest) -> HttpResponse:
    """End the session here, and send the browser to end that at Logto."""
    browser = BrowserSession(request)
    sign_in = _kept(browser)
    browser.sign_out()
    signed_out_uri = reverse("rest_framework:signed-out")
    try:
        address = LogtoClient().end(sign_in, request.build_absolute_uri(signed_out_uri))
    except AuthorizationServerUnavailable:
        address = f"{signed_out_uri}?here=only"
    return HttpResponseRedirect(address)


@require_GET
@_for_one_person
def signed_out(request: HttpRequest) -> HttpResponse:
    """Say that the session is over, here or everywhere."""
    context = {
        "is_here_only": "here" in request.GET,
        "login_url": reverse("rest_framework:login"),
        "next": own_path(None),
    }
    return render(request, "drf_logto/signed_out.html", context)


@require_POST
@csrf_protect
@_for_one_person
def context(request: HttpRequest) -> HttpResponse:
    """Let requests be made with another of the person's tokens."""
    next_path = own_path(request.POST.get("next"))
    browser = BrowserSession(request)
    try:
        with _on_the_way_to(next_path):
            choose(browser.key, request.POST.get("context", ""))
    except SignedOut:
        browser.end()
    return HttpResponseRedirect(next_path)


@require_POST
@csrf_protect
@_for_one_person
def curl(request: HttpRequest) -> HttpResponse:
    """Hand over a request as a line for a shell, with the access token in it."""
    method, path = request.POST.get("method"), request.POST.get("path", "")
    if method not in _METHODS or own_path(path) != path:
        return JsonResponse({}, status=_BAD_REQUEST)
    try:
        token = lasting_token(
            BrowserSession(request).key, is_safe=False, made_in=page_context(request)
        )
    except SignedOut:
        return JsonResponse({}, status=_UNAUTHORIZED)
    except LogtoError as refusal:
        return JsonResponse({"detail": sentence(refusal)}, status=refusal.status)
    url = request.build_absolute_uri(path)
    body, body_type = request.POST.get("body", ""), request.POST.get("body_type", "")
    try:
        return JsonResponse({"command": curl_command(method, url, token, body, body_type)})
    except UnprintableLine:
        return JsonResponse({}, status=_BAD_REQUEST)
