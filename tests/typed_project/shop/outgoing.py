"""Calls of another API as a machine, with HTTPX and Requests."""

from typing import assert_type

import httpx
import requests

from drf_logto.outgoing import (
    MachineTokenRefused,
    amachine_token,
    drop_machine_token,
    machine_token,
)
from drf_logto.outgoing.httpx import HttpxAuth
from drf_logto.outgoing.requests import RequestsAuth

ORDERS = "https://orders.example.com"


def call() -> int:
    try:
        token = machine_token(resource=ORDERS, organization="org-1", scopes=["read:orders"])
    except MachineTokenRefused as refused:
        assert_type(refused.code, str)
        raise
    assert_type(token, str)
    assert_type(drop_machine_token(token), bool)
    with httpx.Client(auth=HttpxAuth(resource=ORDERS, scopes="read:orders")) as client:
        client.get(ORDERS)
    auth = RequestsAuth(organization="org-1", origin=ORDERS)
    return requests.get(ORDERS, auth=auth, timeout=10).status_code


async def acall() -> None:
    assert_type(await amachine_token(resource=ORDERS), str)
    async with httpx.AsyncClient() as client:
        await client.get(ORDERS, auth=HttpxAuth(resource=ORDERS))


def mistaken() -> None:
    machine_token(ORDERS)  # type: ignore[call-arg]
    machine_token(resource=ORDERS, scope="read:orders")  # type: ignore[call-arg]
    HttpxAuth(resource=7)  # type: ignore[arg-type]
    RequestsAuth(ORDERS)  # type: ignore[call-arg]
