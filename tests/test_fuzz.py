"""The fuzz targets hold for their seeds, and their mutations get behind the parser of JSON."""

import json
from pathlib import Path
from typing import Any

import pytest

from drf_logto.telemetry import snapshot
from fuzz import targets
from fuzz.mutation import mutate_json
from fuzz.targets import _KEY, TARGETS

CORPUS = Path(targets.__file__).parent / "corpus"


def seeds(target: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (CORPUS / target).iterdir()}


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_holds_for_each_of_its_seeds(target: str) -> None:
    assert len(seeds(target)) > 3
    for seed in seeds(target).values():
        TARGETS[target](seed)


def test_tokens_of_every_kind_get_in_where_the_issuer_signs_them() -> None:
    for kind in ("global", "organization", "organization_resource", "machine", "audience_list"):
        before = snapshot()["verified"] + snapshot()["remembered"]
        TARGETS["signed_token"](seeds("signed_token")[kind])
        assert snapshot()["verified"] + snapshot()["remembered"] >= before + 2


def test_a_token_that_gets_in_unsigned_is_a_finding() -> None:
    header, _, claims = seeds("signed_token")["global"].partition(b"\n")
    token = _KEY.sign(json.loads(header), json.loads(claims))
    with pytest.raises(AssertionError):
        TARGETS["token"](token.encode())


def test_mutated_json_is_other_json_with_the_same_lines() -> None:
    octets = seeds("signed_token")["actor"]
    mutated = {mutate_json(octets, seed) for seed in range(200)}
    assert len(mutated) > 100
    for one in mutated - {octets}:
        lines: list[Any] = [json.loads(line) for line in one.split(b"\n") if line]
        assert lines != [json.loads(line) for line in octets.split(b"\n")]


def test_what_is_no_json_is_left_as_it_is() -> None:
    assert mutate_json(b"Bearer abc", 0) == b"Bearer abc"
