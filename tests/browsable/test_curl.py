"""Copy as curl: a command for a POSIX shell, with the access token."""

import json
import os
import select
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from rest_framework.parsers import BaseParser, FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from drf_logto import browsable
from drf_logto.browsable.curl import FORM, UnprintableCommand, curl_command, request_body
from sandbox.stand_in.server import StandIn
from tests.browsable.browser import HTML, Browser, hidden, page
from tests.support.fake_logto import FakeLogto
from tests.support.loopback import document, http
from tests.support.sign_ins import LIFETIME, signed_in

SCRIPT = Path(browsable.__file__).parent / "static/drf_logto/copy_as_curl.js"


def copied(browser: Browser, **form: str) -> Any:
    browser.get("/open/")
    return browser.post("/auth/curl/", {"method": "GET", "path": "/products/", **form})


def test_the_command_makes_the_same_request(browser: Browser) -> None:
    browser.sign_in()
    response = copied(browser, path="/products/?a=1&b=it's")
    words = shlex.split(response.json()["command"])
    assert words[:4] == ["curl", "-i", "--globoff", "http://127.0.0.1:8000/products/?a=1&b=it's"]
    headers = dict(word.split(": ") for word in words if ": " in word)
    assert headers["Accept"] == "application/json"
    authorization = {"authorization": headers["Authorization"]}
    other = Browser()
    assert other.client.get("/products/", headers=authorization).json() == {"for": "ada"}
    assert response["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"


def test_a_command_has_the_method_and_the_body() -> None:
    line = curl_command("PATCH", "https://api.test/1/", "token", '{"name": "it\'s $HOME"}')
    assert shlex.split(line) == [
        "curl",
        "-i",
        "--globoff",
        "https://api.test/1/",
        "-H",
        "Authorization: Bearer token",
        "-H",
        "Accept: application/json",
        "-X",
        "PATCH",
        "-H",
        "Content-Type: application/json",
        "--data-raw",
        '{"name": "it\'s $HOME"}',
    ]


def test_a_command_sends_a_form_as_a_form() -> None:
    line = curl_command("POST", "https://api.test/", "token", "a=1&a=it%27s&b=&c=%40x", FORM)
    assert shlex.split(line)[-4:] == [
        "-H",
        "Content-Type: application/x-www-form-urlencoded",
        "--data-raw",
        "a=1&a=it%27s&b=&c=%40x",
    ]


def test_the_page_has_the_json_that_was_sent(browser: Browser) -> None:
    browser.sign_in()
    browser.get("/products/")
    headers = {**HTML, "x-csrftoken": browser.client.cookies["csrftoken"].value}
    response = browser.client.post(
        "/products/", {"name": 'a "chair"'}, "application/json", headers=headers
    )
    form = {name: hidden(response, name) for name in ("method", "body", "body_type")}
    assert form == {"method": "POST", "body": '{"name": "a \\"chair\\""}', "body_type": ""}


def test_the_page_has_the_form_that_was_sent_without_its_own_fields(
    browser: Browser,
) -> None:
    browser.sign_in()
    own = {"drf_logto_context": hidden(browser.get("/products/"), "drf_logto_context")}
    response = browser.post("/products/", {**own, "name": ["a chair", "it's"], "size": ""})
    form = {name: hidden(response, name) for name in ("method", "body", "body_type")}
    assert form == {"method": "POST", "body": "name=a+chair&name=it%27s&size=", "body_type": FORM}
    words = shlex.split(copied(browser, **form).json()["command"])
    assert words[-2:] == ["--data-raw", "name=a+chair&name=it%27s&size="]


class Material(BaseParser):
    media_type = "*/*"

    def parse(self, stream: Any, *args: Any, **kwargs: Any) -> dict[str, bytes]:
        return {"of": stream.read()}


def test_a_body_that_is_no_json_is_left_out() -> None:
    request = APIRequestFactory().generic("POST", "/", "wood", "text/x-wood")
    assert request_body(Request(request, parsers=[Material()])) == ("", "")


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_the_body_of_a_method_without_a_body_is_left_out(method: str) -> None:
    request = APIRequestFactory().generic(method, "/", '{"a": 1}', "application/json")
    assert request_body(Request(request, parsers=[JSONParser()])) == ("", "")


def test_a_form_is_left_out_for_a_view_without_a_form_parser() -> None:
    request = APIRequestFactory().post("/", {"name": "chair"})
    assert request_body(Request(request, parsers=[MultiPartParser()])) == ("", "")
    both = [MultiPartParser(), FormParser()]
    assert request_body(Request(request, parsers=both)) == ("name=chair", FORM)


@pytest.mark.parametrize("path", ["/products/", "/open-to-forms/"])
def test_a_body_without_a_csrf_token_is_left_out(browser: Browser, path: str) -> None:
    browser.sign_in()
    browser.get("/products/")
    response = browser.client.post(path, {"name": "chair"}, headers=HTML)
    assert (hidden(response, "method"), hidden(response, "body")) == ("POST", "")


def test_a_command_reads_no_file_and_waits_for_no_body() -> None:
    words = shlex.split(curl_command("POST", "https://api.test/", "token", "@/etc/passwd"))
    assert words[-2:] == ["--data-raw", "@/etc/passwd"]
    words = shlex.split(curl_command("HEAD", "https://api.test/", "token"))
    assert "--head" in words
    assert "-X" not in words


def test_an_uploaded_file_is_left_out(browser: Browser) -> None:
    browser.sign_in("dan")
    browser.get("/open/")
    with_file = {"name": SimpleUploadedFile("chair.txt", b"wood")}
    text = page(browser.post("/products/", with_file))
    assert '<input type="hidden" name="body" value="">' in text


def test_there_is_no_command_without_a_sign_in(browser: Browser) -> None:
    response = copied(browser)
    assert (response.status_code, response.json()) == (401, {})


@pytest.mark.parametrize(
    "form",
    [
        {"path": "//evil.test/"},
        {"path": "https://evil.test/"},
        {"path": ""},
        {"path": "/a\nb"},
        {"method": "get"},
        {"method": "GET -o /etc/passwd"},
        {"method": ""},
    ],
)
def test_the_command_sends_the_token_only_to_this_site(
    browser: Browser, form: dict[str, str]
) -> None:
    browser.sign_in()
    response = copied(browser, **form)
    assert (response.status_code, response.json()) == (400, {})


def test_the_command_has_a_refreshed_token(browser: Browser, stand_in: StandIn) -> None:
    browser.sign_in()
    first = copied(browser).json()["command"]
    stand_in.logto.advance(LIFETIME)
    second = copied(browser)
    assert second.status_code == 200
    assert second.json()["command"] != first


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_there_is_no_command_with_a_token_that_was_not_chosen(fake: FakeLogto, method: str) -> None:
    """The command is run later, and may be changed before."""
    browser = signed_in(fake, organizations=["acme"])
    fake.answer({"access_token": fake.logto.organization_token("acme", user="ada")})
    assert browser.choose("organization acme").status_code == 302
    fake.logto.advance(LIFETIME)
    refused = http('{"error": "access_denied"}', "403 Forbidden")
    given = document({"access_token": fake.logto.global_token(user="ada")})

    def answer(connection: Any) -> None:
        (refused if "organization_id=" in connection.body else given)(connection)

    fake.server.answers["/oidc/token"] = answer
    response = browser.post("/auth/curl/", {"method": method, "path": "/products/"})
    assert (response.status_code, list(response.json())) == (403, ["detail"])


def test_there_is_no_command_while_the_token_cannot_be_refreshed(fake: FakeLogto) -> None:
    browser = signed_in(fake)
    fake.logto.advance(LIFETIME)
    fake.server.answers["/oidc/token"] = http("", "500 Oops")
    assert copied(browser).status_code == 503


def test_the_button_is_hidden_until_the_script_runs(browser: Browser) -> None:
    browser.sign_in()
    text = page(browser.get("/open/"))
    assert 'id="logto-curl" action="/auth/curl/" method="post" hidden' in text
    assert '<script src="/static/drf_logto/copy_as_curl.js" defer></script>' in text


def test_the_script_writes_the_command_only_to_the_clipboard() -> None:
    script = SCRIPT.read_text()
    assert script.count("clipboard.write") == 2
    for sink in ("innerHTML", "localStorage", "sessionStorage", "console.", "document.cookie"):
        assert sink not in script


# In a terminal

SHELLS = [shell for shell in ("bash", "dash", "zsh") if shutil.which(shell)]
INTERRUPT = "\x03\r\ntouch canary\r\n#"
# By /bin/sh, because the first line of a script cannot name a Python in a folder with a space.
STAND_IN = f"""#!/bin/sh
exec {shlex.quote(sys.executable)} -c '
import json, sys
json.dump(sys.argv[1:], open("arguments", "w"))
' "$@"
"""


def paste(shell: str, line: str, folder: Path) -> None:
    """Paste a line into an interactive shell whose ``curl`` stores its arguments."""
    curl = folder / "curl"
    curl.write_text(STAND_IN)
    curl.chmod(0o700)
    terminal, end = os.openpty()
    options = {"bash": ["--norc", "--noprofile"], "zsh": ["-f"]}.get(shell, [])
    # What a new session opens first becomes its terminal.
    command = ["sh", "-c", 'exec "$@" <"$0" >"$0" 2>&1', os.ttyname(end), shell, *options, "-i"]
    environment = {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "HOME": str(folder),
        "TERM": "dumb",
        "PS1": "ready> ",
        "INPUTRC": os.devnull,
    }
    process = subprocess.Popen(command, cwd=folder, env=environment, start_new_session=True)
    try:
        output = b""
        while b"ready> " not in output:
            output += output_of(terminal)
        os.close(end)  # not before the shell has opened it
        os.write(terminal, f"{line}\nexit\n".encode())
        while output_of(terminal):
            pass
    finally:
        process.kill()
        process.wait()
        os.close(terminal)


def output_of(terminal: int) -> bytes:
    """Return the next output, ``b""`` after the shell has ended."""
    assert select.select([terminal], [], [], 20)[0], "the shell does not answer"
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("body", "body_type"),
    [
        (f"name={quote(INTERRUPT)}&it%27s=%21%21+%24HOME+%60id%60&%ED%95%9C=%E2%80%AE", FORM),
        (json.dumps({"name": INTERRUPT, "it's": "!! $HOME `id` \\ \x7f\x9b\u202e\u2028"}), ""),
    ],
)
def test_a_pasted_command_runs_only_curl_with_every_word_unchanged(
    shell: str, body: str, body_type: str, tmp_path: Path
) -> None:
    url = "https://api.test/?a=1&b=[it's]!!"
    paste(shell, curl_command("POST", url, "token", body, body_type), tmp_path)
    arguments = json.loads((tmp_path / "arguments").read_text())
    assert (arguments[2], arguments[-2:]) == (url, ["--data-raw", body])
    assert not (tmp_path / "canary").exists()


def test_a_terminal_runs_what_follows_an_interrupt_inside_quotes(tmp_path: Path) -> None:
    """Otherwise the test above could not fail."""
    paste("bash", shlex.join(["curl", INTERRUPT]), tmp_path)
    assert (tmp_path / "canary").exists()


@pytest.mark.parametrize(
    "character", ["\0", "\x03", "\t", "\n", "\r", "\x1b", "\x7f", "\x9b", "\u2028", "\u202e", "é"]
)
def test_there_is_no_command_with_a_control_character(browser: Browser, character: str) -> None:
    for words in (("GET", character, ""), ("POST", "/", character), (character, "/", "")):
        with pytest.raises(UnprintableCommand):
            curl_command(words[0], words[1], "token", words[2])
    browser.sign_in()
    response = copied(browser, method="POST", body=f"a{character}b")
    assert (response.status_code, response.json()) == (400, {})


def test_the_command_sends_a_form_unchanged(browser: Browser) -> None:
    browser.sign_in()
    browser.get("/products/")
    response = browser.post("/products/", {"name": INTERRUPT})
    form = {name: hidden(response, name) for name in ("method", "body", "body_type")}
    words = shlex.split(copied(browser, **form).json()["command"])
    assert QueryDict(words[-1]) == QueryDict(form["body"])
    assert QueryDict(words[-1])["name"] == INTERRUPT
