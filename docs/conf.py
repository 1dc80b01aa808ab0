"""The site of the documentation: one Sphinx project for each language, with this configuration."""

import re
import tomllib
from pathlib import Path
from typing import Any

import django
from django.conf import settings

HERE = Path(__file__).parent

project = "drf_logto"
author = "drf_logto contributors"
release = version = re.findall(
    r'^__version__ = "(.+)"$', (HERE.parent / "drf_logto/__init__.py").read_text(), re.MULTILINE
)[0]

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "docs.extensions.descriptions",
    "docs.extensions.korean_search",
    "docs.extensions.menu",
    "docs.extensions.quotations",
    "docs.extensions.translations",
]
nitpicky = True
# A block may leave something out.
suppress_warnings = ["misc.highlighting_failure"]
locale_dirs = [str(HERE / "locale")]
# Types of other packages, and what only type checkers see, have no page here.
nitpick_ignore_regex = [("py:.*", r"(?!drf_logto\.).*|.*\.(LogtoPermission|View)")]
myst_heading_anchors = 4

# What autodoc imports needs applications.
settings.configure(
    INSTALLED_APPS=[
        *(f"django.contrib.{name}" for name in ("admin", "auth", "contenttypes", "sessions")),
        "drf_logto.users",
    ],
    LOGTO={"ENDPOINT": "https://your-tenant.logto.app", "API_RESOURCE": "https://api.example.com"},
)
django.setup()
add_module_names = False
autodoc_typehints_format = "short"
napoleon_use_ivar = True

html_theme = "furo"
html_title = project
html_theme_options: dict[str, Any] = {"top_of_page_buttons": []}
html_baseurl = tomllib.loads((HERE.parent / "pyproject.toml").read_text("utf-8"))["project"][
    "urls"
]["Documentation"]
templates_path = [str(HERE / "theme/templates")]
html_static_path = [str(HERE / "theme/static")]
html_css_files = ["site.css"]
html_js_files = [("scrolling.js", {"defer": "defer"})]
html_favicon = str(HERE / "theme/favicon.svg")
html_copy_source = html_show_copyright = html_show_sphinx = html_use_index = False
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/translations.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
# Those of the styles that have enough contrast.
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
