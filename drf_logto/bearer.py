"""RFC 6750: credentials out of Authorization, the challenge into WWW-Authenticate."""

import re

from .exceptions import LogtoError, MalformedHeader

_SCHEME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]*")
# A comma is how servers join repeated headers, so it never belongs to the one credential.
_ONE_CREDENTIAL = re.compile(r" +([^\s,\x00-\x1f\x7f]+) *")
_NOT_QUOTABLE = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")


def credentials(header: str) -> str | None:
    """Return the token of an Authorization header, None where the scheme is not Bearer.

    Args:
        header: the field value as WSGI hands it over, ``""`` where there is none.

    Raises:
        MalformedHeader: the scheme is Bearer and not exactly one credential follows.
    """
    header = header.strip(" \t")
    scheme = _SCHEME.match(header)
    if scheme is None or scheme[0].lower() != "bearer":
        return None
    credential = _ONE_CREDENTIAL.fullmatch(header, scheme.end())
    if credential is None:
        raise MalformedHeader
    return credential[1]


def challenge(realm: str, refusal: LogtoError | None = None) -> str:
    """Return a WWW-Authenticate value (RFC 6750 §3).

    Args:
        realm: the protection space.
        refusal: why credentials were refused, None where there were none (§3.1).
    """
    parameters = {"realm": realm}
    if refusal is not None and refusal.error is not None:
        parameters["error"] = refusal.error
        parameters["error_description"] = str(refusal)
        if refusal.scope:
            parameters["scope"] = refusal.scope
    return "Bearer " + ", ".join(
        f'{name}="{_NOT_QUOTABLE.sub("?", value)}"' for name, value in parameters.items()
    )
