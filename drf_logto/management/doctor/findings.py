"""What is found of a fact."""

from dataclasses import dataclass

from ..output import Verdict


class Skipped(Exception):
    """A fact cannot be looked at; the text says why."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a fact is like.

    Attributes:
        verdict: whether that is good.
        text: one or two sentences.
        remedy: what to do.
    """

    verdict: Verdict
    text: str
    remedy: str = ""


def ok(text: str) -> Finding:
    """Return a finding of what is as it should be."""
    return Finding(Verdict.OK, text)


def warning(text: str, remedy: str) -> Finding:
    """Return a finding of what may be wrong."""
    return Finding(Verdict.WARNING, text, remedy)


def error(text: str, remedy: str) -> Finding:
    """Return a finding of what is wrong."""
    return Finding(Verdict.ERROR, text, remedy)
