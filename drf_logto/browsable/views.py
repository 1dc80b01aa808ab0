"""The views of the sign-in: login, callback, logout, the choice of a context, and copy as curl."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_GET, require_POST

from ..exceptions import AuthorizationServerUnavailable, LogtoError
from ..responses import sentence
from . import sign_in_store
from .client import LogtoClient
from .curl import UnprintableCommand, curl_command
from .exceptions import SignedOut
from .next_path import local_path
from .own_access import own_access
from .page_context import page_context
from .redirect_uris import redirect_uri, signed_out_uri
from .refresh import choose_context, get_access_token
from .session import BrowserSession
from .sign_in import begin, complete, deletes_cookie, errors_lead_to, sign_in_view

_UNAUTHORIZED = 401
_BAD_REQUEST = 400
_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")


@require_GET
@sign_in_view
def login(request: HttpRequest) -> HttpResponse:
    """Redirect to Logto."""
    return begin(request, redirect_uri(request), local_path(request.GET.get("next")))


@require_GET
@deletes_cookie
@sign_in_view
def callback(request: HttpRequest) -> HttpResponse:
    """Complete a sign-in with the authorization response (RFC 6749 §4.1.2)."""
    next_path, sign_in = complete(request)
    browser = BrowserSession(request)
    former = browser.load()
    browser.sign_in(sign_in_store.create(sign_in), sign_in.person.sub)
    rotate_token(request)  # as Django's login() does
    # Two sign-ins of the same user may share a grant, which a revocation ends as a whole.
    if former is not None and former.person.sub != sign_in.person.sub:
        LogtoClient().revoke(former)
    return HttpResponseRedirect(next_path)


@require_POST
@csrf_protect
@sign_in_view
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
@sign_in_view
def signed_out(request: HttpRequest) -> HttpResponse:
    """Show that the session has ended, here or also at Logto."""
    context = {
        "is_here_only": "here" in request.GET,
        "login_url": reverse("rest_framework:login"),
        "next": local_path(None),
    }
    return render(request, "drf_logto/signed_out.html", context)


@require_GET
@sign_in_view
def explain(request: HttpRequest) -> HttpResponse:
    """Show what the token of the signed-in user says and opens; of nobody else's."""
    found = own_access(BrowserSession(request), request.GET.get("path", ""))
    if found is None:
        query = urlencode({"next": request.get_full_path()})
        return HttpResponseRedirect(f"{reverse('rest_framework:login')}?{query}")
    context = {"me": found, "explain_url": request.path, "next": found.path or local_path(None)}
    return render(request, "drf_logto/explain.html", context)


@require_POST
@csrf_protect
@sign_in_view
def context(request: HttpRequest) -> HttpResponse:
    """Choose the context that requests are made in; with ``renew``, also get a new token."""
    chosen, renews = request.POST.get("context", ""), "renew" in request.POST
    next_path = local_path(request.POST.get("next"))
    browser = BrowserSession(request)
    try:
        with errors_lead_to(next_path):
            choose_context(browser.key, chosen, renews=renews)
    except SignedOut:
        browser.end()
    return HttpResponseRedirect(next_path)


@require_POST
@csrf_protect
@sign_in_view
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
