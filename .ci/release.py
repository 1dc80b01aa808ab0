"""Compare the version of the package with the changelog and, for a release, with its tag."""

import re
import sys
from pathlib import Path

root = Path(__file__).parent.parent
(version,) = re.findall(
    r'^__version__ = "(.+)"$', (root / "drf_logto/__init__.py").read_text("utf-8"), re.MULTILINE
)
changelog = (root / "CHANGELOG.md").read_text("utf-8")
released = re.findall(r"^## \[([^\]]+)\] - \d{4}-\d\d-\d\d$", changelog, re.MULTILINE)

if released[:1] != [version]:
    sys.exit(f"The version is {version}, and the first dated heading of CHANGELOG.md is another.")
if sys.argv[1:] and sys.argv[1:] != ["--tag", version]:
    sys.exit(f"The version is {version}, and the tag must be its name: {sys.argv[1:]}")
for dist in (root / "dist").iterdir():
    if f"-{version}-" not in dist.name and not dist.name.endswith(f"-{version}.tar.gz"):
        sys.exit(f"dist holds {dist.name}, which is not of {version}.")
print(f"dist holds the release {version}.")
