"""Tests of the project, with the in-process Logto."""

from typing import assert_type

from rest_framework.test import APIClient

from drf_logto.testing import ABSENT, Logto, TokenOptions


def test_pages(logto: Logto) -> None:
    options: TokenOptions = {"machine": "app-1", "expires_in": 60}
    token = logto.global_token(["read:pages"], **options)
    assert_type(logto.client(token), APIClient)
    logto.organization_token("org-1", user="alice", claims={"scope": ABSENT})
    logto.organization_resource_token("org-1", ["read:pages"], headers={"typ": ABSENT})
    logto.issue({"aud": "https://api.example.com"}, machine="app-1")
    logto.id_token("alice", expires_in=-1)


def mistaken(logto: Logto) -> None:
    logto.global_token(usr="alice")  # type: ignore[call-arg]
    logto.global_token(expires_in="60")  # type: ignore[arg-type]
    logto.organization_token("org-1", machine=True)  # type: ignore[arg-type]
    logto.organization_resource_token(["read:pages"])  # type: ignore[arg-type]
    logto.id_token(claims=["sub"])  # type: ignore[arg-type]
    TokenOptions(user=7)  # type: ignore[typeddict-item]
