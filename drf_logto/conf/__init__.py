"""Parses the ``LOGTO`` setting into LogtoSettings and caches the result until it changes."""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from ..organization_sources.base import OrganizationSource
from ..organization_sources.computed import SOURCES, as_source
from ..organization_sources.named import UrlKeyword
from ..verification.jwk import SIGNATURE_ALGORITHMS
from ..verification.metadata import ISSUER_PATH
from .addresses import is_loopback, public_url, resource, url
from .resource_metadata import Members, resource_metadata
from .values import VISIBLE_TEXT, Invalid, boolean, number, one_or_more, optional, text

__all__ = ["LogtoSettings", "Problem", "get_settings", "is_loopback", "parse"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one key, and which kind of wrong it is (see ``checks``)."""

    kind: str
    message: str


_IN_THE_URL = UrlKeyword("organization_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogtoSettings:
    """The ``LOGTO`` dict, each key a typed attribute; seconds and characters where they count."""

    endpoint: tuple[str, ...]
    api_resource: tuple[str, ...]
    algorithms: tuple[str, ...] = SIGNATURE_ALGORITHMS
    leeway: float = 0
    internal_endpoint: str | None = None
    organization_source: OrganizationSource | None = _IN_THE_URL
    organization_url_kwarg: str = "organization_id"
    http_timeout: float = 5
    jwks_ttl: float = 300
    jwks_max_stale: float = 86400
    jwks_cooldown: float = 30
    token_cache_size: int = 10000
    cache: str | None = None
    max_token_length: int = 16384
    realm: str = "api"
    client_ids: tuple[str, ...] | None = None
    app_id: str | None = None
    app_secret: str | None = field(default=None, repr=False)
    webhook_signing_keys: tuple[str, ...] = field(default=(), repr=False)
    backchannel_logout_client_ids: tuple[str, ...] = ()
    revocation_when_unreachable: str = "open"
    revoke_on_role_change: bool = False
    follow_roles: bool = False
    max_token_lifetime: float = 30 * 86400
    management_app_id: str | None = None
    management_app_secret: str | None = field(default=None, repr=False)
    management_api_resource: str | None = None
    machine_app_id: str | None = None
    machine_app_secret: str | None = field(default=None, repr=False)
    revocation_after_a_gap: str = "report"
    create_users: bool = True
    service_users: bool = False
    groups: tuple[tuple[str, frozenset[str]], ...] = ()
    groups_claim: str | None = None
    staff_scope: str | None = None
    superuser_scope: str | None = None
    admin_password_login: bool = True
    resource_metadata: Members = ()

    @property
    def issuers(self) -> tuple[str, ...]:
        """The issuers whose tokens are accepted: one Logto under several names."""
        return tuple(f"{endpoint}{ISSUER_PATH}" for endpoint in self.endpoint)

    @property
    def values_for_rights(self) -> frozenset[str]:
        """The scopes, or the values of ``GROUPS_CLAIM``, that give groups and flags of Django."""
        return frozenset[str]().union(*self.rights.values())

    @property
    def rights(self) -> Mapping[str, frozenset[str]]:
        """The same for each of the settings that name some."""
        flags = {"STAFF_SCOPE": self.staff_scope, "SUPERUSER_SCOPE": self.superuser_scope}
        named = {key: frozenset({value}) for key, value in flags.items() if value is not None}
        of_groups = frozenset[str]().union(*(values for _name, values in self.groups))
        return {"GROUPS": of_groups, **named}


def parse(value: object) -> tuple[LogtoSettings | None, list[Problem]]:
    """Return the settings, or None and everything that is wrong with them."""
    if not isinstance(value, Mapping):
        return None, [Problem("missing", "LOGTO must be a dict with ENDPOINT and API_RESOURCE.")]
    known = {one.name.upper(): one.name for one in fields(LogtoSettings)}
    problems = [_unknown(key, known) for key in value if key not in known]
    problems += [
        Problem("missing", f"LOGTO[{key!r}] is missing: {what}")
        for key, what in _REQUIRED.items()
        if key not in value
    ]
    parsed: dict[str, Any] = {}
    for key, name in known.items():
        if key in value:
            try:
                parsed[name] = _PARSERS[key](value[key])
            except Invalid as invalid:
                problems.append(Problem(invalid.kind, f"LOGTO[{key!r}] {invalid.reason}"))
    if problems:
        return None, problems
    if "organization_url_kwarg" in parsed:
        parsed.setdefault("organization_source", UrlKeyword(parsed["organization_url_kwarg"]))
    result = LogtoSettings(**parsed)
    problems = [Problem("value", message) for message in _contradictions(result)]
    if {"ORGANIZATION_SOURCE", "ORGANIZATION_URL_KWARG"} <= value.keys():
        problems.append(Problem("value", _TWO_SOURCES))
    return (None, problems) if problems else (result, [])


def _contradictions(result: LogtoSettings) -> Iterator[str]:
    if result.jwks_max_stale < result.jwks_ttl:
        yield "LOGTO['JWKS_MAX_STALE'] must not be less than LOGTO['JWKS_TTL']."
    if result.groups_claim is not None and not result.values_for_rights:
        yield "LOGTO['GROUPS_CLAIM'] gives nothing: LOGTO['GROUPS'] is missing."
    for key, values in result.rights.items():
        if result.groups_claim is None and any(" " in one for one in values):
            yield f"LOGTO[{key!r}] must name scopes, which have no spaces; several are a list."
    for of, *_ in result.resource_metadata:
        if of not in ("", *result.api_resource):
            hint = _nearest(of, result.api_resource)
            yield f"LOGTO['RESOURCE_METADATA'] has {of!r}, which is no API_RESOURCE.{hint}"


_current: dict[str, LogtoSettings] = {}
"""The one value of this process under its name: a dict, since ``setdefault`` is atomic.

A change of the setting begins another dict, so that whoever still reads the old one keeps it there.
"""


def get_settings() -> LogtoSettings:
    """Return the settings of this process, the same value to every thread.

    Raises:
        ImproperlyConfigured: the ``LOGTO`` setting cannot work; the message names the keys.
    """
    known = _current
    if "LOGTO" in known:
        return known["LOGTO"]
    parsed, problems = parse(getattr(settings, "LOGTO", None))
    if parsed is None:
        raise ImproperlyConfigured(" ".join(problem.message for problem in problems))
    return known.setdefault("LOGTO", parsed)


def _forget(*, setting: str, **_: object) -> None:
    global _current  # noqa: PLW0603 - the settings are the process's
    if setting in {"LOGTO", "CACHES"}:
        _current = {}


setting_changed.connect(_forget)


def _nearest(name: object, names: Iterable[str]) -> str:
    """A sentence with the most similar of ``names``, in any case; none where none is similar."""
    by_case = {one.upper(): one for one in names}
    close = difflib.get_close_matches(str(name).upper(), by_case, n=1, cutoff=0.5)
    return f" Did you mean {by_case[close[0]]!r}?" if close else ""


def _unknown(key: object, known: Mapping[str, str]) -> Problem:
    return Problem("unknown", f"LOGTO[{key!r}] is not a setting.{_nearest(key, known)}")


_REQUIRED = {
    "ENDPOINT": "the public address of Logto, such as 'https://your-tenant.logto.app'.",
    "API_RESOURCE": "the resource indicator of this API, as it is registered in Logto.",
}
_TWO_SOURCES = (
    "LOGTO['ORGANIZATION_URL_KWARG'] is not read beside LOGTO['ORGANIZATION_SOURCE']. Write "
    "UrlKeyword('organization_id') into a list with the other source if both name it."
)
_HEADER_TEXT = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+")


def _algorithm(value: object) -> str:
    if isinstance(value, str) and (value.upper().startswith("HS") or value.lower() == "none"):
        raise Invalid("symmetric", f"must not hold {value!r}: anyone could sign with it.")
    if value not in SIGNATURE_ALGORITHMS:
        raise Invalid("value", f"must be some of {', '.join(SIGNATURE_ALGORITHMS)}.")
    return str(value)


def _cache(value: object) -> str:
    if not isinstance(value, str) or value not in settings.CACHES:
        hint = _nearest(value, settings.CACHES)
        raise Invalid("value", f"must be an alias in CACHES.{hint}")
    return value


_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f]+")
_GROUP_NAME = text(re.compile(r"[^\x00-\x1f\x7f]{1,150}"), "a dict with names of groups as keys")
_GROUP_VALUES = one_or_more(text(_PRINTABLE, "a dict with scopes or lists of scopes as values"))


def _groups(value: object) -> tuple[tuple[str, frozenset[str]], ...]:
    if not isinstance(value, Mapping):
        raise Invalid("value", "must be a dict from group names to lists of scopes.")
    named = {_GROUP_NAME(name): frozenset(_GROUP_VALUES(all_of)) for name, all_of in value.items()}
    return tuple(sorted(named.items()))


def _organization_source(value: object) -> OrganizationSource | None:
    try:
        return as_source(value)
    except ValueError:
        raise Invalid("value", f"must be {SOURCES}, or the dotted path of one.") from None


_YEAR = 366 * 86400
_COPIED = "copied with the button beside the dots"
_PARSERS: Mapping[str, Callable[[object], object]] = {
    "ENDPOINT": one_or_more(public_url),
    "API_RESOURCE": one_or_more(resource),
    "ALGORITHMS": one_or_more(_algorithm),
    "LEEWAY": number(0, 3600),
    "INTERNAL_ENDPOINT": optional(url),
    "ORGANIZATION_SOURCE": _organization_source,
    "ORGANIZATION_URL_KWARG": text(re.compile(r"[^\W\d]\w*"), "the name of a URL keyword"),
    "HTTP_TIMEOUT": number(0.1, 300),
    "JWKS_TTL": number(1, _YEAR),
    "JWKS_MAX_STALE": number(1, _YEAR),
    "JWKS_COOLDOWN": number(1, _YEAR),
    "TOKEN_CACHE_SIZE": number(0, 10**8, whole=True),
    "CACHE": optional(_cache),
    "MAX_TOKEN_LENGTH": number(1, 10**6, whole=True),
    "REALM": text(_HEADER_TEXT, "printable ASCII without quotes and backslashes"),
    "CLIENT_IDS": one_or_more(text(VISIBLE_TEXT, "ids of applications, as Logto shows them")),
    "APP_ID": optional(text(VISIBLE_TEXT, "the id of an application, as Logto shows it")),
    "APP_SECRET": optional(text(VISIBLE_TEXT, f"the secret of APP_ID, {_COPIED}")),
    "WEBHOOK_SIGNING_KEYS": one_or_more(
        text(VISIBLE_TEXT, "the signing keys of a webhook, as Logto shows them")
    ),
    "BACKCHANNEL_LOGOUT_CLIENT_IDS": one_or_more(
        text(VISIBLE_TEXT, "ids of applications, as Logto shows them")
    ),
    "REVOCATION_WHEN_UNREACHABLE": text(re.compile("open|closed"), "'open' or 'closed'"),
    "REVOKE_ON_ROLE_CHANGE": boolean,
    "FOLLOW_ROLES": boolean,
    "MAX_TOKEN_LIFETIME": number(60, _YEAR),
    "MANAGEMENT_APP_ID": optional(
        text(VISIBLE_TEXT, "the id of a machine-to-machine application, as Logto shows it")
    ),
    "MANAGEMENT_APP_SECRET": optional(
        text(VISIBLE_TEXT, f"the secret of MANAGEMENT_APP_ID, {_COPIED}")
    ),
    "MANAGEMENT_API_RESOURCE": optional(resource),
    "MACHINE_APP_ID": optional(
        text(VISIBLE_TEXT, "the id of a machine-to-machine application, as Logto shows it")
    ),
    "MACHINE_APP_SECRET": optional(text(VISIBLE_TEXT, f"the secret of MACHINE_APP_ID, {_COPIED}")),
    "REVOCATION_AFTER_A_GAP": text(re.compile("report|revoke"), "'report' or 'revoke'"),
    "CREATE_USERS": boolean,
    "SERVICE_USERS": boolean,
    "GROUPS": _groups,
    "GROUPS_CLAIM": optional(text(_PRINTABLE, "the name of a claim")),
    "STAFF_SCOPE": optional(text(_PRINTABLE, "a scope, or a value of GROUPS_CLAIM")),
    "ADMIN_PASSWORD_LOGIN": boolean,
    "SUPERUSER_SCOPE": optional(text(_PRINTABLE, "a scope, or a value of GROUPS_CLAIM")),
    "RESOURCE_METADATA": resource_metadata,
}
