"""What a view declares, wherever it stands, for requests and for system checks alike."""

import gc
from collections.abc import Callable
from functools import partial, wraps
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from weakref import ref

import pytest
from django.core.checks import run_checks
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.http import require_GET
from rest_framework.decorators import api_view, permission_classes
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from drf_logto.decorators import require_access_token
from drf_logto.permissions import HasScopes, InOrganization
from drf_logto.testing import Logto
from drf_logto.view_options import NOT_DECLARED, accepted_resources, declared, named_organization

Route = Callable[..., None]


def view(**attributes: Any) -> Any:
    return SimpleNamespace(**attributes)


def test_the_url_keyword_names_it() -> None:
    assert named_organization(view(kwargs={"organization_id": "org-a"})) == "org-a"


def test_a_route_without_the_keyword_names_none() -> None:
    assert named_organization(view(kwargs={"pk": "1"})) is None
    assert named_organization(view(kwargs=None)) is None
    assert named_organization(view()) is None


def test_the_setting_chooses_the_keyword(settings: Any) -> None:
    settings.LOGTO = {**settings.LOGTO, "ORGANIZATION_URL_KWARG": "org"}
    assert named_organization(view(kwargs={"org": "org-a", "organization_id": "org-b"})) == "org-a"


def test_the_view_overrides_the_setting() -> None:
    assert (
        named_organization(view(kwargs={"org": "org-a"}, organization_url_kwarg="org")) == "org-a"
    )


def test_what_a_converter_made_of_it_is_compared_as_a_string() -> None:
    assert named_organization(view(kwargs={"organization_id": 7})) == "7"
    assert named_organization(view(kwargs={"organization_id": UUID(int=7)})) == str(UUID(int=7))
    assert named_organization(view(kwargs={"organization_id": ""})) == ""


def test_a_view_can_say_that_no_keyword_names_an_organization() -> None:
    named = view(kwargs={"organization_id": "org-a"}, organization_url_kwarg=None)
    assert named_organization(named) is None


def test_a_keyword_that_cannot_be_read_fits_no_organization() -> None:
    assert named_organization(view(kwargs={"org": "org-a"}, organization_url_kwarg=7)) == ""


def test_none_is_declared_and_an_absent_attribute_is_not() -> None:
    def of_none(request: Any) -> None:
        """Is never called."""

    assert declared(of_none, "api_resource") is NOT_DECLARED
    of_none.api_resource = None  # type: ignore[attr-defined]
    assert declared(of_none, "api_resource") is None
    assert declared(None, "api_resource") is NOT_DECLARED


def test_none_accepts_every_resource() -> None:
    assert accepted_resources(view(api_resource=None)) is None


def test_what_a_class_computes_is_declared_though_it_fails() -> None:
    class Failing:
        @property
        def api_resource(self) -> str:
            return self.missing  # type: ignore[attr-defined, no-any-return]

    with pytest.raises(AttributeError, match="missing"):
        accepted_resources(Failing())


# Every place where an attribute can stand

OTHER = "https://other.example.test"
Place = Callable[[Any, dict[str, Any]], Any]


def seen(request: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("seen")


def with_attributes(function: Any, attributes: dict[str, Any]) -> Any:
    for name, value in attributes.items():
        setattr(function, name, value)
    return function


def wrapped(function: Any) -> Any:
    @wraps(function)
    def outer(request: Any, *args: Any, **kwargs: Any) -> Any:
        return function(request, *args, **kwargs)

    return outer


def thrice(function: Any) -> Any:
    return wrapped(wrapped(wrapped(function)))


def new_function() -> Any:
    return wrapped(seen)


def of_drf(permission: Any, attributes: dict[str, Any]) -> Any:
    class Seen(APIView):
        permission_classes = [permission]

        def get(self, request: Any, **kwargs: Any) -> Response:
            return Response("seen")

    return with_attributes(Seen, attributes)


def of_django(attributes: dict[str, Any]) -> Any:
    class Seen(View):
        def get(self, request: Any, **kwargs: Any) -> HttpResponse:
            return seen(request)

    return with_attributes(Seen, attributes)


def with_api_view(permission: Any) -> Any:
    @api_view()
    @permission_classes([permission])
    def of_function(request: Any, /, **kwargs: Any) -> Response:
        return Response("seen")

    return of_function


def below_api_view(permission: Any, given: dict[str, Any]) -> Any:
    protect = permission_classes([permission])
    return api_view()(protect(with_attributes(new_function(), given)))


PLACES: dict[str, Place] = {
    "below @api_view": below_api_view,
    "protected below @api_view": lambda permission, given: api_view()(
        require_access_token(permission)(with_attributes(new_function(), given))
    ),
    "several method_decorators on dispatch": lambda permission, given: method_decorator(
        [require_access_token(permission), require_GET], name="dispatch"
    )(of_django(given)).as_view(),
    "class": lambda permission, given: of_drf(permission, given).as_view(),
    "as_view": lambda permission, given: of_drf(permission, dict.fromkeys(given)).as_view(**given),
    "as_view, wrapped": lambda permission, given: thrice(
        of_drf(permission, dict.fromkeys(given)).as_view(**given)
    ),
    "function of as_view": lambda permission, given: with_attributes(
        of_drf(permission, {}).as_view(), given
    ),
    "@api_view": lambda permission, given: with_attributes(with_api_view(permission), given),
    "@api_view, wrapped": lambda permission, given: wrapped(
        with_attributes(with_api_view(permission), given)
    ),
    "@api_view, outermost": lambda permission, given: with_attributes(
        thrice(with_api_view(permission)), given
    ),
    "function": lambda permission, given: require_access_token(permission)(
        with_attributes(new_function(), given)
    ),
    "protected function": lambda permission, given: with_attributes(
        require_access_token(permission)(new_function()), given
    ),
    "inner of one": lambda permission, given: wrapped(
        with_attributes(require_access_token(permission)(new_function()), given)
    ),
    "outer of one": lambda permission, given: with_attributes(
        require_GET(require_access_token(permission)(new_function())), given
    ),
    "inner of three": lambda permission, given: thrice(
        require_access_token(permission)(with_attributes(new_function(), given))
    ),
    "outer of three": lambda permission, given: with_attributes(
        thrice(require_access_token(permission)(new_function())), given
    ),
    "partial": lambda permission, given: require_access_token(permission)(
        partial(with_attributes(new_function(), given))
    ),
    "partial around it": lambda permission, given: partial(
        with_attributes(require_access_token(permission)(new_function()), given)
    ),
    "method_decorator on dispatch": lambda permission, given: method_decorator(
        require_access_token(permission), name="dispatch"
    )(of_django(given)).as_view(),
    "method_decorator on dispatch, on the function": lambda permission, given: with_attributes(
        method_decorator(require_access_token(permission), name="dispatch")(
            of_django({})
        ).as_view(),
        given,
    ),
    "method_decorator on get": lambda permission, given: method_decorator(
        require_access_token(permission), name="get"
    )(of_django(given)).as_view(),
    "method_decorator on get, on the function": lambda permission, given: with_attributes(
        method_decorator(require_access_token(permission), name="get")(of_django({})).as_view(),
        given,
    ),
    "protected as_view": lambda permission, given: require_access_token(permission)(
        of_django(given).as_view()
    ),
}


def by_position(view: Any) -> Any:
    @wraps(view)
    def outer(request: Any, org_id: str) -> Any:
        return view(request, org_id)

    return outer


def kept(view: Any) -> Any:
    @wraps(view)
    def outer(request: Any, org_id: str) -> Any:
        return view(request)

    return outer


class OneOrganization(APIView):
    permission_classes = [InOrganization]
    organization_url_kwarg = "org_id"

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response("seen")


@pytest.mark.parametrize("hand_on", [by_position, kept])
@pytest.mark.parametrize("is_plain", [True, False])
def test_a_keyword_that_a_decorator_does_not_hand_on_is_compared(
    logto: Logto, route: Route, hand_on: Any, is_plain: bool
) -> None:
    @require_access_token(InOrganization)
    def plain(request: Any, *args: Any) -> HttpResponse:
        return HttpResponse("seen")

    made = plain if is_plain else OneOrganization.as_view()
    route(path("<org_id>/", with_attributes(hand_on(made), {"organization_url_kwarg": "org_id"})))
    acme = logto.client(logto.organization_token("acme"))
    assert [acme.get(url).status_code for url in ("/acme/", "/globex/")] == [200, 403]


class Taking:
    """A middleware that takes the organization out of what the view is called with."""

    def __init__(self, get_response: Callable[..., Any]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        return self.get_response(request)

    def process_view(self, request: Any, view: Any, args: Any, kwargs: dict[str, Any]) -> None:
        kwargs.pop("org_id", None)


@pytest.mark.parametrize("is_plain", [True, False])
def test_a_keyword_that_a_middleware_takes_out_is_compared(
    logto: Logto, route: Route, settings: Any, is_plain: bool
) -> None:
    @require_access_token(InOrganization)
    def plain(request: Any) -> HttpResponse:
        return HttpResponse("seen")

    settings.MIDDLEWARE = [f"{__name__}.Taking"]
    made = plain if is_plain else OneOrganization.as_view()
    given = with_attributes(made, {"organization_url_kwarg": "org_id"})
    fixed = [path("fixed/", given, {"org_id": "globex"})]
    route(path("none/", given), *fixed, path("<org_id>/", include([path("x/", given)])))
    acme = logto.client(logto.organization_token("acme"))
    urls = ("/acme/x/", "/globex/x/", "/none/", "/fixed/")
    assert [acme.get(url).status_code for url in urls] == [200, 403, 200, 403]
    # Where a middleware has changed the path as well, no organization fits.
    settings.MIDDLEWARE = [f"{__name__}.Moving"]
    acme = logto.client(logto.organization_token("acme"))
    assert acme.get("/acme/x/").status_code == 403


class Moving(Taking):
    def process_view(self, request: Any, view: Any, args: Any, kwargs: dict[str, Any]) -> None:
        super().process_view(request, view, args, kwargs)
        request.path_info = "/nowhere/to/be/found/"


def test_an_organization_that_a_converter_makes_none_of_fits_no_token() -> None:
    assert named_organization(view(kwargs={"organization_id": None})) == ""


@pytest.mark.parametrize("name", ["organization_url_kwarg", "api_resource"])
def test_an_attribute_below_api_view_counts_behind_a_function_that_calls_it(
    logto: Logto, route: Route, name: str
) -> None:
    given = {name: "org_id" if name == "organization_url_kwarg" else OTHER}
    made = below_api_view(InOrganization, given)

    def calling(request: Any, org_id: str) -> Any:
        return made(request, org_id=org_id)

    route(path("<str:org_id>/", calling))
    acme = logto.client(logto.organization_token("acme"))
    assert acme.get("/globex/").status_code == 403


def test_a_keyword_that_a_decorator_translates_is_compared_as_translated(
    logto: Logto, route: Route
) -> None:
    @wraps(OneOrganization.as_view())
    def outer(request: Any, org_id: str) -> Any:
        return OneOrganization.as_view()(request, org_id={"acme-inc": "acme"}[org_id])

    route(path("<org_id>/", outer))
    acme = logto.client(logto.organization_token("acme"))
    assert acme.get("/acme-inc/").status_code == 200


def reported() -> set[str]:
    shown = {str(one.id) for one in run_checks() if not one.is_silenced()}
    return {one for one in shown if "drf_logto" in one}


@pytest.mark.parametrize("place", PLACES)
def test_the_keyword_counts_for_requests_and_checks(logto: Logto, route: Route, place: str) -> None:
    made = PLACES[place](InOrganization, {"organization_url_kwarg": "org_id"})
    route(path("<str:org_id>/", made))
    acme = logto.client(logto.organization_token("acme"))
    assert acme.get("/acme/").status_code == 200
    refused = acme.get("/globex/")
    assert (refused.status_code, refused.json()["code"]) == (403, "wrong_organization")
    assert reported() == set()
    wrong = PLACES[place](InOrganization, {"organization_url_kwarg": "not a keyword"})
    route(path("<str:org_id>/", wrong))
    assert acme.get("/acme/").status_code == 403
    assert reported() == {"drf_logto.E010"}


@pytest.mark.parametrize("place", PLACES)
def test_no_keyword_counts_for_requests(logto: Logto, route: Route, place: str) -> None:
    made = PLACES[place](InOrganization, {"organization_url_kwarg": None})
    route(path("<str:organization_id>/", made))
    assert logto.client(logto.organization_token("acme")).get("/globex/").status_code == 200


@pytest.mark.parametrize("place", PLACES)
def test_the_resource_counts_for_requests_and_checks(
    logto: Logto, route: Route, place: str, settings: Any
) -> None:
    route(path("x/", PLACES[place](HasScopes("a"), {"api_resource": OTHER})))
    first = logto.client(logto.global_token(["a"]))
    refused = first.get("/x/")
    assert (refused.status_code, refused.json()["code"]) == (403, "wrong_audience")
    assert reported() == {"drf_logto.E009"}
    settings.LOGTO = {**settings.LOGTO, "API_RESOURCE": ["https://api.example.test", OTHER]}
    second = logto.client(logto.global_token(["a"], claims={"aud": OTHER}))
    assert [first.get("/x/").status_code, second.get("/x/").status_code] == [403, 200]
    assert reported() == set()


@pytest.mark.parametrize("place", PLACES)
def test_required_scopes_count_for_requests_and_checks(
    logto: Logto, route: Route, place: str
) -> None:
    route(path("x/", PLACES[place](HasScopes, {"required_scopes": "read:a"})))
    assert logto.client(logto.global_token(["read:a"])).get("/x/").status_code == 200
    refused = logto.client(logto.global_token(["read:b"])).get("/x/")
    assert 'scope="read:a"' in refused.headers["WWW-Authenticate"]
    assert reported() == set()
    route(path("x/", PLACES[place](HasScopes, {"required_scopes": "two words"})))
    assert logto.client(logto.global_token(["read:a"])).get("/x/").status_code == 403
    assert reported() == {"drf_logto.E007"}


def test_a_class_goes_before_its_function_for_requests_and_checks(
    logto: Logto, route: Route
) -> None:
    made = of_drf(InOrganization, {"organization_url_kwarg": "org"}).as_view()
    made.organization_url_kwarg = "team"
    route(path("<str:org>/<str:team>/", thrice(made)))
    acme = logto.client(logto.organization_token("acme"))
    assert [acme.get(url).status_code for url in ("/acme/x/", "/x/acme/")] == [200, 403]
    assert declared(thrice(made), "organization_url_kwarg") == "org"


def test_a_request_without_a_route_is_judged_by_the_view_at_hand(logto: Logto) -> None:
    headers = {"Authorization": f"Bearer {logto.organization_token('acme')}"}
    given = {"organization_url_kwarg": "org"}
    of_class = of_drf(InOrganization, given).as_view()
    of_function = with_attributes(require_access_token(InOrganization)(new_function()), given)
    for factory, made in ((APIRequestFactory(), of_class), (RequestFactory(), of_function)):
        request = factory.get("/", headers=headers)
        assert made(request, org="acme").status_code == 200
        assert made(request, org="globex").status_code == 403


def test_functions_that_wrap_each_other_are_read_to_a_bound() -> None:
    first = SimpleNamespace()
    first.__wrapped__ = first
    assert declared(first, "api_resource") is NOT_DECLARED


def test_what_a_function_declares_later_counts(logto: Logto, route: Route) -> None:
    """So a project's test may change it."""
    made: Any = require_access_token(InOrganization)(new_function())
    route(path("<org>/", made))
    acme = logto.client(logto.organization_token("acme"))
    assert acme.get("/globex/").status_code == 200
    made.organization_url_kwarg = "org"
    assert acme.get("/globex/").status_code == 403


def test_a_function_that_is_made_for_one_request_does_not_outlive_it() -> None:
    made = new_function()
    assert accepted_resources(made) is None
    gone = ref(made)
    del made
    gc.collect()
    assert gone() is None
