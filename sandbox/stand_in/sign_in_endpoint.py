"""The sign-in page's address: it shows who there is, and takes the choice."""

import secrets

from ..tenant import PEOPLE
from .authorization_endpoint import SESSION_COOKIE, SIGN_IN_PATH, code_response
from .messages import Request, Response
from .provider import Provider, remember
from .records import Session, SignIn
from .refusals import invalid_request
from .sign_in_page import sign_in_page

_SESSION_LIFETIME = 14 * 24 * 3600


def show_people(provider: Provider, request: Request) -> Response:
    """Answer with the page.

    Raises:
        Refused: nobody waits for this sign-in, or no more.
    """
    sign_in = _sign_in(provider, request)
    return sign_in_page(sign_in.request.application, request.header("Accept-Language"))


def sign_in(provider: Provider, request: Request) -> Response:
    """Start a session for the person of the form, and go on with the authorization request.

    The browser's session of before is over; what applications got from it stays good.

    Raises:
        Refused: nobody waits for this sign-in, or there is no such person.
    """
    wanted = _sign_in(provider, request).request
    person = PEOPLE.get(request.parameters().get("person") or "")
    if person is None:
        raise invalid_request("there is no such person")
    now = provider.logto.now()
    session = Session(
        id=secrets.token_urlsafe(32),
        person=person,
        auth_time=int(now),
        expires_at=now + _SESSION_LIFETIME,
    )
    provider.sign_ins.pop(_uid(request))
    provider.sessions.pop(request.cookie(SESSION_COOKIE), None)
    value = remember(provider.sessions, session)
    cookie = (
        f"{SESSION_COOKIE}={value}; Path=/; Max-Age={_SESSION_LIFETIME}; HttpOnly; SameSite=Lax"
    )
    return code_response(provider, wanted, session, {"Set-Cookie": cookie})


def _uid(request: Request) -> str:
    return request.path.removeprefix(SIGN_IN_PATH)


def _sign_in(provider: Provider, request: Request) -> SignIn:
    sign_in = provider.sign_ins.get(_uid(request))
    if sign_in is None:
        raise invalid_request("this sign-in is over; start again in the application")
    return sign_in
