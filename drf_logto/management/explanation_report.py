"""Writes the explanation of a token, as text and as JSON."""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from ..auth_info import TokenKind
from ..exceptions import LogtoError
from ..explanation.access import AccessExplanation, in_short
from ..explanation.answers import Access
from ..explanation.claims import Claim, shortened
from ..explanation.tokens import ExplainedRule, Refusal, TokenExplanation
from ..explanation.users import UserExplanation
from .output import Output, Verdict

HEADER_NOTE = (
    "The word 'Bearer' belongs to the Authorization header and not to the token, so it is left out "
    "here. A program that keeps it as part of the token sends it twice, and is refused."
)
_KINDS = {
    None: "not known",
    TokenKind.GLOBAL: "global: for the API resource",
    TokenKind.ORGANIZATION: "organization: for an organization, without an API resource",
    TokenKind.ORGANIZATION_RESOURCE: "organization_resource: for the API resource within an "
    "organization",
}
_MANY = 5  # rules that are not asked: more would hide the one that is broken
_ASSUMED = (
    "Where a route has a keyword for the organization, it is taken to be that of the token. What "
    "depends on an object or on the database is not decided. Routes that neither a permission of "
    "REST Framework nor an access token guards are left out."
)
_NOT_VERIFIED = (
    "The signature is not verified, so anybody may have written what it says. (--signature "
    "verifies it, if the issuer and the key are those of Logto.)"
)


@dataclass(frozen=True, slots=True)
class Report:
    """What is written about a token.

    Attributes:
        token: its explanation.
        is_header: whether the token stood in the value of a header.
        user: whom it is for, None where it is refused.
        access: what it opens, as far as that is asked.
    """

    token: TokenExplanation
    is_header: bool
    user: UserExplanation | None
    access: tuple[AccessExplanation, ...]

    @property
    def refusal(self) -> LogtoError | None:
        """What requests with the token are refused with, None where they are not."""
        return self.token.refusal or (self.user.refusal if self.user else None)

    def as_json(self) -> dict[str, Any]:
        """Return it for a program."""
        token = self.token
        return {
            "credential": asdict(token.credential),
            "note": HEADER_NOTE if self.is_header else None,
            "accepted": self.refusal is None,
            "verified": token.is_verified,
            "refusal": self.refusal and asdict(Refusal.of(self.refusal)),
            "header": _claims(token.header),
            "claims": _claims(token.claims),
            "rules": [_rule(one) for one in token.rules],
            "lifetime": _plain(token.lifetime) or None,
            "kind": token.kind and token.kind.value,
            "organization": token.organization,
            "scopes": token.scopes,
            "user": self.user and _user(self.user),
            "access": [_access(one) for one in self.access],
        }

    def write(self, output: Output) -> None:
        """Write it for people."""
        token = self.token
        output.text(token.credential.description)
        for line in filter(None, (self._remedy(), self.is_header and HEADER_NOTE)):
            output.text(str(line))
        if token.claims:
            mark = "" if token.is_verified else " (not verified)"
            if mark:
                output.text(_NOT_VERIFIED)
            _section(output, f"Header{mark}", token.header)
            _section(output, f"Claims{mark}", token.claims)
            output.heading(f"Facts{mark}")
            self._write_facts(output)
        output.heading("Rules")
        for because_of, rules in groupby(token.rules, lambda one: one.because_of):
            _write_rules(output, because_of, list(rules))
        self._write_user(output)
        if self.access:
            output.heading("Access")
            if any("{" in one.path for one in self.access):
                output.text(_ASSUMED)
        for _, alike in groupby(in_short(self.access), lambda one: (one.refusal, one.sentence)):
            _write_access(output, list(alike))

    def _remedy(self) -> str:
        """What to send instead, without the sentences that the broken rules say below."""
        refusals = [one.refusal for one in self.token.rules if one.refusal is not None]
        below = " ".join(f"{one.sentence} {one.remedy}" for one in refusals)
        return _without(self.token.credential.remedy, _sentences(below))

    def _write_user(self, output: Output) -> None:
        user = self.user
        if user is None:
            return
        output.heading("User")
        fact = f"{user.authentication}: {user.sentence}"
        if user.refusal is not None:
            write_refusal(output, fact, Refusal.of(user.refusal))
        else:
            output.verdict(Verdict.SKIPPED if user.user is None else Verdict.OK, fact)

    def _write_facts(self, output: Output) -> None:
        token = self.token
        organization = token.organization or "none"
        scopes = " ".join(token.scopes or ()) or "none"
        facts = {
            "Kind": _KINDS[token.kind],
            "Organization": organization if token.kind else "not known",
            "Scopes": "not known" if token.scopes is None else scopes,
            "Lifetime": _plain(token.lifetime) or "not known",
        }
        for name, fact in facts.items():
            output.text(f"{name}: {fact}", indent=2, hanging=2)


def malformed_as_json(refusal: Refusal) -> dict[str, Any]:
    """Return why there is no token in a header, for a program."""
    return {"accepted": False, "refusal": asdict(refusal)}


def write_refusal(output: Output, fact: str, refusal: Refusal) -> None:
    """Write a fact with its refusal and what to do."""
    output.verdict(Verdict.ERROR, fact)
    reason = refusal.reason and f"In particular: {refusal.reason}."
    remedy = _without(refusal.remedy, _sentences(refusal.sentence))
    for line in filter(None, (refusal.sentence, reason, remedy)):
        output.text(line, indent=10)


def _sentences(text: str) -> list[str]:
    return re.split(r"(?<=\.) ", text)


def _without(text: str, sentences: list[str]) -> str:
    return " ".join(one for one in _sentences(text) if one not in sentences)


def _section(output: Output, heading: str, claims: Iterable[Claim]) -> None:
    output.heading(heading)
    for one in claims:
        output.text(_written(one), indent=2, hanging=2)


def _written(claim: Claim) -> str:
    """``exp 1795190859 (2026-11-20T16:07:39Z, 3 minutes ago)``."""
    words = f"{_duration(claim.past)} ago" if claim.past else f"in {_duration(claim.future)}"
    moment = f" ({claim.moment}, {words})" if claim.moment else ""
    return f"{claim.name} {claim.value}{moment}"


def _duration(words: str) -> str:
    plain = _plain(words)
    return "less than a minute" if plain == "0 minutes" else plain


def _write_rules(output: Output, because_of: str, rules: list[ExplainedRule]) -> None:
    if because_of and len(rules) > _MANY:
        fact = f"{len(rules)} more rules: not asked, because of “{because_of}”"
        output.verdict(Verdict.SKIPPED, fact)
        return
    for rule in rules:
        _write_rule(output, rule)


def _write_rule(output: Output, rule: ExplainedRule) -> None:
    fact = ": ".join(filter(None, (rule.title, ", ".join(map(_written, rule.found)))))
    if rule.refusal is not None:
        write_refusal(output, fact, rule.refusal)
    elif rule.because_of:
        output.verdict(Verdict.SKIPPED, f"{rule.title}: not asked, because of “{rule.because_of}”")
    else:
        output.verdict(Verdict.OK, fact)


def _write_access(output: Output, alike: list[AccessExplanation]) -> None:
    """Write operations that have the same explanation; it follows the last of them."""
    *others, last = alike
    for one in others:
        output.verdict(*_verdict(one))
    verdict, fact = _verdict(last)
    if last.refusal is not None:
        write_refusal(output, fact, last.refusal)
        if last.sentence:
            output.text(last.sentence, indent=10)
    else:
        output.verdict(verdict, fact, last.sentence)


def _verdict(access: AccessExplanation) -> tuple[Verdict, str]:
    fact = f"{access.method} {shortened(access.path)}"
    if access.refusal is not None:
        return Verdict.ERROR, f"{fact}: {access.refusal.code}"
    return (Verdict.OK if access.access is Access.OPEN else Verdict.SKIPPED), fact


def _user(user: UserExplanation) -> dict[str, Any]:
    refusal = user.refusal and asdict(Refusal.of(user.refusal))
    return {
        "authentication": user.authentication,
        "sentence": user.sentence,
        "refusal": refusal,
    }


def _access(access: AccessExplanation) -> dict[str, Any]:
    return {**asdict(access), "access": str(access.access)}


def _rule(rule: ExplainedRule) -> dict[str, Any]:
    return {
        "name": rule.name,
        "outcome": "kept" if rule.is_kept else "broken" if rule.refusal else "not asked",
        "found": _claims(rule.found),
        "refusal": rule.refusal and asdict(rule.refusal),
        "because_of": rule.because_of or None,
    }


def _claims(claims: Iterable[Claim]) -> list[dict[str, Any]]:
    return [{"name": one.name, "value": one.value, "time": one.moment or None} for one in claims]


def _plain(words: str) -> str:
    """Return words of Django's with ordinary spaces in place of no-break spaces."""
    return words.replace("\xa0", " ")
