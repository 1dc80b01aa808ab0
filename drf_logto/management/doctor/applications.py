"""Facts about the applications of the settings: each is tried at the token endpoint.

It is asked for what it never gives, so that no token is issued; how it refuses says what is wrong.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from ...telemetry import quoted
from .examination import Examination
from .facts import Fact, Group
from .findings import Finding, Skipped, error, ok, warning

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_NEVER = {"grant_type": "refresh_token", "refresh_token": "doctor"}
_UNAUTHORIZED = 401
_BOTH = (
    "Copy the secret of the application from Logto's console. Deleted and expired ones are refused."
)


class _Kind(NamedTuple):
    """What an application of the settings must be, and the error that says it is."""

    settings: str
    type: str
    code: str


_SIGN_IN = _Kind("APP", "'Traditional web'", "invalid_grant")
_MACHINE = _Kind("MACHINE_APP", "'Machine-to-machine'", "invalid_request")


def _sign_in(examination: Examination, _subject: str) -> Iterator[Finding]:
    settings = examination.settings
    yield _tried(examination, _SIGN_IN, settings.app_id, settings.app_secret)


def _machine(examination: Examination, _subject: str) -> Iterator[Finding]:
    settings = examination.settings
    yield _tried(examination, _MACHINE, settings.machine_app_id, settings.machine_app_secret)


def _tried(examination: Examination, kind: _Kind, id: str | None, secret: str | None) -> Finding:
    name = f"LOGTO['{kind.settings}_ID']"
    if id is None:
        raise Skipped(f"{name} is not set.")
    status, code = _refusal(examination, id, secret)
    if code == kind.code:
        return ok(f"Logto accepts {name} with its secret.")
    if code == "invalid_client" and status == _UNAUTHORIZED:
        which = "is missing" if secret is None else "is wrong"
        return error(f"LOGTO['{kind.settings}_SECRET'] {which}, or deleted in Logto.", _BOTH)
    if code == "invalid_client":
        remedy = f"Copy the ID of an application of the type {kind.type} from Logto's console."
        return error(f"Logto has no application {quoted(id)}, which {name} names.", remedy)
    if code in {_SIGN_IN.code, _MACHINE.code}:
        remedy = "Create another in Logto's console: the type cannot be changed."
        return error(f"The application of {name} is not of the type {kind.type}.", remedy)
    if code == "invalid_redirect_uri":
        remedy = "Register the addresses of this project in Logto, see the fact 'redirect URIs'."
        return error(f"The application of {name} has no redirect URIs.", remedy)
    return warning(
        f"Whether Logto accepts {name} is not known: it answered {quoted(code)}, HTTP status "
        f"{status}.",
        "Look at the application in Logto's console.",
    )


def _refusal(examination: Examination, id: str, secret: str | None) -> tuple[int, str]:
    """Return status and error code of the token endpoint."""
    credentials = {"client_id": id} | ({} if secret is None else {"client_secret": secret})
    status, document = examination.environment.exchange(
        "POST",
        examination.metadata[examination.addresses[0]].back_channel("token_endpoint"),
        examination.timeout,
        headers=_FORM,
        body=urlencode({**_NEVER, **credentials}),
    )
    code = document.get("error") if isinstance(document, Mapping) else None
    return status, str(code)


GROUP = Group(
    "Applications",
    (
        Fact("sign-in application", _sign_in, ("endpoints",)),
        Fact("machine application", _machine, ("endpoints",)),
    ),
)
