"""Recognizes what somebody took for an access token."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from ..auth_info import RESERVED_AUDIENCE
from ..conf import get_settings
from ..exceptions import OpaqueToken, TokenTooLong, gettext_noop
from ..verification.examination import Examination

_MANAGEMENT_API = re.compile(r"https://[a-z0-9-]+\.logto\.app/api")


@dataclass(frozen=True, slots=True)
class Credential:
    """What a text is.

    Attributes:
        name: for programs.
        description: one sentence.
        remedy: what to send instead, "" for an access token.
    """

    name: str
    description: str
    remedy: str = ""

    def translated(self) -> "Credential":
        """Return it in the language of the request."""
        remedy = gettext(self.remedy) if self.remedy else ""
        return Credential(self.name, gettext(self.description), remedy)


_SEND_ACCESS_TOKEN = gettext_noop("Send the access token.")
_REQUEST_RESOURCE = gettext_noop(
    "Request the token with resource set to the resource indicator of this API."
)
_ACCESS_TOKEN = Credential("access token", gettext_noop("This is an access token."))
_ID_TOKEN = Credential(
    "ID token",
    gettext_noop("This is an ID token. It tells the application who has signed in."),
    _SEND_ACCESS_TOKEN,
)
_LOGOUT_TOKEN = Credential(
    "logout token",
    gettext_noop("This is a logout token. Logto sends it to the back-channel logout address."),
    _SEND_ACCESS_TOKEN,
)
_JWT = Credential(
    "JWT",
    gettext_noop("This is a JWT, but not an access token of Logto."),
    _SEND_ACCESS_TOKEN,
)
_OPAQUE = Credential(
    "opaque token",
    gettext_noop(
        "This is an opaque token of Logto. It is valid only for Logto's userinfo endpoint."
    ),
    _REQUEST_RESOURCE,
)
_NOTHING = Credential(
    "no token",
    gettext_noop("This is not a token of Logto."),
    gettext_noop("Send the token exactly as Logto returned it. If there is none, get one first."),
)
_TOO_LONG = Credential(
    "text that is too long",
    gettext_noop("This is longer than any access token that this API reads."),
    gettext_noop("Check whether a custom claim has become too long."),
)
_OF_ANOTHER_ISSUER = Credential(
    "access token of another issuer",
    gettext_noop("This is an access token of another tenant, or of another address of the tenant."),
    gettext_noop(
        "Compare ENDPOINT with the token's iss: scheme, host and port must be the same. If the "
        "tenant has a custom domain, list both domains."
    ),
)
_OF_MANAGEMENT_API = Credential(
    "Management API token",
    gettext_noop("This is an access token for Logto's Management API."),
    _REQUEST_RESOURCE,
)
_FOR_ORGANIZATIONS = Credential(
    "token for the reserved resource",
    gettext_noop(
        "This is an access token for urn:logto:resource:organizations. Logto gives it to any "
        "client, so it is never accepted."
    ),
    gettext_noop("Request the token with organization_id."),
)
_FOR_ANOTHER_API = Credential(
    "access token for another API resource",
    gettext_noop("This is an access token for another API resource."),
    _REQUEST_RESOURCE,
)
CREDENTIALS = (
    *(_ACCESS_TOKEN, _ID_TOKEN, _LOGOUT_TOKEN, _JWT, _OPAQUE, _NOTHING, _TOO_LONG),
    *(_OF_ANOTHER_ISSUER, _OF_MANAGEMENT_API, _FOR_ORGANIZATIONS, _FOR_ANOTHER_API),
)
"""All that are recognized."""


_WITHOUT_A_JWT: dict[type, Credential] = {OpaqueToken: _OPAQUE, TokenTooLong: _TOO_LONG}


def recognize(examination: Examination) -> Credential:
    """Return what an examined text is, in the language of the request."""
    return _recognized(examination).translated()


def _recognized(examination: Examination) -> Credential:
    if examination.jws is None:
        return _WITHOUT_A_JWT.get(type(examination.refusal), _NOTHING)
    broken = {one.rule for one in examination.findings if one.refusal is not None}
    claims = examination.jws.claims
    if "type" in broken:
        return _of_other_type(str(examination.jws.header.get("typ")).lower(), claims)
    if "issuer" in broken:
        return _OF_ANOTHER_ISSUER
    if "API resource" in broken:
        return _for_other_audience(claims["aud"])
    return _ACCESS_TOKEN


def _of_other_type(typ: str, claims: Mapping[str, Any]) -> Credential:
    if typ.removeprefix("application/") == "logout+jwt":
        return _LOGOUT_TOKEN
    # Of Logto's tokens for an application, which alone have no client_id (OpenID Connect Core §2).
    is_for_application = isinstance(claims.get("aud"), str) and "client_id" not in claims
    return _ID_TOKEN if is_for_application else _JWT


def _for_other_audience(audience: str | list[str]) -> Credential:
    audiences = audience if isinstance(audience, list) else [audience]
    if RESERVED_AUDIENCE in audiences:
        return _FOR_ORGANIZATIONS
    own = get_settings().management_api_resource
    if any(one == own or _MANAGEMENT_API.fullmatch(one) for one in audiences):
        return _OF_MANAGEMENT_API
    return _FOR_ANOTHER_API
