"""The refusals of LogtoJWTAuthentication and the permissions as OpenAPI components."""

from typing import Any

from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent

from .. import exceptions
from ..exceptions import LogtoError

_CHALLENGE = "The challenge of RFC 6750 §3."
_SECONDS = "After how many seconds another try can succeed."
_REFUSALS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "401": (
        "LogtoUnauthorized",
        "There is no access token, or no valid one.",
        {"WWW-Authenticate": {"description": _CHALLENGE, "schema": {"type": "string"}}},
    ),
    "403": (
        "LogtoForbidden",
        "The access token is valid, and not for this; or a scope is missing.",
        {"WWW-Authenticate": {"description": _CHALLENGE, "schema": {"type": "string"}}},
    ),
    "503": (
        "LogtoUnavailable",
        "The authorization server is needed to verify the access token, and unavailable.",
        {"Retry-After": {"description": _SECONDS, "schema": {"type": "integer"}}},
    ),
}


def refusals(registry: ComponentRegistry) -> dict[str, dict[str, str]]:
    """Register the components, and return the response of each status as a reference."""
    return {status: _response(registry, status) for status in _REFUSALS}


def _response(registry: ComponentRegistry, status: str) -> dict[str, str]:
    name, description, headers = _REFUSALS[status]
    # As a component of its own, the enumeration is not mixed with choices of the project.
    code = {"type": "string", "enum": _codes(int(status))}
    body = {
        "type": "object",
        "properties": {
            "detail": {"type": "string", "description": "A sentence for people."},
            "code": _register(registry, f"{name}Code", ResolvedComponent.SCHEMA, code),
        },
        # DRF reports its own refusals, such as that of a request without a token, without a code.
        "required": ["detail"],
    }
    schema = _register(registry, name, ResolvedComponent.SCHEMA, body)
    response = {
        "description": description,
        "headers": headers,
        "content": {"application/json": {"schema": schema}},
    }
    return _register(registry, name, ResolvedComponent.RESPONSE, response)


def _codes(status: int) -> list[str]:
    """Every code of a status, in the order of ``exceptions``."""
    kinds: list[type[LogtoError]] = [getattr(exceptions, name) for name in exceptions.__all__]
    facts = (kind for kind in kinds if hasattr(kind, "code") and kind.status == status)
    return list(dict.fromkeys(fact.code for fact in facts))


def _register(
    registry: ComponentRegistry, name: str, component_type: str, schema: dict[str, Any]
) -> dict[str, str]:
    component = ResolvedComponent(name, component_type, schema, object=name)
    registry.register_on_missing(component)
    reference: dict[str, str] = component.ref
    return reference
