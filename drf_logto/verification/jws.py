"""Parses a compact JWS strictly (RFC 7515); nothing is verified here."""

import binascii
import json
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from ..exceptions import InvalidToken, MalformedToken, OpaqueToken

# What belongs to another alphabet becomes what belongs to none.
_TO_BASE64 = bytes.maketrans(b"-_+/=", b"+/!!!")
# By the length modulo 4: the last characters whose unused bits are zero (RFC 4648 §3.5).
_LAST_CHARACTERS = (b"", b"", b"AQgw", b"AEIMQUYcgkosw048")
_DEEPEST = 64
"""Levels of nesting (RFC 8259 §9), few enough for code that recurses into the claims later."""
_OPAQUE = re.compile(rb"[A-Za-z0-9_-]{43}")
_QUOTES = b"\"'"
# What a program makes of a token that it does not have.
_WORDS = {word.lower().encode(): word for word in ("undefined", "null", "None", "Bearer")}


class Jws(NamedTuple):
    """The parts of a compact JWS (§7.1).

    Attributes:
        header: the protected header.
        claims: the payload, read as JSON.
        payload: the same as it stands in the token.
        signing_input: what the signature is over.
        signature: never empty.
    """

    header: Mapping[str, Any]
    claims: dict[str, Any]
    payload: bytes
    signing_input: bytes
    signature: bytes

    def __repr__(self) -> str:
        # Whoever has signing input and signature has the token.
        return f"Jws(header={self.header!r})"


def parse_jws(token: bytes) -> Jws:
    """Take a token apart.

    Raises:
        OpaqueToken: it looks like Logto's opaque tokens.
        MalformedToken: it is no compact JWS whose header and payload are JSON objects (§5.2).
    """
    signing_input, _, signature_segment = token.rpartition(b".")
    header_segment, _, payload_segment = signing_input.partition(b".")
    if not signing_input:
        raise _no_jws(token)
    header, payload = _parse_header(header_segment), _decode(payload_segment)
    claims, signature = _json_object(payload), _decode(signature_segment)
    if header is None or claims is None or payload is None or not signature:
        raise _no_jws(token)
    return Jws(header, claims, payload, signing_input, signature)


def _no_jws(token: bytes) -> InvalidToken:
    """Return the refusal that says what a client most likely sent."""
    word = _WORDS.get(token.strip(_QUOTES).lower())
    if word is not None:
        return MalformedToken(MalformedToken.word, word=word)
    if token != token.strip(_QUOTES):
        return MalformedToken(MalformedToken.quoted)
    if _OPAQUE.fullmatch(token):
        return OpaqueToken()
    return MalformedToken(None if b"." in token else MalformedToken.no_jwt)


@lru_cache(maxsize=32)  # all tokens of one key have the same header
def _parse_header(segment: bytes) -> Mapping[str, Any] | None:
    return _json_object(_decode(segment))


def _decode(segment: bytes) -> bytes | None:
    """Base64url without padding (RFC 7515 §2); None for any spelling but the canonical one."""
    unused = len(segment) % 4
    if unused and segment[-1:] not in _LAST_CHARACTERS[unused]:
        return None
    try:
        padded = segment.translate(_TO_BASE64) + b"=" * (-len(segment) % 4)
        return binascii.a2b_base64(padded, strict_mode=True)
    except binascii.Error:
        return None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("duplicate member")
    return members


def _not_a_number(constant: str) -> float:
    raise ValueError(constant)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError("infinite")
    return number


_WHITE_SPACE = " \t\r\n"  # RFC 8259 §2
_JSON = json.JSONDecoder(
    object_pairs_hook=_members, parse_constant=_not_a_number, parse_float=_finite
)


def _is_too_deep(text: str, value: object) -> bool:
    if text.count("{") + text.count("[") <= _DEEPEST:
        return False
    level: list[Any] = [value]
    # Level by level: recursion is what a deep value breaks.
    for _ in range(_DEEPEST):
        members = [one.values() if isinstance(one, dict) else one for one in level]
        level = [one for one in chain(*members) if isinstance(one, (dict, list))]
    return bool(level)


def _json_object(encoded: bytes | None) -> dict[str, Any] | None:
    """A JSON object in UTF-8: names unique, numbers finite, levels few; None for anything else.

    Nothing is raised, so no exception context holds what a token says.
    """
    try:
        text = (encoded or b"").decode().strip(_WHITE_SPACE)
        value, end = _JSON.raw_decode(text)
        if "\\" in text:
            # An escaped lone surrogate is no character, and no response could carry it.
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    is_object = isinstance(value, dict) and end == len(text)
    return value if is_object and not _is_too_deep(text, value) else None
