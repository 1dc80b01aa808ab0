"""The site of the documentation: one Sphinx project for each language, with this configuration."""

import re
from pathlib import Path

HERE = Path(__file__).parent

project = "drf_logto"
author = "drf_logto contributors"
copyright = "drf_logto contributors"
release = version = re.findall(
    r'^__version__ = "(.+)"$', (HERE.parent / "drf_logto/__init__.py").read_text(), re.MULTILINE
)[0]

extensions = ["myst_parser"]
nitpicky = True
myst_heading_anchors = 4

html_theme = "furo"
html_title = project
html_copy_source = False
