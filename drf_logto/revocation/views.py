"""The views that Logto sends to: webhook deliveries and logout tokens."""

import hmac
import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import parse_qs

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from ..conf import get_settings
from ..exceptions import AuthorizationServerUnavailable
from ..shared_cache import CacheUnavailable
from ..telemetry import logger
from .events import NotUnderstood, revoke_for
from .logout_tokens import InvalidLogoutToken, sign_out

_MAX_DELIVERY = 2**21  # bytes; one with 5,000 ids has 120,000
_MAX_FORM = 2**16  # bytes; anyone may send one, and decoding takes far more memory than it has
_MAX_FIELDS = 20
_FORM = "application/x-www-form-urlencoded"

View = Callable[[HttpRequest], HttpResponse]


class _Refused(Exception):
    """Nothing is revoked; status, code and sentence of the answer."""


def _receiver(view: View) -> View:
    """Decorate a view of bodies that are signed: open to all, and every answer is short JSON."""

    @wraps(view)
    def wrapper(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except _Refused as refused:
            status, code, sentence = refused.args
        except CacheUnavailable:
            status, code = 503, "revocations_unavailable"
            sentence = "It holds in one process, which writes it as soon as the cache responds."
        except AuthorizationServerUnavailable as error:
            status, code, sentence = 503, error.code, str(error)
            logger.info("Nothing is revoked: a logout token cannot be verified.")
        except ImproperlyConfigured as error:
            status, code, sentence = 500, "improperly_configured", "See the log of the API."
            logger.error("Nothing is revoked: %s", str(error))
        return _answer(status, code, sentence)

    # A rollback of the request's transaction must not take back a revocation.
    return csrf_exempt(never_cache(transaction.non_atomic_requests(login_not_required(wrapper))))


def _answer(status: int, code: str, sentence: str) -> HttpResponse:
    """Return a refusal in the form of plain views."""
    response = JsonResponse({"error": sentence, "code": code}, status=status)
    if status == 405:  # noqa: PLR2004 - RFC 9110 §15.5.6
        response["Allow"] = "POST"
    return response


def _body(request: HttpRequest, longest: int) -> bytes:
    """Return the body of a POST request; no more is read than ``longest`` allows."""
    if request.method != "POST":
        raise _Refused(405, "method_not_allowed", "Only POST is answered.")
    too_long = _Refused(413, "too_long", f"The body has more than {longest} bytes.")
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length[:20]) > longest:
        raise too_long
    try:
        body = request.read(longest + 1)
    except (UnreadablePostError, ConnectionError):
        raise _not_understood("the body ended early") from None
    if len(body) > longest:
        raise too_long
    return body


def _not_understood(reason: object) -> _Refused:
    return _Refused(400, "not_understood", f"The body is not understood: {reason}.")


@_receiver
def webhook(request: HttpRequest) -> HttpResponse:
    """Revoke what an event of Logto takes away."""
    body = _body(request, _MAX_DELIVERY)
    _require_signature(body, request.META.get("HTTP_LOGTO_SIGNATURE_SHA_256", ""))
    try:
        event: Any = json.loads(body)
        revoke_for(event)
    except (ValueError, RecursionError, NotUnderstood) as error:
        reason = error if isinstance(error, NotUnderstood) else "it is no JSON"
        logger.warning("Logto sent what is not understood, and nothing is revoked: %s.", reason)
        raise _not_understood(reason) from None
    return HttpResponse(status=204)


@_receiver
def backchannel_logout(request: HttpRequest) -> HttpResponse:
    """End what a sign-out at Logto ends (OpenID Connect Back-Channel Logout 1.0 §2.5 to §2.8)."""
    try:
        sign_out(_logout_token(request))
    except InvalidLogoutToken as error:
        reason = str(error)
    else:
        return HttpResponse()
    logger.info("Refused: a logout token: %s.", reason)
    sentence = f"The logout token is not valid: {reason}."
    return JsonResponse({"error": "invalid_request", "error_description": sentence}, status=400)


def _logout_token(request: HttpRequest) -> str:
    body = _body(request, _MAX_FORM)
    try:
        form = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        form = {}
    tokens = form.get("logout_token", [])
    if request.content_type != _FORM or len(tokens) != 1:
        raise InvalidLogoutToken(f"the body is no {_FORM} with one logout_token")
    return tokens[0]


def _require_signature(body: bytes, signature: str) -> None:
    """Refuse a body that no signing key has signed, in a time that does not depend on the keys."""
    given = signature.encode()
    expected = (
        hmac.new(key.encode(), body, "sha256").hexdigest().encode()
        for key in get_settings().webhook_signing_keys
    )
    if not any([hmac.compare_digest(given, one) for one in expected]):  # noqa: C419 - compares all
        logger.info("Refused: a webhook that no key of WEBHOOK_SIGNING_KEYS has signed.")
        raise _Refused(401, "invalid_signature", "No signing key of this API made the signature.")
