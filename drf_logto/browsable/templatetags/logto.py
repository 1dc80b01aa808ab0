"""Template tags of the browsable API's page."""

from typing import Any

from django import template
from django.utils.html import format_html

from ..contexts import Context
from ..page_context import FIELD
from ..panel import Panel, panel

register = template.Library()

_PANEL = "_logto_panel"


@register.simple_tag(takes_context=True)
def logto_panel(context: Any) -> Panel | None:
    """Return the panel of the page, which is computed once for each request."""
    request = context["request"]
    if not hasattr(request, _PANEL):
        setattr(request, _PANEL, panel(context["view"], request, context["response"]))
    found: Panel | None = getattr(request, _PANEL)
    return found


@register.simple_tag
def logto_form(chosen: Context, form: str = "") -> str:
    """Return the content of a form, with a hidden field that names the context of the page."""
    return format_html('<input type="hidden" name="{}" value="{}">{}', FIELD, chosen.id, form)
