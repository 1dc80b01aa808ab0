"""The project of a guide: that of the quickstart, and the guide's own code."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from django.core.management import call_command

from .documents import Block, Page
from .new_project import Project, files

QUICKSTART = Page("quickstart.md").take(language="python")


def guide(
    folder: Path, blocks: Iterable[Block], values: Mapping[str, str] | None = None
) -> Project:
    """Start a project as Django does, and add the code of the quickstart and of these blocks.

    Args:
        folder: an empty one.
        blocks: of the guide.
        values: what stands there for each value that a reader replaces.
    """
    project = Project(folder)
    call_command("startproject", "project", folder)
    for name, code in files([*QUICKSTART, *blocks]):
        for old, new in (values or {}).items():
            code = code.replace(old, new)  # noqa: PLW2901 - one value after another
        (folder / name).parent.mkdir(exist_ok=True)
        project.add(name, code)
    return project
