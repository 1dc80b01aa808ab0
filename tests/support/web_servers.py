"""nginx on loopback, with the configuration that a page shows."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from .cache_servers import needs
from .running import free_port, running

PATH = f"{os.environ['PATH']}:/usr/sbin"
needs_nginx = needs("nginx", "nginx", PATH)


@contextmanager
def nginx(folder: Path, code: str, values: Mapping[str, str]) -> Iterator[int]:
    """Run nginx in one process, as the user who runs the tests.

    Args:
        folder: an empty one.
        code: what stands in ``http { }``; a free port is put in for 443.
        values: what stands there for each value that a reader replaces.

    Yields:
        its port.
    """
    port = free_port()
    kept = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    for written, value in {**values, "443": str(port)}.items():
        code = code.replace(written, value)
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log stderr;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{kept}{code}\n}}\n"
    )
    with running(
        "nginx", "-p", str(folder), "-c", str(file), until=port, environment={"PATH": PATH}
    ):
        yield port
