"""What a browser shows after a sign-out that leads nowhere else."""

from collections.abc import Mapping
from html import escape

from .messages import Response
from .pages import page
from .sentences import SENTENCES, chosen_language


def signed_out_page(accept_language: str, headers: Mapping[str, str]) -> Response:
    """Return the page, with more headers."""
    language = chosen_language(accept_language)
    say = SENTENCES[language]
    return page(language, say["signed out"], f"<p>{escape(say['close'])}</p>", headers=headers)
