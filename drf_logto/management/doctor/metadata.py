"""Facts about the metadata of Logto: that it is of the issuer, and names its endpoints."""

from collections.abc import Iterator

from ...conf import LogtoSettings
from ...verification.metadata import ISSUER_PATH, discover
from ...verification.mismatch import mismatch
from .examination import Examination
from .facts import Fact
from .findings import Finding, error, ok, warning

_FOR_SIGN_IN = {
    "userinfo_endpoint": "reading the names of users",
    "end_session_endpoint": "signing out of Logto",
    "revocation_endpoint": "revoking refresh tokens",
}


def _issuer(examination: Examination, address: str) -> Iterator[Finding]:
    settings, fetch = examination.settings, examination.environment.fetch
    url = f"{address}{ISSUER_PATH}/.well-known/openid-configuration"
    began = examination.monotonic()
    document = fetch(url, examination.timeout)
    took = (examination.monotonic() - began) * 1000
    published = document.get("issuer") if isinstance(document, dict) else None
    expected = _expected(settings, address)
    if isinstance(published, str) and published not in expected:
        text = f"The metadata is of another issuer: {mismatch([published], expected)}."
        yield error(text, _remedy(published, address))
        return
    examination.metadata[address] = discover(
        address, expected, fetch=lambda *_: document, timeout=examination.timeout
    )
    yield ok(f"The issuer is {published}, as configured; it answers within {took:.0f} ms.")


def _expected(settings: LogtoSettings, address: str) -> tuple[str, ...]:
    return settings.issuers if settings.internal_endpoint else (f"{address}{ISSUER_PATH}",)


def _remedy(published: str, address: str) -> str:
    endpoint = published.removesuffix(ISSUER_PATH)
    if endpoint == published:
        return "Check LOGTO['ENDPOINT']: the address does not seem to be that of a Logto."
    return (
        f"Set LOGTO['ENDPOINT'] to {endpoint[:200]!r}, the name that Logto gives itself. If this "
        f"machine must use another name, set LOGTO['INTERNAL_ENDPOINT'] to {address!r}. If the "
        "name is wrong, correct the variable ENDPOINT of Logto."
    )


def _endpoints(examination: Examination, address: str) -> Iterator[Finding]:
    metadata = examination.metadata[address]
    metadata.back_channel("jwks_uri")
    metadata.back_channel("token_endpoint")
    metadata.front_channel("authorization_endpoint")
    lacks = [name for name in _FOR_SIGN_IN if not isinstance(metadata.document.get(name), str)]
    for name in lacks:
        yield warning(
            f"The metadata has no {name}: {_FOR_SIGN_IN[name]} cannot work.",
            "Check whether a proxy in front of Logto changes the metadata.",
        )
    if not lacks:
        yield ok("The metadata names all endpoints that are used.")


FACTS = (
    Fact("issuer", _issuer, ("certificate",)),
    Fact("endpoints", _endpoints, ("issuer",)),
)
