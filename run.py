"""Start the sandbox or pass the tests: python3 run.py sandbox, python3 run.py tests [argument]."""

# All that it installs goes to .venv-run and .tox here.
# Syntax of Python 2.7: an old Python has to get as far as the sentence about its age.
from __future__ import print_function

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
VENV, TOX = os.path.join(HERE, ".venv-run"), os.path.join(HERE, ".tox")
PYTHON = os.path.join("Scripts" if os.name == "nt" else "bin", "python")


def main(command="", *extra):
    """Let tox, or without it the sandbox, take the place of this process and all its signals."""
    if sys.version_info < (3, 11):
        sys.exit("This needs Python 3.11 or later, and this is %s." % sys.version.split()[0])
    names = {"sandbox": "sandbox", "tests": "py"}
    if command not in names:
        sys.exit("Say what to run: python3 run.py sandbox, or python3 run.py tests.")
    os.chdir(HERE)
    python, version = os.path.join(VENV, PYTHON), sys.version_info[:2]
    probe = "import sys, tox; sys.exit(sys.version_info[:2] != %r)" % (version,)
    if not os.access(python, os.X_OK) or run(python, "-c", probe).returncode:
        if run(sys.executable, "-c", "import ensurepip, venv").returncode:
            sys.exit("On Debian or Ubuntu: sudo apt install python%d.%d-venv." % version)
        print("Installing tox into .venv-run.", flush=True)
        need(".venv-run cannot be made", sys.executable, "-m", "venv", "--clear", VENV)
        need("tox could not be installed", python, "-m", "pip", "install", "tox>=4.28")
    tox = [python, "-m", "tox", "run", "--workdir", TOX, "-e", names[command]]
    print("Preparing the %s; the first time takes a minute." % command, flush=True)
    need("The packages for this could not be installed", *(tox + ["--notest"]))
    sandbox = [os.path.join(TOX, "sandbox", PYTHON), "-u", "-m", "sandbox"]
    tests = tox + ["-qq", "--skip-pkg-install"] + ["--"] * bool(extra)  # else tox has arguments
    chosen = (sandbox if command == "sandbox" else tests) + list(extra)
    os.environ.setdefault("FAIL_UNDER", "0" if extra else "100")  # some reach not all of the code
    return subprocess.call(chosen) if os.name == "nt" else os.execv(chosen[0], chosen)


def run(*command):
    """Run a command and keep what it says."""
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def need(failure, *command):
    """Run a command; where it fails, end with a sentence and its last line."""
    done = run(*command)
    if done.returncode:
        lines = [""] + [line for line in done.stdout.splitlines() if line.strip()]
        last = ([line for line in lines if line.startswith("ERROR")] or lines)[-1]
        sys.exit(failure + "; is the package index within reach? The last line was:\n" + last)


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
