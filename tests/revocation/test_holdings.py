"""What a subject has in Logto, and what a loss voids."""

from typing import Any

import pytest

from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.outgoing.management_api import ManagementApi, ManagementApiRefused, management_api
from drf_logto.revocation.holdings import Held, Subject, held_by, voided_by
from tests.support.loopback import LoopbackServer, document
from tests.support.management import recorded, serve_management_api, serve_subjects

USER, MACHINE = Subject("n8bgw5maijvz", False), Subject("xvsg2l8xfe095te52rpgc", True)
A, B = "oo6xxt104eob", "my3y7rctpl3y"


@pytest.fixture
def answers(recordings: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = recordings["management_api"]
    return found


@pytest.fixture
def api(server: LoopbackServer, answers: dict[str, Any], settings: Any) -> ManagementApi:
    settings.LOGTO = serve_management_api(server, answers)
    serve_subjects(server, answers)
    return management_api()


def test_what_a_real_user_has_is_read(api: ManagementApi, server: LoopbackServer) -> None:
    assert held_by(api, USER) == frozenset(
        {
            Held("role", "40c1eb53h5eo4wtv1wdwm"),
            Held("role", "98v2nppjgtgjki73m22op"),
            *(Held("membership", one, one) for one in (A, B)),
            *(Held("organization role", "4aqsda9ubq367mkmulypk", one) for one in (A, B)),
        }
    )
    assert len([path for path in server.asked if "/users/" in path]) == USER.requests


def test_what_a_real_machine_has_is_read(api: ManagementApi, server: LoopbackServer) -> None:
    assert held_by(api, MACHINE) == frozenset(
        {
            Held("role", "e3ecwe36s398f3mzq8lsw"),
            Held("membership", A, A),
            Held("organization role", "xmkzwwwgz126q2hp4djvn", A),
            Held("secret", "Default secret 1795891263661"),
        }
    )
    assert len([path for path in server.asked if "/applications/" in path]) == MACHINE.requests


def test_all_pages_of_roles_are_read(api: ManagementApi, server: LoopbackServer) -> None:
    path = f"/api/users/{USER.id}/roles?page="
    server.answers[f"{path}1&page_size=100"] = document([{"id": f"{one}"} for one in range(100)])
    server.answers[f"{path}2&page_size=100"] = document([{"id": "last"}])
    held = held_by(api, USER)
    assert held is not None
    assert len([one for one in held if one.kind == "role"]) == 101


@pytest.mark.parametrize("subject", [Subject("nosuchuser00", False), Subject("nosuch/../x", True)])
def test_a_subject_that_is_gone_has_nothing(
    api: ManagementApi, server: LoopbackServer, answers: dict[str, Any], subject: Subject
) -> None:
    server.answers["/api/users/nosuchuser00/roles"] = recorded(answers["unknown_user"])
    path = "/api/applications/nosuch%2F..%2Fx/roles"
    server.answers[path] = recorded(answers["unknown_machine"])
    assert held_by(api, subject) is None


def test_another_refusal_is_not_an_answer(
    api: ManagementApi, server: LoopbackServer, answers: dict[str, Any]
) -> None:
    server.answers[f"/api/users/{USER.id}/roles"] = recorded(answers["forbidden"])
    with pytest.raises(ManagementApiRefused):
        held_by(api, USER)


@pytest.mark.parametrize("answer", [{}, [{}], [{"id": "x"}], [{"id": "x", "organizationRoles": 5}]])
def test_nonsense_is_not_an_answer(
    api: ManagementApi, server: LoopbackServer, answer: object
) -> None:
    server.answers[f"/api/users/{USER.id}/organizations"] = document(answer)
    with pytest.raises(AuthorizationServerUnavailable):
        held_by(api, USER)


ROLE, ORGANIZATION_ROLE = Held("role", "r"), Held("organization role", "r", A)


@pytest.mark.parametrize(
    ("subject", "lost", "void"),
    [
        (USER, None, [{"user": USER.id}]),
        (MACHINE, None, [{"user": MACHINE.id}]),
        (USER, [], []),
        (USER, [ROLE], [{"user": USER.id}]),
        (MACHINE, [ROLE], [{"user": MACHINE.id, "organization": ""}]),
        (
            USER,
            [ORGANIZATION_ROLE, Held("membership", A, A)],
            [{"user": USER.id, "organization": A}, {"user": USER.id, "organization": ""}],
        ),
        (MACHINE, [ORGANIZATION_ROLE], [{"user": MACHINE.id, "organization": A}]),
        (MACHINE, [Held("secret", "x 1")], [{"client": MACHINE.id}]),
    ],
)
def test_only_the_tokens_that_had_it_are_void(
    subject: Subject, lost: list[Held] | None, void: list[dict[str, str]]
) -> None:
    assert voided_by(subject, lost) == void
