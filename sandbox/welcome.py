"""What the sandbox prints when it has started."""

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from .authorization_server import AuthorizationServer
from .examples import OF_ADA, SECTIONS, TOKENS, Example
from .tenant import ADA, BROWSABLE_API, OPERATIONS

_CURL = "curl -i -w '\\n'"
_TOKEN = r"""token() {
  curl -sS "$LOGTO/oidc/token" "$@" | sed 's/.*"access_token": *"\([^"]*\)".*/\1/'
}
machine() { token -u "$CLIENT" -d grant_type=client_credentials "$@"; }"""
# The query of the address to which the stand-in sends the browser has the code.
_OF_ADA = f"""BACK="redirect_uri=$API{BROWSABLE_API.redirect_paths[0]}"
ASKED="client_id={BROWSABLE_API.id}&response_type=code&scope=read:products&resource=$RESOURCE&$BACK"
ada() {{
  to=$(curl -sS -o /dev/null -w '%{{redirect_url}}' -d person={ADA.id} "$LOGTO/sign-in/?$ASKED")
  token -u {BROWSABLE_API.id}:{BROWSABLE_API.secret} \\
    -d grant_type=authorization_code -d "$BACK" -d "${{to#*\\?}}"
}}
change_ada() {{
  curl -sS -o /dev/null -d person={ADA.id} -d acme=admin "$@" "$LOGTO/people/"; sleep 1
}}"""


def welcome(address: str, server: AuthorizationServer) -> str:
    """Return the text.

    Args:
        address: of the sandbox, without a slash at the end.
        server: where the tokens come from.
    """
    introduction = (
        f"The sandbox runs; {address}/ is its browsable API, and\n"
        f"{address}/api/schema/swagger-ui/ its Swagger UI. Ctrl-C ends it and drops its data.\n"
        f"{server.description}\n\n"
        "Paste these lines into another terminal, with bash; each number is the status to expect."
    )
    paragraphs = [_section(*section) for section in SECTIONS.items()]
    if server.is_stand_in:
        paragraphs += [_section(heading, examples, _OF_ADA) for heading, examples in OF_ADA.items()]
        paragraphs.append(_commands(server))
    rest = f'# Anything else\n# 401: without a token\n{_CURL} "$API/whoami/"\n{_TOKEN_REQUEST}'
    return "\n\n".join([introduction, _assignments(address, server), *paragraphs, rest])


_TOKEN_REQUEST = (
    "# 200: and a token of your own\n"
    f'{_CURL} -u "$CLIENT" -d grant_type=client_credentials -d "resource=$RESOURCE" \\\n'
    '  -d scope=read:products "$LOGTO/oidc/token"'
)


def _commands(server: AuthorizationServer) -> str:
    """The package's own commands, which run in processes of their own."""
    return f"""# The package's own commands: does the tenant have what the code needs?
PYTHON={shlex.quote(sys.executable)}
CHECKOUT={shlex.quote(str(Path(__file__).parents[1]))}
DATABASE={shlex.quote(os.environ.get("SANDBOX_DATABASE", ""))}
logto() {{
  env PYTHONPATH="$CHECKOUT" no_proxy=127.0.0.1 SANDBOX_DATABASE="$DATABASE" \\
    LOGTO_ENDPOINT="$LOGTO" LOGTO_API_RESOURCE="$RESOURCE" \\
    LOGTO_APP_ID={BROWSABLE_API.id} LOGTO_APP_SECRET={BROWSABLE_API.secret} \\
    LOGTO_MANAGEMENT_APP_ID={OPERATIONS.id} LOGTO_MANAGEMENT_APP_SECRET={OPERATIONS.secret} \\
    LOGTO_WEBHOOK_SIGNING_KEY={server.signing_key} \\
    "$PYTHON" -m django logto --settings sandbox.settings --verbosity 2 "$@"
}}
logto tenant --base-url "$API"
logto doctor --base-url $API"""


def _assignments(address: str, server: AuthorizationServer) -> str:
    variables = {
        "API": address,
        "LOGTO": shlex.quote(server.endpoint),
        "RESOURCE": shlex.quote(server.api_resource),
        "CLIENT": server.client,
        "ORGANIZATION": server.organization_id,
    }
    tokens = {
        name: f"$(machine -d {' -d '.join(parameters)})" for name, parameters in TOKENS.items()
    }
    return "\n".join(
        [
            "# First of all: where everything is, and three tokens of a machine",
            *(f"{name}={value}" for name, value in variables.items()),
            _TOKEN,
            *(f"{name}={value}" for name, value in tokens.items()),
        ]
    )


def _section(heading: str, examples: Sequence[Example], *functions: str) -> str:
    return "\n".join([f"# {heading}", *functions, *map(_request, examples)])


def _request(example: Example) -> str:
    before = f"{example.before}\n" if example.before else ""
    form = f" -d {shlex.quote(example.form)}" if example.form else ""
    return (
        f"{before}# {example.status}: {example.reason}\n"
        f'{_CURL} -H "Authorization: Bearer ${example.token}"{form} \\\n  "$API{example.path}"'
    )
