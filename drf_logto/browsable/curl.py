"""A request as a curl command for a POSIX shell."""

import json
import shlex
from typing import Any

from django.http import QueryDict
from rest_framework.parsers import FormParser

from .page_context import FIELD

FORM = "form"  # the body type of a form; "" is JSON
_MEDIA_TYPES = {FORM: "application/x-www-form-urlencoded"}
_METHODS_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
_PAGE_FIELDS = ("csrfmiddlewaretoken", FIELD)


class UnprintableCommand(ValueError):
    """The command has a character other than printable ASCII."""


def request_body(request: Any) -> tuple[str, str]:
    """Return the body of DRF's request and its type, as ``curl_command`` takes them.

    The body is ``""`` if there is none, or if it does not fit in a command, such as a file.
    """
    if request.method in _METHODS_WITHOUT_BODY:
        return "", ""
    try:
        data = request.data
        if request.FILES:
            return "", ""
        if not isinstance(data, QueryDict):
            return json.dumps(data), ""
        # The command sends forms URL-encoded, which a view may not accept.
        if not any(isinstance(parser, FormParser) for parser in request.parsers):
            return "", ""
        form = data.copy()
        for name in _PAGE_FIELDS:
            form.pop(name, None)
        return form.urlencode(), FORM
    except Exception:  # noqa: BLE001 - whatever the project's parsers raise
        return "", ""


def curl_command(method: str, url: str, token: str, body: str = "", body_type: str = "") -> str:
    """Return the command, each part quoted for a POSIX shell, or raise UnprintableCommand."""
    # Without --globoff and --data-raw, curl interprets brackets in the URL and a leading "@".
    words = ["curl", "-i", "--globoff", url, "-H", f"Authorization: Bearer {token}"]
    words += ["-H", "Accept: application/json"]
    if method == "HEAD":
        words.append("--head")
    elif method != "GET":
        words += ["-X", method]
    if body:
        media_type = _MEDIA_TYPES.get(body_type, "application/json")
        words += ["-H", f"Content-Type: {media_type}", "--data-raw", body]
    command = shlex.join(words)
    # A terminal acts on control characters even inside quotes: an interrupt discards the line, and
    # what follows is executed. Encoded JSON and forms have no control characters.
    if not (command.isascii() and command.isprintable()):
        raise UnprintableCommand
    return command
