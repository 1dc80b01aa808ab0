"""Finds the reason of a 403: the most actionable refusal of a composition."""

from collections.abc import Callable, Iterable
from functools import partial
from inspect import iscoroutinefunction
from itertools import chain
from operator import attrgetter, index
from typing import TYPE_CHECKING, Any, cast

from rest_framework.exceptions import APIException, NotAuthenticated, PermissionDenied

from .compositions.evaluation import Evaluation, Verdict, refuse_unawaited
from .compositions.operators import coroutine_leaves
from .exceptions import LogtoError
from .responses import as_api_exception, challenge, complete, sentence
from .signals import (
    access_granted,
    record_denial,
    record_grant,
    record_missing_credentials,
    record_refusal,
)
from .telemetry import logger, request_facts
from .view_options import Request, View, verified_auth

if TYPE_CHECKING:  # DRF's views import these very permissions
    from rest_framework.views import APIView

_GRANTED = Verdict(True)
_OF_PACKAGE = f"{__package__}.permissions."


def explain_denials(view: "APIView", request: Request) -> "_ExplainedDenial | None":
    """Let ``view``, if it denies its request, report why its permissions refuse.

    DRF's operators carry no reason, and a permission that raises would defeat ``|``. So the checks
    and the ``permission_denied`` of this one view (views are made for one request) are wrapped, and
    whatever PermissionDenied it raises gets challenge and body. A request that is granted shows
    nothing of it. A permission that answers with a coroutine refuses, unless the view awaits it.

    Args:
        view: the view of the request; what does not deny as DRF's views do is left alone.
        request: the request that the view is for; the browsable API asks about others as well.
    """
    denied = getattr(view, "permission_denied", None)
    if isinstance(denied, _ExplainedDenial):
        return denied
    if denied is None or not hasattr(view, "check_object_permissions"):
        return None
    explained = _ExplainedDenial(view, request)
    view.permission_denied = explained  # type: ignore[method-assign]
    for name in ("check_permissions", "check_object_permissions"):
        check = getattr(view, name)
        # What has to be awaited itself is the project's own and awaits its permissions.
        if not iscoroutinefunction(check):
            setattr(view, name, partial(explained.check, check))
    return explained


def explain_check(view: View, request: Request) -> None:
    """Explain the denials of ``view`` from within a check of it, which may have begun before.

    Such a check is DRF's own: it would take a coroutine for a grant.

    Raises:
        PermissionDenied: a permission of the view is a coroutine function, and the view does not
            await it; it is logged. Under ``|`` and ``~`` an answer could not refuse the request.
    """
    explained = explain_denials(cast("APIView", view), request)
    if explained is not None:
        explained.refuse_unawaited()


def most_actionable(refusing: Iterable[Any], request: Request, view: View) -> LogtoError | None:
    """Return the refusal of the highest priority, None where no permission gives one.

    A project's ``refusal`` that fails is logged, and the other refusals count without it.

    Args:
        refusing: the permissions.
        request: the request.
        view: the view.
    """
    refusals = (_refusal(one, request, view) for one in refusing if hasattr(one, "refusal"))
    given = (one for one in refusals if one is not None)
    return max(given, key=attrgetter("priority"), default=None)


def _refusal(permission: Any, request: Request, view: View) -> LogtoError | None:
    try:
        refusal = permission.refusal(request, view)
        defined_in = str(getattr(permission.refusal, "__module__", None))
        is_of_project = not defined_in.startswith(_OF_PACKAGE)
        if is_of_project and isinstance(refusal, LogtoError):
            # What reports it reads these, where a failure would be an error of the server.
            _ = refusal.code, str(refusal), sentence(refusal), index(refusal.priority)
    except Exception as error:  # noqa: BLE001 - the project's own code; the denial stands
        fault = f"raised {type(error).__name__}"
    else:
        if refusal is None or isinstance(refusal, LogtoError):
            return refusal
        fault = f"returned {type(refusal).__name__}"
    name = type(permission).__qualname__
    facts = request_facts(request, verified_auth(request))
    logger.error("A denial has no reason (%s): %s.refusal() %s.", facts, name, fault)
    return None


class _ExplainedDenial:
    """A view's own ``permission_denied``, and the reason added to what it raises."""

    def __init__(self, view: "APIView", request: Request) -> None:
        self._view = view
        self._request = request
        self._permission_denied = view.permission_denied
        self._recorded: list[_Recorded] | None = None
        self._get_permissions = view.get_permissions
        # adrf's views await their permissions, and so do those with an asynchronous check.
        self._is_awaited = _awaits(view) or iscoroutinefunction(view.check_permissions)
        self._is_guarded = self._is_awaited
        self._is_granted = self._is_recorded = False

    def __call__(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return self._permission_denied(request, *args, **kwargs)
        except NotAuthenticated:
            if request is self._request:
                self._is_recorded = True
                record_missing_credentials(request)
            raise
        except PermissionDenied as denied:
            refusal = most_actionable(self._refusing(request), request, self._view)
            if request is self._request:
                self._is_recorded = True
                self._record(refusal, denied)
            if refusal is not None:
                denied.detail = as_api_exception(refusal).detail
                of_refusal = challenge(refusal)
                described = complete(of_refusal, request, self._view, status=denied.status_code)
                cast("Any", denied).auth_header = described
            raise

    def check(self, check: Callable[..., None], *args: Any) -> None:
        """Run a check of the view, and record what its permissions answer."""
        view, self._is_guarded = self._view, self._is_awaited
        self._is_recorded = False

        def get_recorded() -> list[Any]:
            self._is_guarded = True
            self._recorded = [_Recorded(one, view) for one in self._get_permissions()]
            return list(self._recorded)

        view.get_permissions = get_recorded  # type: ignore[method-assign]
        try:
            check(*args)
        except APIException as denied:
            # By a permission itself, which need not leave it to permission_denied.
            if args[:1] == (self._request,) and not self._is_recorded:
                self._record(None, denied)
            raise
        finally:
            view.get_permissions = self._get_permissions  # type: ignore[method-assign]
            self._recorded = None
        if access_granted.receivers and not self._is_granted and args == (self._request,):
            self._is_granted = True
            record_grant(self._request, verified_auth(self._request))

    def refuse_unawaited(self) -> None:
        """Refuse, in a check that began unguarded, what the view would have to await."""
        if not self._is_guarded:
            self._is_guarded = True  # get_permissions may ask a permission in its turn
            permissions = chain.from_iterable(map(coroutine_leaves, self._get_permissions()))
            for permission in permissions:
                self._is_guarded = False
                raise refuse_unawaited(permission, self._request)

    def _record(self, refusal: LogtoError | None, denied: APIException) -> None:
        auth = verified_auth(self._request)
        if refusal is not None:
            record_refusal(refusal, self._request, auth)
        else:  # a permission that is not of this package and gives no reason
            record_denial(denied, self._request, auth)

    def _refusing(self, request: Request) -> tuple[Any, ...]:
        """The permissions that refused in this check; asked again where it is not recorded.

        It is not where the view checked its permissions before it authenticated the request, or
        where another authentication accepted it.
        """
        if self._recorded is not None:
            refused = (one.verdict for one in self._recorded if not one.verdict.granted)
            return next(refused, _GRANTED).refusing
        try:
            return Evaluation(self._view.get_permissions(), request, self._view).estimate().refusing
        except Exception:  # noqa: BLE001 - as above
            return ()


class _Recorded:
    """A permission as a view asks it in a check, and the last verdict."""

    def __init__(self, permission: Any, view: "APIView") -> None:
        self._permission = permission
        self._view_awaits = _awaits(view)
        self.verdict = _GRANTED

    def __getattr__(self, name: str) -> Any:
        # A message and code, which a permission may set while it is asked.
        return getattr(self._permission, name)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        # A project's own check may distinguish its permissions by isinstance.
        return type(self._permission)

    @property
    def has_permission(self) -> Callable[..., Any]:
        return self._ask("has_permission")

    @property
    def has_object_permission(self) -> Callable[..., Any]:
        return self._ask("has_object_permission")

    def _ask(self, method: str) -> Callable[..., Any]:
        # adrf awaits what is a coroutine function; no other answer.
        is_awaited = self._view_awaits and iscoroutinefunction(getattr(self._permission, method))
        return self._aevaluate if is_awaited else self._evaluate

    def _evaluate(self, *asked: Any) -> bool:
        self.verdict = Evaluation((self._permission,), *asked).finish()
        return self.verdict.granted

    async def _aevaluate(self, *asked: Any) -> bool:
        self.verdict = await Evaluation((self._permission,), *asked).afinish()
        return self.verdict.granted


def _awaits(view: "APIView") -> bool:
    """Whether it is a view of adrf, which awaits what is a coroutine function."""
    return hasattr(view, "check_async_permissions")
