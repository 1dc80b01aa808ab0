"""The frame of every page: one column of plain HTML, without scripts."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from http import HTTPStatus

from .messages import Response

_STYLE = """
:root { color-scheme: light dark; --line: #8a8f98; --soft: #565b64; --accent: #5d34f2; }
@media (prefers-color-scheme: dark) { :root { --soft: #b4b9c2; --accent: #b9a6ff; } }
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 30rem; margin: 0 auto; padding: 2.5rem 1.25rem; }
h1 { margin: 0 0 .5rem; font-size: 1.6rem; line-height: 1.25; }
:lang(ko) { word-break: keep-all; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
ul { list-style: none; margin: 1.5rem 0; padding: 0; display: grid; gap: .75rem; }
button { width: 100%; padding: .85rem 1rem; border: 1px solid var(--line); border-radius: .6rem;
  background: Canvas; color: CanvasText; font: inherit; text-align: start; cursor: pointer; }
button:hover { border-color: var(--accent); }
button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
b, small { display: block; }
small { font-size: .92rem; color: var(--soft); }
footer { border-top: 1px solid var(--line); padding-top: 1rem; font-size: .92rem;
  color: var(--soft); }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Language",
}


def page(
    language: str,
    title: str,
    content: str,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a page.

    Args:
        language: of its text, as HTML names it.
        title: its heading, as text.
        content: what follows the heading, as HTML.
        status: of the answer.
        headers: more headers.
    """
    body = (
        f'<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n"
        f"<main>\n<h1>{escape(title)}</h1>\n{content}\n</main>\n</html>\n"
    )
    return Response(
        status=status,
        content_type="text/html; charset=utf-8",
        body=body,
        headers={**_HEADERS, **(headers or {})},
    )
