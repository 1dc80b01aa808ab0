"""Why a request is refused, in the words of RFC 6749 and of Logto."""

from http import HTTPStatus


class Refused(Exception):
    """An error answer (RFC 6749 §5.2).

    Args:
        error: the code of the RFC.
        description: a sentence for developers.
        status: of the HTTP answer.
        members: more members of the body.
    """

    def __init__(
        self,
        error: str,
        description: str,
        status: HTTPStatus = HTTPStatus.BAD_REQUEST,
        **members: str,
    ) -> None:
        self.error = error
        self.description = description
        self.status = status
        self.members = members
        super().__init__(description)

    @property
    def headers(self) -> dict[str, str]:
        """The challenge that a 401 carries (RFC 9110 §11.6.1)."""
        if self.status != HTTPStatus.UNAUTHORIZED:
            return {}
        scheme = "Bearer" if self.error == "invalid_token" else "Basic"
        return {"WWW-Authenticate": f'{scheme} realm="stand-in", error="{self.error}"'}

    def to_dict(self) -> dict[str, object]:
        """Return the body of the answer, as Logto writes it."""
        return {
            "code": f"oidc.{self.error}",
            "error": self.error,
            "error_description": self.description,
            **self.members,
        }


def not_found() -> Refused:
    description = "unrecognized route or not allowed method"
    return Refused("invalid_request", description, HTTPStatus.NOT_FOUND)


def invalid_request(description: str) -> Refused:
    return Refused("invalid_request", description)


def invalid_client() -> Refused:
    return Refused("invalid_client", "client authentication failed", HTTPStatus.UNAUTHORIZED)


def invalid_grant() -> Refused:
    """Refuse a code or a refresh token; like Logto, without a word of what is wrong with it."""
    return Refused("invalid_grant", "grant request is invalid")


def invalid_target(description: str = "resource indicator is missing, or unknown") -> Refused:
    return Refused("invalid_target", description)


def access_denied(description: str) -> Refused:
    return Refused("access_denied", description, HTTPStatus.FORBIDDEN)
