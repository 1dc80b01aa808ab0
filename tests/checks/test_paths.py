"""The path of a route: static words and captured keywords, in order."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import path, re_path

from drf_logto.checks.paths import Keyword, segments

PK = Keyword("pk")
UNNAMED = Keyword(None)


def view(request: Any) -> HttpResponse:  # type: ignore[empty-body]
    """Is never called."""


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ("", [()]),
        ("organizations/<pk>/", [("organizations",), (PK,), ()]),
        ("my-teams/<int:pk>/x_y/", [("my-teams",), (PK,), ("x_y",), ()]),
        ("org-<slug:pk>.json", [("org-", PK, ".json")]),
        ("<uuid:pk>", [(PK, "-", "-", "-", "-")]),
        ("<path:pk>/é/", [(PK,), ("é",), ()]),
    ],
)
def test_a_path_is_read_in_order(route: str, expected: Any) -> None:
    assert list(segments(path(route, view).pattern.regex.pattern)) == expected


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        (r"^organizations/(?P<pk>[^/.]+)/$", [("organizations",), (PK,), ()]),
        (r"^b/([^/]+)/$", [("b",), (UNNAMED,), ()]),
        (r"^b\/(\d{4})\/\Z", [("b",), (UNNAMED,), ()]),
        (r"^(?:orgs|teams)/(?P<pk>\w+)", [("orgs", "teams"), (PK,)]),
        (r"^(?P<pk>en|de)/x", [(PK, "en", "de"), ("x",)]),
        (r"(?i)^my\-teams?/[\]/(]+/([)]+)/", [("my-teams",), (), (UNNAMED,), ()]),
        (r"^(?!admin/(a)b)(?<=x(?:y))a(?P<pk>(x))(?P=pk)", [("a", PK, UNNAMED, "x")]),
        (r"^(page-(?P<pk>\d+)/)?x.y", [(UNNAMED, "page-", PK), ("x", "y")]),
        (r"(?>orgs/)(?i:(.*))[]/]", [("orgs",), (UNNAMED,)]),
    ],
)
def test_a_regular_expression_is_read_in_order(route: str, expected: Any) -> None:
    assert list(segments(re_path(route, view).pattern.regex.pattern)) == expected


def test_an_included_route_goes_on_where_the_including_one_ends() -> None:
    read = segments("^tenants/", "^(?P<pk>[^/]+)/", r"^a\-b/$")
    assert read == (("tenants",), (PK,), ("a-b",), ())


def test_what_is_no_regular_expression_breaks_nothing() -> None:
    assert segments(")a(", "b]") == (("a", UNNAMED, "b]"),)
