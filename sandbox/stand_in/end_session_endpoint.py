"""The end session endpoint (OpenID Connect RP-Initiated Logout 1.0 §2)."""

import jwt

from drf_logto.testing import Logto

from ..tenant import APPLICATIONS
from .authorization_endpoint import SESSION_COOKIE
from .messages import Request, Response, redirect
from .parameters import Parameters
from .provider import Provider
from .redirect_uris import is_post_logout_redirect_uri
from .refusals import Refused, invalid_request
from .signed_out_page import signed_out_page

_NO_COOKIE = {"Set-Cookie": f"{SESSION_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"}


def end_session(provider: Provider, request: Request) -> Response:
    """Sign the browser out, and send it back if an application says where to.

    Raises:
        Refused: the hint, the client or the address is wrong; the session goes on then.
    """
    parameters = request.parameters()
    parameters.refuse_repeated()
    client_id = _client_id(provider.logto, parameters)
    if client_id is not None and client_id not in APPLICATIONS:
        raise Refused("invalid_client", "client is invalid")
    uri = parameters.get("post_logout_redirect_uri") if client_id else None
    if uri is not None and not is_post_logout_redirect_uri(uri):
        raise invalid_request("post_logout_redirect_uri not registered")
    provider.end_session(request.cookie(SESSION_COOKIE))
    if uri is None:
        return signed_out_page(request.header("Accept-Language"), _NO_COOKIE)
    return redirect(uri, {"state": parameters.get("state")}, _NO_COOKIE)


def _client_id(logto: Logto, parameters: Parameters) -> str | None:
    named = parameters.get("client_id")
    hint = parameters.get("id_token_hint")
    if hint is None:
        return named
    audience = _audience(logto, hint)
    if named not in (None, audience):
        raise invalid_request("client_id does not match the provided id_token_hint")
    return audience


def _audience(logto: Logto, id_token: str) -> str:
    """Return whom an ID token was issued to; it may have expired."""
    try:
        key = jwt.PyJWKSet.from_dict(logto.jwks)[jwt.get_unverified_header(id_token)["kid"]]
        claims = jwt.decode(
            id_token,
            key,
            algorithms=[key.algorithm_name],
            issuer=logto.issuer,
            options={"verify_exp": False, "verify_iat": False, "verify_aud": False},
        )
    except (jwt.PyJWTError, KeyError):
        raise invalid_request("could not validate id_token_hint") from None
    return str(claims["aud"])
