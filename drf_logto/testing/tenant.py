"""What a tenant has, for the stand-in for the Management API, and how Logto reads and writes it."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

Row = dict[str, Any]
Store = Callable[[], object]

_MANAGEMENT_API = "management-api"
_ALL = "management-api-all"
_MACHINE = "MachineToMachine"
_APPLICATION_TYPES = ("Native", "SPA", "Traditional", "MachineToMachine", "Protected", "SAML")
_CONSENT = ("organizationScopes", "resourceScopes", "organizationResourceScopes", "userScopes")
_LONGEST_NAME = 256
_EVENTS = frozenset(
    [
        "PostRegister",
        "PostSignIn",
        "PostSignInAdaptiveMfaTriggered",
        "PostResetPassword",
        "User.Created",
        "User.Deleted",
        "User.Data.Updated",
        "User.SuspensionStatus.Updated",
        "Role.Created",
        "Role.Deleted",
        "Role.Data.Updated",
        "Role.Scopes.Updated",
        "Scope.Created",
        "Scope.Deleted",
        "Scope.Data.Updated",
        "Organization.Created",
        "Organization.Deleted",
        "Organization.Data.Updated",
        "Organization.Membership.Updated",
        "OrganizationRole.Created",
        "OrganizationRole.Deleted",
        "OrganizationRole.Data.Updated",
        "OrganizationRole.Scopes.Updated",
        "OrganizationScope.Created",
        "OrganizationScope.Deleted",
        "OrganizationScope.Data.Updated",
        "Identifier.Lockout",
        "Message.RateLimited",
        "Grant.LimitExceeded",
    ]
)


class Refusal(ValueError):
    """An error of the Management API."""

    def __init__(self, status: int, code: str | None, **members: object) -> None:
        super().__init__(code)
        self.status = status
        named = {} if code is None else {"code": code}
        self.body: Row | str = {**named, **members, "message": code or "Internal server error."}


@dataclass(frozen=True, slots=True)
class Call:
    """A request: the ids in its path, its query, and the JSON object of its body."""

    ids: tuple[str, ...]
    query: Mapping[str, str]
    body: Row


class Tenant:
    """Rows by their ids, in a dict for each kind.

    A method that writes checks the request, and returns a function that does it: another request
    may come between, as at Logto. Then the database refuses a second row of one name.
    """

    def __init__(self, now: Callable[[], float], management_api: str) -> None:
        self._now = now
        self.chosen: Row = {}
        """Members of the next row that is added."""
        kinds = ("resources", "scopes", "roles", "organization-scopes", "organization-roles")
        self.rows: dict[str, dict[str, Row]] = {
            kind: {} for kind in (*kinds, "hooks", "applications", "consent", "recent-logs")
        }
        self.assigned: dict[str, list[str]] = {}
        """The ids of scopes and permissions, by the id of a role and their kind."""
        lifetime = {"isDefault": False, "accessTokenTtl": 3600}
        row = {"name": "Logto Management API", "indicator": management_api, **lifetime}
        self._add("resources", row, id=_MANAGEMENT_API)
        scope = {"resourceId": _MANAGEMENT_API, "name": "all", "description": "", "createdAt": 0}
        self._add("scopes", scope, id=_ALL)

    # API resources and their scopes

    def resources(self, call: Call) -> list[Row]:
        rows = self.rows["resources"].values()
        if call.query.get("includeScopes") != "true":
            return list(rows)
        return [{**row, "scopes": self._scopes(row["id"])} for row in rows]

    def create_resource(self, call: Call) -> Store:
        _require(call.body, name=str, indicator=str)
        indicator = {"indicator": call.body["indicator"]}
        if self._has("resources", indicator):
            raise Refusal(422, "resource.resource_identifier_in_use")
        lifetime = call.body.get("accessTokenTtl", 3600)
        row = {"name": call.body["name"], **indicator, "isDefault": False}
        row["accessTokenTtl"] = lifetime
        return lambda: {**self._insert("resources", row, indicator), "scopes": []}

    def change_resource(self, call: Call) -> Store:
        return self._change("resources", self._editable(call.ids[0]), call, "name accessTokenTtl")

    def scopes(self, call: Call) -> list[Row]:
        return self._scopes(call.ids[0])

    def create_scope(self, call: Call) -> Store:
        resource = self._editable(call.ids[0])
        _require(call.body, name=str)
        if " " in call.body["name"]:
            raise Refusal(400, "scope.name_with_space")
        unique = {"resourceId": resource["id"], "name": call.body["name"]}
        if self._has("scopes", unique):
            raise Refusal(422, "scope.name_exists")
        row = {**unique, "description": call.body.get("description") or None}
        return partial(self._insert, "scopes", {**row, "createdAt": self._milliseconds()}, unique)

    def _scopes(self, resource_id: str) -> list[Row]:
        return [row for row in self.rows["scopes"].values() if row["resourceId"] == resource_id]

    def _editable(self, resource_id: str) -> Row:
        row = self._one("resources", resource_id)
        if row["id"] == _MANAGEMENT_API:
            raise Refusal(400, "resource.cannot_modify_management_api")
        return row

    # Global roles

    def roles(self, call: Call) -> list[Row]:
        kind, name = call.query.get("type"), call.query.get("search.name")
        if kind not in {None, "User", _MACHINE}:
            raise _invalid("type", "invalid_enum_value")
        counts = {"usersCount": 0, "featuredUsers": []}
        counts |= {"applicationsCount": 0, "featuredApplications": []}
        return [
            {**row, **counts}
            for row in self.rows["roles"].values()
            if kind in {None, row["type"]} and name in {None, row["name"]}
        ]

    def create_role(self, call: Call) -> Store:
        _require(call.body, name=str, description=str)
        row = _with(call.body, "name description", type=_type(call.body))
        if self._has("roles", {"name": row["name"]}):
            raise Refusal(422, "role.name_in_use")
        return partial(self._store_role, {**row, "isDefault": False}, call.body.get("scopeIds", []))

    def _store_role(self, row: Row, scope_ids: list[str]) -> Row:
        role = self._insert("roles", row, {"name": row["name"]})
        for id in scope_ids:  # the role stays where there is no such scope
            self._one("scopes", id)
        self.assigned[role["id"]] = scope_ids
        return role

    def scopes_of_role(self, call: Call) -> list[Row]:
        role = self._one("roles", call.ids[0])
        return [{**row, "resource": self._resource(row)} for row in self._assigned(role["id"])]

    def assign_scopes(self, call: Call) -> Store:
        role = self._one("roles", call.ids[0])
        _require(call.body, scopeIds=list)
        added, existing = call.body["scopeIds"], self.assigned.setdefault(role["id"], [])
        for id in added:
            if id in existing:
                raise Refusal(422, "role.scope_exists")
            self._one("scopes", id)
        if _ALL in added and role["type"] != _MACHINE:
            raise Refusal(400, "role.management_api_scopes_not_assignable_to_user_role")
        return partial(self._store_scopes, role["id"], added)

    def _store_scopes(self, role_id: str, added: list[str]) -> list[Row]:
        existing = self.assigned[role_id]
        if set(added).intersection(existing):  # since the check
            raise Refusal(500, None)
        existing.extend(added)
        return self._assigned(role_id)

    def _assigned(self, role_id: str) -> list[Row]:
        return [self.rows["scopes"][id] for id in self.assigned.get(role_id, [])]

    def _resource(self, scope: Row) -> Row:
        return self.rows["resources"][scope["resourceId"]]

    # Organization permissions and organization roles

    def organization_scopes(self, _call: Call) -> list[Row]:
        return list(self.rows["organization-scopes"].values())

    def create_organization_scope(self, call: Call) -> Store:
        _require(call.body, name=str)
        row = _with(call.body, "name", description=call.body.get("description") or None)
        return partial(self._insert_of_organizations, "organization-scopes", row)

    def organization_roles(self, call: Call) -> Iterator[Row]:
        for row in self.rows["organization-roles"].values():
            if call.query.get("q", "") in row["name"]:
                yield {
                    **row,
                    "scopes": [_with(one, "id name") for one in self._permissions(row["id"])],
                    "resourceScopes": [
                        {**_with(one, "id name"), "resource": _with(self._resource(one), "id name")}
                        for one in self._assigned(row["id"])
                    ],
                }

    def create_organization_role(self, call: Call) -> Store:
        _require(call.body, name=str)
        body = call.body
        row = _with(body, "name", description=body.get("description") or None, type=_type(body))
        permissions = self._known("organization-scopes", body.get("organizationScopeIds", []))
        scopes = self._known("scopes", body.get("resourceScopeIds", []))

        def store() -> Row:
            role = self._insert_of_organizations("organization-roles", row)
            self.assigned[role["id"]] = scopes
            self.assigned[f"{role['id']} permissions"] = permissions
            return role

        return store

    def permissions_of_role(self, call: Call) -> list[Row]:
        return self._permissions(self._organization_role(call)["id"])

    def api_scopes_of_role(self, call: Call) -> list[Row]:
        return self._assigned(self._organization_role(call)["id"])

    def assign_permissions(self, call: Call) -> Store:
        _require(call.body, organizationScopeIds=list)
        added = self._known("organization-scopes", call.body["organizationScopeIds"])
        (id,) = self._known("organization-roles", call.ids)
        return partial(self._extend, f"{id} permissions", added)

    def assign_api_scopes(self, call: Call) -> Store:
        _require(call.body, scopeIds=list)
        added = self._known("scopes", call.body["scopeIds"])
        (id,) = self._known("organization-roles", call.ids)
        return partial(self._extend, id, added)

    def _permissions(self, role_id: str) -> list[Row]:
        ids = self.assigned.get(f"{role_id} permissions", [])
        return [self.rows["organization-scopes"][id] for id in ids]

    def _organization_role(self, call: Call) -> Row:
        return self._one("organization-roles", call.ids[0], "entity.not_found")

    def _insert_of_organizations(self, kind: str, row: Row) -> Row:
        unique = {"name": row["name"]}
        if self._has(kind, unique):
            raise Refusal(422, "entity.unique_integrity_violation")
        return self._insert(kind, row, unique)

    def _known(self, kind: str, ids: Iterable[str]) -> list[str]:
        if not self.rows[kind].keys() >= set(ids):
            raise Refusal(422, "entity.relation_foreign_key_not_found")
        return list(ids)

    def _extend(self, name: str, added: list[str]) -> str:
        existing = self.assigned.setdefault(name, [])
        existing.extend(id for id in added if id not in existing)
        return "Created"

    # Applications and webhooks

    def applications(self, call: Call) -> list[Row]:
        rows = reversed(self.rows["applications"].values())
        return [row for row in rows if call.query.get("types") in {None, row["type"]}]

    def application(self, call: Call) -> Row:
        return {**self._one("applications", call.ids[0]), "isAdmin": False}

    def create_application(self, call: Call) -> Store:
        _require(call.body, name=str, type=str)
        if call.body["type"] not in _APPLICATION_TYPES:
            raise _invalid("type", "invalid_enum_value")
        uris: Row = {"redirectUris": [], "postLogoutRedirectUris": []}
        row = {
            **_with(call.body, "name description type"),
            "oidcClientMetadata": call.body.get("oidcClientMetadata", uris),
            "isThirdParty": call.body.get("isThirdParty", False),
            "appLevelAccessControlEnabled": False,
            "createdAt": self._milliseconds(),
        }
        row |= {"customClientMetadata": {}, "protectedAppMetadata": None, "customData": {}}
        return partial(self._add, "applications", row)

    def change_application(self, call: Call) -> Store:
        if "oidcClientMetadata" in call.body:
            metadata = call.body["oidcClientMetadata"]
            for name in ("redirectUris", "postLogoutRedirectUris"):
                if name not in metadata or not all("://" in uri for uri in metadata[name]):
                    raise _invalid(f"oidcClientMetadata.{name}", "custom")
        row = self._one("applications", call.ids[0])
        return self._change("applications", row, call, "name description oidcClientMetadata")

    def consent(self, call: Call) -> Row:
        application = self._one("applications", call.ids[0])
        asked: Row = {name: [] for name in _CONSENT}
        asked |= self.rows["consent"].get(application["id"], {})
        permissions = (self.rows["organization-scopes"][id] for id in asked["organizationScopes"])
        return {
            "organizationScopes": [_with(one, "id name description") for one in permissions],
            "resourceScopes": self._by_resource(asked["resourceScopes"]),
            "organizationResourceScopes": self._by_resource(asked["organizationResourceScopes"]),
            "userScopes": asked["userScopes"],
        }

    def _by_resource(self, ids: list[str]) -> list[Row]:
        found: dict[str, Row] = {}
        for scope in (self.rows["scopes"][id] for id in ids):
            resource = _with(self._resource(scope), "id name indicator")
            one = found.setdefault(resource["id"], {"resource": resource, "scopes": []})
            one["scopes"].append(_with(scope, "id name description"))
        return list(found.values())

    def add_consent(self, call: Call) -> Store:
        application = self._one("applications", call.ids[0])
        if not application["isThirdParty"]:
            raise Refusal(422, "application.third_party_application_only")
        given = {name: ids for name, ids in call.body.items() if name in _CONSENT}

        def store() -> str:
            self.rows["consent"].setdefault(application["id"], {}).update(given)
            return "Created"

        return store

    def hooks(self, _call: Call) -> list[Row]:
        return list(self.rows["hooks"].values())

    def hook(self, call: Call) -> Row:
        return self._one("hooks", call.ids[0])

    def create_hook(self, call: Call) -> Store:
        _require(call.body, config=dict)
        _require(call.body["config"], url=str)
        if "events" not in call.body:
            raise Refusal(400, "hook.missing_events")
        _require(call.body, events=list)
        if not _EVENTS.issuperset(call.body["events"]):
            raise _invalid("events.0", "invalid_enum_value")
        row = _with(call.body, "events config", enabled=call.body.get("enabled", True))
        row["name"] = call.body.get("name", "")
        made = {"signingKey": secrets.token_urlsafe(24), "createdAt": self._milliseconds()}
        return partial(self._add, "hooks", {**row, "event": None, **made})

    def change_hook(self, call: Call) -> Store:
        hook = self._one("hooks", call.ids[0], "entity.not_exists")
        return self._change("hooks", hook, call, "name events config enabled")

    def delete_hook(self, call: Call) -> Store:
        hook = self._one("hooks", call.ids[0], "entity.not_found")
        return lambda: self.rows["hooks"].pop(hook["id"], None) and None

    def hook_log(self, call: Call) -> list[Row]:
        """The deliveries of a webhook, newest first; a test adds them to ``rows``."""
        log = self.rows["recent-logs"].values()
        return [row for row in reversed(log) if row["payload"]["hookId"] == call.ids[0]]

    # What all of them use

    def one(self, kind: str) -> Callable[[Call], Row]:
        return lambda call: self._one(kind, call.ids[0])

    def _one(self, kind: str, id: str, code: str = "entity.not_exists_with_id") -> Row:
        if id not in self.rows[kind]:
            raise Refusal(404, code)
        return self.rows[kind][id]

    def _has(self, kind: str, members: Row) -> bool:
        return any(members.items() <= row.items() for row in self.rows[kind].values())

    def _insert(self, kind: str, row: Row, unique: Row) -> Row:
        if self._has(kind, unique):  # since the check
            raise Refusal(500, None)
        return self._add(kind, row)

    def _add(self, kind: str, row: Row, id: str | None = None) -> Row:
        named = {"tenantId": "default", "id": id or secrets.token_hex(11)[:21], **row}
        chosen, self.chosen = self.chosen, {}
        row = self.rows[kind][str({**named, **chosen}["id"])] = {**named, **chosen}
        return row

    def _change(self, kind: str, row: Row, call: Call, names: str) -> Store:
        def store() -> Row:
            # What was changed comes last from then on.
            changed = {name: call.body[name] for name in names.split() if name in call.body}
            self.rows[kind][row["id"]] = {**self.rows[kind].pop(row["id"]), **changed}
            return self.rows[kind][row["id"]]

        return store

    def _milliseconds(self) -> int:
        return int(self._now() * 1000)


def _with(row: Row, names: str, **members: object) -> Row:
    return {**{name: row.get(name) for name in names.split()}, **members}


def _type(body: Row) -> str:
    kind: str = body.get("type", "User")
    if kind not in {"User", _MACHINE}:
        raise _invalid("type", "invalid_enum_value")
    return kind


def _require(body: Row, **types: type[Any]) -> None:
    for name, expected in types.items():
        if not isinstance(body.get(name), expected):
            raise _invalid(name, "invalid_type")
        if not body[name]:
            raise _invalid(name, "too_small")
        if len(body[name]) > _LONGEST_NAME:
            raise _invalid(name, "too_big")


def _invalid(path: str, code: str) -> Refusal:
    issue = {"code": code, "path": path.split(".")}
    data = {"issues": [issue], "name": "ZodError"}
    return Refusal(400, "guard.invalid_input", data=data, details=f"Error in key path {path!r}")
