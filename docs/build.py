"""Build the documentation in both languages into a folder, and check it: -m docs.build site."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from docs.check import problems

HERE = Path(__file__).parent
ROOT = HERE.parent


def build(language: str, folder: Path) -> int:
    """Build one language anew, so that no warning stays unsaid; return Sphinx's exit code."""
    shutil.rmtree(folder, ignore_errors=True)
    strictly = ("--quiet", "--fail-on-warning", "--keep-going", "--nitpicky", "--jobs", "auto")
    conf = ("--conf-dir", str(HERE), "--define", f"language={language}")
    # In a process of its own: Sphinx keeps some words of the first language.
    command = (sys.executable, "-m", "sphinx", *strictly, *conf, HERE / language, folder)
    code = subprocess.call(command)  # noqa: S603 - nothing in it is from outside
    shutil.rmtree(folder / ".doctrees", ignore_errors=True)  # Sphinx's own, with paths of here
    return code


def main(folder: Path) -> int:
    """Return an exit code."""
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["urls"]
    codes = [build(language, folder / language) for language in ("en", "ko")]
    home = urls["Documentation"].removesuffix("en/")
    index = (HERE / "theme/index.html").read_text("utf-8")
    (folder / "index.html").write_text(index, "utf-8")
    # A server shows it at any address, so its links are not relative.
    missing = '<h1>404</h1><p>No such page. <span lang="ko">페이지가 없습니다.</span></p>'
    not_found = index.replace('<a href="', f'<a href="{home}').replace(
        "<h1>drf_logto</h1>", missing
    )
    (folder / "404.html").write_text(not_found, "utf-8")
    found = problems(folder, home, *ROOT.glob("*.md"))
    sys.stderr.writelines(f"{problem}\n" for problem in found)
    return int(any(codes) or bool(found))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
