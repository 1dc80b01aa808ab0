"""RFC 6750: credentials out of Authorization, the challenge into WWW-Authenticate."""

import re

from .exceptions import LogtoError, MalformedHeader

_SCHEME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]*")
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
    space, credential = header[scheme.end() : scheme.end() + 1], header[scheme.end() :].strip(" ")
    # Servers join repeated headers with a comma, so it never belongs to the one credential.
    is_one = credential.isprintable() and " " not in credential and "," not in credential
    if space != " " or not credential or not is_one:
        raise MalformedHeader
    return credential


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
