"""Which context a page was made in, as the requests that are made from it say."""

from typing import Any
from urllib.parse import unquote

from django.conf import settings
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
    # A browser that was given a form has one of these cookies. Any other body stays unread: the
    # view may refuse its type or want it as it is.
    cookies = (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME)
    is_of_a_browser = not request.COOKIES.keys().isdisjoint(cookies)
    if not is_of_a_browser or not is_form_media_type(request.META.get("CONTENT_TYPE", "")):
        return None
    named: str | None = request.POST.get(FIELD)
    return named
