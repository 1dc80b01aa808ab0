"""AutoSchema: drf-spectacular's, with security requirements and refusals."""

from typing import Any

from drf_spectacular import openapi
from drf_spectacular.plumbing import ComponentRegistry

from ..compositions.alternatives import Alternative, Credential
from .organizations import header_parameters, host_in_words
from .responses import refusals
from .security import BEARER, OAUTH2, alternatives_of
from .wording import as_value, in_words

_SCHEMES = {BEARER, OAUTH2}


class AutoSchema(openapi.AutoSchema):
    """Name it in ``DEFAULT_SCHEMA_CLASS`` instead of drf-spectacular's own.

    An operation that needs an access token says in its description of which kind and with which
    scopes, lists the same in ``x-logto-access-tokens``, and has the responses 401, 403 and 503,
    unless the view declares others. A header that names the organization is a parameter. Operations
    that need none keep what drf-spectacular says.
    """

    def get_operation(
        self,
        path: str,
        path_regex: str,
        path_prefix: str,
        method: str,
        registry: ComponentRegistry,
    ) -> dict[str, Any] | None:
        """Return the operation, None where the view is left out of the description."""
        operation = super().get_operation(path, path_regex, path_prefix, method, registry)
        security = (operation or {}).get("security", [])
        if operation is None or not any(_SCHEMES.intersection(one) for one in security):
            return operation
        ways = alternatives_of(self.view)
        operation["security"] = _exact(security, ways)
        if {} not in operation["security"]:
            described = operation.get("description")
            paragraphs = (described, in_words(ways, self.view), host_in_words(self.view, ways))
            operation["description"] = "\n\n".join(filter(None, paragraphs))
            operation["x-logto-access-tokens"] = as_value(ways, self.view)
            for status, response in refusals(registry).items():
                operation["responses"].setdefault(status, response)
        if headers := _unless_declared(operation, header_parameters(self.view, ways)):
            operation["parameters"] = [*operation.get("parameters", ()), *headers]
        return operation


def _unless_declared(
    operation: dict[str, Any], headers: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the headers that ``@extend_schema`` does not describe itself; case does not count."""
    parameters = operation.get("parameters", ())
    declared = {one["name"].lower() for one in parameters if one["in"] == "header"}
    return [one for one in headers if one["name"].lower() not in declared]


def _exact(
    security: list[dict[str, list[str]]], ways: tuple[Alternative, ...]
) -> list[dict[str, list[str]]]:
    """Leave out what opens nothing.

    drf-spectacular takes an AllowAny among several permissions for an open view, and offers the
    schemes of other authentication classes where only an access token will do.
    """
    is_for_tokens_alone = all(way.credential is Credential.ACCESS_TOKEN for way in ways)
    kept = [
        one for one in security if one and (not is_for_tokens_alone or _SCHEMES.intersection(one))
    ]
    is_open = any(way.credential is Credential.NONE for way in ways)
    return [*kept, {}] if is_open else kept
