"""What a reader sees of a refusal that no application may be told."""

from html import escape

from .messages import Response
from .pages import page
from .refusals import Refused
from .sentences import SENTENCES, chosen_language


def refusal_page(refused: Refused, accept_language: str) -> Response:
    """Return the page: a sentence, and the error for whoever wrote the application."""
    language = chosen_language(accept_language)
    say = SENTENCES[language]
    content = (
        f"<p>{escape(say['told'])}</p>\n"
        f'<p lang="en"><code>{escape(refused.error)}</code>: {escape(refused.description)}</p>'
    )
    return page(language, say["refused"], content, status=refused.status)
