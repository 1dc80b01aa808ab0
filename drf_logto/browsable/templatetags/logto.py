"""``logto_panel``: what the page says of the sign-in."""

from typing import Any

from django import template

from ..panel import Panel, panel

register = template.Library()

_PANEL = "_logto_panel"


@register.simple_tag(takes_context=True)
def logto_panel(context: Any) -> Panel | None:
    """Return the panel of the page, the same one wherever the page asks."""
    request = context["request"]
    if not hasattr(request, _PANEL):
        setattr(request, _PANEL, panel(context["view"], request, context["response"]))
    found: Panel | None = getattr(request, _PANEL)
    return found
