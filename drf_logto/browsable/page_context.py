"""The context that a page was made in, as the requests from that page name it."""

from typing import Any
from urllib.parse import unquote

from django.conf import settings
from rest_framework.request import is_form_media_type

FIELD = "drf_logto_context"  # the hidden field of the page's forms
_HEADER = "X-Logto-Context"  # percent-encoded, for forms that a script sends


def page_context(request: Any) -> str | None:
    """Return the id of the context of the page that a request comes from, None if not named."""
    header = request.headers.get(_HEADER)
    if header is not None:
        return unquote(header)
    # Only a browser that was given a form has a CSRF cookie. Other bodies stay unread: the view may
    # refuse their type or want them as they are. A session, and its CSRF token, may have ended.
    is_of_browser = settings.CSRF_USE_SESSIONS or settings.CSRF_COOKIE_NAME in request.COOKIES
    if not is_of_browser or not is_form_media_type(request.META.get("CONTENT_TYPE", "")):
        return None
    named: str | None = request.POST.get(FIELD)
    return named
