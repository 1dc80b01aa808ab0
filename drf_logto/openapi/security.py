"""The security schemes of LogtoJWTAuthentication and the requirements of each operation."""

from typing import Any
from weakref import WeakKeyDictionary

from drf_spectacular.drainage import set_override
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent

from ..auth_info import TokenKind
from ..authentication import LogtoJWTAuthentication
from ..compositions.alternatives import Alternative, alternatives
from ..conf import get_settings
from ..verification.metadata import ISSUER_PATH

OAUTH2 = "LogtoOAuth2"
BEARER = "LogtoBearer"

_SIGN_IN = (
    "Signs in to Logto for a token of the kind `global`, with the parameter `resource`. "
    f"Tokens of the other kinds are for {BEARER}."
)
_GRANTED = {
    TokenKind.GLOBAL: "for the API resource",
    TokenKind.ORGANIZATION: "in an organization",
    TokenKind.ORGANIZATION_RESOURCE: "for the API resource within an organization",
}

_COMPUTED: WeakKeyDictionary[Any, tuple[Alternative, ...]] = WeakKeyDictionary()

# The classes of one project that derive from it share the two schemes.
set_override(LogtoJWTAuthentication, "suppress_collision_warning", True)


def alternatives_of(view: Any) -> tuple[Alternative, ...]:
    """Return every way into a view, computed once: it is made for one operation."""
    if view not in _COMPUTED:
        _COMPUTED[view] = alternatives(view)
    return _COMPUTED[view]


class LogtoJWTAuthenticationScheme(OpenApiAuthenticationExtension):
    """Describes LogtoJWTAuthentication, and whatever derives from it, to drf-spectacular."""

    target_class = LogtoJWTAuthentication
    match_subclasses = True
    name = [OAUTH2, BEARER]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        """Return one requirement for each alternative, and the bearer token that stands for all.

        An HTTP scheme has no scopes in OpenAPI 3.0. Where several classes of a view derive from
        LogtoJWTAuthentication, the first one answers for all of them.
        """
        classes = [type(one) for one in auto_schema.view.get_authenticators()]
        own = [one for one in classes if issubclass(one, LogtoJWTAuthentication)]
        if own[0] is not type(self.target):
            return []
        ways = dict.fromkeys(way.scopes for way in alternatives_of(auto_schema.view))
        return [*({OAUTH2: list(scopes)} for scopes in ways or [()]), {BEARER: []}]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        """Return both schemes; the scopes are those that operations named until now."""
        issuer = get_settings().endpoint[0] + ISSUER_PATH
        flow = {
            "authorizationUrl": f"{issuer}/auth",
            "tokenUrl": f"{issuer}/token",
            "refreshUrl": f"{issuer}/token",
            "scopes": _scopes(auto_schema.registry, alternatives_of(auto_schema.view)),
        }
        return [
            {
                "type": "oauth2",
                "description": _SIGN_IN,
                "flows": {"authorizationCode": flow},
            },
            {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "An access token of Logto, of a kind that the operation names.",
            },
        ]


def _scopes(registry: ComponentRegistry, ways: tuple[Alternative, ...]) -> dict[str, str]:
    """Add the scopes of one operation to those that the registry knows."""
    try:
        known = registry[OAUTH2, ResolvedComponent.SECURITY_SCHEMA].schema
        scopes: dict[str, str] = known["flows"]["authorizationCode"]["scopes"]
    except KeyError:
        scopes = {}
    granted = {
        (scope, _GRANTED[kind])
        for way in ways
        for scope in (*way.scopes, *way.scopes_of_some)
        for kind in TokenKind
        if kind in way.kinds
    }
    for scope, how in sorted(granted):
        known_as = scopes.get(scope)
        if known_as is None:
            scopes[scope] = how
        elif how not in known_as.split("; "):
            scopes[scope] = f"{known_as}; {how}"
    return scopes
