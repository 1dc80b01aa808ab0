"""A request as a line for a shell."""

import json
import shlex
from typing import Any

from django.http import QueryDict
from rest_framework.parsers import FormParser

from .page_context import FIELD

FORM = "form"
"""What a body is where it is not JSON."""

_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
_OF_THE_PAGE = ("csrfmiddlewaretoken", FIELD)


class UnprintableLine(ValueError):
    """The line would not be printable ASCII."""


def sent(request: Any) -> tuple[str, str]:
    """Return the body of DRF's request and its type, as ``curl_command`` takes them.

    It is ``""`` where there is none, or none that fits in a line, such as a file.
    """
    if request.method in _WITHOUT_BODY:
        return "", ""
    try:
        data = request.data
        if request.FILES:
            return "", ""
        if not isinstance(data, QueryDict):
            return json.dumps(data), ""
        # The line has the form percent-encoded, which a view of multipart/form-data does not take.
        if not any(isinstance(one, FormParser) for one in request.parsers):
            return "", ""
        form = data.copy()
        for name in _OF_THE_PAGE:
            form.pop(name, None)
        return form.urlencode(), FORM
    except Exception:  # noqa: BLE001 - whatever the project's parsers raise
        return "", ""


def curl_command(method: str, url: str, token: str, body: str = "", body_type: str = "") -> str:
    """Return the line; each part is quoted, so that a POSIX shell takes it as it is.

    Args:
        method: the HTTP method.
        url: where the request goes.
        token: the access token.
        body: JSON, ``""`` where there is none.
        body_type: ``FORM`` where ``body`` is the query string of a form instead.

    Raises:
        UnprintableLine: a part has a character other than printable ASCII.
    """
    # Without --globoff and --data-raw, curl itself reads brackets in the address and a leading "@".
    words = ["curl", "-i", "--globoff", url, "-H", f"Authorization: Bearer {token}"]
    words += ["-H", "Accept: application/json"]
    if method == "HEAD":
        words.append("--head")
    elif method != "GET":
        words += ["-X", method]
    if body:
        media_type = (
            "application/x-www-form-urlencoded" if body_type == FORM else "application/json"
        )
        words += ["-H", f"Content-Type: {media_type}", "--data-raw", body]
    line = shlex.join(words)
    # A terminal acts on control characters however they are quoted: one cancels the line, so that
    # what follows is run. JSON and forms have none, for both are encoded.
    if not (line.isascii() and line.isprintable()):
        raise UnprintableLine
    return line
