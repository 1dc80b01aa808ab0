"""Every refusal there is."""

from collections.abc import Iterator

from drf_logto.exceptions import LogtoError


def leaves(kind: type[LogtoError] = LogtoError) -> Iterator[type[LogtoError]]:
    """Yield the subclasses that have a code and that a project can name."""
    for subclass in kind.__subclasses__():
        yield from leaves(subclass)
        if hasattr(subclass, "code") and subclass.__module__ == "drf_logto.exceptions":
            yield subclass
