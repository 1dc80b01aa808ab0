"""Evaluates permission instances as DRF's operators do, and asks each permission once."""

from collections.abc import Awaitable, Generator, Iterable
from dataclasses import dataclass
from functools import partial
from inspect import isawaitable, iscoroutine
from typing import Any

from asgiref.sync import sync_to_async
from rest_framework.exceptions import PermissionDenied

from ..telemetry import logger, request_facts
from ..view_options import Request, View, verified_auth
from .operators import Operator, read


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an evaluation comes to.

    Attributes:
        granted: whether the request is granted.
        refusing: if not, the permissions any of which had to grant; none from under a NOT.
    """

    granted: bool
    refusing: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Pending:
    """An answer that has to be awaited before the evaluation can go on."""

    permission: Any
    answer: Awaitable[Any]
    request: Request

    def discard(self) -> None:
        """Close a coroutine that nothing will await."""
        if iscoroutine(self.answer):
            self.answer.close()

    def refuse(self) -> PermissionDenied:
        """Log that nothing awaits the answer, and return the refusal: it is truthy, not a yes."""
        self.discard()
        return refuse_unawaited(self.permission, self.request)


def refuse_unawaited(permission: Any, request: Request) -> PermissionDenied:
    """Log that a permission has to be awaited and is not, and return the refusal."""
    logger.error(
        "Refused: the permission %s (%s) is a coroutine, and this view does not await it.",
        type(permission).__qualname__,
        request_facts(request, verified_auth(request)),
    )
    return PermissionDenied()


_Question = tuple[Any, partial[Any]]
"""A permission, and its method with the arguments, the first of which is the request."""

_Steps = Generator[_Question, Any, Verdict]


class Evaluation:
    """One evaluation of permissions, all of which must grant.

    Args:
        permissions: the instances.
        asked: the arguments of ``has_permission``, or those of ``has_object_permission``.
    """

    def __init__(self, permissions: Iterable[Any], *asked: Any) -> None:
        self._steps = _all(permissions, asked)

    def advance(self, answer: Any = None) -> Verdict | Pending:
        """Ask until the end, or until an answer must be awaited; hand that one in to go on."""
        while True:
            try:
                permission, ask = self._steps.send(answer)
            except StopIteration as end:
                verdict: Verdict = end.value
                return verdict
            answer = ask()
            if isawaitable(answer):
                return Pending(permission, answer, ask.args[0])

    def estimate(self) -> Verdict:
        """Return the verdict, a refusal without a reason where an answer must be awaited."""
        outcome = self.advance()
        if isinstance(outcome, Verdict):
            return outcome
        outcome.discard()
        return Verdict(False)

    def finish(self) -> Verdict:
        """Return the verdict where nothing can be awaited.

        Raises:
            PermissionDenied: a permission answers with an awaitable; it is logged.
        """
        outcome = self.advance()
        if isinstance(outcome, Pending):
            raise outcome.refuse()
        return outcome

    async def afinish(self) -> Verdict:
        """Return the verdict; synchronous permissions are asked in a thread."""
        outcome = await sync_to_async(self.advance)()
        while isinstance(outcome, Pending):
            outcome = await sync_to_async(self.advance)(await outcome.answer)
        return outcome


def _all(permissions: Iterable[Any], asked: tuple[Any, ...]) -> _Steps:
    for permission in permissions:
        verdict = yield from _steps(permission, *asked)
        if not verdict.granted:
            return verdict
    return Verdict(True)


def _steps(permission: Any, *asked: Any) -> _Steps:
    operator, operands = read(permission)
    match operator:
        case Operator.AND:
            return (yield from _all(operands, asked))
        case Operator.OR:
            return (yield from _either(operands, *asked))
        case Operator.NOT:
            verdict = yield from _all(operands, asked)
            return Verdict(not verdict.granted)
    about_object = len(asked) > len(("request", "view"))
    method = permission.has_object_permission if about_object else permission.has_permission
    granted = yield permission, partial(method, *asked)
    return Verdict(True) if granted else Verdict(False, (permission,))


def _either(operands: tuple[Any, ...], *asked: Any) -> _Steps:
    refusing: tuple[Any, ...] = ()
    for operand in operands:
        verdict = yield from _alternative(operand, *asked)
        if verdict.granted:
            return verdict
        refusing += verdict.refusing
    return Verdict(False, refusing)


def _alternative(permission: Any, request: Request, view: View, *objects: Any) -> _Steps:
    """Before it asks about an object, an OR asks again about the view."""
    verdict = yield from _steps(permission, request, view)
    if verdict.granted and objects:
        verdict = yield from _steps(permission, request, view, *objects)
    return verdict
