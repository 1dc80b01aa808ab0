"""The objects of a tenant, and how the Management API writes them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...exceptions import AuthorizationServerUnavailable

_MANAGEMENT_API = re.compile(r"https://[^.]+\.logto\.app/api")

ApiScope = tuple[str, str]
"""The resource indicator of an API resource, and the name of one of its scopes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiResource:
    """An API resource.

    Attributes:
        id: Logto's.
        name: for people.
        indicator: the resource indicator.
        token_lifetime: of its access tokens, in seconds.
        scopes: the id of each scope by its name.
    """

    id: str
    name: str
    indicator: str
    token_lifetime: float
    scopes: Mapping[str, str]

    @property
    def is_management_api(self) -> bool:
        """Whether it is the Management API itself, which cannot be changed.

        Logto, too, knows it by its indicator: on Logto Cloud, its id is like any other.
        """
        return _MANAGEMENT_API.fullmatch(self.indicator) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A global role, or one of organizations.

    Attributes:
        id: Logto's.
        name: unique among the roles of its kind.
        description: ``""`` where there is none.
        is_for_machines: a role is either for machines or for users.
        scopes: of API resources.
        permissions: the organization permissions; a global role has none.
    """

    id: str
    name: str
    description: str
    is_for_machines: bool
    scopes: frozenset[ApiScope]
    permissions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A webhook.

    Attributes:
        id: Logto's.
        name: for people; not unique.
        url: where deliveries are sent to.
        events: their names.
        is_enabled: whether deliveries are sent.
        signing_key: with which deliveries are signed; a secret.
    """

    id: str
    name: str
    url: str
    events: frozenset[str]
    is_enabled: bool
    signing_key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An application: a client in the words of OAuth.

    Attributes:
        id: its ``client_id``.
        name: for people.
        type: ``Traditional``, ``SPA``, ``Native``, ``MachineToMachine`` and so on.
        is_third_party: whether users are asked for their consent.
        redirect_uris: where a sign-in may lead to.
        post_logout_redirect_uris: where a log-out may lead to.
        backchannel_logout_uri: where logout tokens are sent to, ``""`` for nowhere.
        metadata: these as Logto has them, and others; a change replaces all of it.
    """

    id: str
    name: str
    type: str
    is_third_party: bool
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    backchannel_logout_uri: str
    metadata: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentScopes:
    """What a third-party application may ask users for.

    Attributes:
        user: such as ``email``.
        resources: scopes of API resources.
        organization_resources: the same for tokens of an organization.
        permissions: organization permissions.
    """

    user: frozenset[str]
    resources: frozenset[ApiScope]
    organization_resources: frozenset[ApiScope]
    permissions: frozenset[str]


def parse_resource(row: dict[str, Any]) -> ApiResource:
    """Return an API resource, from a row with its scopes."""
    return ApiResource(
        id=_text(row, "id"),
        name=_text(row, "name"),
        indicator=_text(row, "indicator"),
        token_lifetime=_checked(row.get("accessTokenTtl"), int),
        scopes=parse_ids(_objects(row, "scopes")),
    )


def parse_role(row: dict[str, Any], scopes: Iterable[dict[str, Any]]) -> Role:
    """Return a global role, from its row and those of its scopes."""
    with_indicators = frozenset(
        (_text(_object(one.get("resource")), "indicator"), _text(one, "name")) for one in scopes
    )
    return Role(**_role_members(row), scopes=with_indicators)


def parse_organization_role(row: dict[str, Any], indicators: Mapping[str, str]) -> Role:
    """Return an organization role, from its row and the indicators of API resources by their ids.

    A resource that was created after the indicators were read is left out.
    """
    scopes = _objects(row, "resourceScopes")
    found = [(indicators.get(_text(_object(one.get("resource")), "id")), one) for one in scopes]
    return Role(
        **_role_members(row),
        scopes=frozenset((indicator, _text(one, "name")) for indicator, one in found if indicator),
        permissions=frozenset(parse_ids(_objects(row, "scopes"))),
    )


def _role_members(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": _text(row, "id"),
        "name": _text(row, "name"),
        "description": str(row.get("description") or ""),
        "is_for_machines": _text(row, "type") == "MachineToMachine",
    }


def parse_hook(row: dict[str, Any]) -> Hook:
    """Return a webhook; one of an old Logto has one event, by another name."""
    events = row.get("events") or [one for one in [row.get("event")] if one]
    return Hook(
        id=_text(row, "id"),
        name=_text(row, "name"),
        url=_text(_object(row.get("config")), "url"),
        events=_texts(events),
        is_enabled=row.get("enabled") is True,
        signing_key=_text(row, "signingKey"),
    )


def parse_application(value: object) -> Application:
    """Return an application."""
    row = _object(value)
    metadata = _object(row.get("oidcClientMetadata"))
    return Application(
        id=_text(row, "id"),
        name=_text(row, "name"),
        type=_text(row, "type"),
        is_third_party=row.get("isThirdParty") is True,
        redirect_uris=tuple(_list(metadata.get("redirectUris"), str)),
        post_logout_redirect_uris=tuple(_list(metadata.get("postLogoutRedirectUris"), str)),
        backchannel_logout_uri=str(metadata.get("backchannelLogoutUri") or ""),
        metadata=metadata,
    )


def parse_consent_scopes(value: object) -> ConsentScopes:
    """Return what a third-party application may ask for."""
    row = _object(value)
    return ConsentScopes(
        user=_texts(row.get("userScopes")),
        resources=frozenset(_consented(row, "resourceScopes")),
        organization_resources=frozenset(_consented(row, "organizationResourceScopes")),
        permissions=frozenset(parse_ids(_objects(row, "organizationScopes"))),
    )


def _consented(row: dict[str, Any], name: str) -> Iterator[ApiScope]:
    for one in _objects(row, name):
        indicator = _text(_object(one.get("resource")), "indicator")
        yield from ((indicator, scope) for scope in parse_ids(_objects(one, "scopes")))


def parse_ids(rows: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Return the id of each object by its name."""
    return {_text(row, "name"): _text(row, "id") for row in rows}


def _texts(value: object) -> frozenset[str]:
    return frozenset(_list(value, str))


def _objects(row: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return _list(row.get(name), dict)


def _text(row: dict[str, Any], name: str) -> str:
    text: str = _checked(row.get(name), str)
    return text


def _object(value: object) -> dict[str, Any]:
    found: dict[str, Any] = _checked(value, dict)
    return found


def _list(value: object, of: type[Any]) -> list[Any]:
    return [_checked(one, of) for one in _checked(value, list)]


def _checked(value: object, expected: type[Any]) -> Any:
    if not isinstance(value, expected):
        raise AuthorizationServerUnavailable(
            "the Management API answers otherwise than that of Logto 1.42"
        )
    return value
