"""The scenarios: each compares contenders that do the same work with a base."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from . import contenders, revocations
from .tenant import Tenant
from .work import Start, bad_tokens, known_tokens, new_tokens, requests, signatures, view_calls


@dataclass(frozen=True, slots=True)
class Contender:
    """One way to do the work of a scenario.

    Attributes:
        name: what the table calls it.
        start: prepares everything and returns the work.
        batch: repetitions in a row, enough to be timed.
        less: the part of the work that is not compared; what it takes is subtracted.
    """

    name: str
    start: Start
    batch: int
    less: Start | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Work that is done in several ways.

    Attributes:
        title: what the table calls it.
        algorithm: of the tenant.
        target: what the first contender must reach: CPU, then instructions.
        format: how the table writes a ratio.
        base: what all others are divided by.
        others: what is compared.
        fetches: what its repetitions are called in the row of their fetches; without, no row.
    """

    title: str
    algorithm: str
    target: str
    format: Callable[[float], str]
    base: Contender
    others: tuple[Contender, ...]
    fetches: str = ""

    @property
    def contenders(self) -> tuple[Contender, ...]:
        """The base and the others."""
        return self.base, *self.others


_PEERS = {
    "PyJWT, Logto's guide": contenders.logtos_guide,
    "simplejwt": contenders.simplejwt,
    "joserfc": contenders.joserfc,
}
_ALL = {"drf_logto": contenders.drf_logto, **_PEERS}
_VERIFICATIONS = {"ES384": 4, "RS256": 20}  # about two milliseconds


def _with_new_tokens(algorithm: str, target: str) -> Scenario:
    batch = _VERIFICATIONS[algorithm]
    return Scenario(
        title=f"{algorithm}, new token, over raw verification",
        algorithm=algorithm,
        target=target,
        format="{:.3f}".format,
        base=Contender("raw", signatures, batch),
        others=tuple(Contender(name, new_tokens(prepare), batch) for name, prepare in _ALL.items()),
        fetches=f"warm requests, {algorithm}",
    )


def _with_cached_tokens(algorithm: str, target: str) -> Scenario:
    batch = _VERIFICATIONS[algorithm]
    return Scenario(
        title=f"{algorithm}, cached token, times cheaper than",
        algorithm=algorithm,
        target=target,
        format="{:.0f}".format,
        base=Contender("drf_logto", known_tokens(contenders.drf_logto), 200),
        others=tuple(
            Contender(name, known_tokens(prepare), batch) for name, prepare in _PEERS.items()
        ),
    )


def _with_revocations(algorithm: str) -> Scenario:
    without = known_tokens(partial(contenders.knowing, None))
    return Scenario(
        title=f"{algorithm}, cached token, what drf_logto.revocation adds",
        algorithm=algorithm,
        target="≤ 1 µs",
        format="{:+.1%}".format,
        base=Contender("without", without, 200),
        others=tuple(
            Contender(
                f"{count:,} revocations",
                known_tokens(partial(contenders.knowing, count)),
                200,
                less=without,
            )
            for count in (0, revocations.COUNT)
        ),
    )


def _with_refused_tokens(
    title: str, tokens_of: Callable[[Tenant], list[str]], target: str
) -> Scenario:
    batch = _VERIFICATIONS["RS256"]
    return Scenario(
        title=f"refusing {title}, over raw RS256 verification",
        algorithm="RS256",
        target=target,
        format="{:.2f}".format,
        base=Contender("raw", signatures, batch),
        others=tuple(
            Contender(name, bad_tokens(prepare, tokens_of), batch) for name, prepare in _ALL.items()
        ),
        fetches=f"refusals of {title}",
    )


def _added(name: str, without: str, url: str) -> Contender:
    return Contender(name, view_calls(url), 20, less=view_calls(without))


SCENARIOS = (
    _with_new_tokens("ES384", "≤ 1.08 / ≤ 1.03"),
    _with_new_tokens("RS256", "≤ 1.9 / ≤ 1.5"),
    _with_cached_tokens("ES384", "≥ 150"),
    _with_cached_tokens("RS256", "≥ 40"),
    _with_revocations("ES384"),
    _with_revocations("RS256"),
    Scenario(
        title="whole DRF request, cached token, over a constant user",
        algorithm="ES384",
        target="instructions ≤ +12 %",
        format=lambda ratio: f"{ratio - 1:+.1%}",
        base=Contender("constant user", requests("/constant"), 20),
        others=(
            Contender("drf_logto", requests("/protected"), 20),
            Contender("drf_logto, HasScopes", requests("/scoped"), 20),
        ),
    ),
    Scenario(
        title="whole DRF request with a query, over a filter by hand",
        algorithm="ES384",
        target="",
        format=lambda ratio: f"{ratio - 1:+.1%}",
        base=Contender("by hand", requests("/rows/by-hand"), 20),
        others=(
            Contender("OrganizationFilterBackend", requests("/rows/filtered"), 20),
            Contender("the same, with a lookup", requests("/rows/looked-up"), 20),
        ),
    ),
    Scenario(
        title="what HasScopes adds to a view call, cached token, over a DRF view",
        algorithm="ES384",
        target="≤ 1.3",
        format="{:.2f}".format,
        base=_added("DRF view", "/constant", "/scoped"),
        others=(
            _added("sync plain view", "/plain", "/plain/scoped"),
            _added("async plain view (≤ 2)", "/async", "/async/scoped"),
        ),
    ),
    _with_refused_tokens("an unknown kid", lambda tenant: tenant.unknown_keys, "≤ 0.7"),
    _with_refused_tokens("an 8 KB token", lambda tenant: [tenant.long], "≤ 3"),
)
