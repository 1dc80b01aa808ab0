"""The refusals: one class and one stable code for each fact."""

from collections.abc import Iterator

from drf_logto import exceptions as refusals


def leaves(
    kind: type[refusals.LogtoError] = refusals.LogtoError,
) -> Iterator[type[refusals.LogtoError]]:
    for subclass in kind.__subclasses__():
        yield from leaves(subclass)
        if hasattr(subclass, "code"):
            yield subclass


def test_every_code_belongs_to_one_fact() -> None:
    codes = [one.code for one in leaves() if one is not refusals.NoScopeDeclared]
    assert len(codes) == len(set(codes))


def test_each_group_has_its_status_and_error() -> None:
    told = {(one.status, one.error) for one in leaves()}
    assert told == {
        (401, "invalid_request"),
        (401, "invalid_token"),
        (403, "invalid_token"),
        (403, "insufficient_scope"),
        (503, None),
    }


def test_a_refusal_reads_as_its_sentence() -> None:
    assert str(refusals.TokenExpired()) == "The access token has expired."
    assert str(refusals.InsufficientScope(("a", "b"))) == "The access token needs the scope: a b."


def test_each_token_kind_that_is_wanted_has_its_own_sentence() -> None:
    sentences = {str(refusals.WrongTokenKind(kind)) for kind in refusals.WrongTokenKind.sentences}
    assert len(sentences) == 3


def test_nothing_declared_names_no_scope() -> None:
    assert refusals.NoScopeDeclared().scope is None
