"""Validation of an authorization request (RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 8707 §2)."""

import re

from ..tenant import APPLICATIONS, Application
from .parameters import Parameters
from .records import AuthorizationRequest
from .redirect_uris import is_redirect_uri
from .refusals import Refused, invalid_request, invalid_target
from .user_tokens import ORGANIZATIONS_RESOURCE

_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_PROMPTS = frozenset({"none", "login", "consent"})


def verified_client(parameters: Parameters) -> tuple[Application, str]:
    """Return the application and its redirect URI; until then nothing may be redirected.

    Raises:
        Refused: there is no such application, or the redirect URI is not one of its own.
    """
    application = APPLICATIONS.get(parameters.require("client_id"))
    if application is None:
        raise Refused("invalid_client", "client is invalid")
    redirect_uri = parameters.require("redirect_uri")
    if not is_redirect_uri(application, redirect_uri):
        raise Refused(
            "invalid_redirect_uri",
            "redirect_uri did not match any of the client's registered redirect_uris",
        )
    return application, redirect_uri


def validated_request(
    application: Application, redirect_uri: str, parameters: Parameters, api_resource: str
) -> AuthorizationRequest:
    """Return the request.

    Raises:
        Refused: a parameter is missing or wrong; the client is told at its redirect URI.
    """
    parameters.refuse_repeated()
    _validate_response_type(parameters)
    prompts = _prompts(parameters)
    resources = parameters.resources()
    challenge = _code_challenge(parameters)
    if not {api_resource, ORGANIZATIONS_RESOURCE}.issuperset(resources):
        raise invalid_target()
    return AuthorizationRequest(
        application=application,
        redirect_uri=redirect_uri,
        scopes=parameters.words("scope"),
        resources=resources,
        prompts=prompts,
        code_challenge=challenge,
        state=parameters.get("state"),
        nonce=parameters.get("nonce"),
    )


def _validate_response_type(parameters: Parameters) -> None:
    if parameters.require("response_type") != "code":
        raise Refused("unsupported_response_type", "unsupported response_type requested")
    if parameters.get("response_mode") not in (None, "query"):
        raise Refused("unsupported_response_mode", "unsupported response_mode requested")


def _prompts(parameters: Parameters) -> frozenset[str]:
    prompts = frozenset(parameters.words("prompt"))
    if not prompts <= _PROMPTS:
        raise invalid_request("unsupported prompt value requested")
    if "none" in prompts and len(prompts) > 1:
        raise invalid_request("prompt none must only be used alone")
    return prompts


def _code_challenge(parameters: Parameters) -> str:
    """Return the challenge. Logto requires one of public clients, the stand-in of every client."""
    challenge = parameters.get("code_challenge")
    if challenge is None:
        raise invalid_request(
            "Authorization Server policy requires PKCE to be used for this request"
        )
    if parameters.get("code_challenge_method") != "S256":
        raise invalid_request("not supported value of code_challenge_method")
    if not _CHALLENGE.fullmatch(challenge):
        raise invalid_request("code_challenge must be a string of 43 to 128 characters")
    return challenge
