"""The compared ways to verify an access token."""

from collections.abc import Callable
from typing import Any, cast

import jwt
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from .server import Server
from .tenant import API_RESOURCE, ISSUER, Tenant

Verify = Callable[[str], object]


def drf_logto(tenant: Tenant, server: Server) -> Verify:
    """What a request pays for: ``LogtoJWTAuthentication().authenticate(request)``."""
    # Its modules read Django's settings when they are imported.
    from django.test import RequestFactory  # noqa: PLC0415
    from rest_framework.request import Request  # noqa: PLC0415

    from drf_logto.authentication import LogtoJWTAuthentication  # noqa: PLC0415

    request = Request(RequestFactory().get("/"))
    meta = request.META

    def authenticate(token: str) -> object:
        meta["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return LogtoJWTAuthentication().authenticate(request)

    return authenticate


def knowing(revocations: int | None, tenant: Tenant, server: Server) -> Verify:
    """The same where so many revocations are known, or without ``drf_logto.revocation``.

    It has a verifier of its own, so that several can take turns in one process.
    """
    # Its modules read Django's settings when they are imported.
    from django.test import RequestFactory  # noqa: PLC0415
    from rest_framework.request import Request  # noqa: PLC0415

    from drf_logto.authentication import (  # noqa: PLC0415
        LogtoJWTAuthentication,
        authenticate_with,
    )

    from .revocations import verifier  # noqa: PLC0415

    request = Request(RequestFactory().get("/"))
    meta, verify = request.META, verifier(revocations).verify
    view: Any = None

    def authenticate(token: str) -> object:
        meta["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return authenticate_with(verify, LogtoJWTAuthentication(), request, view)

    return authenticate


def logtos_guide(tenant: Tenant, server: Server) -> Verify:
    """PyJWT as Logto's guide for Python uses it."""
    client = jwt.PyJWKClient(server.jwks_uri)

    def verify(token: str) -> object:
        key = client.get_signing_key_from_jwt(token).key
        return jwt.decode(
            token, key, algorithms=[tenant.algorithm], audience=API_RESOURCE, issuer=ISSUER
        )

    return verify


def simplejwt(tenant: Tenant, server: Server) -> Verify:
    """djangorestframework-simplejwt, below HTTP, with its ``JWK_URL``."""
    # Its modules read Django's settings when they are imported.
    from rest_framework_simplejwt.backends import TokenBackend  # noqa: PLC0415

    backend = TokenBackend(
        tenant.algorithm, audience=API_RESOURCE, issuer=ISSUER, jwk_url=server.jwks_uri
    )
    decode: Any = backend.decode  # annotated for its own Token, and meant for a str
    return cast("Verify", decode)


def joserfc(tenant: Tenant, server: Server) -> Verify:
    """Joserfc with a key set at hand."""
    keys = KeySet.import_key_set({"keys": tenant.jwks["keys"]})
    claims = JWTClaimsRegistry(
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": API_RESOURCE},
        exp={"essential": True},
    )

    def verify(token: str) -> object:
        decoded = joserfc_jwt.decode(token, keys, algorithms=[tenant.algorithm])
        claims.validate(decoded.claims)
        return decoded

    return verify
