"""Whom a project has for a token; asking leaves nothing behind."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model

from drf_logto.auth_info import AuthInfo
from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.explanation.users import explain_user
from drf_logto.users.authentication import LogtoUserAuthentication
from drf_logto.users.models import LogtoIdentity
from tests.support.auth import auth_info
from tests.support.users import answering


def test_without_users_of_the_project_there_is_a_principal() -> None:
    found = explain_user(LogtoJWTAuthentication(), auth_info())
    assert found.sentence.startswith("request.user is a LogtoPrincipal")
    assert found.authentication == "LogtoJWTAuthentication"
    assert (found.user.sub, found.refusal) == ("user-1", None)


@pytest.mark.django_db
def test_a_user_that_the_first_request_creates_is_not_created(
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks() as announced:
        found = explain_user(LogtoUserAuthentication(), auth_info())
    assert found.sentence == "The user does not exist yet. The first request creates it."
    assert found.user.is_authenticated
    assert not LogtoIdentity.objects.exists()
    assert not get_user_model().objects.exists()
    assert announced == []


@pytest.mark.django_db
def test_a_user_that_exists_is_said_to(settings: Any) -> None:
    user = LogtoUserAuthentication().get_user(auth_info())
    seen = LogtoIdentity.objects.get().last_seen_at
    found = explain_user(LogtoUserAuthentication(), auth_info())
    assert (found.user, found.sentence) == (user, "The user exists.")
    assert LogtoIdentity.objects.get().last_seen_at == seen


@pytest.mark.django_db
def test_a_user_that_is_refused_is_none() -> None:
    user = LogtoUserAuthentication().get_user(auth_info())
    user.is_active = False
    user.save()
    found = explain_user(LogtoUserAuthentication(), auth_info())
    assert (found.user, found.sentence) == (None, "The user is refused.")
    assert found.refusal is not None
    assert found.refusal.code == "inactive_user"


@pytest.mark.django_db
def test_a_user_of_another_kind_is_one() -> None:
    found = explain_user(answering("alice")(), auth_info())
    assert (found.user, found.sentence) == ("alice", "The user exists.")


class Failing(LogtoJWTAuthentication):
    def get_user(self, auth: AuthInfo) -> Any:
        get_user_model().objects.create(username="left behind")
        raise KeyError(auth.sub)


@pytest.mark.django_db
def test_a_get_user_that_fails_leaves_nothing_behind() -> None:
    found = explain_user(Failing(), auth_info())
    assert found.user is None
    assert found.sentence == "It is not known who the user is: get_user raises KeyError."
    assert not get_user_model().objects.exists()
