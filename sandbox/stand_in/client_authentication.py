"""Client authentication at the token endpoint (RFC 6749 §2.3.1), and public clients without."""

import base64
from hmac import compare_digest
from urllib.parse import unquote_plus

from ..tenant import APPLICATIONS, MACHINES, Application, Machine
from .parameters import Parameters
from .refusals import invalid_client, invalid_request


def authenticate_client(authorization: str, parameters: Parameters) -> Machine | Application:
    """Return the client that asks.

    Args:
        authorization: the Authorization header, ``""`` where there is none.
        parameters: of the form.

    Raises:
        Refused: no client of the tenant, or not with this secret.
    """
    client_id, secret = _credentials(authorization, parameters)
    client = MACHINES.get(client_id) or APPLICATIONS.get(client_id)
    if client is None or not compare_digest(client.secret.encode(), secret.encode()):
        raise invalid_client()
    return client


def _credentials(authorization: str, parameters: Parameters) -> tuple[str, str]:
    if not authorization:
        client_id = parameters.get("client_id")
        if client_id is None:
            raise invalid_request("no client authentication mechanism provided")
        return client_id, parameters.get("client_secret") or ""
    if parameters.get("client_secret"):
        raise invalid_request("client authentication must only be provided using one mechanism")
    client_id, secret = _basic(authorization)
    if parameters.get("client_id") not in (None, client_id):
        raise invalid_request("client_id mismatch")
    return client_id, secret


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except ValueError:
        decoded = ""
    client_id, colon, secret = decoded.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise invalid_request("invalid authorization header value format")
    return unquote_plus(client_id), unquote_plus(secret)
