"""The sign-in page: a button for each person."""

from html import escape

from ..tenant import PEOPLE, Application
from .messages import Response
from .pages import page
from .sentences import SENTENCES, chosen_language


def sign_in_page(application: Application, accept_language: str) -> Response:
    """Return the page; its form goes to the page's own address."""
    language = chosen_language(accept_language)
    say = SENTENCES[language]
    buttons = "\n".join(
        f'<li><button name="person" value="{escape(person.id)}">'
        f"<b>{escape(person.name)}</b><small>{escape(say[person.id])}</small></button></li>"
        for person in PEOPLE.values()
    )
    content = (
        f"<p>{escape(say['choose'].format(application=application.name))}</p>\n"
        f'<form method="post">\n<ul>\n{buttons}\n</ul>\n</form>\n'
        f"<footer>{escape(say['machines'])}</footer>"
    )
    return page(language, say["sign in"], content)
