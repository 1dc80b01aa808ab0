"""Which endpoint answers which address, and in which form it refuses."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

from .authorization_endpoint import SIGN_IN_PATH, authorize
from .cors import Cors, cors_headers
from .end_session_endpoint import end_session
from .messages import Request, Response, json_response
from .provider import Provider
from .refusal_page import refusal_page
from .refusals import Refused, not_found
from .revocation_endpoint import revoke_token
from .sign_in_endpoint import show_people, sign_in
from .token_endpoint import issue_tokens
from .userinfo_endpoint import tell_user

_Endpoint = Callable[[Provider, Request], Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """The endpoints of one address.

    Attributes:
        methods: by HTTP method.
        is_page: whether people look at it.
        cors: which other origins may read it.
    """

    methods: Mapping[str, _Endpoint]
    is_page: bool = False
    cors: Cors = Cors.NONE


def _metadata(provider: Provider, _: Request) -> Response:
    return json_response(provider.logto.metadata)


def _jwks(provider: Provider, _: Request) -> Response:
    return json_response(provider.logto.jwks, content_type="application/jwk-set+json")


_SIGN_IN = Route(methods={"GET": show_people, "POST": sign_in}, is_page=True)
_ROUTES = {
    "/oidc/.well-known/openid-configuration": Route(methods={"GET": _metadata}, cors=Cors.OPEN),
    "/oidc/jwks": Route(methods={"GET": _jwks}, cors=Cors.OPEN),
    "/oidc/auth": Route(methods={"GET": authorize}, is_page=True),
    "/oidc/token": Route(methods={"POST": issue_tokens}, cors=Cors.LOOPBACK),
    "/oidc/token/revocation": Route(methods={"POST": revoke_token}, cors=Cors.LOOPBACK),
    "/oidc/me": Route(methods={"GET": tell_user}, cors=Cors.LOOPBACK),
    "/oidc/session/end": Route(methods={"GET": end_session, "POST": end_session}, is_page=True),
}


def has_route(method: str, path: str) -> bool:
    """Tell whether something answers there."""
    return method in _route(path).methods


def respond(provider: Provider, method: str, request: Request) -> Response:
    """Return the answer to a request, whatever it is."""
    route = _route(request.path)
    response = _answer(route, provider, method, request)
    headers = cors_headers(route.cors, request.header("Origin"), tuple(route.methods))
    return replace(response, headers={**headers, **response.headers})


def _route(path: str) -> Route:
    if path.startswith(SIGN_IN_PATH):
        return _SIGN_IN
    return _ROUTES.get(path, Route(methods={}))


def _answer(route: Route, provider: Provider, method: str, request: Request) -> Response:
    if method == "OPTIONS" and route.cors is not Cors.NONE:
        return Response(status=HTTPStatus.NO_CONTENT)
    try:
        if method not in route.methods:
            raise not_found()
        with provider.lock:
            return route.methods[method](provider, request)
    except Refused as refused:
        if route.is_page:
            return refusal_page(refused, request.header("Accept-Language"))
        return refusal(refused)


def refusal(refused: Refused) -> Response:
    """Return the answer for programs."""
    return json_response(refused.to_dict(), refused.status, headers=refused.headers)
