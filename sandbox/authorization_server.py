"""Chooses the Logto that the sandbox trusts: a tenant from the environment, or the stand-in."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from drf_logto.testing import Logto

from .organizations import ACME
from .server import listening
from .stand_in import StandIn, running_stand_in
from .stand_in.management import management_api
from .tenant import BACK_OFFICE, BROWSABLE_API, OPERATIONS, PEOPLE, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationServer:
    """A Logto, and an application that is registered there.

    Attributes:
        endpoint: its address, without a slash at the end.
        api_resource: the resource indicator of this API.
        description: what a reader has to know of it, in a sentence or two.
        client: id and secret of the application, as a shell reads them.
        organization_id: an organization of the application, as a shell reads it.
        is_stand_in: whether a shell can sign people in, and suspend them.
        signing_key: of the stand-in's webhook.
    """

    endpoint: str
    api_resource: str
    description: str
    client: str
    organization_id: str
    is_stand_in: bool = False
    signing_key: str = ""


@contextmanager
def chosen_authorization_server(stand_in_port: str, receiver: str) -> Iterator[AuthorizationServer]:
    """Yield the tenant of LOGTO_ENDPOINT and LOGTO_API_RESOURCE, or a stand-in that sets the two.

    Args:
        stand_in_port: the wanted port of the stand-in, ``""`` for any.
        receiver: host and port of the API, to which the stand-in sends what Logto sends.

    Raises:
        SystemExit: only one of the two is set, or the port cannot be had.
    """
    endpoint = os.environ.get("LOGTO_ENDPOINT")
    api_resource = os.environ.get("LOGTO_API_RESOURCE")
    if endpoint and api_resource:
        if stand_in_port:
            sys.exit("--stand-in-port has no effect: LOGTO_ENDPOINT names a tenant of your own.")
        yield _tenant(endpoint.rstrip("/"), api_resource)
    elif endpoint or api_resource:
        sys.exit(
            "Set both LOGTO_ENDPOINT and LOGTO_API_RESOURCE for a tenant of your own, "
            "or neither for the stand-in."
        )
    else:
        bound = listening(stand_in_port or "0", "--stand-in-port", StandIn)
        with running_stand_in(bound) as stand_in:
            # As clients that know nothing of Logto want it, the address of the API.
            stand_in.logto.api_resource = f"http://{receiver}/"
            deliveries = stand_in.provider.deliveries
            server = _stand_in(stand_in.logto, deliveries.signing_key)
            deliveries.receiver = receiver
            os.environ["LOGTO_WEBHOOK_SIGNING_KEY"] = deliveries.signing_key
            os.environ["LOGTO_ENDPOINT"] = server.endpoint
            os.environ["LOGTO_API_RESOURCE"] = server.api_resource
            os.environ["LOGTO_APP_ID"] = BROWSABLE_API.id
            os.environ["LOGTO_APP_SECRET"] = BROWSABLE_API.secret
            stand_in.provider.management_api = management_api(
                stand_in.logto, f"http://{receiver}", deliveries.signing_key
            )
            os.environ["LOGTO_MANAGEMENT_APP_ID"] = OPERATIONS.id
            os.environ["LOGTO_MANAGEMENT_APP_SECRET"] = OPERATIONS.secret
            os.environ["SANDBOX_STAND_IN"] = "yes"
            os.environ["no_proxy"] = "*"
            yield server


def _tenant(endpoint: str, api_resource: str) -> AuthorizationServer:
    return AuthorizationServer(
        endpoint=endpoint,
        api_resource=api_resource,
        description=(
            f"It trusts {endpoint}. Its front page links your organizations after\n"
            "you have logged in; that needs LOGTO_APP_ID and LOGTO_APP_SECRET.\n"
            "So does /admin/, which lets in who has the scope admin:site.\n"
            "For the lines below, set APP_ID and APP_SECRET to a machine-to-machine application\n"
            "there, and ORGANIZATION_ID to an organization of it. The statuses are those of an\n"
            "application whose roles grant read:products, invite:member and read:documents."
        ),
        client='"$APP_ID:$APP_SECRET"',
        organization_id='"$ORGANIZATION_ID"',
    )


def _stand_in(logto: Logto, signing_key: str) -> AuthorizationServer:
    endpoint = logto.endpoint
    people = "\n".join(f"  {_described(person)}" for person in PEOPLE.values())
    return AuthorizationServer(
        endpoint=endpoint,
        api_resource=logto.api_resource,
        description=(
            f"It trusts {endpoint}, a stand-in for Logto, which asks for no password.\n"
            f"{endpoint}/people/ changes memberships, and suspends and deletes people.\n"
            "Suspend somebody whose page is open, and reload it: the sign-in has ended.\n\n"
            "Log in to the browsable API as one of these people of sandbox/tenant.py, and to the\n"
            f"admin site at /admin/ as a site manager:\n{people}"
        ),
        client=f"{BACK_OFFICE.id}:{BACK_OFFICE.secret}",
        organization_id=ACME,
        is_stand_in=True,
        signing_key=signing_key,
    )


def _described(person: Person) -> str:
    memberships = [f"{role} of {name}" for _, name, role in person.named_memberships]
    return f"{person.name}: {', '.join([*person.roles, *memberships])}"
