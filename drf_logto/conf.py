"""Parses the ``LOGTO`` setting into LogtoSettings and caches the result until it changes."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from .auth_info import ORGANIZATION_AUDIENCE_PREFIX, RESERVED_AUDIENCE
from .verification.jwk import SIGNATURE_ALGORITHMS
from .verification.metadata import ISSUER_PATH


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one key, and which kind of wrong it is (see ``checks``)."""

    kind: str
    message: str


class _Invalid(Exception):
    def __init__(self, kind: str, reason: str) -> None:
        self.kind = kind
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class LogtoSettings:
    """The ``LOGTO`` dict, each key a typed attribute; seconds and characters where they count."""

    endpoint: tuple[str, ...]
    api_resource: tuple[str, ...]
    algorithms: tuple[str, ...] = SIGNATURE_ALGORITHMS
    leeway: float = 0
    internal_endpoint: str | None = None
    organization_url_kwarg: str = "organization_id"
    http_timeout: float = 5
    jwks_ttl: float = 300
    jwks_max_stale: float = 86400
    jwks_cooldown: float = 30
    token_cache_size: int = 10000
    cache: str | None = None
    max_token_length: int = 16384
    realm: str = "api"
    app_id: str | None = None
    app_secret: str | None = field(default=None, repr=False)
    webhook_signing_keys: tuple[str, ...] = field(default=(), repr=False)
    backchannel_logout_client_ids: tuple[str, ...] = ()
    revocation_when_unreachable: str = "open"
    revoke_on_role_change: bool = False
    max_token_lifetime: float = 30 * 86400
    management_app_id: str | None = None
    management_app_secret: str | None = field(default=None, repr=False)
    management_api_resource: str | None = None
    revocation_after_a_gap: str = "report"


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
            except _Invalid as invalid:
                problems.append(Problem(invalid.kind, f"LOGTO[{key!r}] {invalid.reason}"))
    if problems:
        return None, problems
    result = LogtoSettings(**parsed)
    if result.jwks_max_stale < result.jwks_ttl:
        return None, [
            Problem("value", "LOGTO['JWKS_MAX_STALE'] must not be less than LOGTO['JWKS_TTL'].")
        ]
    return result, []


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


def is_loopback(url: str) -> bool:
    """Whether ``url`` never leaves this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _nearest(name: object, names: Iterable[str]) -> str:
    """A sentence with the most similar of ``names``, in any case; none where none is similar."""
    by_case = {one.upper(): one for one in names}
    close = difflib.get_close_matches(str(name).upper(), by_case, n=1, cutoff=0.5)
    return f" Did you mean {by_case[close[0]]!r}?" if close else ""


def _unknown(key: object, known: Mapping[str, str]) -> Problem:
    return Problem("unknown", f"LOGTO[{key!r}] is no setting.{_nearest(key, known)}")


_REQUIRED = {
    "ENDPOINT": "the public address of Logto, such as 'https://your-tenant.logto.app'.",
    "API_RESOURCE": "the resource indicator of this API, as it is registered in Logto.",
}
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?")
# What is easily copied with an address: the issuer's path, its metadata or one of its endpoints.
_AFTER_ADDRESS = re.compile(
    rf"(?<![:/])({ISSUER_PATH}(/(auth|token|jwks|me))?|({ISSUER_PATH})?/\.well-known/[a-z-]+)?/*$"
)
# Logto registers any text as a resource indicator, and issues tokens for absolute URIs without a
# fragment alone (RFC 8707 §2). Any scheme will do, so "urn:api" and "api.test:80" are some.
_ABSOLUTE_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s#]+")
_START_OF_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|urn:")
_VISIBLE_TEXT = re.compile(r"[\x21-\x7e]+")
_HEADER_TEXT = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+")


def _url(value: object) -> str:
    if not isinstance(value, str):
        raise _Invalid("value", "must be a string.")
    if not _is_address(value):
        raise _Invalid("value", "must be the address of Logto, such as 'https://host'.")
    address = _AFTER_ADDRESS.sub("", value, count=1)
    if address != value.rstrip("/"):
        raise _Invalid("value", f"must be the address alone: {address!r}.")
    return address


def _is_address(value: str) -> bool:
    """Whether it is an http or https URL of host, port and path alone, in plain ASCII."""
    if not _ADDRESS.fullmatch(value):
        return False
    try:
        url = urlsplit(value)
        host, port = url.hostname or "", url.port
    except ValueError:
        return False
    return port != 0 and all(host.split("."))


def _public_url(value: object) -> str:
    address = _url(value)
    if not address.startswith("https:") and not is_loopback(address):
        raise _Invalid("plain_http", "must use https: over plain http anyone can replace the keys.")
    return address


def _resource(value: object) -> str:
    if not isinstance(value, str) or not re.search(r"\w", value):
        raise _Invalid("value", "must be a resource indicator, as it is registered in Logto.")
    _require_one_uri(value)
    if value == RESERVED_AUDIENCE or value.startswith(ORGANIZATION_AUDIENCE_PREFIX):
        raise _Invalid("reserved_audience", f"must not be {value!r}: Logto reserves it.")
    return value


def _require_one_uri(value: str) -> None:
    is_uri = _ABSOLUTE_URI.fullmatch(value) is not None
    parts = [one for one in re.split(r"[\s,]+", value) if re.match(r"\w", one)]
    # A URI may hold a comma, too.
    if len(parts) > 1 and (not is_uri or all(map(_START_OF_URI.match, parts))):
        listed = list(map(_as_uri, parts))
        raise _Invalid("value", f"must be a list where there are several: {listed}.")
    if not is_uri:
        raise _Invalid("value", f"must be an absolute URI, such as {_as_uri(''.join(parts))!r}.")


def _as_uri(value: str) -> str:
    without_fragment = value.partition("#")[0]
    is_uri = _ABSOLUTE_URI.fullmatch(without_fragment)
    return without_fragment if is_uri else f"https://{without_fragment}"


def _algorithm(value: object) -> str:
    if isinstance(value, str) and (value.upper().startswith("HS") or value.lower() == "none"):
        raise _Invalid("symmetric", f"must not hold {value!r}: anyone could sign with it.")
    if value not in SIGNATURE_ALGORITHMS:
        raise _Invalid("value", f"must be some of {', '.join(SIGNATURE_ALGORITHMS)}.")
    return str(value)


def _one_or_more(parse_one: Callable[[object], str]) -> Callable[[object], tuple[str, ...]]:
    def parse_all(value: object) -> tuple[str, ...]:
        values = value if isinstance(value, (list, tuple)) else [value]
        if not values:
            raise _Invalid("value", "must not be empty.")
        return tuple(dict.fromkeys(parse_one(one) for one in values))

    return parse_all


def _number(least: float, most: float, *, whole: bool = False) -> Callable[[object], float]:
    kinds = (int,) if whole else (int, float)

    def parse_number(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, kinds):
            raise _Invalid("value", f"must be a {'whole ' if whole else ''}number.")
        if not least <= value <= most:
            raise _Invalid("value", f"must be at least {least} and at most {most}.")
        return value

    return parse_number


def _text(pattern: re.Pattern[str], description: str) -> Callable[[object], str]:
    def parse_text(value: object) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise _Invalid("value", f"must be {description}.")
        return value

    return parse_text


def _optional(parse_one: Callable[[object], str]) -> Callable[[object], str | None]:
    return lambda value: None if value is None else parse_one(value)


def _cache(value: object) -> str:
    if not isinstance(value, str) or value not in settings.CACHES:
        hint = _nearest(value, settings.CACHES)
        raise _Invalid("value", f"must be an alias in CACHES.{hint}")
    return value


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Invalid("value", "must be True or False.")
    return value


_YEAR = 366 * 86400
_PARSERS: Mapping[str, Callable[[object], object]] = {
    "ENDPOINT": _one_or_more(_public_url),
    "API_RESOURCE": _one_or_more(_resource),
    "ALGORITHMS": _one_or_more(_algorithm),
    "LEEWAY": _number(0, 3600),
    "INTERNAL_ENDPOINT": _optional(_url),
    "ORGANIZATION_URL_KWARG": _text(re.compile(r"[^\W\d]\w*"), "the name of a URL keyword"),
    "HTTP_TIMEOUT": _number(0.1, 300),
    "JWKS_TTL": _number(1, _YEAR),
    "JWKS_MAX_STALE": _number(1, _YEAR),
    "JWKS_COOLDOWN": _number(1, _YEAR),
    "TOKEN_CACHE_SIZE": _number(0, 10**8, whole=True),
    "CACHE": _optional(_cache),
    "MAX_TOKEN_LENGTH": _number(1, 10**6, whole=True),
    "REALM": _text(_HEADER_TEXT, "printable ASCII without quotes and backslashes"),
    "APP_ID": _optional(_text(_VISIBLE_TEXT, "the id of an application, as Logto shows it")),
    "APP_SECRET": _optional(_text(_VISIBLE_TEXT, "the secret of APP_ID, as Logto shows it")),
    "WEBHOOK_SIGNING_KEYS": _one_or_more(
        _text(_VISIBLE_TEXT, "the signing keys of a webhook, as Logto shows them")
    ),
    "BACKCHANNEL_LOGOUT_CLIENT_IDS": _one_or_more(
        _text(_VISIBLE_TEXT, "ids of applications, as Logto shows them")
    ),
    "REVOCATION_WHEN_UNREACHABLE": _text(re.compile("open|closed"), "'open' or 'closed'"),
    "REVOKE_ON_ROLE_CHANGE": _boolean,
    "MAX_TOKEN_LIFETIME": _number(60, _YEAR),
    "MANAGEMENT_APP_ID": _optional(
        _text(_VISIBLE_TEXT, "the id of a machine-to-machine application, as Logto shows it")
    ),
    "MANAGEMENT_APP_SECRET": _optional(
        _text(_VISIBLE_TEXT, "the secret of MANAGEMENT_APP_ID, as Logto shows it")
    ),
    "MANAGEMENT_API_RESOURCE": _optional(_resource),
    "REVOCATION_AFTER_A_GAP": _text(re.compile("report|revoke"), "'report' or 'revoke'"),
}
