"""README.md: its code, commands and answers in a new project, with a stand-in for Logto."""

import re
import tomllib
from pathlib import Path

import pytest
from django.core.management import call_command

from sandbox.stand_in import running_stand_in
from tests.support.console import Console
from tests.support.documents import DOCS, ROOT, Block, Page, text
from tests.support.new_project import Project, files
from tests.support.reader import UNTIL_IT_ANSWERS
from tests.support.running import free_port
from tests.support.terminal import Terminal

CODE = Page("README.md").take(language="python")
CHECKS, REQUEST = Page("README.md").take(language="sh")
(QUICKSTART_REQUEST,) = Page("quickstart.md").take(language="sh")
(REFUSAL,) = Page("README.md").take(language="text")
HOME = [*Page("index.md").take(language="python"), *Page("index.md").take(language="json")]

PAGES = ("README.md", "README.ko.md")
PUBLISHED = tomllib.loads(text("pyproject.toml"))["project"]["urls"]
DOCUMENTATION = PUBLISHED["Documentation"].removesuffix("en/")
FILES = f"{PUBLISHED['Source']}/blob/main/"


@pytest.mark.servers
def test_the_code_of_the_readme_does_what_it_says(tmp_path: Path) -> None:
    project, home, port = Project(tmp_path / "project"), tmp_path / "home", str(free_port())
    project.folder.mkdir()
    home.mkdir()
    call_command("startproject", "project", project.folder)
    with running_stand_in() as logto, Terminal(project.folder, home) as terminal:
        own = {"https://your-tenant.logto.app": logto.logto.endpoint, "8000": port}

        def replaced(code: str) -> str:
            for written, value in own.items():
                code = code.replace(written, value)
            return code

        for name, code in files(CODE):
            project.add(name, replaced(code))
        console = Console(logto)
        permissions = {"read:products": "", "write:products": ""}
        console.create_api_resource("Shop", "https://api.example.com", permissions)
        console.create_role("reader", "Reads products", ["read:products"])
        application, secret = console.create_machine("Import", ["reader"])
        checked = terminal.run(CHECKS.code)
        assert checked.startswith("System check identified no issues (0 silenced).\n")
        assert "0 errors" in checked
        terminal.run(f"APP_ID={application} APP_SECRET={secret}")
        terminal.run(f"python3 manage.py runserver {port} &> server.log &")
        terminal.run(f"curl {UNTIL_IT_ANSWERS} http://127.0.0.1:{port}/")
        granted = terminal.run(replaced(REQUEST.code))
        assert "HTTP/1.1 200 OK\n" in granted
        assert granted.endswith('["tea","coffee"]')
        without_scope = REQUEST.code.replace(" -d scope=read:products", "")
        refused = terminal.run(replaced(without_scope)).splitlines()
        for line in re.sub(r",\n +", ", ", REFUSAL.code).replace('": "', '":"').splitlines():
            assert line.replace('", "', '","') in [one.replace('", "', '","') for one in refused]
        tested = terminal.run("pytest --ds=project.settings -p no:cacheprovider test_products.py")
        assert "1 passed" in tested


def test_the_request_of_the_quickstart_is_that_of_the_readme() -> None:
    assert QUICKSTART_REQUEST.code == REQUEST.code


@pytest.mark.parametrize("block", HOME, ids=lambda block: block.language)
def test_the_code_of_the_home_page_is_that_of_the_readme(block: Block) -> None:
    assert block.code in text("README.md")


def test_the_readme_has_at_most_900_words() -> None:
    assert len(text("README.md").split()) <= 900


@pytest.mark.parametrize("page", PAGES)
def test_links_of_the_readme_also_lead_on_from_the_page_of_the_package(page: str) -> None:
    links = re.findall(r"\]\(([^)]+)\)", text(page))
    assert links
    for link in links:
        assert link.startswith("https://"), link
        is_of_site = link.startswith(DOCUMENTATION)
        assert not (is_of_site and "#" in link), "the site's own anchors are not compared here"


def target(address: str) -> Path:
    """The file of the checkout that an address of the project is about."""
    path = address.partition("#")[0]
    if path.startswith(DOCUMENTATION):
        return DOCS / path.removeprefix(DOCUMENTATION).replace(".html", ".md")
    return ROOT / path.removeprefix(FILES) if path.startswith(FILES) else ROOT


def test_an_address_of_the_project_is_of_its_metadata_and_leads_to_a_file() -> None:
    forms = ROOT.glob(".github/**/*.yml")
    for page in [*ROOT.glob("*.md"), *DOCS.glob("**/*.md"), *forms]:
        for address in re.findall(
            r"https://(?:github\.com/drf-logto|drf-logto[\w-]*\.readthedocs)[^\s)\"'`]*", text(page)
        ):
            assert address.startswith((PUBLISHED["Source"], DOCUMENTATION)), (page, address)
            assert target(address).exists(), (page, address)
