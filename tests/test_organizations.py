"""Which organization a request names."""

from types import SimpleNamespace
from typing import Any
from uuid import UUID

from drf_logto.organizations import named_by


def view(**attributes: Any) -> Any:
    return SimpleNamespace(**attributes)


def test_the_url_keyword_names_it() -> None:
    assert named_by(view(kwargs={"organization_id": "org-a"})) == "org-a"


def test_a_route_without_the_keyword_names_none() -> None:
    assert named_by(view(kwargs={"pk": "1"})) is None
    assert named_by(view(kwargs=None)) is None
    assert named_by(view()) is None


def test_the_setting_chooses_the_keyword(settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "ORGANIZATION_URL_KWARG": "org"}
    assert named_by(view(kwargs={"org": "org-a", "organization_id": "org-b"})) == "org-a"


def test_the_view_overrides_the_setting() -> None:
    assert named_by(view(kwargs={"org": "org-a"}, organization_url_kwarg="org")) == "org-a"


def test_what_a_converter_made_of_it_is_compared_as_a_string() -> None:
    assert named_by(view(kwargs={"organization_id": 7})) == "7"
    assert named_by(view(kwargs={"organization_id": UUID(int=7)})) == str(UUID(int=7))
    assert named_by(view(kwargs={"organization_id": ""})) == ""
