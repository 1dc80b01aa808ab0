"""The view of the metadata: public, the same for every client, and nothing is fetched for it."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import unquote

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import conditional_page

from ..conf import get_settings
from ..responses import CHALLENGE_PARAMETERS
from .challenges import challenge_parameters
from .documents import document, served

_METHODS = "GET, HEAD, OPTIONS"
_FRESH = 3600  # seconds

# Scripts of every site may read it. Browsers that do not know "*" read the names that follow.
_CORS = {"Access-Control-Allow-Origin": "*"}
_PREFLIGHT = {
    "Allow": _METHODS,
    "Access-Control-Allow-Methods": _METHODS,
    "Access-Control-Allow-Headers": "*, Authorization, MCP-Protocol-Version",
    "Access-Control-Max-Age": "86400",
}

View = Callable[..., HttpResponse]


def _public(view: View) -> View:
    @wraps(view)
    def wrapper(request: HttpRequest, rest: str) -> HttpResponse:
        if request.method == "OPTIONS":
            response = HttpResponse(status=204, headers=_PREFLIGHT)
        elif request.method in {"GET", "HEAD"}:
            response = view(request, rest)
        else:
            sentence = f"Only {_METHODS} are answered."
            response = _refusal(405, "method_not_allowed", sentence, {"Allow": _METHODS})
        for name, value in _CORS.items():
            response[name] = value
        return response

    return csrf_exempt(transaction.non_atomic_requests(login_not_required(wrapper)))


def _refusal(
    status: int, code: str, sentence: str, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    return JsonResponse({"error": sentence, "code": code}, status=status, headers=headers)


@_public
@conditional_page
def metadata(request: HttpRequest, rest: str) -> HttpResponse:
    """Return the metadata of the API resource whose address has this path and query."""
    settings = get_settings()
    query = unquote(request.META.get("QUERY_STRING", ""))  # as the path of a request is
    resource = served(settings).get(f"{rest}?{query}" if query else rest)
    if resource is None:
        return _refusal(404, "not_found", "No API resource has its metadata here.")
    headers = {"Cache-Control": f"public, max-age={_FRESH}"}
    return JsonResponse(document(resource, settings), headers=headers)


_described: Any = metadata
setattr(_described, CHALLENGE_PARAMETERS, challenge_parameters)
