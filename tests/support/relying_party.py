"""An application and the browser of its user, as they meet at a stand-in for Logto."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from sandbox.tenant import API_RESOURCE, BROWSABLE_API, Application, Person
from tests.support.exchange import Answer, send, send_form

VERIFIER = "verifier-" * 5
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)
SCOPES = (
    "openid profile offline_access urn:logto:scope:organizations "
    "read:products write:products read:documents write:documents invite:member"
)


@dataclass
class Browser:
    """Keeps the cookies of one host."""

    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, url: str, **headers: str) -> Answer:
        return self._kept(send(url, headers={"Cookie": self._cookie(), **headers}))

    def post(self, url: str, form: Mapping[str, str]) -> Answer:
        return self._kept(send_form(url, form, Cookie=self._cookie()))

    def _cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def _kept(self, answer: Answer) -> Answer:
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer


@dataclass
class RelyingParty:
    endpoint: str
    application: Application = BROWSABLE_API
    origin: str = "http://127.0.0.1:8000"
    resource: str = API_RESOURCE
    browser: Browser = field(default_factory=Browser)

    @property
    def redirect_uri(self) -> str:
        return self.origin + self.application.redirect_paths[0]

    def authorize(self, **changes: Any) -> Answer:
        """Open the authorization endpoint; a change to ``None`` leaves a parameter out."""
        parameters = {
            "client_id": self.application.id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": SCOPES,
            "resource": [self.resource, "urn:logto:resource:organizations"],
            "prompt": "consent",
            "state": "state-1",
            "nonce": "nonce-1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        given = {name: value for name, value in parameters.items() if value is not None}
        return self.browser.get(f"{self.endpoint}/oidc/auth?{urlencode(given, doseq=True)}")

    def choose(self, page: str, person: Person) -> Answer:
        return self.browser.post(page, {"person": person.id})

    def page(self, **changes: Any) -> str:
        """Return the address of the sign-in page that an authorization request leads to."""
        location: str = self.authorize(**changes).headers["Location"]
        return urljoin(self.endpoint, location)

    def code(self, person: Person, **changes: Any) -> str:
        return answered(self.choose(self.page(**changes), person))["code"]

    def ask(self, **form: Any) -> Answer:
        own = {"client_id": self.application.id, "client_secret": self.application.secret}
        return send_form(f"{self.endpoint}/oidc/token", {**own, **form})

    def redeem(self, code: str, /, **changes: Any) -> Answer:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": VERIFIER,
        }
        return self.ask(**{**form, **changes})

    def sign_in(self, person: Person, **changes: Any) -> dict[str, Any]:
        """Return the first tokens."""
        tokens: dict[str, Any] = self.redeem(self.code(person, **changes)).json()
        return tokens

    def refresh(self, refresh_token: str, **parameters: Any) -> Answer:
        return self.ask(grant_type="refresh_token", refresh_token=refresh_token, **parameters)

    def userinfo(self, token: str) -> Answer:
        return send(f"{self.endpoint}/oidc/me", headers={"Authorization": f"Bearer {token}"})

    def end_session(self, **parameters: Any) -> Answer:
        query = urlencode(parameters, doseq=True)
        return self.browser.get(f"{self.endpoint}/oidc/session/end?{query}")


def answered(answer: Answer) -> dict[str, str]:
    """Return what a redirect tells an application."""
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {name: value for name, (value,) in query.items()}
