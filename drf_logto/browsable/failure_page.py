"""The page of a failure, and its log line."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from ..telemetry import logger
from .exceptions import BrowserError
from .meanings import OTHER


def failure_page(
    request: HttpRequest,
    failure: BrowserError,
    template: str = "drf_logto/failure.html",
    **context: object,
) -> HttpResponse:
    """Log a failure, and return its page, all of whose sentences are those of this package.

    Args:
        request: the request that failed.
        failure: why.
        template: of the page.
        context: what the template needs besides; ``login_url`` is that of the browsable API.
    """
    sentence, remedy, logged = failure.message, "", ""
    if failure.meaning is not None:
        if failure.meaning is not OTHER:  # whose remedy is the log itself
            logged = f" {failure.meaning.remedy}"
        if settings.DEBUG:
            sentence, remedy = failure.meaning
    if failure.reason is not None:
        logger.warning("The sign-in failed: %s.%s", failure.reason, logged)
    context = {
        **context,
        "heading": gettext(failure.heading),
        "sentence": gettext(sentence),
        "remedy": gettext(remedy),
        "next": failure.next_path,
        "login_url": context.get("login_url") or reverse("rest_framework:login"),
    }
    response = render(request, template, context, status=failure.status)
    if failure.retry_after:
        response["Retry-After"] = str(failure.retry_after)
    return response
