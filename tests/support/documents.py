"""The pages of the documents, and the code in them."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def text(page: str | Path) -> str:
    return (ROOT / page).read_text("utf-8")
