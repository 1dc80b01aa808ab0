"""RequiredScopes: the scopes that a view requires for each action or method."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

SAFE, UNSAFE = "read", "write"
"""What a declaration calls the safe methods and the others."""

_SAFE_METHODS = frozenset({"get", "head", "options"})  # as REST Framework has them
_SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 §3.3


@dataclass(frozen=True, slots=True)
class RequiredScopes:
    """The scopes that a permission requires.

    Attributes:
        always: required whatever is asked for.
        by_action: required as well for one view action, lower-case HTTP method, ``read`` (the safe
            methods) or ``write`` (the others), as pairs; None where nothing depends on it. What is
            not named is closed.
    """

    always: tuple[str, ...] = ()
    by_action: tuple[tuple[str, tuple[str, ...]], ...] | None = None

    @classmethod
    def declared(cls, value: object) -> "RequiredScopes":
        """Read a view's ``required_scopes``: one scope, several, or a dict of them per action.

        Raises:
            ValueError: it is none of these, or holds something that is no scope.
        """
        if isinstance(value, Mapping):
            return cls((), tuple((str(key), _scopes(one)) for key, one in value.items()))
        return cls(_scopes(value))

    def names(self) -> frozenset[str]:
        """Return every scope that is named."""
        return frozenset(self.always).union(*(scopes for _, scopes in self.by_action or ()))

    def for_request(
        self, method: str, action: str | None, *, is_metadata: bool
    ) -> tuple[str, ...] | None:
        """Return what one request requires, None where it is closed.

        Args:
            method: the HTTP method in lower case.
            action: the view's action, None where it has none.
            is_metadata: whether the answer only describes the view, so that no scope is needed
                unless one is named for it.
        """
        by_action = dict(self.by_action or ())
        names = [action, "metadata" if is_metadata else None, method]
        if not is_metadata:
            names += ["get" if method == "head" else None, _safety(method)]
        named = next((by_action[name] for name in names if name in by_action), None)
        if named is not None:
            return self.always + named
        if is_metadata:
            return ()
        return self.always if self.by_action is None else None


def _safety(method: str) -> str:
    return SAFE if method in _SAFE_METHODS else UNSAFE


def _scopes(value: object) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    # An iterator would be empty the second time, and so require nothing.
    if not isinstance(values, Collection) or isinstance(values, Mapping):
        raise ValueError(f"{value!r} is no scope and no list of scopes.")
    scopes = tuple(values)
    for scope in scopes:
        if not isinstance(scope, str) or not _SCOPE_TOKEN.fullmatch(scope):
            raise ValueError(f"{scope!r} is no scope: one word of printable ASCII is.")
    # The order of a set differs from process to process.
    return scopes if isinstance(values, Sequence) else tuple(sorted(scopes))
