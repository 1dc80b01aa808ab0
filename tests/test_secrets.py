"""Whatever is reported, shown, kept or passed on: no token, no signature and no key is in it."""

import asyncio
import base64
import io
import pickle
import re
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import path
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from drf_logto import averify
from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.decorators import require_access_token
from drf_logto.permissions import HasScopes, InOrganization
from drf_logto.principal import LogtoPrincipal
from drf_logto.runtime import get_verifier
from drf_logto.testing import Logto
from drf_logto.verification.bearer import credentials
from drf_logto.verification.jws import parse_jws
from tests.support.reports import Reports, assert_no_secret, secrets_of

Route = Callable[..., None]


class Shown(APIView):
    permission_classes: list[Any] = [IsAuthenticated]

    def get(self, request: Any) -> Response:
        return Response({"sub": request.user.sub})


class Fault(Exception):
    """What the project's own code dies of."""


class CrashingView(Shown):
    def get(self, request: Any) -> Response:
        user, auth = request.user, request.auth
        raise Fault(f"{user!r} {auth!r}")


class CrashingPermission(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        raise Fault(str(request.auth))


class CrashingUser(LogtoJWTAuthentication):
    def get_user(self, auth: Any) -> Any:
        raise Fault(str(auth))


class RefusingUser(LogtoJWTAuthentication):
    def get_user(self, auth: Any) -> Any:
        raise AuthenticationFailed(f"Not {auth.sub}.")


class CrashingNarrowing(Shown):
    @property
    def api_resource(self) -> str:
        raise Fault


@require_access_token(HasScopes("read:a"))
def plain(request: Any) -> Any:
    raise Fault(str(request.auth))


@require_access_token(HasScopes("read:a"))
async def asynchronous(request: Any) -> Any:
    raise Fault(str(request.auth))


URLS = [
    path("shown", Shown.as_view()),
    path("open", Shown.as_view(permission_classes=[AllowAny])),
    path("scoped", Shown.as_view(permission_classes=[HasScopes("write:a") | InOrganization("x")])),
    path("view", CrashingView.as_view()),
    path("permission", Shown.as_view(permission_classes=[CrashingPermission])),
    path("user", Shown.as_view(authentication_classes=[CrashingUser])),
    path("refused", Shown.as_view(authentication_classes=[RefusingUser])),
    path("plain-user", require_access_token(plain, authentication_class=CrashingUser)),
    path("narrowing", CrashingNarrowing.as_view()),
    path("plain", plain),
    path("asynchronous", asynchronous),
]


def tokens_of(logto: Logto) -> dict[str, str]:
    good = logto.global_token(["read:a"])
    unsigned, _, signature = good.rpartition(".")
    turned = signature.swapcase()
    stranger = Logto()
    return {
        "good": good,
        "expired": logto.global_token(expires_in=-1),
        "foreign signature": stranger.global_token(headers={"kid": logto.jwks["keys"][0]["kid"]}),
        "unknown key": stranger.global_token(),
        "altered signature": f"{unsigned}.{turned}",
        "not canonical": good + "=",
        "two tokens": f"{good} {good}",
        "another audience": logto.global_token(claims={"aud": "https://other.test"}),
        "another issuer": logto.global_token(claims={"iss": "https://other.test/oidc"}),
        "bad claims": logto.global_token(claims={"exp": "soon"}),
        "too long": logto.global_token(claims={"padding": "x" * 20_000}),
        "id token": logto.id_token(),
        "key in the header": stranger.global_token(headers={"jwk": stranger.jwks["keys"][0]}),
        "organization": logto.organization_token("org-a", ["x"]),
    }


@pytest.mark.parametrize("url", ["shown", "open", "scoped", "refused", "plain", "asynchronous"])
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_no_refusal_reports_what_it_refused(
    logto: Logto, route: Route, reports: Reports, settings: Any, url: str, accept: str
) -> None:
    settings.DEBUG = True
    route(*URLS)
    client = Client(raise_request_exception=False)
    answers = []
    tokens = tokens_of(logto)
    for token in tokens.values():
        response = client.get(
            f"/{url}", headers={"Authorization": f"Bearer {token}", "Accept": accept}
        )
        answers.append(f"{response.content.decode()} {response.headers!r}")
    assert reports.exceptions >= (len(tokens) - 2 if url not in {"plain", "asynchronous"} else 1)
    assert_no_secret(secrets_of(logto, *tokens.values()), *answers, *reports.texts)


@pytest.mark.parametrize("url", ["view", "permission", "user", "plain-user", "narrowing", "plain"])
def test_no_fault_of_the_project_reports_the_token(
    logto: Logto, route: Route, reports: Reports, settings: Any, url: str
) -> None:
    """Django's own page for developers shows all frames with their variables."""
    settings.DEBUG = True
    route(*URLS)
    token = logto.global_token(["read:a"])
    response = Client(raise_request_exception=False).get(
        f"/{url}", headers={"Authorization": f"Bearer {token}"}
    )
    assert response.status_code == 500
    assert "Fault" in response.content.decode()
    assert reports.exceptions >= 1
    assert_no_secret(secrets_of(logto, token), response.content.decode(), *reports.texts)


@pytest.mark.parametrize("url", ["shown", "plain"])
def test_no_outage_reports_what_could_not_be_verified(
    logto: Logto, route: Route, reports: Reports, url: str
) -> None:
    route(*URLS)
    token = logto.global_token(["read:a"])
    with logto.outage():
        response = Client().get(f"/{url}", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 503
    assert any("No keys from Logto" in text for text in reports.texts)
    assert_no_secret(secrets_of(logto, token), response.content.decode(), *reports.texts)


@pytest.mark.parametrize("url", ["shown", "plain", "asynchronous"])
def test_no_broken_setting_reports_the_token(
    logto: Logto, route: Route, reports: Reports, settings: Any, url: str
) -> None:
    token = logto.global_token(["read:a"])
    settings.LOGTO = {"ENDPOINT": "https://tenant.logto.test", "API_RESOURCES": "typing error"}
    settings.DEBUG = True
    route(*URLS)
    response = Client(raise_request_exception=False).get(
        f"/{url}", headers={"Authorization": f"Bearer {token}"}
    )
    assert response.status_code == 500
    assert reports.exceptions >= 1
    assert_no_secret(secrets_of(logto, token), response.content.decode(), *reports.texts)


def reading(get_response: Any) -> Any:
    """A middleware that reads the user."""
    return lambda request: get_response(request) if request.user else None


BROKEN = {"API_RESOURCES": "typing error"}


@pytest.mark.parametrize(
    ("logto_setting", "authentication"), [({}, "CrashingUser"), (BROKEN, "LogtoJWTAuthentication")]
)
def test_no_fault_before_the_view_reports_the_token(
    logto: Logto,
    reports: Reports,
    settings: Any,
    logto_setting: dict[str, str],
    authentication: str,
) -> None:
    token = logto.global_token(["read:a"])
    settings.DEBUG = True
    settings.LOGTO = {**settings.LOGTO, **logto_setting}
    settings.REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": [f"{__name__}.{authentication}"]}
    settings.MIDDLEWARE = ["drf_logto.middleware.LogtoMiddleware", f"{__name__}.reading"]
    response = Client(raise_request_exception=False).get(
        "/", headers={"Authorization": f"Bearer {token}"}
    )
    assert response.status_code == 500
    assert reports.exceptions >= 1
    assert_no_secret(secrets_of(logto, token), response.content.decode(), *reports.texts)


def test_a_reporter_that_looks_everywhere_finds_a_token_in_a_frame(
    logto: Logto, reports: Reports
) -> None:
    """So the tests above can fail."""
    token = logto.global_token()

    def raise_with(credential: str) -> None:
        raise Fault

    with pytest.raises(Fault) as fault:
        raise_with(token)
    reports.add_exception(fault.value)
    with pytest.raises(AssertionError):
        assert_no_secret(secrets_of(logto, token), *reports.texts)


def test_a_refusal_that_is_kept_holds_no_frames(logto: Logto, reports: Reports) -> None:
    """It stays on the request, for the challenge."""
    for token in tokens_of(logto).values():
        request = RequestFactory().get("/", headers={"Authorization": f"Bearer {token}"})
        try:
            LogtoJWTAuthentication().authenticate(Request(request))
        except APIException as refusal:
            own = refusal.__traceback__
            assert own is not None
            reports.add_exception(refusal.with_traceback(own.tb_next))
        assert_no_secret(secrets_of(logto, token), *reports.texts)
    assert reports.exceptions > 10


def everything_kept(logto: Logto, token: str) -> list[object]:
    """What the package makes of a token, and what it keeps."""
    auth = get_verifier().verify(token)
    request = RequestFactory().get("/", headers={"Authorization": f"Bearer {token}"})
    drf_request: Any = APIView().initialize_request(request)
    refused = Logto().global_token()
    refused_request: Any = APIView().initialize_request(
        RequestFactory().get("/", headers={"Authorization": f"Bearer {refused}"})
    )
    with pytest.raises(Exception, match="key") as refusal:
        LogtoJWTAuthentication().authenticate(refused_request)
    assert credentials(f"Bearer {token}") == token
    return [
        *(auth, LogtoPrincipal(auth), auth.to_dict(), auth.claims),
        *(parse_jws(token.encode()), get_verifier(), HasScopes("a"), LogtoJWTAuthentication()),
        *(drf_request, refusal.value, refused_request._logto_challenge),
        *get_verifier().__dict__.values(),
        *(key_set.__dict__ for key_set in get_verifier().policy.key_sets.values()),
        *(logto, logto.__dict__),
    ]


@pytest.mark.parametrize("algorithm", ["ES384", "RS256"])
def test_no_repr_holds_a_secret(logto: Logto, algorithm: str) -> None:
    logto.rotate(algorithm)
    token = logto.global_token(["read:a"])
    kept = everything_kept(logto, token)
    assert_no_secret(secrets_of(logto, token), *map(repr, kept), *map(str, kept))


def test_no_pickle_of_what_a_view_may_keep_holds_a_secret(logto: Logto) -> None:
    """Claims are no secret; with the signature they are the token."""
    token = logto.global_token(["read:a"])
    auth = get_verifier().verify(token)
    with pytest.raises(Exception, match="key") as refusal:
        get_verifier().verify(Logto().global_token())
    for kept in (auth, LogtoPrincipal(auth), refusal.value, HasScopes("a"), HasScopes("a")()):
        file = io.BytesIO()
        pickle.dump(kept, file)
        pickled = file.getvalue()
        for secret in secrets_of(logto, token):
            assert secret.encode() not in pickled
        assert base64.urlsafe_b64decode(token.rpartition(".")[2] + "==") not in pickled
        assert not re.search(rb"eyJ[\w-]+\.eyJ", pickled)


async def cancelled(verifying: Coroutine[Any, Any, Any]) -> BaseException:
    """Cancel it while a thread verifies, as a time limit does or a client that hangs up."""
    task = asyncio.create_task(verifying)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as raised:
        await task
    return raised.value


def test_a_verification_that_is_cancelled_reports_no_token(logto: Logto, reports: Reports) -> None:
    token = logto.global_token()
    reports.add_exception(asyncio.run(cancelled(averify(token))))
    assert any("in to_thread" in one for one in reports.texts)
    assert_no_secret([token, *secrets_of(logto, token)], *reports.texts)
