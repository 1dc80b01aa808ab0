"""The refusals: one class and one stable code for each fact."""

import copy
import pickle

import pytest

from drf_logto import exceptions as refusals
from tests.support.refusals import leaves


def test_every_code_belongs_to_one_fact() -> None:
    shared = {refusals.NoScopeDeclared, refusals.ContextChanged, refusals.SignInEnded}
    codes = [one.code for one in leaves() if one not in shared]
    assert len(codes) == len(set(codes))


def test_each_group_has_its_status_and_error() -> None:
    codes = {(one.status, one.error) for one in leaves()}
    assert codes == {
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
    assert refusals.NoScopeDeclared("HasScopes", "destroy").scope is None


def test_nothing_declared_names_the_permission_and_what_was_asked() -> None:
    assert str(refusals.NoScopeDeclared("HasScopes", "destroy")) == (
        "HasScopes declares no scope for 'destroy', so no access token opens it."
    )
    assert str(refusals.NoScopeDeclared("HasScopes")) == (
        "HasScopes declares no scope for this request, so no access token opens it."
    )


EVERY_REFUSAL = [
    *(one() for one in leaves() if one.__init__ is refusals.LogtoError.__init__),
    refusals.MalformedHeader(refusals.MalformedHeader.repeated),
    refusals.MalformedToken(refusals.MalformedToken.word, word="null"),
    refusals.WrongTokenKind("organization"),
    refusals.WrongBearer("machine"),
    refusals.MissingClaim("plan"),
    refusals.InsufficientScope(("a", "b")),
    refusals.NoScopeDeclared("HasScopes", "destroy"),
    refusals.NoScopeDeclared("HasScopes"),
    refusals.AuthorizationServerUnavailable("HTTP status 500", retry_after=3),
    refusals.RevocationsUnavailable("the cache cannot be reached", retry_after=5),
]


@pytest.mark.parametrize("refusal", EVERY_REFUSAL, ids=repr)
def test_a_refusal_that_is_copied_or_pickled_stays_the_same(refusal: refusals.LogtoError) -> None:
    """As between processes: what cannot be read there stops the one that waits for it."""
    refusal.kid, refusal.issuer = "key-1", "https://tenant.logto.test/oidc"
    for other in (copy.copy(refusal), copy.deepcopy(refusal), pickle.loads(pickle.dumps(refusal))):
        assert type(other) is type(refusal)
        assert (str(other), vars(other)) == (str(refusal), vars(refusal))
