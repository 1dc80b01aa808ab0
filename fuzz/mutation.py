"""Mutations that leave JSON JSON, so that fuzzing gets behind the parser."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_DICTIONARY = Path(__file__).parent / "dictionary.txt"


def mutate_json(octets: bytes, seed: int) -> bytes:
    """Return ``octets`` with one value changed in one of its lines, where that line is JSON."""
    choose = random.Random(seed)
    lines = octets.split(b"\n")
    index = choose.randrange(len(lines))
    try:
        root = [json.loads(lines[index])]
        _change(root, choose)
        text = json.dumps(root[0], separators=(",", ":")) if root else ""
    except (ValueError, ArithmeticError, RecursionError):
        return octets
    # An infinite number in digits is JSON, its name is none.
    lines[index] = text.replace("Infinity", "1e999").encode()
    return b"\n".join(lines)


def _change(root: list[Any], choose: random.Random) -> None:
    places = list(_places(root))
    container, key = choose.choice(places)
    other, other_key = choose.choice(places)
    value, word = container[key], choose.choice(_WORDS)
    match choose.randrange(7):
        case 0:
            container[key] = word
        case 1:
            container[key] = json.loads(json.dumps(other[other_key]))
        case 2:
            container[key] = [value, word]
        case 3:
            del container[key]
        case 4 if isinstance(container, dict):
            container[str(word)] = container.pop(key)
        case 5 if isinstance(value, dict):
            value[str(word)] = choose.choice(_WORDS)
        case _:
            container[key] = _altered(value, choose)


def _altered(value: object, choose: random.Random) -> object:
    """A value of the same type, a little different."""
    match value:
        case bool():
            return not value
        case int() | float():
            return choose.choice([value + 1, value - 1, -value, value * 2.5])
        case str():
            cut = choose.randrange(len(value) + 1)
            between = choose.choice(
                ["", " ", "/", ".", ",", "\t", "\u0660", value, str(choose.choice(_WORDS))]
            )
            return value[:cut] + between + value[cut + choose.randrange(2) :]
        case list():
            return value * 2
        case _:
            return {}


def _places(root: list[Any]) -> Iterator[tuple[Any, Any]]:
    containers: list[Any] = [root]
    while containers:
        container = containers.pop()
        for key in container if isinstance(container, dict) else range(len(container)):
            yield container, key
            if isinstance(container[key], (dict, list)):
                containers.append(container[key])


def _words() -> Iterator[object]:
    """The dictionary's words that are JSON, as values: a line of it is a JSON string itself."""
    for line in _DICTIONARY.read_text().splitlines():
        word = json.loads(line)
        try:
            yield json.loads(word)
        except ValueError:
            yield word


_WORDS = tuple(_words())
