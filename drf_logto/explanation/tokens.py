"""Explains one token: what it is, what it says, and which rule it keeps or breaks."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.timesince import timesince
from django.utils.translation import gettext

from ..auth_info import AuthInfo, TokenKind, numeric_date
from ..exceptions import LogtoError, gettext_noop
from ..responses import sentence
from ..runtime import get_environment, get_verifier
from ..verification.examination import LENGTH, SHAPE, Finding, examine
from ..verification.jws import Jws
from ..verification.rules import KIND, REVOCATION, RULES, SCOPE, SIGNATURE
from .claims import MAX_CLAIMS, Claim, shortened, shown_claim, shown_claims
from .credentials import Credential, recognize
from .remedies import remedy_of

TITLES = {
    LENGTH: gettext_noop("Length of the token"),
    SHAPE: gettext_noop("Form of the token"),
    "type": gettext_noop("Type of the token"),
    "algorithm": gettext_noop("Signature algorithm"),
    "key id": gettext_noop("Key ID"),
    "extensions": gettext_noop("Critical extensions"),
    "content": gettext_noop("Type of the content"),
    "issuer": gettext_noop("Issuer"),
    "key": gettext_noop("Signing key"),
    "key type": gettext_noop("Type of the signing key"),
    "signature": gettext_noop("Signature"),
    "expiration": gettext_noop("Expiration time"),
    "start": gettext_noop("Start time"),
    "subject": gettext_noop("Subject"),
    "client id": gettext_noop("Client ID"),
    "scope": gettext_noop("Form of the scope"),
    "organization": gettext_noop("Organization claim"),
    "audience": gettext_noop("Form of the audience"),
    "kind": gettext_noop("Kind of the token"),
    "API resource": gettext_noop("API resource"),
    "client": gettext_noop("Permitted client"),
    "revocation": gettext_noop("Revocation"),
}
"""What the rules are about, by their names."""

_ABSENT = gettext_noop("absent")
_LONGEST_REASON = 5000  # characters; two times eleven values
_RULES = {rule.name: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal in words.

    Attributes:
        code: for programs.
        status: of the response.
        sentence: as the response has it.
        reason: what was received and what was expected, English; "" where nothing else is known.
            Not for clients: it may name settings.
        remedy: what to do, "" where that is the project's to say.
    """

    code: str
    status: int
    sentence: str
    reason: str
    remedy: str

    @classmethod
    def of(cls, refusal: LogtoError) -> "Refusal":
        """Return the words of a refusal, in the language of the request."""
        # Those of a project may be anything.
        code, said = shortened(str(refusal.code)), shortened(sentence(refusal))
        reason = shortened(str(refusal.reason or ""), _LONGEST_REASON)
        return cls(code, refusal.status, said, reason, remedy_of(refusal))


@dataclass(frozen=True, slots=True)
class ExplainedRule:
    """What a rule says.

    Attributes:
        name: of the rule.
        title: what it is about.
        found: the parameters or claims that it read; of a broken one also which are absent.
        refusal: why the token breaks it, None where it keeps it or was not asked.
        because_of: the title of the broken rule without which it is not asked, "" where it was.
    """

    name: str
    title: str
    found: tuple[Claim, ...]
    refusal: Refusal | None
    because_of: str

    @property
    def is_kept(self) -> bool:
        """Whether it was asked, and the token keeps it."""
        return self.refusal is None and not self.because_of


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenExplanation:
    """What is known of a token.

    Attributes:
        credential: what it is.
        header: its parameters.
        claims: what it says, whether that is true or not.
        rules: every rule, in the order in which the verifier asks; that of revocation only where
            ``drf_logto.revocation`` is installed.
        is_verified: whether the issuer has signed it.
        lifetime: from its issue to its expiration, "" where one of them is not known.
        kind: None where the claims do not say it.
        organization: None where there is none.
        scopes: the first of them, None where the claims do not say them.
        refusal: what requests with it are refused with, None where it is accepted.
        auth: its facts, None where it is refused.
    """

    credential: Credential
    header: tuple[Claim, ...]
    claims: tuple[Claim, ...]
    rules: tuple[ExplainedRule, ...]
    is_verified: bool
    lifetime: str
    kind: TokenKind | None
    organization: str | None
    scopes: tuple[str, ...] | None
    refusal: LogtoError | None
    auth: AuthInfo | None


def explain_token(token: str, *, always_fetches: bool = False) -> TokenExplanation:
    """Explain a token, in the language of the request; it is neither cached nor counted.

    Args:
        token: what may be an access token.
        always_fetches: as for ``examine``.

    Raises:
        ImproperlyConfigured: the setting ``LOGTO`` cannot work.
    """
    verifier = get_verifier()
    examination = examine(verifier, token, always_fetches=always_fetches)
    jws, now = examination.jws, get_environment().now()
    kept = {one.rule for one in examination.findings if one.is_kept}
    asked = TITLES.keys() - ({REVOCATION.name} if verifier.policy.revocations is None else ())
    said = AuthInfo(jws.payload) if jws else None  # read below as far as the rules allow it
    has_kind = said is not None and KIND.name in kept
    return TokenExplanation(
        credential=recognize(examination),
        header=shown_claims(jws.header, now) if jws else (),
        claims=shown_claims(jws.claims, now) if jws else (),
        rules=tuple(_explained(one, jws, now) for one in examination.findings if one.rule in asked),
        is_verified=SIGNATURE.name in kept,
        lifetime=_lifetime(jws),
        kind=said.kind if said and has_kind else None,
        organization=_organization(said) if said and has_kind else None,
        scopes=_scopes(said) if said and SCOPE.name in kept else None,
        refusal=examination.refusal,
        auth=said if examination.refusal is None else None,
    )


def _organization(said: AuthInfo) -> str | None:
    return None if said.organization_id is None else shortened(said.organization_id)


def _scopes(said: AuthInfo) -> tuple[str, ...]:
    return tuple(map(shortened, said.scopes[:MAX_CLAIMS]))


def _explained(finding: Finding, jws: Jws | None, now: float) -> ExplainedRule:
    rule, found = _RULES.get(finding.rule), []
    if rule is not None and jws is not None:
        found = [(name, jws.header) for name in rule.header]
        found += [(name, jws.claims) for name in rule.claims]
    return ExplainedRule(
        finding.rule,
        gettext(TITLES[finding.rule]),
        tuple(
            shown_claim(name, read[name], now) if name in read else Claim(name, gettext(_ABSENT))
            for name, read in found
            if name in read or finding.refusal is not None
        ),
        None if finding.refusal is None else Refusal.of(finding.refusal),
        gettext(TITLES[finding.because_of]) if finding.because_of else "",
    )


def _lifetime(jws: Jws | None) -> str:
    """The time between two claims, which need not be verified."""
    dates = [numeric_date(jws.claims.get(name)) if jws else None for name in ("iat", "exp")]
    issued_at, expires_at = (one and datetime.fromtimestamp(one, UTC) for one in dates)
    return timesince(issued_at, expires_at) if issued_at and expires_at else ""
