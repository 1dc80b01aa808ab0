"""Chooses the Logto that the sandbox trusts: a tenant from the environment, or the stand-in."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

from .organizations import ACME
from .stand_in import running_stand_in
from .tenant import API_RESOURCE, BACK_OFFICE, BROWSABLE_API


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationServer:
    """A Logto, and an application that is registered there.

    Attributes:
        endpoint: its address, without a slash at the end.
        api_resource: the resource indicator of this API.
        description: what a reader has to know of it, in a sentence or two.
        client: id and secret of the application, as a shell reads them.
        organization_id: an organization of the application, as a shell reads it.
        access_token: asks for a token with these parameters; it comes as a shell reads it.
    """

    endpoint: str
    api_resource: str
    description: str
    client: str
    organization_id: str
    access_token: Callable[[Mapping[str, str]], str]


@contextmanager
def chosen_authorization_server() -> Iterator[AuthorizationServer]:
    """Yield the tenant of LOGTO_ENDPOINT and LOGTO_API_RESOURCE, or a stand-in that sets the two.

    Raises:
        SystemExit: only one of the two is set.
    """
    endpoint = os.environ.get("LOGTO_ENDPOINT")
    api_resource = os.environ.get("LOGTO_API_RESOURCE")
    if endpoint and api_resource:
        yield _tenant(endpoint.rstrip("/"), api_resource)
    elif endpoint or api_resource:
        sys.exit(
            "Set both LOGTO_ENDPOINT and LOGTO_API_RESOURCE for a tenant of your own, "
            "or neither for the stand-in."
        )
    else:
        with running_stand_in() as stand_in:
            server = _stand_in(stand_in.logto.endpoint)
            os.environ["LOGTO_ENDPOINT"] = server.endpoint
            os.environ["LOGTO_API_RESOURCE"] = server.api_resource
            os.environ["LOGTO_APP_ID"] = BROWSABLE_API.id
            os.environ["LOGTO_APP_SECRET"] = BROWSABLE_API.secret
            os.environ["no_proxy"] = "*"
            yield server


def _tenant(endpoint: str, api_resource: str) -> AuthorizationServer:
    return AuthorizationServer(
        endpoint=endpoint,
        api_resource=api_resource,
        description=(
            f"It trusts {endpoint}. Set APP_ID and APP_SECRET to a machine-to-machine application\n"
            "there, ORGANIZATION_ID to an organization of it, and TOKEN to the access_token that\n"
            "the last line below answers, asked for as the comment above a line says."
        ),
        client="$APP_ID:$APP_SECRET",
        organization_id="$ORGANIZATION_ID",
        access_token=lambda _: "$TOKEN",
    )


def _stand_in(endpoint: str) -> AuthorizationServer:
    return AuthorizationServer(
        endpoint=endpoint,
        api_resource=API_RESOURCE,
        description=(
            f"It trusts {endpoint}, a stand-in for Logto, whose people, applications\n"
            "and roles are in sandbox/tenant.py. Log in to the browsable API as one of the\n"
            f"people; {endpoint}/people/ changes memberships and suspends people."
        ),
        client=f"{BACK_OFFICE.id}:{BACK_OFFICE.secret}",
        organization_id=ACME,
        access_token=partial(_fetch_token, endpoint),
    )


def _fetch_token(endpoint: str, parameters: Mapping[str, str]) -> str:
    """Ask as an application does: with its own credentials, for exactly what it needs."""
    form = {
        "grant_type": "client_credentials",
        "client_id": BACK_OFFICE.id,
        "client_secret": BACK_OFFICE.secret,
        **parameters,
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    with closing(HTTPConnection(urlsplit(endpoint).netloc, timeout=5)) as connection:
        connection.request("POST", "/oidc/token", urlencode(form), headers)
        token: str = json.load(connection.getresponse())["access_token"]
    return token
