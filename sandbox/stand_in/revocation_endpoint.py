"""The revocation endpoint (RFC 7009): with a token goes all that was granted along with it."""

from ..tenant import Application
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
    if isinstance(client, Application):
        _revoke(provider, client, token)
    return Response()


def _revoke(provider: Provider, application: Application, token: str) -> None:
    issued = provider.refresh_tokens.get(token) or provider.opaque_tokens.get(token)
    grant = provider.grants.get(issued.grant_id) if issued else None
    if issued is not None and grant is not None and grant.application == application:
        provider.grants.pop(issued.grant_id)
