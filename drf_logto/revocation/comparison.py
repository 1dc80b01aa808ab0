"""Compares what subjects have in Logto with what they had, and revokes what was lost."""

import json
import math
from collections.abc import Callable, Iterable
from hashlib import sha256

from ..exceptions import AuthorizationServerUnavailable
from ..outgoing.management_api import ManagementApi, ManagementApiRefused
from ..telemetry import logger
from .holdings import Held, Subject, held_by, voided_by
from .journal import Cache
from .process import Named
from .subjects import Subjects

_LOOK_AGAIN = 5  # seconds, after which it is asked whom the processes have accepted
_SAY_AGAIN = 60  # seconds
_GONE = "gone"
_KEPT = 3600  # seconds for which an answer is kept when its subject is followed no longer


class Comparison:
    """Asks Logto for one subject after another, those that it has not asked for first.

    What a subject had is in the cache, so another process goes on where this one stops. Of a
    subject that is new there is nothing to compare.

    Args:
        api: of the tenant.
        subjects: whom the processes have accepted.
        cache: what the processes share.
        requests_per_second: the most that Logto is asked.
        revoke: revokes what is named, until a time; raises CacheUnavailable.
        say: prints how long a comparison of all takes, once per minute at most.
        now: the clock, in seconds since the epoch.
    """

    def __init__(
        self,
        api: ManagementApi,
        subjects: Subjects,
        cache: Cache,
        *,
        requests_per_second: float,
        revoke: Callable[[Iterable[Named], float], None],
        say: Callable[[str], object],
        now: Callable[[], float],
    ) -> None:
        self._api = api
        self._subjects = subjects
        self._cache = cache
        self._rate = requests_per_second
        self._revoke = revoke
        self._say = say
        self._now = now
        self._allowed = 0.0  # requests
        self._stepped_at = self._looked_at = self._said_at = self._warned_at = -math.inf
        # Those to ask for, in turn; whether this process has asked for them.
        self._queue: dict[Subject, bool] = {}
        self._until: dict[Subject, float] = {}

    @property
    def is_unfinished(self) -> bool:
        """Whether there are subjects that this process has not asked for."""
        return not all(self._queue.values())

    def go_on(self) -> None:
        """Compare as many as the time since the last call allows, or raise CacheUnavailable."""
        now = self._now()
        earned = max(now - self._stepped_at, 0) * self._rate
        self._allowed = min(self._allowed + earned, max(self._rate, 1))
        self._stepped_at = now
        if not 0 <= now - self._looked_at < _LOOK_AGAIN:
            self._look(now)
        for subject in list(self._queue):
            if self._allowed <= 0:
                break
            self._allowed -= subject.requests
            # First, so that one whose answer is unusable is not in the way of the others.
            del self._queue[subject]
            self._queue[subject] = True
            if not self._compare(subject):
                break

    def _look(self, now: float) -> None:
        self._looked_at = now
        marks = self._subjects.read()
        self._until = {
            Subject(one.client or one.user or "", one.client is not None): one.before
            for one in marks
        }
        new = dict.fromkeys((one for one in self._until if one not in self._queue), False)
        self._queue = new | {one: done for one, done in self._queue.items() if one in self._until}
        if self._queue and now - self._said_at >= _SAY_AGAIN:
            self._said_at = now
            requests = sum(one.requests for one in self._queue)
            self._say(
                f"Users and machines to compare: {len(self._queue)}. "
                f"Requests to Logto: {requests}. "
                f"Seconds: {math.ceil(requests / self._rate)}."
            )

    def _compare(self, subject: Subject) -> bool:
        """Revoke what a subject has lost; whether Logto answers."""
        asked = self._now()
        try:
            has = held_by(self._api, subject)
        except (AuthorizationServerUnavailable, ManagementApiRefused) as error:
            self._report(error)
            return False
        key = _key(self._subjects.issuer, *map(str, subject))
        before = self._cache.get_many([key]).get(key)
        if has is None:
            named = voided_by(subject, None) if before != _GONE else []
        else:
            named = voided_by(subject, _parse(before) - has)
        if named:
            self._revoke(named, asked)
        # One who comes back later has new tokens, which have nothing of what was lost meanwhile.
        timeout = int(self._until[subject] - asked) + _KEPT
        self._cache.set(key, _GONE if has is None else _dump(has), timeout)
        return True

    def _report(self, error: Exception) -> None:
        if self._now() - self._warned_at >= _SAY_AGAIN:
            self._warned_at = self._now()
            reason = str(getattr(error, "reason", error)).rstrip(".")
            logger.warning("What subjects have in Logto cannot be compared: %s.", reason)


def _key(*of: str) -> str:
    """Return a key of the cache; short, and plain enough for Memcached."""
    return f"drf_logto:revocation:held:{sha256(' '.join(of).encode()).hexdigest()}"


def _dump(held: Iterable[Held]) -> str:
    return json.dumps([[*one] for one in held])


def _parse(value: object) -> frozenset[Held]:
    """Return what a subject had; nothing, where it is not known or another program wrote it."""
    try:
        return frozenset(Held(*one) for one in json.loads(str(value)))
    except (ValueError, TypeError, RecursionError):
        return frozenset()
