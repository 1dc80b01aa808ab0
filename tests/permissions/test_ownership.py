"""OwnedByUser: whose objects a token opens."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ImproperlyConfigured
from django.urls import path
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.serializers import ModelSerializer
from rest_framework.views import APIView
from rest_framework.viewsets import ModelViewSet

from drf_logto.authentication import LogtoJWTAuthentication
from drf_logto.decorators import require_access_token
from drf_logto.permissions import HasScopes, IsDelegated, IsUser, OwnedByUser
from drf_logto.testing import Logto
from drf_logto.users.authentication import LogtoUserAuthentication
from drf_logto.users.models import LogtoIdentity
from tests.support.views import Route

DENIED = "not_owner"


class Users(LogtoJWTAuthentication):
    """Ada is the user 1."""

    def get_user(self, auth: Any) -> Any:
        if auth.is_machine:
            return super().get_user(auth)
        return User(pk={"ada": 1, "unsaved": None}.get(auth.sub, 2), username=auth.sub)


class Records(APIView):
    permission_classes: Any = [OwnedByUser("owner")]
    authentication_classes = [Users]
    record: Any

    def get(self, request: Any) -> Response:
        return Response("list")

    def put(self, request: Any) -> Response:
        self.check_object_permissions(request, self.record)
        return Response("object")


@pytest.fixture
def put(logto: Logto, route: Route) -> Any:
    def send(permission: Any, record: Any, *, of: type[APIView] = Records, **token: Any) -> Any:
        attributes = {"permission_classes": [permission], "record": record}
        route(path("", type("Made", (of,), attributes).as_view()))  # type: ignore[attr-defined]
        options = {"user": "ada", **token} if "machine" not in token else token
        response = logto.client(logto.global_token(**options)).put("/")
        assert response.status_code in {200, 403}
        return (
            None
            if response.status_code == 200
            else response.json().get("code", "permission_denied")
        )

    return send


def owned(owner: Any) -> Any:
    return SimpleNamespace(owner=owner)


ADA = User(pk=1)
WHOSE: list[tuple[str, Any, str | None]] = [
    ("owner", owned(ADA), None),
    ("owner", owned(User(pk=2)), DENIED),
    ("owner", owned(User(pk=None)), DENIED),
    ("owner", owned(None), DENIED),
    ("owner", owned(Group(pk=1)), DENIED),
    ("owner", owned(1), DENIED),
    ("owner", owned(True), DENIED),
    ("owner", owned("ada"), None),
    ("owner", owned("Ada"), DENIED),
    ("owner", owned("1"), DENIED),
    ("owner", owned(""), DENIED),
    ("owner", owned([ADA]), DENIED),
    ("owner", SimpleNamespace(), DENIED),
    ("owner", None, DENIED),
    ("document__owner", SimpleNamespace(document=owned(ADA)), None),
    ("document__owner", SimpleNamespace(document=owned(User(pk=2))), DENIED),
    ("document__owner", SimpleNamespace(document=None), DENIED),
    ("user", LogtoIdentity(user=ADA), None),
    ("user", LogtoIdentity(), DENIED),
    ("user__username", LogtoIdentity(user=User(pk=2, username="ada")), None),
]


@pytest.mark.parametrize(("field", "record", "expected"), WHOSE)
def test_a_user_has_the_objects_that_are_the_users_own(
    put: Any, field: str, record: Any, expected: str | None
) -> None:
    assert put(OwnedByUser(field), record) == expected


@pytest.mark.parametrize("owner", [ADA, "ada", None])
def test_nobody_else_has_them(put: Any, owner: Any) -> None:
    assert put(OwnedByUser("owner"), owned(owner), user="bob") == DENIED
    assert put(OwnedByUser("owner"), owned(owner), machine="ada") == DENIED


def test_a_user_that_is_not_saved_owns_nothing(put: Any) -> None:
    assert put(OwnedByUser("owner"), owned(User(pk=None)), user="unsaved") == DENIED


def test_a_machine_that_has_a_user_owns_what_that_user_owns(put: Any) -> None:
    class OfMachines(Users):
        def get_user(self, auth: Any) -> Any:
            return ADA

    class WithUsers(Records):
        authentication_classes = [OfMachines]

    assert put(OwnedByUser("owner"), owned(ADA), of=WithUsers, machine="backend") is None
    assert put(OwnedByUser("owner"), owned(User(pk=2)), of=WithUsers, machine="backend") == DENIED


class Principals(Records):
    authentication_classes = [LogtoJWTAuthentication]


def test_without_users_a_field_holds_the_subject(put: Any, caplog: Any) -> None:
    caplog.set_level("ERROR", "drf_logto")
    assert put(OwnedByUser("owner_sub"), SimpleNamespace(owner_sub="ada"), of=Principals) is None
    assert put(OwnedByUser("owner"), owned(ADA), of=Principals) == DENIED
    (line,) = caplog.messages
    assert line.startswith(
        "OwnedByUser('owner') refuses a SimpleNamespace (method 'PUT', route '',"
    )
    assert line.endswith("): it is of type User, and request.user of type LogtoPrincipal.")


def test_a_subject_is_the_same_person_under_every_address_of_the_tenant(
    put: Any, settings: Any
) -> None:
    """ENDPOINT lists the addresses of one Logto."""
    endpoints = ["https://tenant.logto.test", "https://auth.example.test"]
    settings.LOGTO = {**settings.LOGTO, "ENDPOINT": endpoints, "INTERNAL_ENDPOINT": endpoints[0]}
    for one in endpoints:
        claims = {"iss": f"{one}/oidc"}
        assert put(OwnedByUser("owner"), owned("ada"), of=Principals, claims=claims) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("record", "fault"),
    [
        (SimpleNamespace(), "AttributeError"),
        (LogtoIdentity(), "RelatedObjectDoesNotExist"),
        (LogtoIdentity(user_id=77), "DoesNotExist"),
        (SimpleNamespace(user=7), "it is of type int, and request.user of type User"),
    ],
)
def test_a_field_that_cannot_have_an_owner_is_logged(
    put: Any, caplog: Any, record: Any, fault: str
) -> None:
    caplog.set_level("ERROR", "drf_logto")
    assert put(OwnedByUser("user"), record) == DENIED
    assert [line.rpartition("): ")[2] for line in caplog.messages] == [f"{fault}."]


def test_an_owner_who_is_missing_or_another_is_not_logged_as_an_error(
    put: Any, caplog: Any
) -> None:
    caplog.set_level("ERROR", "drf_logto")
    for owner in (None, User(pk=2), "bob"):
        assert put(OwnedByUser("owner"), owned(owner)) == DENIED
    assert put(OwnedByUser("owner"), owned(ADA), machine="backend") == DENIED
    assert caplog.messages == []


def test_nothing_is_compared_without_an_object(logto: Logto, route: Route) -> None:
    route(path("", Records.as_view()))
    assert logto.client(logto.global_token(user="bob")).get("/").status_code == 200
    assert logto.client().get("/").status_code == 401


@pytest.mark.parametrize(
    ("permission", "own", "of_bob"),
    [
        (OwnedByUser("owner") & HasScopes("edit"), None, DENIED),
        (OwnedByUser("owner") & HasScopes("other"), "insufficient_scope", "insufficient_scope"),
        (OwnedByUser("owner") | HasScopes("edit"), None, None),
        (HasScopes("other") | OwnedByUser("owner"), None, "insufficient_scope"),
        (HasScopes("edit") & (OwnedByUser("owner") | HasScopes("edit")), None, None),
        (OwnedByUser("owner") & IsUser & ~IsDelegated, None, DENIED),
        (OwnedByUser("owner") | OwnedByUser("editor"), None, DENIED),
        # A NOT refuses the view already: a token that may have some objects passes.
        (~OwnedByUser("owner"), "permission_denied", "permission_denied"),
        (HasScopes("edit") & ~OwnedByUser("owner"), "permission_denied", "permission_denied"),
        (~(~OwnedByUser("owner")), None, "permission_denied"),
    ],
)
def test_it_composes(put: Any, permission: Any, own: str | None, of_bob: str | None) -> None:
    for owner, expected in ((ADA, own), (User(pk=2), of_bob)):
        record = SimpleNamespace(owner=owner, editor=None)
        assert put(permission, record, scopes=["edit"]) == expected


def test_a_user_without_a_token_has_no_objects(logto: Logto, route: Route) -> None:
    route(path("", type("Made", (Records,), {"record": owned(ADA)}).as_view()))  # type: ignore[attr-defined]
    client = logto.client()
    client.force_authenticate(user=ADA)
    assert client.put("/").status_code == 403


def test_an_object_is_refused_to_whoever_has_no_token() -> None:
    request: Any = SimpleNamespace(auth=None, user=ADA)
    assert not OwnedByUser("owner").has_object_permission(request, Records(), owned(ADA))


def test_it_is_compared_by_its_field() -> None:
    assert OwnedByUser("owner") == OwnedByUser("owner") != OwnedByUser("a__owner")
    assert len({OwnedByUser("owner"), OwnedByUser("owner"), OwnedByUser("other")}) == 2
    assert repr(OwnedByUser("a__owner")) == "OwnedByUser('a__owner')"


@pytest.mark.parametrize("field", ["", "__", "owner__", "_state", "a____b", "a b", 7, ["owner"]])
def test_what_is_no_field_is_an_error(field: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="is no field of an object: write OwnedByUser"):
        OwnedByUser(field)


@pytest.mark.parametrize("permission", [OwnedByUser("a"), IsUser | ~OwnedByUser("a")])
def test_a_plain_view_which_has_no_objects_does_not_take_it(permission: Any) -> None:
    with pytest.raises(ImproperlyConfigured, match="asks nothing about objects"):
        require_access_token(permission)


@pytest.mark.django_db
def test_staff_edit_their_own_record_and_the_department_every_one(
    logto: Logto, route: Route
) -> None:
    """The example of the documentation; identities stand for the records of employees."""

    class EmployeeSerializer(ModelSerializer[LogtoIdentity]):
        class Meta:
            model = LogtoIdentity
            fields = ["subject"]

    class EmployeeViewSet(ModelViewSet[LogtoIdentity]):
        queryset = LogtoIdentity.objects.all()
        serializer_class = EmployeeSerializer
        authentication_classes = [LogtoUserAuthentication]
        permission_classes = [
            HasScopes("manage:employees")
            | HasScopes(retrieve="read:profile", partial_update="write:profile")
            & OwnedByUser("user")
        ]

    router = SimpleRouter()
    router.register("employees", EmployeeViewSet)
    route(*router.urls)

    def statuses(user: str, *scopes: str) -> list[int]:
        client = logto.client(logto.global_token(scopes, user=user))
        of_ada = f"/employees/{LogtoIdentity.objects.get(subject='ada').pk}/"
        return [
            client.get(of_ada).status_code,
            client.patch(of_ada, {"subject": "ada"}).status_code,
            client.get("/employees/").status_code,
            client.delete(of_ada).status_code,
        ]

    logto.client(logto.global_token(["read:profile"], user="ada")).get("/employees/1/")
    both = "read:profile", "write:profile"
    assert statuses("ada", *both) == [200, 200, 403, 403]
    assert statuses("ada", "read:profile") == [200, 403, 403, 403]
    assert statuses("bob", *both) == [403, 403, 403, 403]
    assert statuses("hr", "manage:employees") == [200, 200, 200, 204]
