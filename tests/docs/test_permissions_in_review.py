"""docs/en/how-to/permissions-in-review.md: the file, its comparison, and how a change looks."""

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.urls import include, path
from rest_framework.permissions import AllowAny
from rest_framework.routers import SimpleRouter
from rest_framework.viewsets import ViewSet

from drf_logto.permissions import HasScopes
from tests.management.conftest import Run, logto_command  # noqa: F401 - a fixture
from tests.support.documents import Page

PAGE = Page("how-to/permissions-in-review.md")
WRITE, WRITE_OPEN = PAGE.take(language="console")
CHECK, CHECK_OPEN = PAGE.take(language="yaml")
(CHANGE,) = PAGE.take(language="diff")
(OWNERS,) = PAGE.take(language="text")


class Products(ViewSet):
    permission_classes = [
        HasScopes(list="read:products", create=["read:products", "write:products"])
    ]

    def list(self, request: Any) -> None: ...

    def create(self, request: Any) -> None: ...


class OpenedProducts(Products):
    def get_permissions(self) -> Any:
        return [AllowAny()] if self.request.method == "POST" else super().get_permissions()


for view in (Products, OpenedProducts):
    view.__module__, view.__name__ = "sandbox.views", "ProductViewSet"


def arguments(command: str) -> list[str]:
    words = shlex.split(command)
    return words[words.index("logto") + 1 :]


def use(route: Any, viewset: Any) -> None:
    router = SimpleRouter()
    router.register("products", viewset, "product")
    route(path("", include(router.urls)))


@pytest.mark.parametrize(("write", "check"), [(WRITE, CHECK), (WRITE_OPEN, CHECK_OPEN)])
def test_a_change_of_permissions_is_a_change_of_the_file(
    logto_command: Run,  # noqa: F811
    route: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    write: Any,
    check: Any,
) -> None:
    monkeypatch.chdir(tmp_path)
    (step,) = yaml.safe_load(check.code)
    use(route, Products)
    assert logto_command(*arguments(write.code))[0] == 0
    assert logto_command(*arguments(step["run"]))[0] == 0
    use(route, OpenedProducts)
    code, said = logto_command(*arguments(step["run"]))
    assert code == 3
    assert (CHANGE.code in said.replace("\n \n", "\n\n")) is (check is CHECK), said
    assert "logto routes" in said.splitlines()[-1]


def test_the_owners_are_those_of_the_file_that_is_written() -> None:
    assert OWNERS.code.split()[0] == f"/{arguments(WRITE.code)[-1]}"
