"""What the sandbox prints when it has started."""

import shlex

from .authorization_server import AuthorizationServer
from .examples import SECTIONS, TOKENS, Example

_CURL = "curl -i -w '\\n'"
_TOKEN = r"""token() {
  curl -sS -u "$CLIENT" "$LOGTO/oidc/token" -d grant_type=client_credentials "$@" |
    sed 's/.*"access_token": *"\([^"]*\)".*/\1/'
}"""


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
    paragraphs = [
        "\n".join([f"# {heading}", *map(_request, examples)])
        for heading, examples in SECTIONS.items()
    ]
    rest = f'# Anything else\n# 401: without a token\n{_CURL} "$API/whoami/"\n{_TOKEN_REQUEST}'
    return "\n\n".join([introduction, _assignments(address, server), *paragraphs, rest])


_TOKEN_REQUEST = (
    "# 200: and a token of your own\n"
    f'{_CURL} -u "$CLIENT" -d grant_type=client_credentials -d "resource=$RESOURCE" \\\n'
    '  -d scope=read:products "$LOGTO/oidc/token"'
)


def _assignments(address: str, server: AuthorizationServer) -> str:
    variables = {
        "API": address,
        "LOGTO": shlex.quote(server.endpoint),
        "RESOURCE": shlex.quote(server.api_resource),
        "CLIENT": server.client,
        "ORGANIZATION": server.organization_id,
    }
    tokens = {name: f"$(token -d {' -d '.join(parameters)})" for name, parameters in TOKENS.items()}
    return "\n".join(
        [
            "# First of all: where everything is, and three tokens of a machine",
            *(f"{name}={value}" for name, value in variables.items()),
            _TOKEN,
            *(f"{name}={value}" for name, value in tokens.items()),
        ]
    )


def _request(example: Example) -> str:
    form = f" -d {shlex.quote(example.form)}" if example.form else ""
    return (
        f"# {example.status}: {example.reason}\n"
        f'{_CURL} -H "Authorization: Bearer ${example.token}"{form} \\\n  "$API{example.path}"'
    )
