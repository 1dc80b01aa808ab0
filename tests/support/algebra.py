"""Generated compositions of permissions, and their boolean reading.

What is expected follows from the contract of the single permissions, written down here once more,
and from the truth tables of ``&``, ``|``, ``~``.
"""

import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, partial
from types import ModuleType
from typing import Any, Protocol

from django.test import override_settings
from django.urls import path
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.permissions import (
    AllowAny,
    BasePermission,
    IsAdminUser,
    IsAuthenticated,
    IsAuthenticatedOrReadOnly,
)
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from drf_logto.auth_info import TokenKind
from drf_logto.checks.routes import (
    negation_stands_beside_a_kind,
    permission_about_bearer_stands_beside_a_kind,
)
from drf_logto.exceptions import WrongBearer, WrongTokenKind
from drf_logto.permissions import (
    HasScopes,
    InOrganization,
    IsMachine,
    IsUser,
    OrgResourceScopes,
)
from drf_logto.permissions.token_kinds import AccessTokenPermission
from drf_logto.testing import Logto, TokenOptions

GRANTED = (200, 405)  # 405 comes after the permissions
SAFE = ("GET", "HEAD", "OPTIONS")


# What is asked


@dataclass(frozen=True)
class Held:
    """A token."""

    kind: TokenKind
    organization: str | None = None
    scopes: frozenset[str] = frozenset()
    machine: str | None = None


@dataclass(frozen=True)
class Asked:
    """One request, and the view that it is for."""

    held: Held | None
    method: str = "GET"
    organization: str | None = None
    is_at_the_door: bool = False
    is_public: bool | None = None  # of the object that the view checks; None where it checks none
    is_view_set: bool = False
    required_scopes: Any = None

    @property
    def names(self) -> list[str]:
        """What a keyword may call the request by, the first that is there counts."""
        action = {"GET": "list", "HEAD": "list", "POST": "create"}.get(self.method)
        names = [action] if action and self.is_view_set else []
        if self.method == "OPTIONS":
            return ["metadata", "options"]
        names += [self.method.lower(), *(["get"] if self.method == "HEAD" else [])]
        return [*names, "read" if self.method in SAFE else "write"]

    @property
    def name(self) -> str:
        """What a refusal calls the request by: the action of a viewset, or else the method."""
        is_method = self.method == "OPTIONS" and not self.is_view_set
        return "options" if is_method else self.names[0]


@dataclass(frozen=True, order=True)
class Refusal:
    """How a refused request is answered; the most actionable sorts last."""

    priority: int
    code: str
    error: str
    sentence: str
    scope: str | None = field(default=None, compare=False)

    @property
    def challenge(self) -> str:
        text = f'Bearer realm="api", error="{self.error}", error_description="{self.sentence}"'
        return text if self.scope is None else f'{text}, scope="{self.scope}"'


# What is composed


class Permission(Protocol):
    """A permission or a composition, and what it means."""

    def made(self) -> Any:
        """What stands in ``permission_classes``."""

    def grants(self, asked: Asked) -> bool: ...

    def grants_object(self, asked: Asked) -> bool:
        """What ``has_object_permission`` of it answers."""

    def reasons(self, grants: Callable[["Permission"], bool]) -> Iterator["Ours"]:
        """Why it refuses: those of ours one of which must grant, for it to grant."""

    def ours(self) -> list["Ours"]:
        """Every permission of ours in it."""

    def grants_by_others(self, asked: Asked) -> bool:
        """Whether it would grant as well if ours, and every NOT above one, refused."""


@dataclass(frozen=True)
class Ours:
    model: type[AccessTokenPermission]
    always: tuple[str, ...] = ()
    by_action: tuple[tuple[str, tuple[str, ...]], ...] = ()
    is_bare: bool = False

    def made(self) -> Any:
        return self.model if self.is_bare else self.model(*self.always, **dict(self.by_action))

    def required(self, asked: Asked) -> tuple[str, ...] | None:
        always, by_action = self.always, dict(self.by_action) or None
        if self.is_bare or not (always or by_action):
            declared = asked.required_scopes
            if declared is None and self.model is not InOrganization:
                return None
            is_dict = isinstance(declared, dict)
            always, by_action = (), declared if is_dict else None
            always = () if is_dict else tuple(declared or ())
        named = [by_action[name] for name in asked.names if name in by_action] if by_action else []
        if named:
            return (*always, *named[0])
        if asked.method == "OPTIONS":
            return ()
        return always if by_action is None else None

    def refusal(self, asked: Asked) -> Refusal | None:
        held, kind = asked.held, self.model.kind
        if held is None or held.kind is not kind:
            sentence = WrongTokenKind.sentences[kind.value]
            return Refusal(10, "wrong_token_kind", "invalid_token", sentence)
        if held.organization and asked.organization not in (None, held.organization):
            sentence = "The access token is for another organization."
            return Refusal(20, "wrong_organization", "invalid_token", sentence)
        required = self.required(asked)
        code = "insufficient_scope"
        if required is None:
            sentence = (
                f"{self.model.__name__} declares no scope for {asked.name!r}, "
                "so no access token opens it."
            )
            return Refusal(30, code, code, sentence)
        if not held.scopes.issuperset(required):
            scope = " ".join(required)
            return Refusal(50, code, code, f"The access token needs the scope: {scope}.", scope)
        return None

    def grants(self, asked: Asked) -> bool:
        return self.refusal(asked) is None

    grants_object = grants

    def reasons(self, grants: Callable[[Permission], bool]) -> Iterator["Ours"]:
        yield self

    def ours(self) -> list["Ours"]:
        return [self]

    def grants_by_others(self, asked: Asked) -> bool:
        return False


@dataclass(frozen=True)
class Bearer(Ours):
    """One about the bearer: a machine, or a user with such an id."""

    model: Any
    sentence: str = ""
    rule: Callable[[Held], bool] = lambda held: True

    def made(self) -> Any:
        return self.model

    def refusal(self, asked: Asked) -> Refusal | None:
        if asked.held is not None and self.rule(asked.held):
            return None
        return Refusal(35, "wrong_bearer", "invalid_token", self.sentence)


@dataclass(frozen=True)
class Other:
    """A permission of DRF or of the project."""

    permission: type[BasePermission]
    rule: Callable[[Asked], bool]
    object_rule: Callable[[Asked], bool] = lambda asked: True

    def made(self) -> Any:
        return self.permission

    def grants(self, asked: Asked) -> bool:
        return self.rule(asked)

    def grants_object(self, asked: Asked) -> bool:
        return self.object_rule(asked)

    def reasons(self, grants: Callable[[Permission], bool]) -> Iterator[Ours]:
        yield from ()

    def ours(self) -> list[Ours]:
        return []

    grants_by_others = grants


@dataclass(frozen=True)
class Both:
    first: Permission
    second: Permission
    compose: Callable[[Any, Any], Any] = operator.and_

    def made(self) -> Any:
        return self.compose(self.first.made(), self.second.made())

    def grants(self, asked: Asked) -> bool:
        return self.first.grants(asked) and self.second.grants(asked)

    def grants_object(self, asked: Asked) -> bool:
        return self.first.grants_object(asked) and self.second.grants_object(asked)

    def reasons(self, grants: Callable[[Permission], bool]) -> Iterator[Ours]:
        yield from (self.second if grants(self.first) else self.first).reasons(grants)

    def ours(self) -> list[Ours]:
        return self.first.ours() + self.second.ours()

    def grants_by_others(self, asked: Asked) -> bool:
        return self.first.grants_by_others(asked) and self.second.grants_by_others(asked)


@dataclass(frozen=True)
class Either(Both):
    compose: Callable[[Any, Any], Any] = operator.or_

    def grants(self, asked: Asked) -> bool:
        return self.first.grants(asked) or self.second.grants(asked)

    def grants_object(self, asked: Asked) -> bool:
        return grants_wholly(self.first, asked) or grants_wholly(self.second, asked)

    def reasons(self, grants: Callable[[Permission], bool]) -> Iterator[Ours]:
        yield from self.first.reasons(grants)
        yield from self.second.reasons(grants)

    def grants_by_others(self, asked: Asked) -> bool:
        return self.first.grants_by_others(asked) or self.second.grants_by_others(asked)


@dataclass(frozen=True)
class Neither:
    only: Permission

    def made(self) -> Any:
        return ~self.only.made()

    def grants(self, asked: Asked) -> bool:
        return not self.only.grants(asked)

    def grants_object(self, asked: Asked) -> bool:
        return not self.only.grants_object(asked)

    def reasons(self, grants: Callable[[Permission], bool]) -> Iterator[Ours]:
        yield from ()

    def ours(self) -> list[Ours]:
        return self.only.ours()

    def grants_by_others(self, asked: Asked) -> bool:
        return self.grants(asked) and not self.ours()


def grants(permission: Permission, asked: Asked) -> bool:
    return permission.grants(asked)


def grants_wholly(permission: Permission, asked: Asked) -> bool:
    return permission.grants(asked) and permission.grants_object(asked)


class AtTheDoor(BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return "Door" in request.headers


class IsPublic(BasePermission):
    """Says nothing of the request, only of the object: whether it is true."""

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return bool(obj)


NOBODY = Other(IsAdminUser, lambda asked: False)
OTHERS = [
    Other(AllowAny, lambda asked: True),
    Other(IsAuthenticated, lambda asked: asked.held is not None),
    NOBODY,
    Other(IsAuthenticatedOrReadOnly, lambda asked: asked.held is not None or asked.method in SAFE),
    Other(AtTheDoor, lambda asked: asked.is_at_the_door),
    Other(IsPublic, lambda asked: True, lambda asked: bool(asked.is_public)),
]


# What is generated

MODELS = [HasScopes, InOrganization, OrgResourceScopes]
SCOPES = st.lists(st.sampled_from("ab"), max_size=2, unique=True)
BY_ACTION = st.dictionaries(
    st.sampled_from(
        ["list", "create", "get", "post", "head", "options", "delete", "read", "write", "metadata"],
    ),
    SCOPES.map(tuple),
    max_size=3,
)
OURS = st.builds(
    Ours,
    st.sampled_from(MODELS),
    SCOPES.map(tuple),
    st.just(()) | BY_ACTION.map(lambda named: tuple(named.items())),
    st.booleans(),
)


BEARERS = st.sampled_from(
    [
        Bearer(IsUser, sentence=WrongBearer.sentences["user"], rule=lambda held: not held.machine),
        Bearer(
            IsMachine(),
            sentence=WrongBearer.sentences["machine"],
            rule=lambda held: held.machine is not None,
        ),
    ]
)


def composed(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda some: (
            st.builds(Both, some, some) | st.builds(Either, some, some) | st.builds(Neither, some)
        ),
        max_leaves=6,
    )


def held(kind: TokenKind, *organizations: str | None) -> st.SearchStrategy[Held]:
    scopes, machines = SCOPES.map(frozenset), st.sampled_from([None, "app-1"])
    return st.builds(Held, st.just(kind), st.sampled_from(organizations), scopes, machines)


HELD = st.one_of(
    st.none(),
    held(TokenKind.GLOBAL, None),
    held(TokenKind.ORGANIZATION, "org-a", "org-b"),
    held(TokenKind.ORGANIZATION_RESOURCE, "org-a", "org-b"),
)
ASKED = st.builds(
    Asked,
    held=HELD,
    method=st.sampled_from(["GET", "HEAD", "POST", "DELETE", "OPTIONS"]),
    organization=st.sampled_from([None, "org-a", "org-b"]),
    is_at_the_door=st.booleans(),
    is_public=st.none() | st.booleans(),
    is_view_set=st.booleans(),
    required_scopes=st.none() | SCOPES | BY_ACTION,
)
ANY_OTHERS = composed(st.sampled_from(OTHERS))
ANYTHING = composed(OURS | BEARERS | st.sampled_from(OTHERS))


def generated(*strategies: Any, times: float) -> Callable[[Any], Any]:
    """Run with the same examples each time, so many times the profile's number of them."""

    def decorate(test: Any) -> Any:
        repeatable: Any = settings(
            max_examples=round(times * settings().max_examples),
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        )
        given_some: Any = given(*strategies)
        return repeatable(given_some(test))

    return decorate


# What answers

Answer = Callable[..., Any]


class Handlers:
    """The handlers of a view that checks an object, if there is one."""

    is_public: bool | None

    def list(self: Any, request: Any, **kwargs: Any) -> Response:
        if self.is_public is not None:
            self.check_object_permissions(request, self.is_public)
        return Response("done")

    get = post = create = list


def answers(logto: Logto) -> Answer:
    """Return what gives the response of a view with these permissions."""

    @cache
    def issued(held: Held) -> str:
        scopes, options = sorted(held.scopes), TokenOptions(machine=held.machine)
        if held.kind is TokenKind.GLOBAL:
            return logto.global_token(scopes, **options)
        if held.kind is TokenKind.ORGANIZATION:
            return logto.organization_token(str(held.organization), scopes, **options)
        return logto.organization_resource_token(str(held.organization), scopes, **options)

    def answer(permissions: list[Permission], asked: Asked) -> Any:
        token = None if asked.held is None else issued(asked.held)
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        headers |= {"Door": "open"} if asked.is_at_the_door else {}
        kwargs = {} if asked.organization is None else {"organization_id": asked.organization}
        request = APIRequestFactory().generic(asked.method, "/", headers=headers)
        return view(permissions, asked)(request, **kwargs).render()

    return answer


def view(permissions: list[Permission], asked: Asked) -> Any:
    attributes = {
        "permission_classes": [permission.made() for permission in permissions],
        "required_scopes": asked.required_scopes,
        "is_public": asked.is_public,
    }
    if asked.is_view_set:
        made: Any = type("Made", (Handlers, ViewSet), attributes)
        return made.as_view({"get": "list", "post": "create"})
    made = type("Made", (Handlers, APIView), attributes)
    return made.as_view()


def told_by(ours: Iterable[Ours], asked: Asked) -> list[Refusal]:
    return [refusal for one in ours if (refusal := one.refusal(asked)) is not None]


def refusals(permissions: list[Permission], asked: Asked) -> list[Refusal] | None:
    """Why ours deny the request, or its object; None where nothing denies."""
    checks = [grants]
    if asked.is_public is not None and asked.method in {"GET", "HEAD", "POST"}:
        checks.append(grants_wholly)
    for granted in checks:
        denying = next((one for one in permissions if not granted(one, asked)), None)
        if denying is not None:
            return told_by(denying.reasons(partial(granted, asked=asked)), asked)
    return None


def most_actionable(refusals: list[Refusal]) -> list[Refusal]:
    return [one for one in refusals if one.priority == max(refusals).priority]


EVERYBODY = [
    None,
    Held(TokenKind.GLOBAL, None, frozenset("ab")),
    Held(TokenKind.GLOBAL, None, frozenset("ab"), "app-1"),
    Held(TokenKind.ORGANIZATION, "org-a", frozenset("ab")),
    Held(TokenKind.ORGANIZATION_RESOURCE, "org-a", frozenset("ab")),
]


def let_in(answer: Answer, permissions: list[Permission], asked: Asked) -> list[Asked]:
    """The requests that are granted though no permission names their kind of token."""
    named = {ours.model.kind for permission in permissions for ours in permission.ours()}
    strangers = [held for held in EVERYBODY if held is None or held.kind not in named]
    requests = [replace(asked, held=held) for held in strangers]
    return [one for one in requests if answer(permissions, one).status_code in GRANTED]


def is_said(permissions: list[Permission], asked: Asked, *, of_bearers: bool = False) -> bool:
    """Whether W004 is, or W010 where ``of_bearers``."""
    urls: Any = ModuleType("tests.routes")
    urls.urlpatterns = [path("", view(permissions, asked))]
    with override_settings(ROOT_URLCONF=urls):
        by_bearer = of_bearers and permission_about_bearer_stands_beside_a_kind()
        return bool(by_bearer or negation_stands_beside_a_kind())


def without_not(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves, lambda some: st.builds(Both, some, some) | st.builds(Either, some, some)
    )


# Beside & others narrow what ours let in; beside | they must let in nobody by themselves.
NARROWED = st.builds(Both, OURS, ANY_OTHERS) | st.builds(Either, OURS, st.just(NOBODY))
