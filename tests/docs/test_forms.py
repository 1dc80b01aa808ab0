"""The forms for issues and the workflow of a release: GitHub ignores what it cannot read."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.documents import ROOT, text

FOLDER = ROOT / ".github"
FORMS = sorted(FOLDER.glob("ISSUE_TEMPLATE/[!c]*.yml"))
KINDS = {"markdown", "textarea", "input", "dropdown", "checkboxes"}


def read(path: Path) -> Any:
    return yaml.safe_load(text(path))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_a_form_has_what_github_needs(form: Path) -> None:
    found = read(form)
    assert {"name", "description", "body"} <= found.keys()
    assert {field["type"] for field in found["body"]} <= KINDS
    questions = [field for field in found["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in questions}) == len(questions)
    assert all(field["attributes"]["label"] for field in questions)
    assert any(field["validations"]["required"] for field in questions if "validations" in field)


def test_a_vulnerability_is_not_reported_in_a_form() -> None:
    found = read(FOLDER / "ISSUE_TEMPLATE" / "config.yml")
    assert found["blank_issues_enabled"] is False
    assert found["contact_links"][0]["url"].endswith("/security/advisories/new")


def test_a_release_is_built_without_rights_and_published_without_a_password() -> None:
    workflow = read(FOLDER / "workflows" / "release.yml")
    build, publish = workflow["jobs"]["build"], workflow["jobs"]["publish"]
    assert workflow["permissions"] == {}
    assert build["permissions"] == {"contents": "read"}
    assert publish["permissions"] == {"id-token": "write"}
    assert (publish["needs"], publish["environment"]) == ("build", "pypi")
    assert not re.search(r"secrets\.|password:", text(FOLDER / "workflows" / "release.yml"))
    assert publish["steps"][-1]["with"] == {"attestations": True}
