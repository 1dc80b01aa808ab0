"""What the sandbox prints when it has started."""

import shlex

from .authorization_server import AuthorizationServer
from .examples import Example, catalogue, documents, invitations

_CURL = "curl -i -w '\\n'"


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
        "Paste these lines into another terminal; each number is the status to expect."
    )
    sections = {
        "The product catalogue, a global API resource": catalogue(server),
        "Member invitations, an organization permission": invitations(server),
        "Documents, an API resource within an organization": documents(server),
    }
    paragraphs = [
        "\n".join([f"# {heading}", *(_request(address, server, one) for one in examples)])
        for heading, examples in sections.items()
    ]
    rest = f"# Anything else\n{_without_token(address)}\n{_token_request(server)}"
    return "\n\n".join([introduction, *paragraphs, rest])


def _request(address: str, server: AuthorizationServer, example: Example) -> str:
    parameters = " ".join(f"{name}={value}" for name, value in example.token.items())
    token = server.access_token(example.token)
    form = f" -d {shlex.quote(example.form)}" if example.form else ""
    return (
        f"# {example.status} with a token for {parameters}: {example.reason}\n"
        f'{_CURL} -H "Authorization: Bearer {token}"{form} "{address}{example.path}"'
    )


def _without_token(address: str) -> str:
    return f"# 401 without a token\n{_CURL} {address}/whoami/"


def _token_request(server: AuthorizationServer) -> str:
    resource = shlex.quote(f"resource={server.api_resource}")
    token_endpoint = shlex.quote(f"{server.endpoint}/oidc/token")
    return (
        "# 200 and a token of your own\n"
        f'{_CURL} -u "{server.client}" -d grant_type=client_credentials -d {resource} '
        f"-d scope=read:products {token_endpoint}"
    )
