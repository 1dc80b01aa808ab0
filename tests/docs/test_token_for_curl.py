"""how-to/token-for-curl.md: its commands, with a stand-in for Logto and a running API."""

import re
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from sandbox.organizations import ACME
from sandbox.stand_in import StandIn, running_stand_in
from sandbox.stand_in.grants import ClientCredentialsGrant
from sandbox.stand_in.provider import Grant, Session
from sandbox.stand_in.tokens import ORGANIZATIONS, issue_to_person
from sandbox.tenant import ADA, BACK_OFFICE, BROWSABLE_API, Machine
from tests.support.documents import Page
from tests.support.guides import guide
from tests.support.relying_party import RelyingParty
from tests.support.running import free_port, running
from tests.support.terminal import Terminal

pytestmark = pytest.mark.servers

COMMANDS = [block.code for block in Page("how-to/token-for-curl.md").take(language="sh")]
PAT = "pat_of_ada"
MACHINE = f"""
LOGTO |= {{"MACHINE_APP_ID": "{BACK_OFFICE.id}", "MACHINE_APP_SECRET": "{BACK_OFFICE.secret}"}}
"""


class TokenExchangeGrant(ClientCredentialsGrant):
    """The exchange of Ada's personal access token, as Logto 1.42 does it."""

    GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"

    def generate_token(self, *, scope: str | None, **_: object) -> dict[str, Any]:
        form = self.request.form
        assert form["subject_token_type"] == "urn:logto:token-type:personal_access_token"
        assert form["subject_token"] == PAT
        grant = Grant(
            session=Session(person_id=ADA.id, auth_time=0),
            application=self.client,
            scopes=(ORGANIZATIONS,),
            resources=(self.provider.logto.api_resource,),
            organization_ids=None,
            redirect_uri="",
            code_challenge=None,
            nonce=None,
        )
        wanted = str(scope).split(), self.resource, form.get("organization_id")
        return issue_to_person(self.provider, grant, *wanted)


class ExchangingMachine(Machine):
    """A machine that may exchange tokens."""

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in {*self.grant_types, TokenExchangeGrant.GRANT_TYPE}


def allow_token_exchange(stand_in: StandIn) -> None:
    machine = ExchangingMachine(id=BACK_OFFICE.id, secret=BACK_OFFICE.secret)
    machine.__dict__.update(vars(BACK_OFFICE))
    stand_in.provider.clients[BACK_OFFICE.id] = machine
    stand_in._server.register_grant(TokenExchangeGrant)


def test_each_command_gets_a_token_that_opens_the_api(tmp_path: Path) -> None:
    folder, port = tmp_path / "project", free_port()
    folder.mkdir()
    with ExitStack() as opened:
        stand_in = opened.enter_context(running_stand_in())
        allow_token_exchange(stand_in)
        endpoint = stand_in.logto.endpoint
        guide(folder, [], {"https://your-tenant.logto.app": endpoint}).add(
            "project/settings.py", MACHINE
        )
        runserver = str(folder / "manage.py"), "runserver", str(port), "--noreload"
        environment = {"DJANGO_SETTINGS_MODULE": "project.settings"}
        api = running(sys.executable, *runserver, until=port, environment=environment)
        opened.enter_context(api)
        terminal = opened.enter_context(Terminal(folder, tmp_path))
        values = {
            "https://your-tenant.logto.app": endpoint,
            "the-id-of-an-organization": ACME,
            "the-id-of-a-machine-to-machine-application": BACK_OFFICE.id,
            "APP_SECRET=its-secret\nexport API": f"APP_SECRET={BACK_OFFICE.secret}\nexport API",
            "http://127.0.0.1:8000": f"http://127.0.0.1:{port}",
            "the-personal-access-token": PAT,
            "the-id-of-the-application": BROWSABLE_API.id,
            "WEB_APP_SECRET=its-secret": f"WEB_APP_SECRET={BROWSABLE_API.secret}",
            "the-refresh-token": RelyingParty(endpoint).sign_in(ADA)["refresh_token"],
        }
        printed = ""
        for command in COMMANDS:
            for on_the_page, of_the_reader in values.items():
                command = command.replace(on_the_page, of_the_reader)  # noqa: PLW2901
            printed += terminal.run(command)
    assert re.findall("HTTP/1.1 ([0-9]+)", printed) == ["200", "201", "200"] * 3 + ["200"]
