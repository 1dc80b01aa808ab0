"""docs/en/how-to/lifetimes.md: what doctor says of a clock, and what LEEWAY does."""

import io
import json
from contextlib import suppress
from email.utils import formatdate
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from drf_logto.exceptions import TokenExpired
from drf_logto.runtime import Environment, get_verifier, override
from drf_logto.testing import Logto
from tests.support.documents import Page
from tests.support.loopback import LoopbackServer, http

PAGE = Page("how-to/lifetimes.md")
(SKEW,) = PAGE.take("Clocks", language="text")
(LEEWAY,) = PAGE.take("LEEWAY", file="settings.py")
NOW = 1_800_000_000


def test_doctor_names_the_difference_of_the_clocks(settings: Any, server: LoopbackServer) -> None:
    settings.LOGTO = {**settings.LOGTO, "ENDPOINT": server.address}
    tenant = Logto(server.address)
    server.serve_logto(tenant)
    body = json.dumps(tenant.metadata)
    answer = http(body, Date=formatdate(NOW, usegmt=True))
    server.answers["/oidc/.well-known/openid-configuration"] = answer
    said = io.StringIO()
    with override(Environment(now=lambda: NOW + 20.5)), suppress(CommandError):
        call_command("logto", "doctor", stdout=said)
    assert SKEW.code in said.getvalue(), said.getvalue()


@pytest.mark.parametrize(("late", "is_accepted"), [(9, True), (11, False)])
def test_a_token_is_accepted_for_the_leeway(
    settings: Any, logto: Logto, late: int, is_accepted: bool
) -> None:
    found = {"LOGTO": dict(settings.LOGTO)}
    exec(LEEWAY.code, found)
    settings.LOGTO = found["LOGTO"]
    token = logto.global_token(expires_in=-late)
    if is_accepted:
        get_verifier().verify(token)
    else:
        with pytest.raises(TokenExpired):
            get_verifier().verify(token)
