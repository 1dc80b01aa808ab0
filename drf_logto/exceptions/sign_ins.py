"""A request of a signed-in browser that was meant for another token."""

from .base import WrongToken, gettext_noop


class ContextLost(WrongToken):
    """Logto gives a signed-in browser no token for what it had chosen any more.

    Requests that would change something are refused until the person chooses a token: they were
    meant for the other one.
    """

    code = "context_lost"
    message = gettext_noop(
        "Logto gives no token for what you had chosen any more. Until you choose a token, requests "
        "that change something are refused."
    )


class ContextChanged(ContextLost):
    """The page that a signed-in browser makes a request from was made with another token."""

    message = gettext_noop(
        "This request comes from a page that was made with a different token from the one now "
        "chosen. Nothing was changed: open the page again."
    )


class SignInEnded(ContextLost):
    """The sign-in of the page that a browser makes a request from has ended."""

    message = gettext_noop(
        "The sign-in of the page that this request comes from has ended. Nothing was changed: log "
        "in and open the page again."
    )
