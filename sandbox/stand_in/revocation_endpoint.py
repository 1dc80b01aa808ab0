"""The revocation endpoint (RFC 7009): with a token goes all that was granted along with it."""

from .client_authentication import authenticate_client
from .messages import Request, Response
from .provider import Provider
from .refusals import Refused


def revoke_token(provider: Provider, request: Request) -> Response:
    """Revoke a refresh token or an opaque token of the client; one that is unknown is no error.

    Raises:
        Refused: the client is not who it says, or the token is a JWT, which nobody can revoke.
    """
    parameters = request.parameters()
    parameters.refuse_repeated()
    client = authenticate_client(request.header("Authorization"), parameters)
    token = parameters.require("token")
    if token.count(".") == 2:
        raise Refused(
            "unsupported_token_type",
            "Structured JWT Tokens cannot be revoked via the revocation_endpoint",
        )
    issued = provider.refresh_tokens.get(token) or provider.opaque_tokens.get(token)
    if issued is not None and issued.grant.application == client:
        provider.revoke(issued.grant)
    return Response()
