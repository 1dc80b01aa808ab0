"""Parameters of a request: a query or a form, urlencoded (RFC 6749 §3.1, §3.2)."""

from dataclasses import dataclass
from urllib.parse import parse_qs

from .refusals import invalid_request, invalid_target

MAX_LENGTH = 16 * 1024
"""Most that is read, in characters; what the stand-in remembers is no longer than this either."""

_MAX_PARAMETERS = 50
_REPEATABLE = "resource"  # RFC 8707 §2


@dataclass(frozen=True, slots=True)
class Parameters:
    """The values by name; an empty value counts as none."""

    values: dict[str, list[str]]

    @classmethod
    def parse(cls, encoded: str) -> "Parameters":
        """Return what was sent.

        Raises:
            Refused: there are too many, or they are too long.
        """
        if len(encoded) > MAX_LENGTH:
            raise invalid_request("the parameters are too long")
        try:
            return cls(parse_qs(encoded, max_num_fields=_MAX_PARAMETERS))
        except ValueError:
            raise invalid_request("too many parameters") from None

    def refuse_repeated(self) -> None:
        """Raise Refused where a parameter is there twice that must not be."""
        for name, values in self.values.items():
            if len(values) > 1 and name != _REPEATABLE:
                raise invalid_request(f"{name!r} parameter must not be provided twice")

    def get(self, name: str) -> str | None:
        """Return a value, ``None`` where there is none."""
        return self.values.get(name, [None])[0]

    def require(self, name: str) -> str:
        """Return a value, or raise Refused."""
        value = self.get(name)
        if value is None:
            raise invalid_request(f"missing required parameter(s) {name!r}")
        return value

    def words(self, name: str) -> tuple[str, ...]:
        """Return the words of a value between spaces, each once, in their order."""
        return tuple(dict.fromkeys((self.get(name) or "").split()))

    def resources(self) -> tuple[str, ...]:
        """Return the resource indicators, each once."""
        return tuple(dict.fromkeys(self.values.get(_REPEATABLE, [])))

    def resource(self) -> str | None:
        """Return the one resource indicator, ``None`` where there is none.

        Raises:
            Refused: there are several.
        """
        resources = self.resources()
        if len(resources) > 1:
            raise invalid_target(
                "only a single resource indicator value is supported for this grant type"
            )
        return next(iter(resources), None)
