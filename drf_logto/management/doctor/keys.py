"""Facts about the keys that Logto publishes: which can be used, and with which algorithms."""

from collections.abc import Iterator, Mapping
from typing import Any

from ...telemetry import quoted
from ...verification.jwk import SIGNATURE_ALGORITHMS, parse_jwks
from .examination import Examination
from .facts import Fact
from .findings import Finding, error, ok, warning

_SHOWN = 20  # keys; Logto publishes three at most
_DEFAULT = "ES384"


def _keys(examination: Examination, address: str) -> Iterator[Finding]:
    uri = examination.metadata[address].back_channel("jwks_uri")
    document = examination.environment.fetch(uri, examination.timeout)
    examination.jwks[address] = document
    members = document.get("keys") if isinstance(document, dict) else None
    jwks = members[:_SHOWN] if isinstance(members, list) else []
    for jwk in jwks:
        why = _why_unusable(jwk)
        if why:
            yield warning(
                f"{_named(jwk)} is not used: {why}.", "This matters only if tokens name this key."
            )
        else:
            yield ok(f"{_named(jwk)} can verify {_algorithms({'keys': [jwk]})}.")
    if not parse_jwks(document, SIGNATURE_ALGORITHMS):
        yield error("There is no key that can be used.", "Check the signing keys in Logto.")


def _named(jwk: object) -> str:
    if not isinstance(jwk, Mapping):
        return "A key that is not a JSON object"
    shown = {name: jwk[name] for name in ("kty", "crv", "alg", "use") if name in jwk}
    facts = ", ".join(f"{name} {quoted(value)}" for name, value in shown.items())
    return f"The key {quoted(jwk.get('kid'))} ({facts or 'without kty'})"


def _algorithms(document: object, allowed: tuple[str, ...] = SIGNATURE_ALGORITHMS) -> str:
    keys = parse_jwks(document, allowed).values()
    found = {algorithm for key in keys for algorithm in key.by_algorithm}
    return " or ".join(one for one in SIGNATURE_ALGORITHMS if one in found)


def _why_unusable(jwk: Any) -> str:
    """Return why the verifier passes over a key, nothing where it does not."""
    if parse_jwks({"keys": [jwk]}, SIGNATURE_ALGORITHMS):
        return ""
    if not isinstance(jwk, Mapping) or not isinstance(jwk.get("kid"), str):
        return "it has no kid"
    if "d" in jwk:
        return "it is a private key, which must never be published"
    if jwk.get("use", "sig") != "sig" or "key_ops" in jwk:
        return "it is not for signatures"
    if jwk.get("kty") not in {"EC", "RSA"}:
        return "its type is not supported"
    return "its curve, its alg or its size is not supported, or it cannot be read"


def _algorithms_fact(examination: Examination, address: str) -> Iterator[Finding]:
    document, allowed = examination.jwks[address], examination.settings.algorithms
    possible, accepted = _algorithms(document), _algorithms(document, allowed)
    which = f"Logto does not say which key signs. Its keys can sign with {possible}"
    listed = ", ".join(allowed)
    remedy = (
        f"Add {possible} to LOGTO['ALGORITHMS'], or leave it out. {_DEFAULT} is what a tenant of "
        "Logto signs with by default."
    )
    if not accepted:
        yield error(f"{which}. LOGTO['ALGORITHMS'] accepts {listed} alone.", remedy)
    elif accepted != possible:
        yield warning(f"{which}. LOGTO['ALGORITHMS'] accepts {accepted} of these.", remedy)
    else:
        yield ok(f"{which}, which LOGTO['ALGORITHMS'] accepts.")


FACTS = (
    Fact("keys", _keys, ("endpoints",)),
    Fact("algorithms", _algorithms_fact, ("keys",)),
)
