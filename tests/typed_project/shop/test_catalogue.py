# shop/test_catalogue.py
from drf_logto.testing import Logto, TokenOptions


def test_a_machine_needs_the_scope(logto: Logto) -> None:
    machine: TokenOptions = {"machine": "app-1", "expires_in": 60}
    response = logto.client(logto.global_token(["write:products"], **machine)).get("/products/")
    assert response.status_code == 403
