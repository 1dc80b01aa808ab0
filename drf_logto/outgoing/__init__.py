"""Access tokens for requests to other APIs, by client credentials (RFC 6749 §4.4)."""

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import sync_to_async

from ..conf import get_settings
from ..runtime import get_kept
from .client_credentials import MachineTokenRefused, TokenRequest, machine_application
from .machine_tokens import machine_tokens

__all__ = ["MachineTokenRefused", "amachine_token", "drop_machine_token", "machine_token"]


def machine_token(
    *,
    resource: str | None = None,
    organization: str | None = None,
    scopes: str | Collection[str] = (),
) -> str:
    """Return an access token of the application ``MACHINE_APP_ID``.

    It is kept, and replaced before it ends. One thread asks Logto for it, and with ``CACHE`` one
    process; the others use the old token meanwhile, or wait if there is none.

    Args:
        resource: the indicator of an API resource. Without ``organization``, the token is for all
            of it.
        organization: the id of an organization. Without ``resource``, it is an organization token.
        scopes: one scope, or several. Logto grants only what is asked for.

    Raises:
        ImproperlyConfigured: the settings cannot work, or name no application.
        ValueError: an argument cannot be what it should.
        MachineTokenRefused: Logto does not issue the token, or does not grant all scopes.
        AuthorizationServerUnavailable: Logto cannot be reached, or not yet again.
    """
    request = TokenRequest.of(resource, organization, scopes)
    return machine_tokens().get(machine_application(get_settings()), request).value


async def amachine_token(
    *,
    resource: str | None = None,
    organization: str | None = None,
    scopes: str | Collection[str] = (),
) -> str:
    """Return what ``machine_token`` does; the event loop goes on while Logto is asked."""
    request = TokenRequest.of(resource, organization, scopes)
    tokens, application = machine_tokens(), machine_application(get_settings())
    token = tokens.find(application, request)
    if token is None:
        get = sync_to_async(tokens.get, thread_sensitive=False, executor=get_kept(_threads))
        token = await get(application, request)
    return token.value


def _threads(_now: Callable[[], float]) -> ThreadPoolExecutor:
    """Return those that wait; the few of the event loop look up addresses as well."""
    return ThreadPoolExecutor(4, thread_name_prefix="drf_logto-machine-tokens")


def drop_machine_token(token: str) -> bool:
    """Forget a token that another API has answered 401, so that the next one is new.

    Args:
        token: what ``machine_token`` returned.

    Returns:
        whether another token can be had. Each kind is replaced once in ``JWKS_COOLDOWN`` seconds,
        so that an API which rejects every token does not cause a request to Logto for each.
    """
    return machine_tokens().drop(token)
