"""Asks every rule of a token, where the verifier stops at the first refusal."""

from dataclasses import dataclass

from ..exceptions import LogtoError, TokenTooLong, without_frames
from .candidate import Candidate, Rule
from .jws import Jws
from .rules import KEY, RULES
from .verifier import Verifier

LENGTH = "length"
SHAPE = "shape"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says of a token.

    Attributes:
        rule: its name.
        refusal: why the token breaks it, None where it keeps it or was not asked.
        because_of: the broken rule without which there is nothing to ask, None where it was asked.
    """

    rule: str
    refusal: LogtoError | None = None
    because_of: str | None = None

    @property
    def is_kept(self) -> bool:
        """Whether the rule was asked, and the token keeps it."""
        return self.refusal is None and self.because_of is None


@dataclass(frozen=True, slots=True)
class Examination:
    """What every rule says of a token, in the order in which the verifier asks.

    Attributes:
        findings: one for each rule.
        jws: the token's parts, None where it has none.
    """

    findings: tuple[Finding, ...]
    jws: Jws | None

    @property
    def refusal(self) -> LogtoError | None:
        """What ``verify`` refuses the token with, None where it accepts it."""
        return next((one.refusal for one in self.findings if one.refusal is not None), None)


def examine(verifier: Verifier, token: str, *, always_fetches: bool = False) -> Examination:
    """Ask every rule; nothing is cached.

    Args:
        verifier: whose rules are asked.
        token: what may be an access token.
        always_fetches: whether the key is fetched for a token that already failed, as long as its
            issuer is trusted.
    """
    try:
        jws = verifier.read(token)
    except LogtoError as refusal:
        return Examination(tuple(_unread(without_frames(refusal))), None)
    candidate, findings = Candidate(jws, verifier.policy), [Finding(LENGTH), Finding(SHAPE)]
    for rule in RULES:
        findings.append(_ask(rule, candidate, findings, always_fetches=always_fetches))
    return Examination(tuple(findings), jws)


def _unread(refusal: LogtoError) -> list[Finding]:
    if isinstance(refusal, TokenTooLong):
        read, broken = [Finding(LENGTH, refusal), Finding(SHAPE, because_of=LENGTH)], LENGTH
    else:
        read, broken = [Finding(LENGTH), Finding(SHAPE, refusal)], SHAPE
    return read + [Finding(rule.name, because_of=broken) for rule in RULES]


def _ask(rule: Rule, token: Candidate, findings: list[Finding], *, always_fetches: bool) -> Finding:
    is_fetched = always_fetches or rule is not KEY
    needed = {one.name for one in rule.needs}
    for one in findings:
        if not one.is_kept and (one.rule in needed or not is_fetched):
            return Finding(rule.name, because_of=one.because_of or one.rule)
    try:
        rule.check(token)
    except LogtoError as refusal:
        return Finding(rule.name, without_frames(refusal))
    return Finding(rule.name)
