"""RFC 7515: a compact JWS taken apart, once and strictly; nothing in it is verified yet."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

from .exceptions import MalformedToken, OpaqueToken

_OPAQUE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Jws:
    """The parts of a compact JWS (§7.1).

    Attributes:
        header: the protected header.
        claims: the payload, read as JSON.
        payload: the same as it stands in the token.
        signing_input: what the signature is over.
        signature: never empty.
    """

    header: dict[str, Any]
    claims: dict[str, Any]
    payload: bytes
    signing_input: bytes
    signature: bytes


def parse_jws(token: str) -> Jws:
    """Take an ASCII token apart.

    Raises:
        OpaqueToken: it has no parts, and looks like Logto's opaque tokens.
        MalformedToken: it is no compact JWS whose header and payload are JSON objects (§5.2).
    """
    signing_input, _, signature_segment = token.rpartition(".")
    header_segment, _, payload_segment = signing_input.partition(".")
    if not signing_input:
        raise OpaqueToken if _OPAQUE.fullmatch(token) else MalformedToken
    header_bytes, payload = _decode(header_segment), _decode(payload_segment)
    signature = _decode(signature_segment)
    header, claims = _json_object(header_bytes), _json_object(payload)
    if header is None or claims is None or payload is None or not signature:
        raise MalformedToken
    return Jws(header, claims, payload, signing_input.encode("ascii"), signature)


def _decode(segment: str) -> bytes | None:
    """Base64url without padding (RFC 7515 §2); None for any spelling but the canonical one."""
    encoded = segment.encode("ascii")
    try:
        decoded = base64.urlsafe_b64decode(encoded + b"==")
    except binascii.Error:
        return None
    canonical = base64.urlsafe_b64encode(decoded).rstrip(b"=") == encoded
    return decoded if canonical else None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member")
    return members


def _not_a_number(constant: str) -> float:
    raise ValueError(constant)


_JSON = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_not_a_number)


def _json_object(encoded: bytes | None) -> dict[str, Any] | None:
    """A JSON object in UTF-8 with unique names; None for anything else.

    Nothing is raised, so no exception context holds what a token says.
    """
    try:
        text = (encoded or b"").decode()
        value = _JSON.decode(text)
        if "\\u" in text:
            # An escaped lone surrogate is no character, and no response could carry it.
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
