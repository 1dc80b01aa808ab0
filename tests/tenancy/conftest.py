"""Rows of two organizations."""

import pytest

from tests.support.teams.models import Folder, Page, Team


@pytest.fixture
def pages(db: None) -> dict[str, Page]:
    """A page of each of two organizations, by its organization."""
    made = {}
    for organization in ("org-a", "org-b"):
        team = Team.objects.create(slug=f"team-{organization}", organization_id=organization)
        folder = Folder.objects.create(name=f"folder of {organization}", team=team)
        made[organization] = Page.objects.create(
            title=f"page of {organization}", organization_id=organization, folder=folder
        )
    return made
