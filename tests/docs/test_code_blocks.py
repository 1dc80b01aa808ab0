"""Each block of code in the documentation is run by a test, or says why it is not."""

import importlib
import re
import shlex
from importlib.metadata import distribution

import pytest
from packaging.requirements import Requirement

from tests.support.documents import DOCS, ROOT, TAKEN, Page, tokens

RUN_BY: dict[str, str] = {
    # page: the test modules that take its blocks
    "how-to/discovery.md": "tests.docs.test_discovery",
    "how-to/outgoing.md": "tests.docs.test_outgoing",
    "how-to/django-admin.md": "tests.docs.test_users",
    "how-to/users.md": "tests.docs.test_users",
    "how-to/token-for-curl.md": "tests.docs.test_token_for_curl",
    "README.md": "tests.docs.test_readme",
    "index.md": "tests.docs.test_readme",
    "how-to/typing.md": "tests.docs.test_typing",
    "how-to/audit-trail.md": "tests.test_recipes",
    "how-to/monitoring.md": "tests.test_recipes",
    "how-to/channels.md": "tests.test_other_frameworks",
    "how-to/graphql.md": "tests.test_other_frameworks",
    "how-to/ninja.md": "tests.test_other_frameworks",
    "how-to/audit-your-api.md": "tests.test_new_user",
    "how-to/other-frameworks.md": "tests.test_other_frameworks",
    "how-to/browsable-api.md": "tests.test_new_user",
    "how-to/celery.md": "tests.docs.test_celery",
    "how-to/containers.md": "tests.docs.test_containers",
    "how-to/cors.md": "tests.docs.test_cors",
    "how-to/custom-user.md": "tests.test_new_user",
    "how-to/domains.md": "tests.docs.test_domains",
    "how-to/kubernetes.md": "tests.docs.test_kubernetes",
    "how-to/lifetimes.md": "tests.docs.test_lifetimes",
    "how-to/servers.md": "tests.docs.test_servers",
    "how-to/mcp.md": "tests.test_mcp",
    "how-to/openapi.md": "tests.test_new_user",
    "how-to/organization-rows.md": "tests.test_new_user",
    "how-to/permissions-in-review.md": "tests.docs.test_permissions_in_review",
    "how-to/plain-views.md": "tests.test_new_user",
    "how-to/revocation.md": "tests.test_new_user tests.management.test_follow",
    "how-to/row-level-security.md": "tests.tenancy.test_servers",
    "migration.md": "tests.test_migration",
    "how-to/testing-pytest.md": "tests.docs.test_testing",
    "how-to/testing-schemathesis.md": "tests.docs.test_testing",
    "how-to/testing-unittest.md": "tests.docs.test_testing",
    "how-to/tenant.md": "tests.docs.test_tenant",
    "how-to/throttling.md": "tests.test_new_user tests.docs.test_throttling",
    "quickstart.md": "tests.docs.test_readme tests.docs.test_testing",
    "reference/commands.md": "tests.docs.test_reference_code",
    "reference/log-messages.md": "tests.test_new_user",
    "reference/refusals.md": "tests.docs.test_reference_code",
    "reference/testing.md": "tests.docs.test_reference_code",
    "reference/permissions.md": "tests.test_new_user",
    "tutorials/global-api-resource.md": "tests.docs.test_tutorials",
    "tutorials/organization-api-resource.md": "tests.docs.test_tutorials",
    "tutorials/organization-permissions.md": "tests.docs.test_tutorials",
    "tutorials/multi-tenant.md": "tests.docs.test_tutorials",
}

OF_TYPES = {"django-stubs", "djangorestframework-stubs", "mypy", "pyright"}
"""What the environment types has, and that of these tests has not."""

# The Korean pages have the same blocks: tests/docs/test_pages.py.
PAGES = [
    *sorted(path.name for path in ROOT.glob("*.md") if path.name != "README.ko.md"),
    *sorted(str(path.relative_to(DOCS / "en")) for path in DOCS.glob("en/**/*.md")),
]


def code(name: str) -> str:
    return "\n".join(block.code for block in Page(name).blocks)


@pytest.mark.parametrize("name", PAGES)
def test_each_block_of_a_page_is_run_or_says_why_not(name: str) -> None:
    page = Page(name)
    if all(block.reason for block in page.blocks):
        return
    for module in RUN_BY[name].split(" "):
        importlib.import_module(module)
    left = [block for block in page.blocks if not block.reason and block.number not in TAKEN[name]]
    assert [(block.headings[-1], block.code[:80]) for block in left] == []


@pytest.mark.parametrize("name", PAGES)
def test_no_block_of_a_page_is_overlooked(name: str) -> None:
    """As one would be that stands in a list, names no language, or is a directive or HTML."""
    page = Page(name)
    found = tokens(page.text)
    shown = [
        token.content
        for token in found
        if token.type in {"fence", "code_block"} and token.info not in {"{toctree}", "{eval-rst}"}
    ]
    assert shown == [block.code for block in page.blocks]
    assert not any(token.type == "html_block" and "<pre" in token.content for token in found)


INSTALLED = re.compile(r"^python3 -m pip install (?!--)(.+)$", re.MULTILINE)


@pytest.mark.parametrize("wanted", sorted({*INSTALLED.findall("\n".join(map(code, PAGES)))}))
def test_what_a_page_installs_is_what_the_tests_have(wanted: str) -> None:
    for requirement in map(Requirement, shlex.split(wanted)):
        if requirement.name in OF_TYPES:
            continue
        installed = distribution(requirement.name)
        assert requirement.specifier.contains(installed.version)
        assert requirement.extras <= {*installed.metadata.get_all("Provides-Extra", [])}


def test_the_table_names_pages_that_exist() -> None:
    assert {*RUN_BY} <= {*PAGES}
