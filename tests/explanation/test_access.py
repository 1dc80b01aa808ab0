"""Which operations a token opens, as the views themselves would answer."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.urls import get_script_prefix, path, re_path, set_script_prefix
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.permissions import AllowAny, BasePermission, IsAdminUser, IsAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.decorators import require_access_token
from drf_logto.explanation.access import AccessExplainer, AccessExplanation, find_target
from drf_logto.explanation.answers import Access
from drf_logto.explanation.tokens import Refusal, explain_token
from drf_logto.operations import all_operations
from drf_logto.permissions import HasScopes, InOrganization, IsUser, OwnedByUser
from drf_logto.tenancy import Header, UrlKeyword
from drf_logto.testing import Logto
from tests.support.users import REFUSED, answering
from tests.support.verifier_setup import NOW

Explain = Callable[..., AccessExplanation]
OPEN, NOT_DECIDED = (Access.OPEN, None), (Access.NOT_DECIDED, None)


def refused(code: str) -> tuple[Access, str]:
    return Access.REFUSED, code


@pytest.fixture
def logto() -> Iterator[Logto]:
    with Logto(now=lambda: NOW) as logto:
        yield logto


@pytest.fixture
def explain(logto: Logto, route: Callable[..., None]) -> Explain:
    """Say whether a token opens the one operation of a view, at a path or in general."""

    def run(
        view: Any, token: str | None = None, *, at: str | None = None, pattern: str = "a/"
    ) -> AccessExplanation:
        route(path(pattern, view))
        explainer = AccessExplainer(explain_token(token or logto.global_token(["a"])))
        if at is None:
            operation = next(all_operations())
            return explainer.explain(operation)
        target = find_target(at)
        assert target is not None
        return explainer.explain(target.operations[0], target)

    return run


class View(APIView):
    def get(self, request: Any, **kwargs: Any) -> Response:
        return Response({})


def view(*permissions: Any, **options: Any) -> Any:
    declared: Any = type("Declared", (View,), {"permission_classes": permissions, **options})
    return declared.as_view()


def outcome(found: AccessExplanation) -> tuple[Access, str | None]:
    return found.access, found.refusal.code if found.refusal else None


class Message(BasePermission):
    message, code = "Not on a Sunday.", "sunday"

    def has_permission(self, request: Any, view: Any) -> bool:
        return False


class Raising(BasePermission):
    failure: Exception = PermissionDenied("Not on a Sunday.", "sunday")

    def has_permission(self, request: Any, view: Any) -> bool:
        raise self.failure


class Failing(Raising):
    failure = KeyError("pk")


class AskingDatabase(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return bool(get_user_model().objects.exists())


class HidingDatabase(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        try:
            return bool(get_user_model().objects.exists())
        except Exception:  # noqa: BLE001 - as a project may
            return False


class Awaited(BasePermission):
    async def has_permission(self, request: Any, view: Any) -> Any:  # type: ignore[override]
        """Never awaited."""


class OfObjects(BasePermission):
    def has_object_permission(self, request: Any, view: Any, obj: Any) -> Any:
        """Never called."""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("permissions", "expected", "said"),
    [
        ([HasScopes("a")], OPEN, ""),
        ([HasScopes("a"), IsUser], OPEN, ""),
        ([AllowAny], OPEN, ""),
        ([IsAuthenticated], OPEN, ""),
        ([HasScopes("b")], refused("insufficient_scope"), "Request the scopes"),
        ([HasScopes(post="a")], refused("insufficient_scope"), "Declare scopes"),
        ([InOrganization("a")], refused("wrong_token_kind"), "Request the token with"),
        ([HasScopes("b") | InOrganization("a")], refused("insufficient_scope"), ""),
        ([IsAdminUser], refused("permission_denied"), ""),
        ([Message], refused("sunday"), ""),
        ([Raising], refused("sunday"), ""),
        ([Failing], NOT_DECIDED, "raises KeyError"),
        ([AskingDatabase], NOT_DECIDED, "asks the database"),
        ([HidingDatabase], NOT_DECIDED, "asks the database"),
        ([Awaited], NOT_DECIDED, "Awaited has to be awaited"),
        ([OfObjects], OPEN, ""),
        ([OwnedByUser("owner")], OPEN, ""),
    ],
)
def test_permissions_are_asked(
    logto: Logto, explain: Explain, permissions: list[Any], expected: Any, said: str
) -> None:
    found = explain(view(*permissions))
    assert outcome(found) == expected
    if expected is not NOT_DECIDED:  # a request has the same answer
        response = logto.client(logto.global_token(["a"])).get("/a/")
        answer = found.refusal or Refusal("", 200, "", "", "")
        assert response.status_code == answer.status
        assert response.json().get("detail", "") == answer.sentence
    assert said in found.sentence + (found.refusal.remedy if found.refusal else "")
    assert (found.method, found.path) == ("GET", "/a/")


@pytest.mark.parametrize("permission", [OfObjects, OwnedByUser("owner")])
def test_what_depends_on_an_object_is_not_decided(explain: Explain, permission: Any) -> None:
    for at in (None, "/a/7/"):
        found = explain(view(permission), pattern="a/<int:pk>/", at=at)
        assert outcome(found) == NOT_DECIDED
        assert found.sentence.startswith("It depends on the object: O")
    assert outcome(explain(view(AllowAny), pattern="a/<int:pk>/")) == OPEN


ORGANIZATION = "<str:organization_id>/"


@pytest.mark.parametrize(
    ("at", "expected"),
    [(None, OPEN), ("/org-1/", OPEN), ("/org-2/", refused("wrong_organization"))],
)
def test_the_organization_of_a_path_is_compared(
    logto: Logto, explain: Explain, at: str | None, expected: Any
) -> None:
    token = logto.organization_token("org-1", ["a"])
    found = explain(view(InOrganization("a")), token, at=at, pattern=ORGANIZATION)
    assert outcome(found) == expected
    assert found.path == (at or "/{organization_id}/")


def test_an_organization_that_code_finds_needs_a_path(logto: Logto, explain: Explain) -> None:
    token = logto.organization_token("org-1", ["a"])
    source = UrlKeyword("team", lookup={"acme": "org-1"}.get)
    guarded = view(InOrganization("a"), organization_source=source)
    found = explain(guarded, token, pattern="<str:team>/")
    assert outcome(found) == NOT_DECIDED
    assert re.search(r"names: .*team.*\. Give a path\.$", found.sentence)
    assert outcome(explain(guarded, token, pattern="<str:team>/", at="/acme/")) == OPEN
    found = explain(guarded, token, pattern="<str:team>/", at="/other/")
    assert outcome(found) == refused("wrong_organization")


def test_a_view_that_declares_no_organization_takes_any(logto: Logto, explain: Explain) -> None:
    token = logto.organization_token("org-1", ["a"])
    for source in (None, Header("X-Organization-Id")):
        guarded = view(InOrganization("a"), organization_source=source)
        assert outcome(explain(guarded, token)) == OPEN


def test_a_token_that_is_refused_opens_nothing_that_reads_tokens(
    logto: Logto, explain: Explain
) -> None:
    token = logto.global_token(["a"], expires_in=-1)
    for permission in (AllowAny, HasScopes("a")):
        assert outcome(explain(view(permission), token)) == refused("token_expired")
    unread = view(AllowAny, authentication_classes=[SessionAuthentication])
    assert outcome(explain(unread, token)) == OPEN


def test_a_view_that_reads_no_token_is_said_to_be_so(explain: Explain) -> None:
    classes = {"authentication_classes": [SessionAuthentication]}
    found = explain(view(AllowAny, **classes))
    assert outcome(found) == OPEN
    assert found.sentence == "The view does not read access tokens of Logto."
    found = explain(view(HasScopes("a"), **classes))
    assert outcome(found) == refused("not_authenticated")
    assert found.refusal is not None
    assert found.refusal.remedy.startswith("Add LogtoJWTAuthentication")


def test_a_project_may_have_no_anonymous_user(explain: Explain, settings: Any) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "UNAUTHENTICATED_USER": None}
    unread = view(IsAuthenticated, authentication_classes=[SessionAuthentication])
    assert outcome(explain(unread)) == refused("not_authenticated")


def test_the_audience_of_a_view_counts(explain: Explain) -> None:
    narrowed = view(AllowAny, api_resource="https://other.example.test")
    assert outcome(explain(narrowed)) == refused("wrong_audience")


@pytest.mark.django_db
@pytest.mark.parametrize("case", REFUSED)
def test_a_user_that_the_project_refuses_opens_nothing(explain: Explain, case: str) -> None:
    answer, _status, code, sentence = REFUSED[case]
    found = explain(view(AllowAny, authentication_classes=[answering(answer)]))
    assert outcome(found) == refused(code)
    assert found.refusal is not None
    assert found.refusal.sentence == sentence


@pytest.mark.django_db
def test_a_get_user_that_fails_decides_nothing(explain: Explain) -> None:
    found = explain(view(AllowAny, authentication_classes=[answering(ValueError())]))
    assert outcome(found) == NOT_DECIDED
    assert "get_user raises ValueError" in found.sentence


@pytest.mark.django_db
def test_each_authentication_class_is_asked_once_for_the_user(
    logto: Logto, route: Callable[..., None]
) -> None:
    asked = []

    class Counting(LogtoJWTAuthentication):
        def get_user(self, auth: Any) -> Any:
            asked.append(auth.sub)
            return super().get_user(auth)

    guarded = view(AllowAny, authentication_classes=[Counting])
    route(path("a/", guarded), path("b/", guarded))
    explainer = AccessExplainer(explain_token(logto.global_token()))
    assert [explainer.explain(one).access for one in all_operations()] == [Access.OPEN] * 2
    assert asked == ["user-1"]


@require_access_token(HasScopes("a"))
def plain(request: Any) -> Any:
    """Never called."""


def open_to_all(request: Any) -> Any:
    """Never called."""


def test_plain_views_are_asked_as_well(logto: Logto, explain: Explain) -> None:
    assert outcome(explain(plain)) == OPEN
    assert outcome(explain(plain, logto.global_token())) == refused("insufficient_scope")
    found = explain(open_to_all)
    assert outcome(found) == NOT_DECIDED
    assert found.method == "*"
    assert found.sentence.startswith("No permission")


class Documents(ViewSet):
    permission_classes = [HasScopes(list="a", destroy="delete")]

    def list(self, request: Any) -> None:
        """Never called."""

    def destroy(self, request: Any, pk: str) -> None:
        """Never called."""


def test_each_action_of_a_viewset_is_asked(logto: Logto, route: Callable[..., None]) -> None:
    route(path("a/", Documents.as_view({"get": "list", "delete": "destroy"})))
    explainer = AccessExplainer(explain_token(logto.global_token(["a"])))
    found = {one.method: outcome(explainer.explain(one)) for one in all_operations()}
    assert found == {"GET": OPEN, "DELETE": refused("insufficient_scope")}


class ByUser(View):
    def get_permissions(self) -> list[Any]:
        return [AllowAny() if self.request.user.pk else IsAdminUser()]


def test_a_view_may_compute_its_permissions_of_the_user_and_the_path(explain: Explain) -> None:
    assert outcome(explain(ByUser.as_view())) == OPEN

    class ByKeyword(View):
        def get_permissions(self) -> list[Any]:
            return [AllowAny() if self.kwargs["pk"] == 7 else IsAdminUser()]

    pattern = "a/<int:pk>/"
    assert outcome(explain(ByKeyword.as_view(), pattern=pattern)) == NOT_DECIDED
    assert outcome(explain(ByKeyword.as_view(), pattern=pattern, at="/a/7/")) == OPEN
    found = explain(ByKeyword.as_view(), pattern=pattern, at="/a/8/")
    assert outcome(found) == refused("permission_denied")


def test_a_path_without_a_route_leads_nowhere(route: Callable[..., None]) -> None:
    route(path("a/", view(AllowAny)))
    assert find_target("/b/") is None


def test_a_view_that_decides_by_itself_is_said_to(explain: Explain) -> None:
    def initial(self: APIView, request: Any) -> None:
        """Is never called."""

    found = explain(view(HasScopes("a"), initial=initial))
    assert outcome(found) == OPEN
    assert found.sentence == "The view may still refuse: it has methods of its own (initial)."


class Keyed(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return bool(request.headers.get("X-Key"))


class NotAsked(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return "everything" not in request.query_params


@pytest.mark.parametrize("permission", [Keyed, NotAsked])
@pytest.mark.parametrize("at", [None, "/a/"])
def test_what_depends_on_headers_or_the_like_is_not_decided(
    explain: Explain, permission: Any, at: str | None
) -> None:
    found = explain(view(permission), at=at)
    assert outcome(found) == NOT_DECIDED
    assert "reads more of it than method, path and user" in found.sentence


@pytest.fixture
def mounted() -> Iterator[None]:
    before = get_script_prefix()
    set_script_prefix("/app/")
    yield
    set_script_prefix(before)


@pytest.mark.usefixtures("mounted")
@pytest.mark.parametrize("address", ["/app/a/", "/a/"])
def test_the_path_of_a_mounted_project_may_have_its_prefix(
    route: Callable[..., None], address: str
) -> None:
    route(path("a/", view(AllowAny)))
    target = find_target(address)
    assert target is not None
    assert (target.path, target.path_info) == (address, "/a/")


def test_the_path_of_an_address_is_decoded(route: Callable[..., None]) -> None:
    route(path("a/<str:name>/", view(AllowAny)))
    target = find_target("/a/Ada%20L/")
    assert target is not None
    assert target.keywords == {"name": "Ada L"}


OWNED = view(OwnedByUser("owner"))


@pytest.mark.parametrize("second", [path("b/<pk>/", OWNED), re_path("^b/(?P<pk>.+)/$", OWNED)])
def test_a_path_is_explained_by_its_own_route_where_a_view_has_several(
    logto: Logto, route: Callable[..., None], second: Any
) -> None:
    route(path("a/", OWNED), second)
    target = find_target("/b/7/")
    assert target is not None
    explainer = AccessExplainer(explain_token(logto.global_token(["a"])))
    found = explainer.explain(target.operations[0], target)
    assert found.sentence == "It depends on the object: OwnedByUser."


class NotThere(Raising):
    failure = NotFound()


def test_another_exception_of_rest_framework_is_a_refusal(explain: Explain) -> None:
    assert outcome(explain(view(NotThere))) == refused("not_found")
