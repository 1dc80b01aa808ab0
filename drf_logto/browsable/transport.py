"""The HTTP session that Authlib's client uses, with bounds on time and size."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from ..exceptions import AuthorizationServerUnavailable
from ..verification.fetch import post_form

_BAD_REQUEST = 400

# Strings only. Authlib would compute with others, such as expires_in, which may be any number.
_MEMBERS = ("access_token", "refresh_token", "id_token", "error")


class TokenResponse:
    """A status and a JSON object, with the interface of Requests that Authlib reads."""

    def __init__(self, status: int, document: Mapping[str, str]) -> None:
        self.status_code = status
        self._document = document

    def json(self) -> dict[str, str]:
        """Return a copy of the JSON object."""
        return dict(self._document)


class BoundedSession:
    """Sends the forms of an OAuth client without redirects; ``timeout`` is in seconds."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout

    def post(
        self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: Any
    ) -> TokenResponse:
        """POST a form with the credentials that Authlib's ``auth`` adds to it."""
        url, prepared, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        status, document = post_form(url, self._timeout, headers=prepared, body=body)
        if not isinstance(document, dict):
            raise AuthorizationServerUnavailable("the answer is no JSON object")
        members = {name: document[name] for name in _MEMBERS if _is_text(document.get(name))}
        if "error" not in members and (status >= _BAD_REQUEST or "error" in document):
            raise AuthorizationServerUnavailable(f"HTTP status {status}")
        return TokenResponse(status, members)


def _is_text(value: object) -> bool:
    """Whether a value is printable ASCII, as RFC 6749 §A.7, §A.12 and §A.17 require."""
    return isinstance(value, str) and value.isascii() and value.isprintable()
