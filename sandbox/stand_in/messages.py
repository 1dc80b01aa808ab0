"""A request and a response, as the endpoints see them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from http import HTTPStatus
from urllib.parse import urlencode

from .parameters import Parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a client sent.

    Attributes:
        path: without the query.
        encoded: its parameters, urlencoded: the form of a POST, the query of anything else.
        headers: by name, in any case.
    """

    path: str
    encoded: str
    headers: Message

    def parameters(self) -> Parameters:
        """Return the parameters, or raise Refused where they are too many or too long."""
        return Parameters.parse(self.encoded)

    def header(self, name: str) -> str:
        """Return a header, ``""`` where there is none."""
        return str(self.headers.get(name, ""))

    def cookie(self, name: str) -> str:
        """Return a cookie, ``""`` where there is none."""
        pairs = (pair.strip().partition("=") for pair in self.header("Cookie").split(";"))
        return next((value for key, _, value in pairs if key == name), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What is answered."""

    status: HTTPStatus = HTTPStatus.OK
    content_type: str = "application/json"
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(
    document: Mapping[str, object],
    status: HTTPStatus = HTTPStatus.OK,
    *,
    content_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a response with a JSON document."""
    return Response(
        status=status,
        content_type=content_type,
        body=json.dumps(document),
        headers=headers or {},
    )


def redirect(
    uri: str, parameters: Mapping[str, str | None], headers: Mapping[str, str] | None = None
) -> Response:
    """Send the browser to ``uri``, with the parameters that are not ``None`` in its query."""
    query = urlencode({name: value for name, value in parameters.items() if value is not None})
    location = f"{uri}?{query}" if query else uri
    return Response(status=HTTPStatus.SEE_OTHER, headers={**(headers or {}), "Location": location})
