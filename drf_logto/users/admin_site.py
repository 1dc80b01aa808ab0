"""LogtoAdminSite: Django's admin, which staff sign in to with Logto."""

from typing import Any, ClassVar

from django.contrib.admin import AdminSite
from django.contrib.auth import login as begin_session
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse
from django.views.decorators.http import require_GET

from ..browsable import sign_in_store
from ..browsable.client import LogtoClient
from ..browsable.exceptions import BrowserError, LogtoUnavailable
from ..browsable.failure_page import failure_page
from ..browsable.next_path import local_path
from ..browsable.redirect_uris import to_register
from ..browsable.sign_in import begin, complete, deletes_cookie, errors_lead_to, sign_in_view
from ..checks.included import CheckedRoute
from ..conf import get_settings
from ..exceptions import AuthorizationServerUnavailable
from .admin_checks import check_admin
from .admin_sign_in import (
    BACKEND,
    NotAdmitted,
    close_session,
    current_user,
    is_of_logto,
    open_session,
    refuse,
    user_at_sign_in,
)

__all__ = ["LogtoAdminMixin", "LogtoAdminSite"]


class LogtoAdminMixin:
    """Adds the sign-in with Logto to an AdminSite; it stands before it.

    Who may come in is decided by the site's ``has_permission``, as always: active staff.
    """

    login_template: ClassVar[Any] = "drf_logto_users/login.html"

    def get_urls(self) -> list[Any]:
        """Return the site's URLs, and the two of the sign-in."""
        site: Any = super()
        begin_view = require_GET(sign_in_view(self.logto_login, self._page))
        callback = deletes_cookie(sign_in_view(self.logto_callback, self._page))
        first = path("logto/login/", begin_view, name="logto_login")
        return [
            CheckedRoute(first, check_admin),
            path("logto/callback/", require_GET(callback), name="logto_callback"),
            *site.get_urls(),
        ]

    def has_permission(self, request: Any) -> bool:
        """Whether the user is active staff, and signed in as the settings want it."""
        site: Any = super()
        may_use_password = get_settings().admin_password_login
        return bool(site.has_permission(request)) and (may_use_password or is_of_logto(request))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Decorate a view of the site: a sign-in with Logto must still hold."""
        site: Any = super()
        guarded = site.admin_view(view, cacheable)

        def inner(request: Any, *args: Any, **kwargs: Any) -> Any:
            # To log out nothing needs to hold.
            is_checked = is_of_logto(request) and request.path != self._path("logout")
            unavailable = self._renew(request) if is_checked else None
            return guarded(request, *args, **kwargs) if unavailable is None else unavailable

        inner.__dict__.update(guarded.__dict__)
        return inner

    def login(self, request: Any, extra_context: Any = None) -> Any:
        """Show the page with the button, and with the form for passwords where they are allowed."""
        site: Any = super()
        may_use_password = get_settings().admin_password_login
        if request.method not in {"GET", "HEAD"} and not may_use_password:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        next_path = local_path(request.GET.get("next"), self._path("index"))
        context = {
            "logto_login_url": self._path("logto_login"),
            "logto_next": next_path,
            "may_use_password": may_use_password,
            "is_here_only": "here" in request.GET,
            **(extra_context or {}),
        }
        return site.login(request, context)

    def logout(self, request: Any, extra_context: Any = None) -> Any:
        """End the session here, and redirect to Logto to end the session there."""
        site: Any = super()
        if request.method != "POST" or not is_of_logto(request):
            return site.logout(request, extra_context)
        sign_in = close_session(request)
        try:
            url = LogtoClient().end(sign_in, request.build_absolute_uri(self._path("login")))
        except AuthorizationServerUnavailable:
            url = f"{self._path('login')}?here=only"
        return HttpResponseRedirect(url)

    def logto_login(self, request: HttpRequest) -> HttpResponse:
        """Redirect to Logto."""
        uri, signed_out = map(
            request.build_absolute_uri, (self._path("logto_callback"), self._path("login"))
        )
        next_path = local_path(request.GET.get("next"), self._path("index"))
        return begin(request, to_register(request, uri, signed_out), next_path)

    def logto_callback(self, request: HttpRequest) -> HttpResponse:
        """Complete a sign-in, and begin a session of whom the site admits."""
        next_path, sign_in = complete(request)
        key = sign_in_store.create(sign_in)
        failure: BrowserError
        try:
            with errors_lead_to(next_path):
                user = self._admitted(request, key)
        except BrowserError as error:
            failure = error
        except BaseException:  # code of the project failed
            sign_in_store.delete(key)
            raise
        else:
            open_session(request, key, sign_in)
            begin_session(request, user, BACKEND)
            return HttpResponseRedirect(next_path)
        end_url = refuse(key, request.build_absolute_uri(self._path("login")))
        return self._page(request, failure, end_url=end_url)

    def _admitted(self, request: Any, key: str) -> Any:
        site: Any = super()
        user, before = user_at_sign_in(key), request.user
        request.user = user
        is_admitted = site.has_permission(request)
        request.user = before
        if not is_admitted:
            raise NotAdmitted
        return user

    def _renew(self, request: Any) -> HttpResponse | None:
        """Let the request have the user as Logto knows them now, or nobody."""
        try:
            user = current_user(request)
        except AuthorizationServerUnavailable as error:
            unavailable = error
        else:
            if user is None:
                close_session(request)
            request.user = AnonymousUser() if user is None else user
            return None
        return self._page(request, LogtoUnavailable(request.get_full_path(), unavailable))

    def _page(self, request: HttpRequest, failure: BrowserError, end_url: str = "") -> HttpResponse:
        context = {"login_url": self._path("login"), "end_url": end_url}
        return failure_page(request, failure, "drf_logto_users/refused.html", **context)

    def _path(self, name: str) -> str:
        return reverse(f"admin:{name}", current_app=self.name)  # type: ignore[attr-defined]


class LogtoAdminSite(LogtoAdminMixin, AdminSite):
    """Django's admin site with the sign-in with Logto."""
