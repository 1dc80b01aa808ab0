"""The rules that a token must keep (RFC 9068 §4), in the order in which they are checked."""

import math
from typing import Any

from .. import exceptions as refusals
from ..auth_info import ORGANIZATION_AUDIENCE_PREFIX, RESERVED_AUDIENCE, AuthInfo, numeric_date
from .candidate import Candidate, Rule
from .mismatch import mismatch
from .revocations import require_granted

_ACCESS_TOKEN_TYPES = frozenset({"at+jwt", "application/at+jwt"})
_NESTED_TYPES = frozenset({"jwt", "application/jwt"})  # RFC 7519 §5.2
_CLOCK = "the time of this machine"


def _check_type(token: Candidate) -> None:
    typ = token.jws.header.get("typ")
    if not isinstance(typ, str) or typ.lower() not in _ACCESS_TOKEN_TYPES:
        raise refusals.NotAnAccessToken


def _check_algorithm(token: Candidate) -> None:
    alg, accepted = token.jws.header.get("alg"), token.policy.algorithms
    if not isinstance(alg, str) or alg not in accepted:
        raise refusals.UnsupportedAlgorithm().because(mismatch(_texts(alg), sorted(accepted)))


def _check_key_id(token: Candidate) -> None:
    if not isinstance(token.jws.header.get("kid"), str):
        raise refusals.MissingKeyId


def _check_extensions(token: Candidate) -> None:
    if "crit" in token.jws.header:
        raise refusals.CriticalHeader


def _check_content(token: Candidate) -> None:
    if str(token.jws.header.get("cty")).lower() in _NESTED_TYPES:
        raise refusals.MalformedToken


def _check_issuer(token: Candidate) -> None:
    issuer, trusted = token.jws.claims.get("iss"), token.policy.key_sets
    if not isinstance(issuer, str) or issuer not in trusted:
        raise refusals.InvalidIssuer().because(mismatch(_texts(issuer), trusted))


def _check_key(token: Candidate) -> None:
    token.key = token.key_set.find(token.jws.header["kid"])


def _check_key_type(token: Candidate) -> None:
    if token.jws.header["alg"] not in token.key.by_algorithm:
        raise refusals.AlgorithmMismatch


def _check_signature(token: Candidate) -> None:
    jws = token.jws
    if not token.key.verify(jws.header["alg"], jws.signing_input, jws.signature):
        raise refusals.InvalidSignature


def _check_expiration(token: Candidate) -> None:
    now, expires_at = token.policy.now(), numeric_date(token.jws.claims.get("exp"))
    if expires_at is None:
        raise refusals.InvalidExpiration
    token.ends_at = expires_at + token.policy.leeway
    if now >= token.ends_at:
        ago = math.floor(now - expires_at)
        raise refusals.TokenExpired().because(f"exp is {ago} s before {_CLOCK}")


def _check_start(token: Candidate) -> None:
    claims = token.jws.claims
    if "nbf" not in claims:
        return
    now, not_before = token.policy.now(), numeric_date(claims["nbf"])
    if not_before is None:
        raise refusals.InvalidNotBefore
    if now < not_before - token.policy.leeway:
        ahead = math.ceil(not_before - now)
        raise refusals.TokenNotYetValid().because(f"nbf is {ahead} s after {_CLOCK}")


def _check_subject(token: Candidate) -> None:
    _require_string(token, "sub", refusals.InvalidSubject)


def _check_client_id(token: Candidate) -> None:
    _require_string(token, "client_id", refusals.InvalidClientId)


def _check_scope(token: Candidate) -> None:
    if not isinstance(token.jws.claims.get("scope", ""), str):
        raise refusals.InvalidScope


def _check_organization(token: Candidate) -> None:
    if "organization_id" in token.jws.claims:
        _require_string(token, "organization_id", refusals.InvalidOrganization)


def _check_audience(token: Candidate) -> None:
    audience = token.jws.claims.get("aud")
    if isinstance(audience, str):
        return
    if not isinstance(audience, list) or not audience:
        raise refusals.InvalidAudience
    if not all(isinstance(one, str) for one in audience):
        raise refusals.InvalidAudience


def _check_kind(token: Candidate) -> None:
    """Let the audience be that of exactly one ``TokenKind``."""
    audience, organizations = _audience(token)
    if not organizations:
        return
    if len(audience) > 1:
        raise refusals.AmbiguousAudience
    organization = organizations[0].removeprefix(ORGANIZATION_AUDIENCE_PREFIX)
    if not organization:
        raise refusals.InvalidAudience
    if token.jws.claims.get("organization_id") not in (None, organization):
        raise refusals.ContradictoryOrganization


def _check_resource(token: Candidate) -> None:
    audience, organizations = _audience(token)
    if organizations:
        return
    if RESERVED_AUDIENCE in audience:
        raise refusals.WrongAudience().because(f"{RESERVED_AUDIENCE!r} is never accepted")
    if token.policy.audiences.isdisjoint(audience):
        reason = mismatch(audience, sorted(token.policy.audiences))
        raise refusals.WrongAudience().because(reason)


def _check_client(token: Candidate) -> None:
    client_id, accepted = token.jws.claims["client_id"], token.policy.client_ids
    if accepted is not None and client_id not in accepted:
        raise refusals.WrongClient().because(mismatch([client_id], accepted))


def _check_revocation(token: Candidate) -> None:
    revocations = token.policy.revocations
    if revocations is not None:
        token.version = revocations.version(waits=True) or 0
        require_granted(AuthInfo(token.jws.payload), revocations)


def _texts(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else ()


def _require_string(token: Candidate, name: str, refusal: type[refusals.InvalidToken]) -> None:
    value = token.jws.claims.get(name)
    if not isinstance(value, str) or not value:
        raise refusal


def _audience(token: Candidate) -> tuple[list[str], list[str]]:
    """Return the audiences, and those of them that are organizations."""
    audience: Any = token.jws.claims["aud"]
    listed: list[str] = [audience] if isinstance(audience, str) else audience
    return listed, [one for one in listed if one.startswith(ORGANIZATION_AUDIENCE_PREFIX)]


TYPE = Rule("type", _check_type, header=("typ",))
_ALGORITHM = Rule("algorithm", _check_algorithm, header=("alg",))
_KEY_ID = Rule("key id", _check_key_id, header=("kid",))
_ISSUER = Rule("issuer", _check_issuer, claims=("iss",))
KEY = Rule("key", _check_key, (_ALGORITHM, _KEY_ID, _ISSUER), header=("kid",))
"""The one rule for which something may be fetched."""

_KEY_TYPE = Rule("key type", _check_key_type, (KEY,), header=("alg",))
SIGNATURE = Rule("signature", _check_signature, (_KEY_TYPE,))
SIGNATURE_RULES = (
    _ALGORITHM,
    _KEY_ID,
    Rule("extensions", _check_extensions, header=("crit",)),
    Rule("content", _check_content, header=("cty",)),
    _ISSUER,
    KEY,
    _KEY_TYPE,
    SIGNATURE,
)
"""Those of every token that Logto signs."""

_EXPIRATION = Rule("expiration", _check_expiration, claims=("exp",))
_SUBJECT = Rule("subject", _check_subject, claims=("sub",))
_CLIENT_ID = Rule("client id", _check_client_id, claims=("client_id",))
SCOPE = Rule("scope", _check_scope, claims=("scope",))
_ORGANIZATION = Rule("organization", _check_organization, claims=("organization_id",))
_AUDIENCE = Rule("audience", _check_audience, claims=("aud",))
KIND = Rule("kind", _check_kind, (_ORGANIZATION, _AUDIENCE), claims=("aud", "organization_id"))
CLAIM_RULES = (
    _EXPIRATION,
    Rule("start", _check_start, claims=("nbf",)),
    _SUBJECT,
    _CLIENT_ID,
    SCOPE,
    _ORGANIZATION,
    _AUDIENCE,
    KIND,
    Rule("API resource", _check_resource, (_AUDIENCE,), claims=("aud",)),
    Rule("client", _check_client, (_CLIENT_ID,), claims=("client_id",)),
)
"""Those of an access token whose signature is valid."""

_READ_BY_REVOCATIONS = (SIGNATURE, _EXPIRATION, _SUBJECT, _CLIENT_ID, KIND)
REVOCATION = Rule("revocation", _check_revocation, _READ_BY_REVOCATIONS, claims=("iat",))

RULES = (TYPE, *SIGNATURE_RULES, *CLAIM_RULES, REVOCATION)
"""Those of an access token."""
