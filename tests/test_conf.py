"""The LOGTO setting: two keys that must be there, a sentence for what cannot work."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from drf_logto.conf import LogtoSettings, get_settings, parse

REQUIRED = {"ENDPOINT": "https://tenant.logto.app", "API_RESOURCE": "https://api.example.test"}


def parsed(**changes: Any) -> LogtoSettings:
    result, problems = parse({**REQUIRED, **changes})
    assert problems == []
    assert result is not None
    return result


def problem_of(**changes: Any) -> tuple[str, str]:
    result, problems = parse({**REQUIRED, **changes})
    assert result is None
    assert len(problems) == 1
    return problems[0].kind, problems[0].message


def test_two_keys_are_enough_and_the_rest_has_defaults() -> None:
    assert parsed() == LogtoSettings(
        endpoint=("https://tenant.logto.app",),
        api_resource=("https://api.example.test",),
        algorithms=("ES384", "ES256", "ES512", "RS256", "PS256"),
        leeway=0,
        internal_endpoint=None,
        organization_url_kwarg="organization_id",
        http_timeout=5,
        jwks_ttl=300,
        jwks_max_stale=86400,
        jwks_cooldown=30,
        token_cache_size=10000,
        cache=None,
        max_token_length=16384,
        realm="api",
        client_ids=None,
        app_id=None,
        app_secret=None,
    )


def test_every_key_can_be_set() -> None:
    result = parsed(
        ENDPOINT=["https://a.test/", "https://b.test"],
        API_RESOURCE=["urn:api", "https://api.test/"],
        ALGORITHMS=["RS256", "ES384"],
        LEEWAY=1.5,
        INTERNAL_ENDPOINT="http://logto:3001/",
        ORGANIZATION_URL_KWARG="org",
        HTTP_TIMEOUT=0.5,
        JWKS_TTL=10,
        JWKS_MAX_STALE=10,
        JWKS_COOLDOWN=5,
        TOKEN_CACHE_SIZE=0,
        CACHE="shared",
        MAX_TOKEN_LENGTH=4096,
        REALM="My API",
        CLIENT_IDS=["app-1", "app-2"],
    )
    assert result.endpoint == ("https://a.test", "https://b.test")
    assert result.api_resource == ("urn:api", "https://api.test/")
    assert result.internal_endpoint == "http://logto:3001"
    assert result.client_ids == ("app-1", "app-2")
    assert parsed(CLIENT_IDS="app-1").client_ids == ("app-1",)


@pytest.mark.parametrize("value", [None, [], "https://tenant.logto.app", 7])
def test_what_is_no_dict_is_missing(value: object) -> None:
    _, problems = parse(value)
    assert [problem.kind for problem in problems] == ["missing"]


def test_each_missing_key_is_named() -> None:
    _, problems = parse({})
    assert ["'ENDPOINT'" in problems[0].message, "'API_RESOURCE'" in problems[1].message] == [
        True
    ] * 2
    assert {problem.kind for problem in problems} == {"missing"}


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("ENDPOINTS", "ENDPOINT"),
        ("AUDIENCE_RESOURCE", "API_RESOURCE"),
        ("leeway", "LEEWAY"),
        ("CLIENT_ID", "CLIENT_IDS"),
    ],
)
def test_an_unknown_key_gets_the_nearest_right_one(key: str, meant: str) -> None:
    kind, message = problem_of(**{key: "x"})
    assert kind == "unknown"
    assert message == f"LOGTO[{key!r}] is not a setting. Did you mean {meant!r}?"


def test_an_unknown_key_like_no_other_gets_no_hint() -> None:
    assert problem_of(XYZ=1) == ("unknown", "LOGTO['XYZ'] is not a setting.")


def test_a_key_that_is_no_string_is_unknown() -> None:
    value: dict[object, str] = dict(REQUIRED.items())
    value[7] = "x"
    _, problems = parse(value)
    assert problems[0].message == "LOGTO[7] is not a setting."


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ENDPOINT", None),
        ("ENDPOINT", ""),
        ("ENDPOINT", []),
        ("ENDPOINT", [7]),
        ("ENDPOINT", "tenant.logto.app"),
        ("ENDPOINT", "ftp://tenant.logto.app"),
        ("ENDPOINT", "https://"),
        ("ENDPOINT", "https://[x"),
        ("ENDPOINT", "https://host:port"),
        ("ENDPOINT", "https://host:0"),
        ("ENDPOINT", "https://user@host"),
        ("ENDPOINT", "https://host?x=1"),
        ("ENDPOINT", "https://host#x"),
        ("ENDPOINT", "https://host?"),
        ("ENDPOINT", " https://host"),
        ("ENDPOINT", "https://:password@host"),
        ("ENDPOINT", "https://h\x00st"),
        ("ENDPOINT", "https://.."),
        ("ENDPOINT", "https://host/ü"),
        ("ENDPOINT", "HTTPS://host"),
        ("INTERNAL_ENDPOINT", "HTTPS://host"),
        ("CACHE", ["default"]),
        ("LEEWAY", 10**400),
        ("LEEWAY", 3601),
        ("HTTP_TIMEOUT", 1e10),
        ("HTTP_TIMEOUT", 0.05),
        ("JWKS_TTL", 0.9),
        ("JWKS_COOLDOWN", 0.9),
        ("JWKS_MAX_STALE", 1e300),
        ("TOKEN_CACHE_SIZE", 10**9),
        ("MAX_TOKEN_LENGTH", 10**7),
        ("API_RESOURCE", None),
        ("API_RESOURCE", ""),
        ("API_RESOURCE", ()),
        ("API_RESOURCE", ["https://api.test", 7]),
        ("CLIENT_IDS", []),
        ("CLIENT_IDS", None),
        ("CLIENT_IDS", ["app-1", 7]),
        ("CLIENT_IDS", "app-1, app-2"),
        ("CLIENT_IDS", {"app-1"}),
        ("ALGORITHMS", []),
        ("ALGORITHMS", "EdDSA"),
        ("ALGORITHMS", ["es384"]),
        ("ALGORITHMS", [7]),
        ("LEEWAY", -1),
        ("LEEWAY", "0"),
        ("LEEWAY", True),
        ("LEEWAY", float("nan")),
        ("LEEWAY", float("inf")),
        ("INTERNAL_ENDPOINT", 7),
        ("INTERNAL_ENDPOINT", "logto:3001"),
        ("ORGANIZATION_URL_KWARG", ""),
        ("ORGANIZATION_URL_KWARG", "org-id"),
        ("ORGANIZATION_URL_KWARG", None),
        ("HTTP_TIMEOUT", 0),
        ("HTTP_TIMEOUT", None),
        ("JWKS_TTL", 0),
        ("JWKS_TTL", 90000),
        ("JWKS_MAX_STALE", 299),
        ("JWKS_COOLDOWN", 0),
        ("TOKEN_CACHE_SIZE", -1),
        ("TOKEN_CACHE_SIZE", 1.5),
        ("CACHE", "nowhere"),
        ("CACHE", 7),
        ("MAX_TOKEN_LENGTH", 0),
        ("REALM", ""),
        ("REALM", 'a"b'),
        ("REALM", "a\r\nb"),
        ("REALM", "é"),
        ("REALM", None),
        ("MANAGEMENT_APP_ID", "machine 1"),
        ("MANAGEMENT_API_RESOURCE", "default.logto.app/api"),
        ("CREATE_USERS", "no"),
        ("SERVICE_USERS", 1),
        ("GROUPS", ["editors"]),
        ("GROUPS", {"": "a"}),
        ("GROUPS", {"e" * 151: "a"}),
        ("GROUPS", {7: "a"}),
        ("GROUPS", {"editors": []}),
        ("GROUPS", {"editors": ""}),
        ("GROUPS", {"editors": {"a": "b"}}),
        ("GROUPS", {"editors": ["a", 7]}),
        ("GROUPS", {"editors": "read:a write:a"}),
        ("GROUPS_CLAIM", ""),
        ("GROUPS_CLAIM", "roles"),
        ("STAFF_SCOPE", ["admin:site"]),
        ("STAFF_SCOPE", "admin site"),
        ("SUPERUSER_SCOPE", ""),
        ("ADMIN_PASSWORD_LOGIN", 1),
    ],
)
def test_a_value_that_cannot_work_names_its_key(key: str, value: object) -> None:
    kind, message = problem_of(**{key: value})
    assert kind == "value"
    assert f"LOGTO[{key!r}]" in message


@pytest.mark.parametrize("key", ["INTERNAL_ENDPOINT", "CACHE", "APP_SECRET", "STAFF_SCOPE"])
def test_an_optional_value_that_is_empty_is_named_as_such(key: str) -> None:
    _kind, message = problem_of(**{key: ""})
    assert message == f"LOGTO[{key!r}] is an empty string. Leave it out, or write None."


def test_groups_have_scopes_or_values_of_a_claim() -> None:
    groups = {"b": ["write:a", "read:a"], "a": "read:a"}
    as_parsed = (("a", frozenset({"read:a"})), ("b", frozenset({"read:a", "write:a"})))
    assert parsed(GROUPS=groups).groups == as_parsed
    of_claim = parsed(GROUPS={"a": "catalogue editor"}, GROUPS_CLAIM="roles")
    assert of_claim.values_for_rights == {"catalogue editor"}
    assert parsed(GROUPS_CLAIM="roles", STAFF_SCOPE="site admin").staff_scope == "site admin"
    assert hash(of_claim)


@pytest.mark.parametrize(
    "end",
    [
        "/oidc",
        "/oidc/",
        "/oidc/.well-known/openid-configuration",
        "/oidc/token",
        "/oidc/jwks",
        "/.well-known/oauth-authorization-server",
    ],
)
@pytest.mark.parametrize(
    "address", ["https://tenant.logto.app", "https://oidc", "https://a.test/b"]
)
def test_an_address_with_more_than_it_is_corrected(address: str, end: str) -> None:
    for key in ("ENDPOINT", "INTERNAL_ENDPOINT"):
        assert problem_of(**{key: address + end}) == (
            "value",
            f"LOGTO[{key!r}] must be the address alone: write {address!r}.",
        )
    assert parsed(ENDPOINT=f"{address}/").endpoint == (address,)


LIST = "must be a list where there are several: write "
URI = "must be an absolute URI, such as "


@pytest.mark.parametrize(
    ("value", "correction"),
    [
        ("https://a.test,https://b.test", f"{LIST}['https://a.test', 'https://b.test']."),
        (" https://a.test, b.test ", f"{LIST}['https://a.test', 'https://b.test']."),
        ("a.test b.test", f"{LIST}['https://a.test', 'https://b.test']."),
        ("urn:a,urn:b", f"{LIST}['urn:a', 'urn:b']."),
        ("api.test", f"{URI}'https://api.test'."),
        ("api.test/v1/", f"{URI}'https://api.test/v1/'."),
        (" https://api.test ", f"{URI}'https://api.test'."),
        ("https://api.test#a", f"{URI}'https://api.test'."),
        (" , ", "must be a resource indicator, as it is registered in Logto."),
    ],
)
def test_a_resource_that_no_token_is_issued_for_is_corrected(value: str, correction: str) -> None:
    assert problem_of(API_RESOURCE=value) == ("value", f"LOGTO['API_RESOURCE'] {correction}")


@pytest.mark.parametrize(
    "value",
    ["https://api.test/a,b", "urn:api", "api.test:80", "app:x", "https://api.test/a,b:c?d=e"],
)
def test_any_absolute_uri_is_a_resource(value: str) -> None:
    assert parsed(API_RESOURCE=value).api_resource == (value,)


@pytest.mark.parametrize(
    "value", ["http://tenant.logto.app", ["https://a.test", "http://10.0.0.1"]]
)
def test_plain_http_is_refused(value: object) -> None:
    assert problem_of(ENDPOINT=value)[0] == "plain_http"


@pytest.mark.parametrize(
    "value",
    [
        "http://localhost:3001",
        "http://127.0.0.1",
        "http://127.8.8.8",
        "http://[::1]:1",
        "http://a.localhost",
    ],
)
def test_plain_http_to_loopback_is_allowed(value: str) -> None:
    assert parsed(ENDPOINT=value).endpoint == (value,)


@pytest.mark.parametrize("value", ["HS256", "hs256", ["ES384", "HS512"], "none", ["None"]])
def test_an_algorithm_that_anyone_can_sign_with_is_refused(value: object) -> None:
    assert problem_of(ALGORITHMS=value)[0] == "symmetric"


@pytest.mark.parametrize("value", ["urn:logto:resource:organizations", "urn:logto:organization:a"])
def test_an_audience_that_logto_reserves_is_refused(value: str) -> None:
    assert problem_of(API_RESOURCE=["https://api.test", value])[0] == "reserved_audience"


def test_a_cache_alias_gets_the_nearest_right_one() -> None:
    assert problem_of(CACHE="share")[1].endswith("Did you mean 'shared'?")


def test_settings_that_cannot_work_are_reported_at_run_time_too() -> None:
    with (
        override_settings(LOGTO={"ENDPOINT": "x"}),
        pytest.raises(ImproperlyConfigured, match=r"'ENDPOINT'") as raised,
    ):
        get_settings()
    assert "'API_RESOURCE'" in str(raised.value)


def test_a_project_without_the_setting_gets_a_sentence(settings: Any) -> None:
    settings.LOGTO = None
    with pytest.raises(ImproperlyConfigured, match="LOGTO must be a dict"):
        get_settings()


def test_a_changed_setting_takes_effect_at_once() -> None:
    before = get_settings()
    with override_settings(LOGTO={**REQUIRED, "REALM": "changed"}):
        assert get_settings().realm == "changed"
    assert get_settings() == before
    assert get_settings() is get_settings()


def test_the_least_values_are_allowed() -> None:
    least = {
        "LEEWAY": 0,
        "HTTP_TIMEOUT": 0.1,
        "JWKS_TTL": 1,
        "JWKS_MAX_STALE": 1,
        "JWKS_COOLDOWN": 1,
        "TOKEN_CACHE_SIZE": 0,
        "MAX_TOKEN_LENGTH": 1,
    }
    result = parsed(**least)
    assert {key: getattr(result, key.lower()) for key in least} == least


def test_threads_that_meet_at_the_first_reading_get_one_value() -> None:
    class ReadInBetween(dict[str, Any]):
        """Another reader is done before this one has read the first key."""

        earlier: LogtoSettings | None = None

        def __getitem__(self, key: str) -> Any:
            if self.earlier is None:
                self.earlier = LogtoSettings(endpoint=(), api_resource=())
                self.earlier = get_settings()
            return super().__getitem__(key)

    value = ReadInBetween(REQUIRED)
    with override_settings(LOGTO=value):
        assert get_settings() is value.earlier
        assert get_settings() is value.earlier


def test_a_setting_that_changes_while_it_is_read_is_not_kept() -> None:
    class ChangedInBetween(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            override.enable()
            return super().__getitem__(key)

    override = override_settings(LOGTO={**REQUIRED, "REALM": "changed"})
    with override_settings(LOGTO=ChangedInBetween(REQUIRED)):
        assert get_settings().realm == "api"
        assert get_settings().realm == "changed"
        override.disable()


@pytest.mark.parametrize("key", ["APP_SECRET", "MANAGEMENT_APP_SECRET"])
def test_a_secret_stands_in_no_text_of_the_settings(key: str) -> None:
    result = parsed(**{key: "hush-hush"})
    assert getattr(result, key.lower()) == "hush-hush"
    assert "hush" not in f"{result!r} {result!s}"


@pytest.mark.parametrize("secret", ["hush hush", 7, "hush\n", "암호", "••••••••"])
def test_a_secret_that_cannot_be_one_is_not_repeated(secret: object) -> None:
    assert problem_of(APP_SECRET=secret) == (
        "value",
        "LOGTO['APP_SECRET'] must be the secret of APP_ID, copied with the button beside the dots.",
    )
