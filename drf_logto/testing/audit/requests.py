"""A request of the audit, and the answer of the whole project to it."""

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.shortcuts import resolve_url
from django.test import Client

_CHUNKS = 1000  # that are read of a response that streams
_REFUSALS = frozenset({401, 403, 503})
_REDIRECTS = range(300, 400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request without its credentials.

    Attributes:
        method: the HTTP method.
        path: the path.
        headers: headers in addition to the one with the token.
        query: the parameters of the query.
        body: what is sent as JSON, None for nothing.
        note: what is tried with it, a few words.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    note: str = ""

    @property
    def target(self) -> str:
        """Path and query."""
        return f"{self.path}?{urlencode(self.query)}" if self.query else self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back.

    Attributes:
        status: the HTTP status.
        headers: the headers, with names in lower case, and the cookies.
        content: the body.
        error: the class of the exception that the view raised, "" for none.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    error: str = ""

    @property
    def got_in(self) -> bool:
        """Whether the view answered, and no refusal did."""
        if self.status in _REDIRECTS:
            return not _leads_to_login(self.headers.get("location", ""))
        return self.status not in _REFUSALS


def send(asked: Asked, token: str | None) -> Answer:
    """Send a request through the whole middleware, over HTTPS."""
    bearer = {"Authorization": f"Bearer {token}"} if token else {}
    body = "" if asked.body is None else json.dumps(asked.body, default=str)
    response: Any = Client(raise_request_exception=False).generic(
        asked.method,
        asked.target,
        body,
        content_type="application/json",
        secure=True,
        headers={"Accept": "application/json, */*;q=0.8", **asked.headers, **bearer},
    )
    content, error = _read(response)
    raised = getattr(response, "exc_info", None)
    headers = {name.lower(): value for name, value in response.headers.items()}
    headers.update({f"set-cookie {name}": one.value for name, one in response.cookies.items()})
    return Answer(
        status=response.status_code,
        headers=headers,
        content=content,
        error=raised[0].__name__ if raised else error,
    )


def _read(response: Any) -> tuple[bytes, str]:
    if not response.streaming:
        return response.content, ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an asynchronous iterator is read all the same
            return b"".join(islice(response, _CHUNKS)), ""
    except Exception as fault:  # noqa: BLE001 - the project's own code
        return b"", type(fault).__name__


def _leads_to_login(location: str) -> bool:
    return urlsplit(location).path == urlsplit(resolve_url(settings.LOGIN_URL)).path
