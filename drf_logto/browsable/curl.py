"""A request as a line for a shell."""

import json
import shlex
from typing import Any
from urllib.parse import parse_qsl

from django.http import QueryDict

FORM = "form"
"""What a body is where it is not JSON."""

_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})


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
        # The form of the page, which brings the session's own proof along.
        form = data.copy()
        form.pop("csrfmiddlewaretoken", None)
        return form.urlencode(), FORM
    except Exception:  # noqa: BLE001 - whatever the project's parsers raise
        return "", ""


def curl_command(method: str, url: str, token: str, body: str = "", body_type: str = "") -> str:
    """Return the line; each part is quoted, so that a shell takes it as it is.

    Args:
        method: the HTTP method.
        url: where the request goes.
        token: the access token.
        body: JSON, ``""`` where there is none.
        body_type: ``FORM`` where ``body`` is the query string of a form instead.
    """
    # Without --globoff and --data-raw, curl itself reads brackets in the address and a leading "@".
    words = ["curl", "-i", "--globoff", url, "-H", f"Authorization: Bearer {token}"]
    words += ["-H", "Accept: application/json"]
    if method == "HEAD":
        words.append("--head")
    elif method != "GET":
        words += ["-X", method]
    if body_type == FORM:
        for name, value in parse_qsl(body, keep_blank_values=True):
            words += ["--form-string", f"{name}={value}"]
    elif body:
        words += ["-H", "Content-Type: application/json", "--data-raw", body]
    return shlex.join(words)
