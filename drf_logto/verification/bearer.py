"""Parses the Authorization header and builds the challenge (RFC 6750)."""

import re
from collections.abc import Mapping

from ..exceptions import LogtoError, MalformedHeader

_SCHEME = "bearer "
# A scheme is a token of RFC 9110 §5.6.2: whatever follows it must not be part of one.
_BEARER = re.compile(r"bearer(?![!#$%&'*+.^_`|~0-9a-z-])", re.IGNORECASE)
# Servers join repeated headers with a comma.
_SECOND_HEADER = re.compile(r",\s*bearer\b", re.IGNORECASE)
_NOT_QUOTABLE = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")


def credentials(header: str) -> str | None:
    """Return the token of an Authorization header, None where it is of another scheme.

    Args:
        header: the field value as WSGI hands it over, ``""`` where there is none.

    Raises:
        MalformedHeader: the scheme is Bearer and not exactly one credential follows, or a bearer
            token stands behind credentials of another scheme.
    """
    header = header.strip(" \t")
    if header[: len(_SCHEME)].lower() != _SCHEME:
        if _BEARER.match(header) or _SECOND_HEADER.search(header):
            raise MalformedHeader
        return None
    credential = header[len(_SCHEME) :].strip(" ")
    if "," in credential or credential.split() != [credential]:
        is_repeated = credential[: len(_SCHEME)].lower() == _SCHEME
        raise MalformedHeader(MalformedHeader.repeated if is_repeated else None)
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
    return f"Bearer {_written(parameters)}"


def extend(challenge: str, parameters: Mapping[str, str]) -> str:
    """Return a challenge with the parameters that it does not have yet."""
    more = {name: one for name, one in parameters.items() if f', {name}="' not in challenge}
    return f"{challenge}, {_written(more)}" if more else challenge


def _written(parameters: Mapping[str, str]) -> str:
    return ", ".join(
        f'{name}="{_NOT_QUOTABLE.sub("?", value)}"' for name, value in parameters.items()
    )
