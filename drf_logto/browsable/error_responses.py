"""Error responses of Logto, fit for a log."""

import re
from dataclasses import dataclass

from .meanings import MEANINGS, OTHER, Meaning

_CODE = re.compile(r"[a-z_]{1,40}")
_MAX_DESCRIPTION = 200  # characters
_NOT_ALLOWED = re.compile(r"[^ !#-\[\]-~]")  # RFC 6749 §A.8
# Codes, tokens, secrets and states are long words, and not only of lower-case letters.
_SECRET = re.compile(r"(?=\S*[^\sa-z_.,:;'()])\S{20,}")


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """An error response (RFC 6749 §4.1.2.1 and §5.2), fit for a log.

    Attributes:
        code: the ``error``, "an unknown error" if it has no usual form.
        description: the ``error_description``, bounded, printable and without long words that may
            be secret; "" if there is none.
        status: the HTTP status, 0 if the response came with a redirect.
    """

    code: str
    description: str
    status: int = 0

    @classmethod
    def parse(cls, error: object, description: object, status: int = 0) -> "ErrorResponse":
        """Return the error response with these members, which may be anything."""
        is_usual = isinstance(error, str) and _CODE.fullmatch(error)
        code = str(error) if is_usual else "an unknown error"
        return cls(code, described(description), status)

    @property
    def meaning(self) -> Meaning:
        """What the error means."""
        return MEANINGS.get(self.code, OTHER)

    def __str__(self) -> str:
        return f"{self.code} ({self.description})" if self.description else self.code


def described(description: object) -> str:
    """Return a description for a log: bounded, printable, and without what may be secret."""
    text = description if isinstance(description, str) else ""
    if len(text) > _MAX_DESCRIPTION:
        text = text[:_MAX_DESCRIPTION].rpartition(" ")[0] + " ..."
    return _SECRET.sub("...", _NOT_ALLOWED.sub("?", text))
