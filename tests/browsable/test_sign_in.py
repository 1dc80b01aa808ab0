"""Signing in: authorization code with PKCE, state and nonce, at Logto and back."""

from tests.browsable.browser import Browser


def test_a_person_signs_in_and_comes_back(browser: Browser) -> None:
    response = browser.sign_in("ada", "/products/?page=1")
    assert (response.status_code, response["Location"]) == (302, "/products/?page=1")
    response = browser.get("/products/")
    assert response.status_code == 200
