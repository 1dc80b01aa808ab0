"""Objects of two organizations."""

from typing import Any

import pytest

from tests.support.teams.models import Folder, Page, Team

A, B = "org-a", "org-b"


@pytest.fixture
def objects(db: None) -> dict[str, Any]:
    """Two pages of either organization; one of the other's is a guest in the first's folder."""
    pages: dict[str, list[Page]] = {}
    for organization in (A, B):
        team = Team.objects.create(slug=f"team of {organization}", organization_id=organization)
        folder = Folder.objects.create(name=f"folder of {organization}", team=team)
        pages[organization] = [
            Page.objects.create(
                title=f"{name} page of {organization}", organization_id=organization, folder=folder
            )
            for name in ("first", "second")
        ]
    Page.objects.filter(pk=pages[B][1].pk).update(folder=pages[A][1].folder)
    return {"page": (pages[A][0], pages[B][0])}
