"""No organization is ever served with another's token: asked alone, or by many at the same time."""

import asyncio
import json
import random
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connections
from django.http import HttpRequest, JsonResponse
from django.test import AsyncClient
from django.urls import path
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

import sandbox.urls
from drf_logto.auth_info import TokenKind
from drf_logto.decorators import require_access_token
from drf_logto.permissions import HasScopes, InOrganization, OrgResourceScopes
from drf_logto.telemetry import snapshot
from drf_logto.testing import Logto
from sandbox.models import Document, Invitation
from sandbox.organizations import NAMES

THREADS = 8
REMEMBERED = 3  # of more tokens, so that each is forgotten and verified again and again
SCOPES = ["invite:member", "read:documents", "read:products", "write:documents"]

GLOBAL, ORGANIZATION, RESOURCE = TokenKind


@dataclass(frozen=True)
class Bearer:
    """Who sends which kind of token; the same user and machine are in both organizations."""

    kind: TokenKind
    organization: str | None
    machine: str | None
    token: str = field(repr=False)

    @property
    def sub(self) -> str:
        return self.machine or "ada"

    @property
    def of(self) -> tuple[TokenKind, str | None]:
        return self.kind, self.organization

    @property
    def facts(self) -> dict[str, Any]:
        """What a view must see."""
        return {
            "kind": self.kind.value,
            "sub": self.sub,
            "client_id": self.machine or "application-1",
            "organization_id": self.organization,
            "scopes": SCOPES,
        }


@dataclass(frozen=True)
class Asked:
    """One request; ``opens_for`` is the only kind and organization that the contract lets in."""

    bearer: Bearer | None
    method: str
    path: str
    opens_for: tuple[TokenKind, str | None]
    holder: str | None = None
    """The organization whose document it names."""
    body: tuple[tuple[str, str], ...] = ()

    @property
    def expected(self) -> int:
        if self.bearer is None:
            return 401
        if self.bearer.of != self.opens_for:
            return 403
        if self.holder not in (None, self.bearer.organization):
            return 404
        return 201 if self.method == "POST" else 200


@dataclass(frozen=True)
class Answer:
    status: int
    challenge: str | None
    body: Any


def tell(request: Any) -> dict[str, Any]:
    return {"kind": request.auth.kind.value, **request.auth.to_dict()}


class Seen(APIView):
    def get(self, request: Any, **kwargs: Any) -> Response:
        return Response(tell(request))


@require_access_token(OrgResourceScopes("read:documents"))
def seen_plainly(request: HttpRequest, **kwargs: Any) -> JsonResponse:
    return JsonResponse(tell(request))


SEEN: dict[str, tuple[TokenKind, Any]] = {
    "everywhere": (GLOBAL, Seen.as_view(permission_classes=[HasScopes("read:documents")])),
    "member": (ORGANIZATION, Seen.as_view(permission_classes=[InOrganization("read:documents")])),
    "data": (RESOURCE, Seen.as_view(permission_classes=[OrgResourceScopes("read:documents")])),
    "plain": (RESOURCE, seen_plainly),
}


@pytest.fixture
def bearers(logto: Logto, settings: Any, route: Callable[..., None]) -> list[Bearer]:
    """Everybody who holds a token, and an API that remembers few of them."""
    settings.LOGTO = {**settings.LOGTO, "TOKEN_CACHE_SIZE": REMEMBERED}
    seen = [path(f"seen/{name}/<str:organization_id>/", view) for name, (_, view) in SEEN.items()]
    route(*sandbox.urls.urlpatterns, *seen)
    made: list[Bearer] = []
    for machine in (None, "rover"):
        made.append(Bearer(GLOBAL, None, machine, logto.global_token(SCOPES, **who(machine))))
        for organization in NAMES:
            for kind, issue in (
                (ORGANIZATION, logto.organization_token),
                (RESOURCE, logto.organization_resource_token),
            ):
                token = issue(organization, SCOPES, **who(machine))
                made.append(Bearer(kind, organization, machine, token))
    return made


def who(machine: str | None) -> dict[str, Any]:
    return {"machine": machine, "user": "ada"}


@dataclass(frozen=True)
class Documents:
    """One of each organization that nobody changes, and one that its own tokens may change."""

    kept: dict[str, int]
    edited: dict[str, int]


@pytest.fixture
def documents(transactional_db: None) -> Documents:
    def stored(title: str) -> dict[str, int]:
        return {
            organization: Document.objects.create(organization_id=organization, title=title).pk
            for organization in NAMES
        }

    for organization in NAMES:
        Invitation.objects.create(
            organization_id=organization, email="hank@example.com", invited_by="nobody"
        )
    return Documents(stored("kept"), stored("to be edited"))


def everything(bearers: list[Bearer], documents: Documents) -> list[Asked]:
    """The whole matrix: everybody asks for everything, of both organizations."""
    return [
        asked
        for bearer in [None, *bearers]
        for organization in NAMES
        for asked in requests_of(bearer, organization, documents)
    ]


def requests_of(bearer: Bearer | None, organization: str, documents: Documents) -> Iterator[Asked]:
    author = "nobody" if bearer is None else f"{bearer.organization}"
    other = next(one for one in NAMES if one != organization)
    title = (("title", f"of {author}"), ("organization_id", other))
    invitation = (("email", f"grace@{author}.example.com"), ("organization_id", other))
    yield Asked(bearer, "GET", "/products/", (GLOBAL, None))
    own = (GLOBAL, None) if bearer is None else bearer.of
    yield Asked(bearer, "GET", "/whoami/", own)
    for name, (kind, _) in SEEN.items():
        opens_for = (kind, None if kind is GLOBAL else organization)
        yield Asked(bearer, "GET", f"/seen/{name}/{organization}/", opens_for)
    url, member = f"/organizations/{organization}/invitations/", (ORGANIZATION, organization)
    yield Asked(bearer, "GET", url, member)
    yield Asked(bearer, "POST", url, member, body=invitation)
    url, data = f"/organizations/{organization}/documents/", (RESOURCE, organization)
    yield Asked(bearer, "GET", url, data)
    yield Asked(bearer, "POST", url, data, body=title)
    for holder in NAMES:
        kept, edited = f"{url}{documents.kept[holder]}/", f"{url}{documents.edited[holder]}/"
        yield Asked(bearer, "GET", kept, data, holder)
        yield Asked(bearer, "PUT", edited, data, holder, title)
        yield Asked(bearer, "PATCH", edited, data, holder, title)
        deletion = Asked(bearer, "DELETE", kept, data, holder)
        if deletion.expected >= 400:
            yield deletion


def send(asked: Asked) -> Answer:
    token = {"Authorization": f"Bearer {asked.bearer.token}"} if asked.bearer else {}
    response = APIClient().generic(
        asked.method,
        asked.path,
        json.dumps(dict(asked.body)),
        content_type="application/json",
        headers=token,
    )
    body = response.json()
    if isinstance(body, list):  # others may be adding to it
        body = {row.get("organization_id") for row in body}
    else:
        body.pop("id", None)
    return Answer(response.status_code, response.headers.get("WWW-Authenticate"), body)


def assert_is_its_own(asked: Asked, answer: Answer) -> None:
    """The answer follows the contract, and tells of nobody but the bearer."""
    assert answer.status == asked.expected, asked
    if asked.bearer is None or answer.status >= 400:
        assert (answer.challenge is None) is (answer.status == 404)
        assert "organization_id" not in answer.body
    elif asked.path.startswith(("/seen/", "/whoami/")):
        assert answer.body.items() >= asked.bearer.facts.items()
    elif isinstance(answer.body, set):
        assert answer.body <= {asked.bearer.organization}
    else:
        assert answer.body["organization_id"] == asked.bearer.organization


def written(everything_asked: Iterable[Asked]) -> Counter[tuple[str, ...]]:
    """The rows that are there when all that has been asked."""
    rows: Counter[tuple[str, ...]] = Counter()
    for organization in NAMES:
        rows[organization, "kept"] = rows[organization, f"of {organization}"] = 1
        rows[organization, "hank@example.com", "nobody"] = 1
    for asked in everything_asked:
        if asked.bearer is not None and asked.expected == 201:
            organization = str(asked.bearer.organization)
            if asked.bearer.kind is RESOURCE:
                rows[organization, f"of {organization}"] += 1
            else:
                rows[organization, f"grace@{organization}.example.com", asked.bearer.sub] += 1
    return rows


def stored() -> Counter[tuple[str, ...]]:
    documents = Document.objects.values_list("organization_id", "title")
    invitations = Invitation.objects.values_list("organization_id", "email", "invited_by")
    return Counter([*documents, *invitations])


def test_no_request_reads_or_writes_across_organizations(
    bearers: list[Bearer], documents: Documents
) -> None:
    matrix = everything(bearers, documents)
    for asked in matrix:
        assert_is_its_own(asked, send(asked))
    assert stored() == written(matrix)


@pytest.fixture
def restless_threads() -> Iterator[None]:
    """Threads take turns after every few instructions, so that what they share shows."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless_threads")
def test_requests_in_many_threads_are_answered_as_if_each_were_alone(
    bearers: list[Bearer], documents: Documents
) -> None:
    matrix = everything(bearers, documents)
    alone = {asked: send(asked) for asked in matrix}
    together = threading.Barrier(THREADS)
    verified = snapshot()["verified"]

    def ask_a_quarter_of_it(number: int) -> list[tuple[Asked, Answer]]:
        shuffled = random.Random(number).sample(matrix, len(matrix) // 4)
        together.wait()
        try:
            return [(asked, send(asked)) for asked in shuffled]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        answered = [
            pair for pairs in pool.map(ask_a_quarter_of_it, range(THREADS)) for pair in pairs
        ]
    for asked, answer in answered:
        assert answer == alone[asked], asked
        assert_is_its_own(asked, answer)
    assert stored() == written([*matrix, *(asked for asked, _ in answered)])
    assert snapshot()["verified"] - verified > len(bearers)


def test_async_views_that_wait_for_each_other_see_their_own_request_alone(
    bearers: list[Bearer], route: Callable[..., None]
) -> None:
    asked = list(product(bearers, NAMES, range(4)))
    random.Random(1).shuffle(asked)
    together = asyncio.Barrier(len(asked))

    @require_access_token(OrgResourceScopes("read:documents"))
    async def meet(request: Any, organization_id: str) -> JsonResponse:
        before = tell(request)
        await together.wait()  # nobody leaves before all are in, or refused
        user = await request.auser()
        seen = [before, tell(request), tell(user)]
        return JsonResponse({"seen": seen, "named": organization_id})

    async def ask(bearer: Bearer, organization: str) -> Any:
        headers = {"Authorization": f"Bearer {bearer.token}"}
        response = await AsyncClient().get(f"/{organization}/", headers=headers)
        if response.status_code != 200:
            await together.wait()
        return response

    async def ask_all() -> list[Any]:
        return await asyncio.gather(*(ask(bearer, name) for bearer, name, _ in asked))

    route(path("<str:organization_id>/", meet))
    for (bearer, organization, _), response in zip(asked, async_to_sync(ask_all)(), strict=True):
        body = response.json()
        if bearer.of != (RESOURCE, organization):
            assert response.status_code == 403
            assert body.keys() == {"error", "code"}
            continue
        assert (response.status_code, body["named"]) == (200, bearer.organization)
        for seen in body["seen"]:
            assert seen.items() >= bearer.facts.items()
