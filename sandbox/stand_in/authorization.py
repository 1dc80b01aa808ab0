"""Authlib's authorization server, which answers and refuses as Logto does."""

import json
import logging
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from authlib.integrations.django_oauth2.requests import DjangoOAuth2Request
from authlib.oauth2 import rfc6749
from django.http import HttpResponse

from ..tenant import Client
from .grants import (
    AuthorizationCodeGrant,
    ClientCredentialsGrant,
    CodeChallenge,
    RefreshTokenGrant,
    RevocationEndpoint,
    do_nothing,
)
from .provider import Provider
from .tokens import refused

logging.getLogger("authlib").setLevel(logging.INFO)  # at DEBUG, it logs the tokens that it issues


_IN_WORDS_OF_LOGTO = {
    "invalid_grant": {"error_description": "grant request is invalid"},  # and not why
    "unauthorized_client": {
        "error": "invalid_request",
        "error_description": "requested grant type is not allowed for this client",
    },
}


class AuthorizationServer(rfc6749.AuthorizationServer):
    """The authorization, token and revocation endpoints."""

    def __init__(self, provider: Provider) -> None:
        super().__init__()
        self.provider = provider
        self.register_grant(AuthorizationCodeGrant, [CodeChallenge()])
        self.register_grant(RefreshTokenGrant)
        self.register_grant(ClientCredentialsGrant)
        self.register_endpoint(RevocationEndpoint)

    def query_client(self, client_id: str) -> Client:
        if client_id not in self.provider.clients:
            raise refused("invalid_client", "client is invalid")
        return self.provider.clients[client_id]

    create_oauth2_request = staticmethod(DjangoOAuth2Request)
    save_token = send_signal = do_nothing

    def handle_response(
        self, status: int, body: Any, headers: Iterable[tuple[str, str]]
    ) -> HttpResponse:
        fields = dict(headers)
        if "Location" in fields:  # the answer to an authorization request names the issuer
            return redirect(fields["Location"], {"iss": self.provider.logto.issuer})
        if "error" in body:
            body |= _IN_WORDS_OF_LOGTO.get(body["error"], {})
            body["code"] = f"oidc.{body['error']}"
        if status == 401:  # Authlib has its own challenge for a client
            fields.setdefault("WWW-Authenticate", f'Bearer error="{body["error"]}"')
        content = json.dumps(body) if body else ""
        return HttpResponse(content, status=status, headers=fields)


def redirect(uri: str, parameters: dict[str, str]) -> HttpResponse:
    """Send the browser to ``uri``, with more parameters in its query."""
    if parameters:
        uri += ("&" if "?" in uri else "?") + urlencode(parameters)
    return HttpResponse(status=303, headers={"Location": uri})
