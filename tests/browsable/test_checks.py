"""System checks of the sign-in, which run only where its URLs are included."""

from typing import Any

import pytest
from django.core.checks import run_checks
from django.urls import include, path

from drf_logto.browsable.checks import check_sign_in

JWT = "drf_logto.authentication.LogtoJWTAuthentication"
SESSION = "drf_logto.browsable.authentication.LogtoSessionAuthentication"
URLS = "drf_logto.browsable.urls"
LOGTO_URLS = path("auth/", include(URLS))
DRF_URLS = path("api-auth/", include("rest_framework.urls"))
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]


def ids() -> list[str]:
    shown = [str(message.id) for message in run_checks() if not message.is_silenced()]
    return [one for one in shown if one.startswith("drf_logto.")]


@pytest.fixture
def included(settings: Any, route: Any) -> Any:
    settings.LOGTO = {**settings.LOGTO, "APP_ID": "app-1"}
    settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": [JWT, SESSION]}
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    route(LOGTO_URLS)
    return settings


def test_a_correct_project_has_no_messages(included: Any) -> None:
    assert ids() == []


def test_a_project_that_does_not_include_the_urls_is_not_checked(settings: Any) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    settings.MIDDLEWARE = []
    assert ids() == []


@pytest.mark.parametrize("app_id", [{}, {"APP_ID": None}])
def test_a_missing_app_id_is_an_error(included: Any, app_id: dict[str, Any]) -> None:
    logto = {name: included.LOGTO[name] for name in ("ENDPOINT", "API_RESOURCE")}
    included.LOGTO = {**logto, **app_id}
    assert ids() == ["drf_logto.E021"]


@pytest.mark.parametrize(("clients", "expected"), [("app-2", ["W023"]), (["app-2", "app-1"], [])])
def test_a_sign_in_whose_application_may_not_use_the_api_is_a_warning(
    included: Any, clients: Any, expected: list[str]
) -> None:
    included.LOGTO = {**included.LOGTO, "CLIENT_IDS": clients}
    assert ids() == [f"drf_logto.{one}" for one in expected]


def test_invalid_settings_are_reported_once(included: Any) -> None:
    included.LOGTO = {**included.LOGTO, "LEEWAY": -1}
    assert ids() == ["drf_logto.E003"]


@pytest.mark.parametrize(
    "engine",
    ["django.contrib.sessions.backends.signed_cookies", "tests.browsable.sessions.cookies"],
)
def test_sessions_in_cookies_are_an_error(included: Any, engine: str) -> None:
    included.SESSION_ENGINE = engine
    assert ids() == ["drf_logto.E022"]


@pytest.mark.parametrize("name", ["locmem.LocMemCache", "dummy.DummyCache"])
@pytest.mark.parametrize("engine", ["cache", "cached_db"])
def test_sessions_in_a_cache_of_one_process_are_a_warning(
    included: Any, engine: str, name: str
) -> None:
    included.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    included.CACHES = {**included.CACHES, "x": {"BACKEND": f"django.core.cache.backends.{name}"}}
    included.SESSION_CACHE_ALIAS = "x"
    assert ids() == ["drf_logto.W022"]
    assert "other processes cannot see" in str(run_checks())


def test_sessions_in_a_cache_without_atomic_creation_are_a_warning(
    included: Any, tmp_path: Any
) -> None:
    keep_in_files(included, tmp_path)
    included.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    assert ids() == ["drf_logto.W022"]
    assert "does not create records atomically" in str(run_checks())


def keep_in_files(included: Any, directory: Any) -> None:
    backend = "django.core.cache.backends.filebased.FileBasedCache"
    included.CACHES = {**included.CACHES, "x": {"BACKEND": backend, "LOCATION": str(directory)}}
    included.SESSION_CACHE_ALIAS = "x"


@pytest.mark.parametrize("engine", ["cached_db", "db", "file"])
def test_sessions_that_every_process_sees_are_accepted(
    included: Any, engine: str, tmp_path: Any
) -> None:
    included.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    keep_in_files(included, tmp_path)
    assert ids() == []


@pytest.mark.parametrize(
    ("apps", "expected"),
    [
        (["rest_framework", "drf_logto"], ["drf_logto.E023"]),
        (["rest_framework", "drf_logto.browsable", "drf_logto"], ["drf_logto.E023"]),
        (["drf_logto.browsable", "drf_logto"], []),
        (["drf_logto.browsable.apps.BrowsableConfig", "rest_framework", "drf_logto"], []),
    ],
)
def test_an_app_that_is_missing_or_comes_too_late_is_an_error(
    included: Any, apps: list[str], expected: list[str]
) -> None:
    needed = [f"django.contrib.{name}" for name in ("auth", "contenttypes", "sessions")]
    included.INSTALLED_APPS = [*needed, "drf_logto.users", *apps]
    assert ids() == expected


def middleware() -> None:
    """Middleware that is a function, which is not called here."""


@pytest.mark.parametrize("missing", MIDDLEWARE)
def test_missing_middleware_is_an_error(included: Any, missing: str) -> None:
    rest = [one for one in MIDDLEWARE if one != missing]
    included.MIDDLEWARE = [*rest, f"{__name__}.middleware"]
    assert ids() == ["drf_logto.E024"]
    included.MIDDLEWARE = MIDDLEWARE
    assert ids() == []


@pytest.mark.parametrize(
    ("same_site", "expected"),
    [("Strict", ["drf_logto.E026"]), ("strict", ["drf_logto.E026"]), ("None", []), (False, [])],
)
def test_a_session_cookie_that_does_not_come_from_logto_is_an_error(
    included: Any, same_site: object, expected: list[str]
) -> None:
    included.SESSION_COOKIE_SAMESITE = same_site
    assert ids() == expected


@pytest.mark.parametrize("classes", [[JWT], [SESSION], [SESSION, JWT]])
def test_session_authentication_that_does_not_come_second_is_a_warning(
    included: Any, classes: list[str]
) -> None:
    included.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": classes}
    assert ids() == ["drf_logto.W021"]


def test_session_authentication_that_users_lack_is_to_derive_from_both(included: Any) -> None:
    users = "drf_logto.users.authentication.LogtoUserAuthentication"
    included.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": [users]}
    (warning,) = check_sign_in()
    assert "derives from LogtoUserAuthentication too" in str(warning.hint)


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ([DRF_URLS, LOGTO_URLS], ["drf_logto.E025"]),
        ([LOGTO_URLS, DRF_URLS], []),
        ([path("auth/", include(URLS, namespace="sign-in"))], []),
    ],
)
def test_urls_that_others_hide_are_an_error(
    included: Any, route: Any, routes: list[Any], expected: list[str]
) -> None:
    route(*routes)
    assert ids() == expected
