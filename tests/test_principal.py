"""LogtoPrincipal: request.user without a database row."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.template import Context, Template
from rest_framework import permissions
from rest_framework.test import APIRequestFactory
from rest_framework.throttling import UserRateThrottle

from drf_logto.principal import LogtoPrincipal
from tests.support.auth import auth_info


def principal(**changes: Any) -> LogtoPrincipal:
    return LogtoPrincipal(auth_info(**changes))


def test_it_is_authenticated_and_holds_no_rights_of_djangos() -> None:
    user = principal()
    assert (user.is_authenticated, user.is_anonymous, user.is_active) == (True, False, True)
    assert (user.is_staff, user.is_superuser) == (False, False)
    assert not user.has_perm("app.change_model")
    assert not user.has_perms(["app.change_model"])
    assert user.has_perms([])
    assert not user.has_module_perms("app")


def test_it_goes_by_its_subject() -> None:
    user = principal()
    assert {user.sub, user.id, user.username, user.get_username(), str(user)} == {"user-1"}
    assert user.auth.sub == "user-1"


def test_it_equals_by_issuer_and_subject() -> None:
    assert principal() == principal(scope="")
    assert len({principal(), principal(scope="")}) == 1
    assert principal() != principal(sub="user-2")
    assert principal() != principal(iss="https://other.logto.test/oidc")
    assert principal() != "user-1"


def test_its_pk_differs_between_issuers() -> None:
    assert principal().pk != principal(iss="https://other.logto.test/oidc").pk


def test_it_knows_no_other_attributes() -> None:
    with pytest.raises(AttributeError):
        principal().email  # type: ignore[attr-defined]  # noqa: B018 - the read is the test


class HourlyThrottle(UserRateThrottle):
    rate = "1/hour"


def test_throttles_count_it(settings: Any) -> None:
    request: Any = APIRequestFactory().get("/")
    request.user = principal(sub="throttled")
    assert HourlyThrottle().allow_request(request, SimpleNamespace())  # type: ignore[arg-type]
    assert not HourlyThrottle().allow_request(request, SimpleNamespace())  # type: ignore[arg-type]


def test_permissions_of_drf_take_it_for_a_user() -> None:
    request: Any = APIRequestFactory().get("/")
    request.user = principal()
    view: Any = SimpleNamespace()
    assert permissions.IsAuthenticated().has_permission(request, view)
    assert permissions.IsAuthenticatedOrReadOnly().has_permission(request, view)
    assert not permissions.IsAdminUser().has_permission(request, view)


def test_templates_show_it() -> None:
    template = Template("{% if user.is_authenticated %}{{ user }}{% endif %}")
    assert template.render(Context({"user": principal()})) == "user-1"
