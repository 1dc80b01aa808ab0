"""A browser between the project under test and the stand-in for Logto."""

import re
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from html import unescape
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from django.test import Client

from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.runtime import get_metadata

HTML = {"accept": "text/html"}


def query(url: str) -> dict[str, str]:
    """The query parameters of an address."""
    return {name: " ".join(values) for name, values in parse_qs(urlsplit(url).query).items()}


def local(url: str) -> str:
    """Path and query of an address."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


@dataclass
class Browser:
    """Has cookies here and there, and follows redirects one by one."""

    client: Client = field(
        default_factory=lambda: Client(enforce_csrf_checks=True, headers={"host": "127.0.0.1:8000"})
    )
    cookie: str = ""

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers={**HTML, **headers})

    def post(self, path: str, form: Mapping[str, Any] | None = None, **headers: str) -> Any:
        """POST as a form of the page before does: with its CSRF token."""
        page = self.client.cookies.get("csrftoken")
        token = {"csrfmiddlewaretoken": page.value} if page else {}
        return self.client.post(path, {**token, **(form or {})}, headers={**HTML, **headers})

    def begin(self, next_path: str = "/products/") -> str:
        """Press Log in, and return the address at Logto."""
        with suppress(AuthorizationServerUnavailable):
            get_metadata(waits=True)  # a busy machine may need longer than an anonymous request has
        response = self.client.get("/auth/login/", {"next": next_path})
        assert response.status_code == 302, response.content
        return str(response["Location"])

    def at_logto(self, address: str, person: str = "ada") -> str:
        """Sign in there, and return the address that Logto sends back to."""
        answer = self._ask("GET", address)
        if answer.getheader("Location", "").startswith("/"):
            answer = self._ask("POST", self._at(address, answer), urlencode({"person": person}))
            self.cookie = str(answer.getheader("Set-Cookie")).partition(";")[0]
        return str(answer.getheader("Location"))

    def at_consent(self, address: str, **pressed: str) -> str:
        """Sign in there, press a button of the consent page, and return the address as above."""
        consent = urljoin(address, self.at_logto(address))
        return str(self._ask("POST", consent, urlencode(pressed)).getheader("Location"))

    def sign_in(self, person: str = "ada", next_path: str = "/products/") -> Any:
        """Sign in, and return the answer to the way back."""
        return self.client.get(local(self.at_logto(self.begin(next_path), person)))

    def choose(self, context: str, next_path: str = "/products/") -> Any:
        """Press a button of the switch."""
        self.get("/open/")
        return self.post("/auth/context/", {"context": context, "next": next_path})

    def _at(self, address: str, answer: HTTPResponse) -> str:
        parts = urlsplit(address)
        return f"{parts.scheme}://{parts.netloc}{answer.getheader('Location')}"

    def _ask(self, method: str, address: str, form: str | None = None) -> HTTPResponse:
        headers = {"Cookie": self.cookie} if self.cookie else {}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        with closing(HTTPConnection(urlsplit(address).netloc, timeout=5)) as connection:
            connection.request(method, local(address), form, headers)
            answer = connection.getresponse()
            answer.read()
        return answer


def hidden(response: Any, name: str) -> str:
    """The value of the last hidden field of this name, that of DRF's form where it has one."""
    *_, value = re.findall(f'name="{name}" value="(.*?)"', page(response))
    return unescape(value)


def text_of(response: Any, id: str) -> str:
    """The text of the element with this id, without tags."""
    match = re.search(
        rf'<(\w+)[^>]* id="{id}".*?</\1>|<(\w+) id="{id}".*?</\2>', page(response), re.S
    )
    assert match is not None, id
    return " ".join(re.sub(r"<[^>]*>", " ", match[0]).split())


def page(response: Any) -> str:
    """The answer as text."""
    return str(response.content.decode())
