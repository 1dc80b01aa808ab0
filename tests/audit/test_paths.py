"""How requests name an organization."""

import pytest

from drf_logto.organization_sources.base import OrganizationSource
from drf_logto.organization_sources.computed import as_source
from drf_logto.organization_sources.named import Header, Host, UrlKeyword
from drf_logto.testing.audit.paths import name_organization


def lookup(name: str) -> str | None:
    return {"acme": "org-a", "globex": "org-b"}[name]


@pytest.mark.parametrize(
    ("source", "named"),
    [
        (None, ({}, {})),
        (UrlKeyword("team"), ({"team": "org-a"}, {})),
        (UrlKeyword("team", lookup=lookup), ({"team": "acme"}, {})),
        (Header("X-Team", lookup=lookup), ({}, {"X-Team": "acme"})),
        (Host("example.org", lookup=lookup), ({}, {"Host": "acme.example.org"})),
        (
            as_source([UrlKeyword("team"), Host()]),
            ({"team": "org-a"}, {"Host": "org-a.example.com"}),
        ),
        (as_source(lambda request, view: None), ({}, {})),
    ],
)
def test_the_organization_is_named_where_its_source_reads_it(
    source: OrganizationSource | None, named: object
) -> None:
    assert name_organization(source, "org-a", ["page", "globex", "acme"]) == named
