"""run.py on machines that are not in order; tox itself is a stand-in."""

import ast
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

RUN = Path(__file__).parent.parent / "run.py"

FAKE_TOX = """
import os, sys
if "--notest" in sys.argv:
    print("ERROR: No matching distribution found for django")
    print("FAIL")
    sys.exit(int(os.environ["FAKE_TOX_FAILS"]))
print(sys.argv[sys.argv.index("-e") + 1:])
sys.exit(7)
"""
FAKE_SANDBOX = """
import signal, sys
try:
    print(sys.argv[1:])
    signal.pause()
except KeyboardInterrupt:
    sys.exit(3)
"""
NEWER_THAN_PYTHON_2 = (
    ast.AnnAssign,
    ast.AsyncFunctionDef,
    ast.JoinedStr,
    ast.NamedExpr,
    ast.Nonlocal,
    ast.YieldFrom,
)


def environment(**changes: str) -> dict[str, str]:
    no_index = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "FAKE_TOX_FAILS": "0"}
    return {**os.environ, **no_index, **changes}


def run(
    folder: Path, *arguments: str, code: str = "", **changes: str
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *(["-c", code] if code else ["run.py"]), *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment(**changes), capture_output=True, text=True, check=False
    )


def is_said(sentence: str, done: subprocess.CompletedProcess[str]) -> bool:
    """Whether the sentence, and at most the last line of another program, is all that is said."""
    assert "Traceback" not in done.stdout
    assert len(done.stderr.splitlines()) <= 2, done.stderr
    return done.returncode == 1 and sentence in done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "a folder"
    folder.mkdir()
    shutil.copy(RUN, folder)
    return folder


@pytest.fixture
def prepared(folder: Path) -> Path:
    """A folder with a venv in order, and the stand-ins of tox and of the sandbox."""
    (folder / "sandbox.py").write_text(FAKE_SANDBOX)
    (folder / "tox").mkdir()
    (folder / "tox" / "__main__.py").write_text(FAKE_TOX)
    for venv in (".venv-run", ".tox/sandbox"):
        (folder / venv / "bin").mkdir(parents=True)
        (folder / venv / "bin" / "python").symlink_to(sys.executable)
    return folder


def test_it_is_written_for_old_pythons_to_read() -> None:
    source = RUN.read_text(encoding="ascii")
    for node in ast.walk(ast.parse(source)):
        assert not isinstance(node, NEWER_THAN_PYTHON_2), node
        if isinstance(node, ast.FunctionDef):
            assert node.returns is None
            assert not [argument for argument in node.args.args if argument.annotation]


def test_an_old_python_gets_a_sentence(folder: Path) -> None:
    age = "import runpy, sys; sys.version_info = (3, 10, 9); sys.argv[:] = ['run.py', 'tests']; "
    done = run(folder, code=age + "runpy.run_path('run.py', run_name='__main__')")
    assert is_said("This needs Python 3.11 or later, and this is ", done)


@pytest.mark.parametrize("arguments", [[], ["test"], ["--help"]])
def test_an_unknown_command_gets_a_sentence(folder: Path, arguments: list[str]) -> None:
    assert is_said("python3 run.py sandbox, or python3 run.py tests.", run(folder, *arguments))


def test_a_python_without_venv_says_what_to_install(folder: Path) -> None:
    (folder / "ensurepip.py").write_text("raise ImportError")
    done = run(folder, "sandbox", PYTHONPATH=str(folder))
    assert is_said(f"apt install python3.{sys.version_info.minor}-venv.", done)


def test_a_broken_venv_is_made_anew_and_an_index_out_of_reach_gets_a_sentence(folder: Path) -> None:
    (folder / ".venv-run" / "bin").mkdir(parents=True)
    (folder / ".venv-run" / "bin" / "python").touch()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        index = {
            "PIP_INDEX_URL": f"http://127.0.0.1:{closed.getsockname()[1]}/simple",
            "PIP_EXTRA_INDEX_URL": "",
            "PIP_FIND_LINKS": "",
        }
        done = run(folder, "tests", PIP_NO_INDEX="0", PIP_RETRIES="0", **index)
    assert is_said("tox could not be installed; is the package index within reach?", done)
    assert done.stderr.endswith("\nERROR: No matching distribution found for tox>=4.28\n")


@pytest.mark.parametrize("command", ["sandbox", "tests"])
def test_packages_out_of_reach_get_a_sentence_and_the_last_line_of_pip(
    prepared: Path, command: str
) -> None:
    done = run(prepared, command, FAKE_TOX_FAILS="1")
    assert is_said("is the package index within reach?", done)
    assert done.stderr.endswith("\nERROR: No matching distribution found for django\n")


@pytest.mark.parametrize(
    ("arguments", "handed"),
    [(["-k", "two words"], ", '--', '-k', 'two words'"), ([], "")],
)
def test_arguments_and_exit_code_are_handed_through(
    prepared: Path, arguments: list[str], handed: str
) -> None:
    done = run(prepared, "tests", *arguments)
    assert done.stdout.endswith(f"['py', '-qq', '--skip-pkg-install'{handed}]\n")
    assert (done.returncode, done.stderr) == (7, "")


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Children inherit it where SIGINT is ignored, as in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_reaches_the_sandbox_itself(prepared: Path) -> None:
    command = [sys.executable, "run.py", "sandbox", "--port", "0"]
    with subprocess.Popen(
        command,
        cwd=prepared,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as sandbox:
        assert sandbox.stdout
        assert sandbox.stderr
        assert sandbox.stdout.readline().startswith("Preparing the sandbox")
        assert sandbox.stdout.readline() == "['--port', '0']\n"
        sandbox.send_signal(signal.SIGINT)
        assert sandbox.stderr.read() == ""
    assert sandbox.returncode == 3
