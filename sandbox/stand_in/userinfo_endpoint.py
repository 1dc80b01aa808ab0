"""The userinfo endpoint (OpenID Connect Core §5.3): for opaque access tokens only."""

from http import HTTPStatus

from .messages import Request, Response, json_response
from .provider import Provider
from .refusals import Refused, invalid_request
from .user_claims import userinfo_claims


def tell_user(provider: Provider, request: Request) -> Response:
    """Answer with the claims of the person that the token is for.

    Raises:
        Refused: there is no token, or it is none of these.
    """
    scheme, _, token = request.header("Authorization").partition(" ")
    if scheme.lower() != "bearer":
        raise invalid_request("no access token provided")
    opaque = provider.find(provider.opaque_tokens, token)
    if opaque is None:
        raise Refused("invalid_token", "invalid token provided", HTTPStatus.UNAUTHORIZED)
    if "openid" not in opaque.scopes:
        raise Refused(
            "insufficient_scope",
            "access token missing openid scope",
            HTTPStatus.FORBIDDEN,
            scope="openid",
        )
    return json_response(userinfo_claims(opaque.grant.session.person, opaque.scopes))
