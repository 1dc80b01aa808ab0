"""RequiredScopes: what a view declares, and what one request then needs."""

import pytest

from drf_logto.scopes import RequiredScopes


def needed(
    declared: RequiredScopes, method: str, action: str | None = None, *, is_metadata: bool = False
) -> tuple[str, ...] | None:
    return declared.for_request(method, action, is_metadata=is_metadata)


def test_a_string_is_one_scope_not_its_characters() -> None:
    assert RequiredScopes.declared("read:a").always == ("read:a",)


def test_a_list_is_required_always() -> None:
    assert needed(RequiredScopes.declared(["read:a", "write:a"]), "get") == ("read:a", "write:a")


def test_the_scopes_of_a_set_have_one_order_in_every_process() -> None:
    scopes = [f"read:{one}" for one in "abcdefgh"]
    assert RequiredScopes.declared(frozenset(scopes)).always == tuple(scopes)
    assert RequiredScopes.declared(scopes[::-1]).always == tuple(scopes[::-1])


def test_a_dict_is_required_by_action() -> None:
    declared = RequiredScopes.declared({"list": "read:a", "create": ["read:a", "write:a"]})
    assert needed(declared, "get", "list") == ("read:a",)
    assert needed(declared, "post", "create") == ("read:a", "write:a")
    assert declared.names() == {"read:a", "write:a"}


def test_an_action_that_is_not_named_is_closed() -> None:
    declared = RequiredScopes.declared({"list": "read:a"})
    assert needed(declared, "delete", "destroy") is None
    assert needed(declared, "delete") is None


def test_a_method_can_be_named_instead_of_an_action() -> None:
    assert needed(RequiredScopes.declared({"get": "read:a"}), "get", "list") == ("read:a",)


def test_an_action_is_nearer_than_its_method() -> None:
    declared = RequiredScopes.declared({"get": "read:a", "list": "list:a"})
    assert needed(declared, "get", "list") == ("list:a",)


def test_head_follows_get() -> None:
    assert needed(RequiredScopes.declared({"get": "read:a"}), "head") == ("read:a",)


READ_AND_WRITE = RequiredScopes.declared({"read": "read:a", "write": "write:a"})


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_read_is_what_the_safe_methods_need(method: str) -> None:
    assert needed(READ_AND_WRITE, method, "list") == ("read:a",)
    assert needed(RequiredScopes.declared({"write": "write:a"}), method) is None


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace", "purge", ""])
def test_write_is_what_the_other_methods_need(method: str) -> None:
    assert needed(READ_AND_WRITE, method, "create") == ("write:a",)
    assert needed(RequiredScopes.declared({"read": "read:a"}), method) is None


@pytest.mark.parametrize("nearer", ["list", "get"])
def test_an_action_and_a_method_go_before_read_and_write(nearer: str) -> None:
    declared = RequiredScopes.declared({"read": "read:a", nearer: "near:a"})
    assert needed(declared, "get", "list") == ("near:a",)
    assert needed(declared, "head", "list") == ("near:a",)


def test_an_action_called_read_or_write_goes_before_the_methods() -> None:
    assert needed(READ_AND_WRITE, "post", "read") == ("read:a",)
    assert needed(READ_AND_WRITE, "get", "write") == ("write:a",)


def test_read_does_not_count_for_metadata() -> None:
    assert needed(READ_AND_WRITE, "options", is_metadata=True) == ()


@pytest.mark.parametrize("name", ["metadata", "options", "list"])
def test_metadata_needs_what_is_named_for_it(name: str) -> None:
    declared = RequiredScopes(("use:a",), ((name, ("describe:a",)),))
    assert needed(declared, "options", "list", is_metadata=True) == ("use:a", "describe:a")


def test_metadata_goes_before_options() -> None:
    declared = RequiredScopes.declared({"options": "a", "metadata": "b"})
    assert needed(declared, "options", is_metadata=True) == ("b",)


def test_metadata_needs_no_scope_unless_one_is_named_for_it() -> None:
    assert needed(RequiredScopes(("read:a",)), "options", is_metadata=True) == ()
    assert needed(RequiredScopes.declared({"get": "a"}), "options", is_metadata=True) == ()
    assert needed(RequiredScopes.declared({"options": "a"}), "options", is_metadata=True) == ("a",)


def test_options_of_the_projects_own_needs_its_scopes() -> None:
    assert needed(RequiredScopes(("read:a",)), "options") == ("read:a",)
    assert needed(RequiredScopes.declared({"get": "a"}), "options") is None


def test_an_empty_list_requires_nothing() -> None:
    assert needed(RequiredScopes.declared([]), "get") == ()


@pytest.mark.parametrize(
    "value",
    [
        "",
        "read:a write:a",
        "a\tb",
        'a"b',
        "a\\b",
        "é",
        7,
        b"read:a",
        [7],
        [["a"]],
        {"a": 7},
        {"a": {"b": "c"}},
    ],
)
def test_what_is_no_scope_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="no scope"):
        RequiredScopes.declared(value)


def test_an_iterator_is_refused_as_it_would_be_empty_the_second_time() -> None:
    with pytest.raises(ValueError, match="no scope"):
        RequiredScopes.declared(iter(["read:a"]))
