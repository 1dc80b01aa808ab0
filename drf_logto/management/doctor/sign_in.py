"""Facts about the application that users sign in with, as the tenant has it."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps

from ...operations import needed_organization_scopes, needed_scopes
from ...telemetry import quoted
from ...verification.mismatch import mismatch
from ..addresses import one_of, sign_ins
from .examination import Examination
from .facts import Fact, Group
from .findings import Finding, Skipped, error, ok, warning

_TYPE = "Traditional"
_SHOWN = 10  # addresses
_USER_SCOPES = {"profile", "urn:logto:scope:organizations"}


def _application(examination: Examination) -> Any:
    """Return the application, whose type is looked at first: an error of it skips the others."""
    return examination.tenant.application(str(examination.settings.app_id))


def _type(examination: Examination, _subject: str) -> Iterator[Finding]:
    id = examination.settings.app_id
    if id is None:
        raise Skipped("LOGTO['APP_ID'] is not set.")
    found = _application(examination)
    if found is None:
        yield error(
            f"Logto has no application {quoted(id)}, which LOGTO['APP_ID'] names.",
            "Copy the ID of the application from Logto's console.",
        )
    elif found.type != _TYPE:
        yield error(
            f"The application of LOGTO['APP_ID'] has the type {quoted(found.type)}.",
            "Create one of the type 'Traditional web' in Logto's console: the type cannot be "
            "changed.",
        )
    else:
        yield ok(f"The application {quoted(found.name)} has the right type.")


def _redirect_uris(examination: Examination, _subject: str) -> Iterator[Finding]:
    found, base = _application(examination), examination.base_url
    if not sign_ins():
        raise Skipped("The project has no sign-in.")
    for sign_in in sign_ins():
        for registered, path, name in (
            (found.redirect_uris, sign_in.callback, "redirect URI"),
            (found.post_logout_redirect_uris, sign_in.signed_out, "post sign-out redirect URI"),
        ):
            yield _registered(registered, base, path, name)


def _registered(registered: Iterable[str], base: str | None, path: str, name: str) -> Finding:
    urls = list(registered)
    found = one_of(urls, base, path)
    if found is not None:
        return ok(f"The {name} {quoted(found)} is registered.")
    has = ", ".join(map(quoted, urls[:_SHOWN])) or "none"
    wanted = f"<the address of the API>{path}" if base is None else f"{base}{path}"
    hint = mismatch(urls, [wanted]).partition("; ")[2]
    return error(
        f"The {name} {wanted} is not registered in Logto; registered: {has}"
        f"{f' ({hint})' if hint else ''}.",
        "Register it, in exactly this form, in Logto's console.",
    )


def _consent(examination: Examination, _subject: str) -> Iterator[Finding]:
    found = _application(examination)
    if not found.is_third_party:
        yield ok("Logto asks users for no consent: the application is not a third party's.")
        return
    allowed = examination.tenant.consent_scopes(found.id)
    wanted = _USER_SCOPES | ({"email"} if apps.is_installed("drf_logto.users") else set())
    scopes = {(api, one) for api, named in needed_scopes().items() for one in named}
    lacks = sorted(wanted - allowed.user)
    less = sorted(one for _api, one in scopes - allowed.resources)
    less += sorted(needed_organization_scopes() - allowed.permissions)
    allow = "Allow them on the page of the third-party application in Logto's console."
    if lacks:
        yield error(f"A sign-in fails: Logto does not allow {', '.join(lacks)}.", allow)
    if less:
        named = ", ".join(map(quoted, less[:_SHOWN]))
        yield warning(f"Tokens of a sign-in lack scopes that routes need: {named}.", allow)
    if not lacks and not less:
        yield ok("Logto allows the third-party application all that a sign-in asks for.")


_NEEDS = ("management API", "application type")
GROUP = Group(
    "Sign-in",
    (
        Fact("application type", _type, ("management API",)),
        Fact("redirect URIs", _redirect_uris, _NEEDS),
        Fact("consent", _consent, _NEEDS),
    ),
)
