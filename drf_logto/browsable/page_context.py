"""Which context a page was made in, as the requests that are made from it say."""

from typing import Any
from urllib.parse import unquote

from rest_framework.request import is_form_media_type

FIELD = "drf_logto_context"
"""The hidden field of the page's forms that has the id of its context."""

HEADER = "X-Logto-Context"
"""The header that has it, percent-encoded, where a script sends the form."""


def page_context(request: Any) -> str | None:
    """Return the id of the context of the page that a request comes from, None if none is named."""
    header = request.headers.get(HEADER)
    if header is not None:
        return unquote(header)
    if not is_form_media_type(request.META.get("CONTENT_TYPE", "")):
        return None  # without reading the body, which may be one that the view refuses
    named: str | None = request.POST.get(FIELD)
    return named
