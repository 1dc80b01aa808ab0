"""A project in which a test makes a mistake."""

import logging
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import include, path
from rest_framework.generics import ListAPIView
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.permissions import HasScopes, OrgResourceScopes
from drf_logto.revocation.events import needed_events
from drf_logto.testing import Logto, ManagementApi
from tests.browsable.browser import Browser
from tests.support.checked import made
from tests.support.fake_logto import FakeLogto
from tests.support.loopback import LoopbackServer, document
from tests.support.management import OPTIONS, serve_stand_in
from tests.support.teams.models import Page
from tests.support.webhooks import KEY, WEBHOOK, signature

EVENT = '{"event":"PostSignIn"}'
RESOURCE, BASE = "https://api.example.test", "https://example.test"
REGISTERED = {
    "redirectUris": [f"{BASE}/auth/callback/"],
    "postLogoutRedirectUris": [f"{BASE}/auth/signed-out/"],
}


@dataclass
class Project:
    """A project in which a mistake is made, and what is seen of it."""

    fixtures: pytest.FixtureRequest

    def __post_init__(self) -> None:
        self.log.set_level(logging.INFO, "drf_logto")
        self.put(HasScopes("a"))

    @cached_property
    def log(self) -> pytest.LogCaptureFixture:
        return self.fixtures.getfixturevalue("caplog")  # type: ignore[no-any-return]

    @cached_property
    def settings(self) -> Any:
        return self.fixtures.getfixturevalue("settings")

    @cached_property
    def logto(self) -> Logto:
        """The tenant, in this process."""
        return self.fixtures.getfixturevalue("logto")  # type: ignore[no-any-return]

    @cached_property
    def server(self) -> LoopbackServer:
        return self.fixtures.getfixturevalue("server")  # type: ignore[no-any-return]

    @cached_property
    def fake(self) -> FakeLogto:
        """The tenant of a project with a sign-in."""
        return self.fixtures.getfixturevalue("fake")  # type: ignore[no-any-return]

    @cached_property
    def tenant(self) -> ManagementApi:
        """What the tenant behind ``server`` has: the API resource with the scope "a"."""
        address = self.server.address
        self.configure(ENDPOINT=address, API_RESOURCE=RESOURCE, **OPTIONS)
        tenant = ManagementApi()
        serve_stand_in(self.server, tenant)
        self.server.serve_logto(Logto(address))
        self.server.answers["/api/configs/jwt-customizer"] = document([])
        api = tenant.create("/resources", name="API", indicator=RESOURCE)
        scope = tenant.create(f"/resources/{api['id']}/scopes", name="a")
        role = {"name": "Reader", "description": "Reads", "scopeIds": [scope["id"]]}
        tenant.create("/roles", **role)
        return tenant

    def have_cloud(self) -> None:
        """Have a tenant of Logto Cloud behind a custom domain."""
        self.configure(ENDPOINT=self.server.address, API_RESOURCE=RESOURCE, **OPTIONS)
        serve_stand_in(self.server, ManagementApi(resource="https://tenant-1.logto.app/api"))
        self.server.serve_logto(Logto(self.server.address))

    def have_application(self, **changes: Any) -> None:
        """Have a sign-in with an application of the tenant."""
        whole = {"name": "Web", "type": "Traditional", "oidcClientMetadata": REGISTERED, **changes}
        self.configure(APP_ID=self.tenant.create("/applications", **whole)["id"])
        self.configure(APP_SECRET="hush-hush")
        self.include_sign_in()

    def have_webhook(self, **changes: Any) -> str:
        """Have revocation with a webhook of the tenant; return its ID."""
        self.receive()
        events, config = needed_events(), {"url": f"{BASE}{WEBHOOK}"}
        whole = {"name": "Webhook", "events": events, "config": config, **changes}
        hook = self.tenant.create("/hooks", **whole)
        self.configure(WEBHOOK_SIGNING_KEYS=hook["signingKey"])
        return str(hook["id"])

    def configure(self, **changes: object) -> None:
        self.settings.LOGTO = {**self.settings.LOGTO, **changes}

    def put(self, *permissions: Any, at: str = "x/", **attributes: Any) -> None:
        """Have one view, with these permissions and attributes."""
        view = made(APIView, *permissions, get=_granted, **attributes)
        self.fixtures.getfixturevalue("route")(path(at, view.as_view()))

    def put_rows(self, **attributes: Any) -> None:
        """Have a view for organizations that shows rows, with these attributes."""
        self.settings.INSTALLED_APPS = [*self.settings.INSTALLED_APPS, "drf_logto.tenancy"]
        view = made(ListAPIView, OrgResourceScopes("a"), queryset=Page.objects.all(), **attributes)
        self.fixtures.getfixturevalue("route")(path("pages/", view.as_view()))

    def token_of(self, user: Any) -> str:
        """Have a view whose ``get_user`` returns this, and return a token for it."""
        found = type("Own", (LogtoJWTAuthentication,), {"get_user": lambda *_: user})
        self.put(HasScopes("a"), authentication_classes=[found])
        return self.logto.global_token(["a"])

    def have_no_cache_table(self) -> None:
        """Have a cache in the database, and no table for it."""
        self.server.serve_logto(Logto(self.server.address))
        backend = "django.core.cache.backends.db.DatabaseCache"
        missing = {"BACKEND": backend, "LOCATION": "missing"}
        self.settings.CACHES = {**self.settings.CACHES, "shared": missing}
        self.configure(CACHE="shared", ENDPOINT=self.server.address)

    def get(self, token: str | None, at: str = "/x/", scheme: str = "Bearer ") -> str:
        """Return the response to a request, and the log."""
        headers = {} if token is None else {"Authorization": scheme + token}
        response = APIClient(headers=headers).get(at)
        challenge = response.headers.get("WWW-Authenticate", "no challenge")
        return f"{response.status_code} {challenge} {response.content.decode()} {self.log.text}"

    def check(self) -> str:
        """Return what ``check --deploy`` reports."""
        return "\n".join(map(str, run_checks(include_deployment_checks=True)))

    def include_sign_in(self, **changes: object) -> None:
        """Have a sign-in and these settings."""
        for name, value in changes.items():
            setattr(self.settings, name, value)
        self.fixtures.getfixturevalue("route")(path("auth/", include("drf_logto.browsable.urls")))

    def start(self) -> str:
        """Return why Django does not start."""
        with pytest.raises(ImportError) as refused:
            import_module("drf_logto.browsable")
        return str(refused.value)

    def doctor(self, *arguments: str) -> str:
        """Return what ``manage.py logto doctor`` writes, on one line."""
        return self._command("doctor", *arguments)

    def doctor_of(self, token: str, *arguments: str) -> str:
        """Return the same with a token."""
        return self._command("doctor", "--token", *arguments, stdin=StringIO(token))

    def explain(self, token: str, *arguments: str) -> str:
        """Return what ``manage.py logto explain`` writes of a token."""
        return self._command("explain", *arguments, stdin=StringIO(token))

    def issue(self, *arguments: str) -> str:
        """Return what ``manage.py logto token`` writes."""
        return self._command("token", *arguments)

    def _command(self, *arguments: str, **options: Any) -> str:
        output, ended = StringIO(), ""
        try:
            call_command("logto", *arguments, stdout=output, **options)
        except CommandError as error:
            ended = str(error)
        return " ".join(f"{output.getvalue()} {ended}".split())

    def sign_in(self, **answer: object) -> str:
        """Come back from Logto with this answer, and return the log."""
        browser = Browser()
        self.fake.come_back(browser, self.fake.begin(browser), **answer)
        return self.log.text

    def receive(self, *patterns: Any) -> None:
        """Have revocation and its URLs, or these."""
        self.fixtures.getfixturevalue("revocation")
        self.configure(WEBHOOK_SIGNING_KEYS=KEY)
        urls = include(list(patterns) or "drf_logto.revocation.urls")
        self.fixtures.getfixturevalue("route")(path("logto/", urls))

    def deliver(self, *, key: str = KEY, at: str = WEBHOOK, rewritten: str = EVENT) -> str:
        """Return the response to an event that is signed with a key, and then rewritten."""
        headers = {"logto-signature-sha-256": signature(EVENT, key)}
        client = Client(enforce_csrf_checks=True)
        options: Any = {"headers": headers, "follow": True}
        response = client.post(at, rewritten, "application/json", **options)
        return f"{response.status_code} {response.content.decode()} {self.log.text}"

    def post(self, at: str) -> str:
        """Return the response to a POST without a signature."""
        response = Client(enforce_csrf_checks=True).post(at, "{}", "application/json")
        return f"{response.status_code} {response.content.decode()}"

    def get_from(self, endpoint: str) -> str:
        """Return the same for the first token of a Logto at another address."""
        self.configure(ENDPOINT=endpoint)
        return self.get(Logto().global_token(["a"]))


def _granted(view: Any, request: Any, **_: Any) -> Response:
    return Response("granted")
