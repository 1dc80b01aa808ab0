"""One target under atheris, in a process of its own: ``python -m fuzz.engine <target> ...``.

The arguments after the target are libFuzzer's.
"""

import sys

import atheris
from django.conf import settings

from .mutation import mutate_json

with atheris.instrument_imports(include=["drf_logto", "jwt"]):
    from .targets import TARGETS


def main() -> None:
    """Fuzz until a finding or the end of the runs; libFuzzer ends the process."""
    settings.configure()
    _program, name, *arguments = sys.argv
    atheris.Setup([name, *arguments], TARGETS[name], custom_mutator=_mutate)
    atheris.Fuzz()


def _mutate(octets: bytes, most: int, seed: int) -> bytes:
    """Change the octets or, every other time, what they say."""
    mutated = octets if seed % 2 else mutate_json(octets, seed)
    return mutated[:most] if mutated != octets else atheris.Mutate(octets, most)


main()
