"""Look into the built wheel, and unpack the sdist here without the package itself."""

import sys
import tarfile
import zipfile
from pathlib import Path

dist = Path(sys.argv[1])
(wheel,) = dist.glob("*.whl")
(sdist,) = dist.glob("*.tar.gz")
version = wheel.name.split("-")[1]

in_wheel = {name for name in zipfile.ZipFile(wheel).namelist() if not name.endswith("/")}
package = {name for name in in_wheel if name.startswith("drf_logto/")}
info = {name for name in in_wheel if name.startswith(f"drf_logto_auth-{version}.dist-info/")}
if stray := in_wheel - package - info:
    sys.exit(f"{wheel.name} holds what is not the package: {sorted(stray)}")

with tarfile.open(sdist) as archive:
    files = [member for member in archive.getmembers() if member.isfile()]
    for member in files:
        member.name = member.name.partition("/")[2]
    in_sdist = {member.name for member in files if member.name.startswith("drf_logto/")}
    if in_sdist != package:
        sys.exit(f"Only one of {wheel.name} and {sdist.name} holds {sorted(in_sdist ^ package)}")
    if "drf_logto/py.typed" not in package:
        sys.exit(f"{wheel.name} lacks py.typed")
    rest = [member for member in files if member.name not in package]
    archive.extractall(".", members=rest, filter="data")

print(f"{wheel.name}: {len(package)} files of drf_logto and {len(info)} of metadata, no other")
