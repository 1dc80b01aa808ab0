"""What a challenge tells a client that does not know Logto yet (RFC 9728 §5.1, RFC 6750 §3)."""

from typing import Any

from ..compositions.alternatives import alternatives
from ..conf import LogtoSettings, get_settings
from ..responses import UNAUTHORIZED
from ..view_options import accepted_resources
from .documents import address_of


def challenge_parameters(request: Any, view: Any, *, status: int) -> dict[str, str]:
    """Return ``resource_metadata``, and in a 401 ``scope`` where one view's need is known.

    Args:
        request: the request that is refused.
        view: its view, None where it is not known.
        status: of the response.
    """
    found = {}
    try:
        address = _address(request, view, get_settings())
        if address is not None:
            found["resource_metadata"] = address
        if status == UNAUTHORIZED and (scope := _scope(view)):
            found["scope"] = scope
    except Exception:  # noqa: BLE001 - what the project's view computes; the refusal stands
        return found
    return found


def _address(request: Any, view: Any, settings: LogtoSettings) -> str | None:
    """Return the address of the metadata of the first resource that the view accepts."""
    accepted = accepted_resources(view, request)
    usable = (one for one in settings.api_resource if accepted is None or one in accepted)
    addresses = (address_of(one, settings) for one in usable)
    return next((one for one in addresses if one is not None), None)


def _scope(view: Any) -> str:
    """Return what every way into the view asks for, "" where they differ."""
    needs = {way.scopes for way in alternatives(view)}
    return " ".join(needs.pop()) if len(needs) == 1 else ""
