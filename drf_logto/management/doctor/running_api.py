"""Facts about the running API, which is asked at ``--base-url`` as a client asks it."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from django.urls import Resolver404, resolve

from ...exceptions import AuthorizationServerUnavailable, MalformedToken
from ...operations import all_operations
from ...telemetry import quoted
from ...verification.fetch import fetch_headers
from ..addresses import sign_ins
from .examination import Examination
from .facts import Fact, Group
from .findings import Finding, Skipped, error, ok, warning

_UNAUTHORIZED, _NOT_FOUND = 401, 404
_ANSWERS = (400, _UNAUTHORIZED, 403, _NOT_FOUND, 405)
_KEYWORD = re.compile(r"\{\w+\}")
_VALUES = ("1", "00000000-0000-4000-8000-000000000001")  # of keywords
_TOKEN = "doctor"  # noqa: S105 - not well-formed, so that it opens nothing
_STRIPPED = (
    "Apache needs 'WSGIPassAuthorization On'. A proxy must send the header Authorization on: look "
    "for rules that remove or replace it."
)


def _base_url(examination: Examination) -> str:
    if examination.base_url is None:
        raise Skipped("It needs --base-url, the public address of the running API.")
    return examination.base_url


def _authorization(examination: Examination, _subject: str) -> Iterator[Finding]:
    url = f"{_base_url(examination)}{_protected_path()}"
    try:
        status, document = examination.environment.exchange(
            "GET",
            url,
            examination.timeout,
            headers={"Authorization": f"Bearer {_TOKEN}"},
            accepted=_ANSWERS,
        )
    except AuthorizationServerUnavailable as failure:
        yield _no_answer(url, failure)
        return
    # An exception handler of the project may put the code somewhere else.
    if status == _UNAUTHORIZED and MalformedToken.code in str(document):
        yield ok(f"The header Authorization arrives at {url}.")
    elif status == _NOT_FOUND:
        yield error(
            f"{url} is not found, although it is a route of this project.",
            "Check --base-url, and whether this version of the project runs there.",
        )
    else:
        yield error(
            f"{url} does not see the header Authorization: HTTP status {status}, although the "
            "header held a token that is not well-formed.",
            _STRIPPED,
        )


def _no_answer(url: str, failure: AuthorizationServerUnavailable) -> Finding:
    return error(
        f"{url} gives no usable answer: {failure.reason}.",
        "Check --base-url and ALLOWED_HOSTS, and whether this machine can reach the API there.",
    )


def _protected_path() -> str:
    """Return the path of a route that can be read with an access token alone.

    Raises:
        Skipped: there is none, or its keywords are not known.
    """
    found = [
        one.path
        for one in all_operations()
        if one.method == "GET" and one.accepts_tokens and one.ways and not one.is_open
    ]
    # One without keywords, if there is one.
    paths = (
        _KEYWORD.sub(value, path)
        for path in sorted(found, key=lambda one: one.count("{"))
        for value in _VALUES
    )
    path = next(filter(_is_route, paths), None)
    if path is None:
        raise Skipped("No route is known that is read with an access token.")
    return path


def _is_route(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True


def _redirect_uri(examination: Examination, _subject: str) -> Iterator[Finding]:
    base = _base_url(examination)
    if not sign_ins():
        raise Skipped("The project has no sign-in.")
    for begins, callback, _signed_out in sign_ins():
        url = f"{base}{begins}"
        try:
            location = fetch_headers(url, examination.timeout).get("Location", "")
        except AuthorizationServerUnavailable as failure:
            yield _no_answer(url, failure)
            continue
        found = parse_qs(urlsplit(location).query).get("redirect_uri", [""])[0]
        yield _compared(url, found, f"{base}{callback}")


def _compared(url: str, found: str, expected: str) -> Finding:
    if found == expected:
        return ok(f"The sign-in at {url} comes back to {found}.")
    if not found:
        return warning(f"{url} does not lead to Logto.", "Open it in a browser: its page says why.")
    if urlsplit(found).scheme != urlsplit(expected).scheme:
        return error(
            f"The sign-in at {url} comes back to {quoted(found)}, and not to {expected}.",
            "If a proxy terminates TLS, let it set X-Forwarded-Proto, and set "
            "SECURE_PROXY_SSL_HEADER = ('HTTP_X_FORWARDED_PROTO', 'https').",
        )
    return error(
        f"The sign-in at {url} comes back to {quoted(found)}, and not to {expected}.",
        "Let the proxy send the header Host on, or set USE_X_FORWARDED_HOST.",
    )


GROUP = Group(
    "Running API",
    (Fact("authorization header", _authorization), Fact("sign-in redirect", _redirect_uri)),
)
