"""The token endpoint (RFC 6749 §3.2): who asks, and by which grant."""

from ..tenant import Application, Machine
from .authorization_code_grant import redeem_code
from .client_authentication import authenticate_client
from .client_credentials_grant import issue_to_machine
from .messages import Request, Response, json_response
from .provider import Provider
from .refresh_token_grant import refresh
from .refusals import Refused, invalid_request

_FOR_MACHINES = {"client_credentials": issue_to_machine}
_FOR_PEOPLE = {"authorization_code": redeem_code, "refresh_token": refresh}


def issue_tokens(provider: Provider, request: Request) -> Response:
    """Answer a token request.

    Raises:
        Refused: it gets no token.
    """
    parameters = request.parameters()
    parameters.refuse_repeated()
    client = authenticate_client(request.header("Authorization"), parameters)
    grant_type = parameters.require("grant_type")
    if grant_type not in _FOR_MACHINES | _FOR_PEOPLE:
        raise Refused("unsupported_grant_type", "unsupported grant_type requested")
    if isinstance(client, Machine) and grant_type in _FOR_MACHINES:
        return json_response(_FOR_MACHINES[grant_type](provider.logto, client, parameters))
    if isinstance(client, Application) and grant_type in _FOR_PEOPLE:
        return json_response(_FOR_PEOPLE[grant_type](provider, client, parameters))
    raise invalid_request("requested grant type is not allowed for this client")
