"""The first byte of an input chooses a property; Hypothesis reads the rest.

What else is given goes to libFuzzer, such as the path of a finding, which is then tried alone.
"""

import argparse
import os
import random
import sys
from inspect import signature
from pathlib import Path
from typing import Any

import django

_FINDINGS = Path(__file__).parent / "findings"
_MAX_LENGTH = 2048
_TAIL = random.Random(0).randbytes(_MAX_LENGTH)


def properties() -> list[Any]:
    """Return the properties that need no fixture, in the order of their file."""
    from tests import test_properties  # noqa: PLC0415 - only once it can be instrumented

    tests = [one for one in vars(test_properties).values() if hasattr(one, "hypothesis")]
    return [one for one in tests if not signature(one).parameters]


def fuzz_one(chosen: list[Any], octets: bytes) -> None:
    """Try one input; whatever breaks a property is raised."""
    if octets:
        # Few octets are no value for most properties: libFuzzer begins with few.
        chosen[octets[0] % len(chosen)].hypothesis.fuzz_one_input(octets[1:] + _TAIL)


def main() -> None:
    """Read the command line and fuzz until a finding or the end; libFuzzer ends the process."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--runs", type=int, help="instead of a time")
    options, others = parser.parse_known_args()
    bound = f"-runs={options.runs}" if options.runs else f"-max_total_time={options.seconds}"
    import atheris  # noqa: PLC0415 - not made for every machine

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    with atheris.instrument_imports(include=["drf_logto", "jwt"]):
        django.setup()
        chosen = properties()
    _FINDINGS.mkdir(exist_ok=True)
    own = [bound, f"-max_len={_MAX_LENGTH}", "-timeout=20", "-print_final_stats=1"]
    own += [f"-artifact_prefix={_FINDINGS}{os.sep}"]
    atheris.Setup([sys.argv[0], *own, *others], lambda octets: fuzz_one(chosen, octets))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
