"""Tokens without a request."""

from typing import assert_type

from drf_logto import averify, verify
from drf_logto.auth_info import AuthInfo


async def verified(token: str) -> tuple[AuthInfo, AuthInfo]:
    assert_type(verify(token), AuthInfo)
    assert_type(await averify(token), AuthInfo)
    return verify(token), await averify(token)


async def mistaken(token: bytes | None) -> None:
    verify(token)  # type: ignore[arg-type]
    await averify(token)  # type: ignore[arg-type]
    str(averify("a token").sub)  # type: ignore[attr-defined]
