"""A request as a line for a shell."""

import shlex


def curl_command(method: str, url: str, token: str, body: str = "") -> str:
    """Return the line; each part is quoted, so that a shell takes it as it is.

    Args:
        method: the HTTP method.
        url: where the request goes.
        token: the access token.
        body: JSON, ``""`` where there is none.
    """
    words = ["curl", "-i", url, "-H", f"Authorization: Bearer {token}"]
    words += ["-H", "Accept: application/json"]
    if method != "GET":
        words += ["-X", method]
    if body:
        words += ["-H", "Content-Type: application/json", "-d", body]
    return shlex.join(words)
