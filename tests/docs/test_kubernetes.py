"""docs/en/how-to/kubernetes.md: its manifests, its probe, and new pods while Logto is down."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from django.core.checks import run_checks
from django.test import Client

from drf_logto import checks  # noqa: F401 - registers them
from drf_logto.conf import LogtoSettings
from drf_logto.exceptions import AuthorizationServerUnavailable
from drf_logto.runtime import Environment, get_verifier, override
from drf_logto.telemetry import snapshot
from drf_logto.testing import Logto
from tests.support.documents import Page

PAGE = Page("how-to/kubernetes.md")
(SETTINGS,) = PAGE.take(file="settings.py")
(HEALTH,) = PAGE.take(file="health.py")
(URLS,) = PAGE.take(file="urls.py")
(MANIFESTS,) = PAGE.take(file="api.yaml")
DEPLOYMENT, BUDGET = yaml.safe_load_all(MANIFESTS.code)
POD = DEPLOYMENT["spec"]["template"]
(CONTAINER,) = POD["spec"]["containers"]
PROBES = [CONTAINER[f"{name}Probe"] for name in ("startup", "readiness", "liveness")]
GRACEFUL_TIMEOUT = 30  # seconds, of gunicorn


@pytest.fixture
def pod(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The settings and the URLs of the page, with the environment of the manifest."""
    for variable in CONTAINER["env"]:
        monkeypatch.setenv(variable["name"], "redis://127.0.0.1:9/0")
    found: dict[str, Any] = {"LOGTO": dict(settings.LOGTO)}
    exec(SETTINGS.code, found)
    for name in filter(str.isupper, found):
        setattr(settings, name, found[name])
    (tmp_path / "health.py").write_text(HEALTH.code)
    monkeypatch.syspath_prepend(tmp_path)
    urls: Any = ModuleType("tests.pod")
    urls.urlpatterns = []
    exec(URLS.code, urls.__dict__)
    settings.ROOT_URLCONF = urls
    settings.MIDDLEWARE = [  # as Django starts a project
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
    ]
    settings.SECURE_SSL_REDIRECT = True


def probe(asked: dict[str, Any], *without: str) -> int:
    headers = {one["name"]: one["value"] for one in asked["httpHeaders"]}
    headers |= dict.fromkeys(without, "10.0.0.7")
    status: int = Client(headers=headers).get(asked["path"]).status_code
    return status


def test_the_manifests_fit_together() -> None:
    labels = POD["metadata"]["labels"]
    assert [one["spec"]["selector"]["matchLabels"] for one in (DEPLOYMENT, BUDGET)] == [labels] * 2
    assert {one["httpGet"]["port"] for one in PROBES} == {CONTAINER["ports"][0]["name"]}
    slept = int(CONTAINER["lifecycle"]["preStop"]["exec"]["command"][-1])
    assert POD["spec"]["terminationGracePeriodSeconds"] > slept + GRACEFUL_TIMEOUT
    http_timeout = LogtoSettings.__dataclass_fields__["http_timeout"].default
    assert all(one["timeoutSeconds"] > http_timeout for one in PROBES[1:])


@pytest.mark.usefixtures("pod")
def test_probes_are_answered_while_logto_is_down_and_ask_it_nothing(logto: Logto) -> None:
    before = snapshot()
    with logto.outage():
        assert {probe(one["httpGet"]) for one in PROBES} == {200}
    after = snapshot()
    assert [after[name] - before[name] for name in ("fetched", "fetches_failed")] == [0, 0]
    assert probe(PROBES[0]["httpGet"], "Host") == 400
    assert probe(PROBES[0]["httpGet"], "X-Forwarded-Proto") == 301


@pytest.mark.usefixtures("pod")
def test_the_cache_is_one_that_pods_share() -> None:
    assert "drf_logto.W009" not in {one.id for one in run_checks(include_deployment_checks=True)}


@pytest.mark.parametrize(
    ("changed", "retry_after"),
    [
        ({}, None),
        ({"JWKS_TTL": 60, "LEEWAY": 5}, None),
        ({"CACHE": None}, 30),
        ({"INTERNAL_ENDPOINT": "https://logto.internal.test"}, 30),
        ({"ALGORITHMS": ["ES384"]}, 30),
    ],
    ids=["same settings", "other times", "no cache", "another address", "other algorithms"],
)
def test_a_new_pod_starts_without_logto_where_it_finds_the_keys_of_another(
    settings: Any, changed: dict[str, Any], retry_after: int | None
) -> None:
    backend = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": f"pods {changed}"}}
    settings.LOGTO = {**settings.LOGTO, "CACHE": "default"}
    tenant = Logto(settings.LOGTO["ENDPOINT"], settings.LOGTO["API_RESOURCE"])
    token = tenant.global_token(["read:products"])
    documents = {tenant.metadata["jwks_uri"]: tenant.jwks}

    def fetch(url: str, timeout: float) -> object:
        return documents.get(url, tenant.metadata)

    def fail(url: str, timeout: float) -> object:
        raise AuthorizationServerUnavailable("down")

    with override(Environment(fetch)):
        get_verifier().verify(token)
    settings.LOGTO = {**settings.LOGTO, **changed}
    with override(Environment(fail)):
        if retry_after is None:
            get_verifier().verify(token)
            return
        with pytest.raises(AuthorizationServerUnavailable) as unavailable:
            get_verifier().verify(token)
    assert unavailable.value.retry_after == retry_after
