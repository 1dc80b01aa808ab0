"""What is fuzzed are the properties; atheris itself is not needed here."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.__main__ import fuzz_one, properties


def test_properties_that_need_no_fixture_are_fuzzed() -> None:
    names = [one.__name__ for one in properties()]
    assert len(names) > 15
    assert "test_claims_get_in_exactly_where_the_contract_says_so" in names
    assert "test_a_body_is_json_or_no_document" not in names


def test_each_property_holds_for_whatever_octets() -> None:
    chosen = properties()
    for index in range(len(chosen)):
        for length in (0, 1, 100):
            fuzz_one(chosen, bytes([index]) + random.Random(index).randbytes(length))
    fuzz_one(chosen, b"")


def test_an_input_that_breaks_a_property_is_a_finding() -> None:
    @given(st.integers())
    def broken(number: int) -> None:
        assert number is None

    chosen: list[Any] = [broken]
    with pytest.raises(AssertionError):
        fuzz_one(chosen, b"\0")
