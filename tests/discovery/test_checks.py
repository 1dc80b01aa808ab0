"""What system checks say of a project with discovery."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpResponse
from django.urls import include, path, re_path

from tests.support.checked import of

Check = Callable[..., list[tuple[str, str]]]
URLS = path("", include("drf_logto.discovery.urls"))
API = "https://api.example.test"


def ids(found: list[tuple[str, str]]) -> list[str]:
    return sorted(check_id.removeprefix("drf_logto.") for check_id, _ in found)


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ([URLS], []),
        ([path("api/", include("drf_logto.discovery.urls"))], ["E051"]),
        ([*i18n_patterns(URLS)], ["E051"]),
        ([re_path(".*", lambda _request: HttpResponse()), URLS], ["E051"]),
    ],
    ids=["at the root", "below a prefix", "below a language", "behind another route"],
)
def test_urls_that_no_client_finds_are_reported(
    check: Check, settings: Any, patterns: list[Any], expected: list[str]
) -> None:
    settings.ALLOWED_HOSTS = ["api.example.test"]
    assert ids(check(*patterns)) == expected


@pytest.mark.parametrize(
    ("resources", "hosts", "expected"),
    [
        ([API, f"{API}/v1"], [".example.test"], []),
        (["urn:api"], ["*"], ["W051"]),
        (["http://api.example.test"], ["*"], ["W051"]),
        ([API, f"{API}/", f"{API}/v1"], ["*"], ["W052"]),
        ([f"{API}/v1", "https://api.example.org/v1"], ["*"], ["W052"]),
        (["https://default-api"], ["api.example.test"], ["W053"]),
        (["https://[::1]:8000/v1"], ["[::1]"], []),
        (["https://default-api"], [], []),
        (7, ["*"], ["E003"]),
    ],
    ids=str,
)
def test_indicators_whose_metadata_no_client_finds_are_reported(
    check: Check,
    settings: Any,
    logto_options: Any,
    resources: Any,
    hosts: list[str],
    expected: list[str],
) -> None:
    settings.ALLOWED_HOSTS = hosts
    logto_options(API_RESOURCE=resources)
    assert ids(check(URLS)) == expected


@pytest.mark.parametrize("other", [f"{API}/", "https://api.example.org"])
def test_the_indicator_is_named_whose_metadata_is_served(
    check: Check, settings: Any, logto_options: Any, other: str
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    logto_options(API_RESOURCE=[API, other])
    (message,) = of(check(URLS), "W052")
    assert f"has {other!r}, whose metadata" in message
    assert f"as that of {API!r}, so it is not served." in message


@pytest.mark.parametrize(("patterns", "expected"), [([URLS], []), ([], ["W054"])])
def test_a_setting_without_urls_is_reported(
    check: Check, settings: Any, logto_options: Any, patterns: list[Any], expected: list[str]
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    logto_options(RESOURCE_METADATA={"resource_name": "Shop"})
    assert ids(check(*patterns)) == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("Shop", "must be a dict"),
        ({"resource_nam": "Shop"}, "has 'resource_nam'"),
        ({"resource": "https://other.example.test"}, "has 'resource'"),
        ({"resource_name": 7}, "names of up to 200 characters"),
        ({"resource_name": "a\nb"}, "names of up to 200 characters"),
        ({"resource_tos_uri": "javascript:alert()"}, "addresses of web pages"),
        ({7: "Shop"}, "has 7"),
        ({API: {API: {}}}, f"has {API!r}"),
        ({f"{API}/": {"resource_name": "a"}}, f"Did you mean {API!r}?"),
    ],
    ids=str,
)
def test_a_member_that_cannot_be_published_is_reported(
    check: Check, logto_options: Any, value: Any, message: str
) -> None:
    logto_options(RESOURCE_METADATA=value)
    found = check()
    assert ids(found) == ["E003"]
    assert message in found[0][1]
