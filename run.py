"""Start the sandbox or pass the tests: "python3 run.py sandbox", "python3 run.py tests".

Arguments after the command are passed on. All that it installs goes to .venv-run and .tox here.
"""

# An old Python has to get as far as the sentence about its age: nothing here may be newer
# syntax than Python 2.7 knows.
from __future__ import print_function

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(HERE, ".venv-run")
TOX = os.path.join(HERE, ".tox")
OF_THIS_PYTHON = "import sys, tox; sys.exit(sys.version_info[:2] != %r)"
INTERRUPTED = 130


def main(arguments):
    """Do what the command line says and return the exit code."""
    if sys.version_info < (3, 11):
        version = sys.version.split()[0]
        sys.exit("This needs Python 3.11 or later, and %s is %s." % (sys.executable, version))
    if arguments[:1] not in (["sandbox"], ["tests"]):
        sys.exit("Say what to run: python3 run.py sandbox, or python3 run.py tests.")
    os.chdir(HERE)
    if not has_tox():
        make_venv()
    command, extra = arguments[0], arguments[1:]
    environment = {"sandbox": "sandbox", "tests": "py"}[command]
    tox = [python_of(VENV), "-m", "tox", "run", "--workdir", TOX, "-e", environment]
    print("Preparing the %s; the first time takes a minute." % command, flush=True)
    quietly(tox + ["--notest"], "The packages for this could not be installed")
    if command == "sandbox":
        # Without tox in between, so that whoever stops this process stops the sandbox.
        return instead([python_of(os.path.join(TOX, environment)), "-u", "-m", "sandbox"] + extra)
    if extra:
        os.environ.setdefault("FAIL_UNDER", "0")  # some of the tests do not reach all of the code
    return instead(tox + ["-qq", "--skip-pkg-install", "--"] + extra)


def python_of(venv):
    """Return the path of the Python in a virtual environment."""
    return os.path.join(venv, "Scripts" if os.name == "nt" else "bin", "python")


def has_tox():
    """Tell whether the private venv is in order, and of this version of Python."""
    probe = [python_of(VENV), "-c", OF_THIS_PYTHON % (sys.version_info[:2],)]
    try:
        return subprocess.call(probe, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def make_venv():
    """Make the private venv anew, with tox in it."""
    try:
        __import__("venv")
        __import__("ensurepip")
    except ImportError:
        package = "python%d.%d-venv" % sys.version_info[:2]
        sys.exit("This Python lacks venv; on Debian or Ubuntu: sudo apt install %s." % package)
    print("Installing tox into .venv-run.", flush=True)
    quietly([sys.executable, "-m", "venv", "--clear", VENV], "The folder .venv-run cannot be made")
    quietly([python_of(VENV), "-m", "pip", "install", "tox>=4.28"], "tox could not be installed")


def quietly(command, failure):
    """Run a command without a word, unless it fails: then end with a sentence and its last line."""
    done = subprocess.run(
        command,
        env=dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    if done.returncode:
        lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        last = ([line for line in lines if line.startswith("ERROR")] or lines or ["nothing"])[-1]
        hint = "; is the package index within reach? The last line was:\n"
        sys.exit(failure + hint + last)


def instead(command):
    """Run a command in the place of this process: terminal, signals and exit code are its own."""
    if os.name == "nt":
        return subprocess.call(command)
    return os.execv(command[0], command)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
