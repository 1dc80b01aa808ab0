"""``manage.py logto revoke``: what holds afterwards, and what is said."""

import json
from typing import Any

import pytest

from drf_logto.exceptions import TokenRevoked
from drf_logto.runtime import Environment, get_revocations, override
from tests.management.conftest import NOON, Run
from tests.support.auth import auth_info

pytestmark = pytest.mark.usefixtures("installed")

ISSUER = "https://tenant.logto.test/oidc"


def is_refused(**claims: Any) -> bool:
    revocations = get_revocations()
    assert revocations is not None
    auth = auth_info(**{"iat": NOON - 100, "exp": NOON + 100, **claims})
    return isinstance(revocations.find_refusal(auth), TokenRevoked)


@pytest.mark.parametrize(
    ("arguments", "revoked", "others"),
    [
        (["--user", "user-1"], {}, {"sub": "user-2"}),
        (["--client", "application-1"], {}, {"client_id": "application-2"}),
        (["--token-id", "token-1"], {}, {"jti": "token-2"}),
        (["--issuer", ISSUER], {"sub": "user-2"}, {"iat": NOON + 1}),
        (["--organization", "org-1"], {"organization_id": "org-1"}, {"organization_id": "org-2"}),
        (
            ["--user", "user-1", "--organization", "org-1"],
            {"organization_id": "org-1"},
            {"organization_id": "org-1", "sub": "user-2"},
        ),
        (["--user", "user-1", "--before", str(NOON - 200)], {"iat": NOON - 200}, {}),
        (["--user", "user-1", "--before", "2026-11-21T13:00:00Z"], {"iat": NOON - 156}, {}),
        (["--user", "user-1", "--before", "2026-11-21T22:00:00+09:00"], {"iat": NOON - 156}, {}),
        (["--user", "user-1", "--before", "2026-11-21T07:00:00"], {"iat": NOON - 156}, {}),
    ],
)
def test_the_tokens_that_are_named_are_refused(
    logto_command: Run, arguments: list[str], revoked: dict[str, Any], others: dict[str, Any]
) -> None:
    assert logto_command("revoke", *arguments)[0] == 0
    assert is_refused(**revoked)
    assert not is_refused(**others)


def test_what_holds_is_printed(logto_command: Run) -> None:
    code, output = logto_command("revoke", "--user", "user-1", "--organization", "o\n1")
    assert code == 0
    assert output == (
        "Refused: tokens of user 'user-1', organization 'o\\n1', issued at or before "
        f"2026-11-21T13:02:36+00:00 by {ISSUER}.\n"
    )


def test_all_tokens_are_named_as_such(logto_command: Run) -> None:
    assert logto_command("revoke", "--issuer", ISSUER)[1].startswith("Refused: tokens, issued at")


def test_what_holds_is_printed_as_json(logto_command: Run) -> None:
    code, output = logto_command("revoke", "--client", "application-1", "--json")
    assert code == 0
    assert json.loads(output) == {
        "user": None,
        "organization": None,
        "client": "application-1",
        "token": None,
        "issuers": [ISSUER],
        "before": NOON,
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Name what is revoked: --user, --organization, --client, --token-id or --issuer."),
        (["--organization", "org-1", "--client", "application-1"], "Name what is revoked"),
        (["--user", ""], "1 to 200 characters"),
        (["--issuer", "https://other.test/oidc"], f"one of these issuers: {ISSUER}"),
        (["--user", "user-1", "--before", str(NOON + 1)], "not in the future"),
        (["--user", "user-1", "--before", "nan"], "--before must be"),
        (["--user", "user-1", "--before", "20261121"], "--before must be"),
        (["--user", "user-1", "--before", "1e400"], "--before must be"),
        (["--user", "user-1", "--before", "yesterday"], "--before must be a time in ISO 8601"),
        (["--user", "user-1", "--before", "0001-01-01T00:00:00+23:59"], "--before must be"),
    ],
)
def test_arguments_that_cannot_work_revoke_nothing(
    logto_command: Run, arguments: list[str], message: str
) -> None:
    code, output = logto_command("revoke", *arguments)
    assert code == 2
    assert message in output
    assert not is_refused()


def test_a_cache_that_does_not_answer_is_a_failure(logto_command: Run, settings: Any) -> None:
    nowhere = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "redis://127.0.0.1:1",
    }
    settings.CACHES = {**settings.CACHES, "nowhere": nowhere}
    settings.LOGTO = {**settings.LOGTO, "CACHE": "nowhere"}
    with override(Environment()):
        code, output = logto_command("revoke", "--user", "user-1")
    assert code == 1
    assert output.startswith("The cache cannot be used: ")
    assert output.endswith(". Check the one that LOGTO['CACHE'] names.")
