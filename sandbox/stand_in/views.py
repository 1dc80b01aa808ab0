"""The stand-in's endpoints and pages."""

from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import path, re_path
from django.utils.translation import get_language

from ..tenant import OPERATIONS, is_loopback_origin
from .authorization import AuthorizationServer, redirect
from .forms import PersonForm
from .provider import SESSION_LIFETIME, Provider, Session, random_name
from .tokens import refused, userinfo_claims

_COOKIE = "_session"
_PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Language, Cookie",
}


class Request(WSGIRequest):
    """A request to the stand-in; ``cookie`` is the name of the browser's session."""

    server: AuthorizationServer
    provider: Provider

    @property
    def cookie(self) -> str:
        return self.COOKIES.get(_COOKIE, "")


# For programs


def metadata(request: Request) -> HttpResponse:
    return JsonResponse(request.provider.logto.metadata)


def jwks(request: Request) -> HttpResponse:
    return JsonResponse(request.provider.logto.jwks, content_type="application/jwk-set+json")


def token(request: Request) -> HttpResponse:
    """Answer a token request, which Swagger UI sends from another origin (Fetch §3.2)."""
    response = HttpResponse(status=204)
    if request.POST.get("client_id") == OPERATIONS.id:
        return management_api(request)
    if request.method != "OPTIONS":
        response = request.server.create_token_response(request)
    origin = request.headers.get("Origin", "")
    if is_loopback_origin(origin):
        response["Access-Control-Allow-Origin"] = origin
        response["Access-Control-Allow-Headers"] = "Authorization, Content-Type, X-Requested-With"
    response["Vary"] = "Origin"
    return response


def management_api(request: Request) -> HttpResponse:
    """Answer the commands of ``manage.py logto``."""
    api = request.provider.management_api
    if api is None:
        raise refused("invalid_request", "this stand-in has no Management API", 404)
    text = request.body.decode()
    path = request.get_full_path()
    status, headers, body = api.respond(str(request.method), path, request.headers, text)
    return HttpResponse(body, status=status, headers=headers)


def revocation(request: Request) -> Any:
    return request.server.create_endpoint_response("revocation", request)


def userinfo(request: Request) -> HttpResponse:
    """Tell about the person of an opaque token (OpenID Connect Core §5.3)."""
    provider = request.provider
    name = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = provider.opaque_tokens.get(name)
    if token is None or token.grant.id not in provider.grants:
        raise refused("invalid_token", "invalid token provided", 401)
    if "openid" not in token.scopes:
        raise refused("insufficient_scope", "access token missing openid scope", 403)
    person = provider.people[token.grant.session.person_id]
    return JsonResponse(userinfo_claims(person, token.scopes))


# For people. The address of a page holds the authorization request, which each view validates.


def authorize(request: Request) -> Any:
    """Answer an authorization request, or show a page first."""
    grant = request.server.get_consent_grant(request)
    session = request.provider.sessions.get(request.cookie)
    return _answer(request, grant, None if "login" in grant.prompts else session)


def _answer(request: Request, grant: Any, session: Session | None) -> Any:
    if session is not None and grant.client.third_party_scopes is None:
        return request.server.create_authorization_response(request, session, grant)
    step, page = ("login", "/sign-in/") if session is None else ("consent", "/consent/")
    if "none" in grant.prompts:
        where = {"redirect_uri": grant.redirect_uri, "state": grant.request.payload.state}
        raise refused(f"{step}_required", f"End-User {step} is required", **where)
    return redirect(f"{page}?{request.META['QUERY_STRING']}", {})


def sign_in(request: Request) -> HttpResponse:
    """Let somebody be chosen, who is signed in from then on."""
    grant = request.server.get_consent_grant(request)
    provider = request.provider
    person = provider.people.get(request.POST.get("person", ""))
    if person is None or person.is_suspended:
        context = {"people": provider.people.values(), "application": grant.client}
        return _page("sign_in", **context)
    session = Session(person_id=person.id, auth_time=int(provider.logto.now()))
    response: HttpResponse = _answer(request, grant, session)
    provider.sessions.pop(request.cookie, None)
    name = random_name()
    provider.sessions[name] = session
    response.set_cookie(_COOKIE, name, SESSION_LIFETIME, httponly=True, samesite="Lax")
    return response


def consent(request: Request) -> Any:
    """Ask whether a third-party application may have what it asks for."""
    grant = request.server.get_consent_grant(request)
    session = request.provider.sessions.get(request.cookie)
    if session is None:
        return _answer(request, grant, session)
    if "cancel" in request.POST:
        return redirect(grant.redirect_uri, {})  # without error and state, as Logto does
    person, scopes = request.provider.people[session.person_id], grant.granted_scopes(session)
    if "authorize" in request.POST:
        chosen = request.POST.getlist("organization")
        grant.organization_ids = tuple(id for id in person.memberships if id in chosen)
        return request.server.create_authorization_response(request, session, grant)
    return _page("consent", person=person, application=grant.client, scopes=scopes)


def end_session(request: Request) -> HttpResponse:
    """Sign the browser out (OpenID Connect RP-Initiated Logout 1.0 §2).

    Logto leaves the grants with ``offline_access`` alone here; the stand-in leaves all of them.
    """
    asked = {**request.GET.dict(), **request.POST.dict()}
    response = _page("signed_out")
    if "client_id" in asked:
        client = request.server.query_client(asked["client_id"])
        if uri := asked.get("post_logout_redirect_uri"):
            if not client.check_post_logout_redirect_uri(uri):
                raise refused("invalid_request", "post_logout_redirect_uri not registered")
            response = redirect(uri, {k: v for k, v in asked.items() if k == "state"})
    request.provider.end_session(request.cookie)
    response.delete_cookie(_COOKIE, samesite="Lax")
    return response


def people(request: Request) -> HttpResponse:
    """Show all people; delete one, or change memberships and suspension."""
    people = request.provider.people
    deleted = people.get(request.POST.get("delete", ""))
    if deleted is not None:
        request.provider.delete(deleted)
    chosen = people.get(request.POST.get("person", ""))
    if chosen is not None:
        form = PersonForm(chosen, request.POST)
        if not form.is_valid():
            raise refused("invalid_request", "there is no such role")
        request.provider.update(form.changed())
    forms = [PersonForm(person) for person in people.values()]
    return _page("people", forms=forms, changed=chosen, deleted=deleted)


def style(_: Request) -> HttpResponse:
    return HttpResponse(render_to_string("stand_in/style.css"), content_type="text/css")


def _page(name: str, **context: Any) -> HttpResponse:
    context |= {"language": get_language()}
    return HttpResponse(render_to_string(f"stand_in/{name}.html", context), headers=_PAGE_HEADERS)


urlpatterns = [
    path("oidc/.well-known/openid-configuration", metadata),
    path("oidc/jwks", jwks),
    path("oidc/auth", authorize),
    path("oidc/token", token),
    path("oidc/token/revocation", revocation),
    path("oidc/me", userinfo),
    re_path("^api/", management_api),
    path("oidc/session/end", end_session),
    path("sign-in/", sign_in),
    path("consent/", consent),
    path("people/", people),
    path("style.css", style),
]
