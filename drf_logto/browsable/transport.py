"""What Authlib asks of an HTTP session, answered by the package's own bounded socket."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from ..exceptions import AuthorizationServerUnavailable
from ..verification.fetch import post_form

_BAD_REQUEST = 400

_USED = ("access_token", "refresh_token", "id_token", "error")
"""The members that are needed, all of them strings; Authlib would reckon with others."""


def _is_text(value: object) -> bool:
    """Whether a member is what RFC 6749 §A.7, §A.12 and §A.17 allow: printable ASCII."""
    return isinstance(value, str) and value.isascii() and value.isprintable()


class TokenAnswer:
    """A status and a JSON object, as a response of Requests shows them."""

    def __init__(self, status: int, document: Mapping[str, str]) -> None:
        self.status_code = status
        self._document = document

    def json(self) -> dict[str, str]:
        """Return the JSON object, as one of the caller's own."""
        return dict(self._document)


class BoundedSession:
    """Sends the forms of an OAuth client, bounded in time and size, and never elsewhere.

    Args:
        timeout: seconds for one exchange.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout

    def post(
        self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: Any
    ) -> TokenAnswer:
        """POST a form with the client's credentials.

        Args:
            url: where it goes.
            data: the form.
            headers: those of the form.
            auth: Authlib's client authentication.

        Raises:
            AuthorizationServerUnavailable: no answer that RFC 6749 knows.
        """
        url, sent, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        status, document = post_form(url, self._timeout, headers=sent, body=body)
        if not isinstance(document, dict):
            raise AuthorizationServerUnavailable("the answer is no JSON object")
        members = {name: document[name] for name in _USED if _is_text(document.get(name))}
        if "error" not in members and (status >= _BAD_REQUEST or "error" in document):
            raise AuthorizationServerUnavailable(f"HTTP status {status}")
        return TokenAnswer(status, members)
