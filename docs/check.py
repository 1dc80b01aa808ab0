"""Check the built documentation: links, pictures, headings, languages, nothing from other hosts."""

import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from os.path import normpath
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

LOADED = {"audio", "embed", "iframe", "img", "input", "script", "source", "track", "video"}
POINTS = {"alternate", "canonical", "next", "prev", "search"}  # the <link>s that load nothing
IN_CSS = re.compile(r"""(?:url\(|@import)\s*["']?((?:https?:)?//[^"')\s]+)""")
IN_MARKDOWN = re.compile(r"https?://[^\s)>\"'`\]]+")
Attributes = dict[str, str | None]


class Html(HTMLParser):
    """What of a page is checked."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []  # may lead elsewhere
        self.loaded: list[str] = []  # may not
        self.headings: list[int] = []
        self.without_alt: list[str] = []
        self.language: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids |= {value for name, value in attrs if name in {"id", "name"} and value}
        source, target = given.get("src"), given.get("href")
        if tag in LOADED and source:
            self.loaded.append(source)
        if target and tag != "base":
            is_loaded = tag == "link" and not POINTS & {*(given.get("rel") or "").split()}
            (self.loaded if is_loaded else self.links).append(target)
        if tag == "img" and not given.get("alt"):
            self.without_alt.append(source or "")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "html":
            self.language = given.get("lang")


@cache
def parsed(page: Path) -> Html:
    """Return the page as HTML."""
    return Html(page.read_text("utf-8"))


def missing(link: str, page: Path, site: Path, home: str) -> bool:
    """Whether a link of a page leads to a file or an id that the site does not have."""
    path, fragment = urldefrag(link)
    if path.startswith(home):
        path = f"{site}/{path.removeprefix(home)}"
    elif urlsplit(path).scheme or path.startswith("//"):
        return False
    target = page if not path else Path(normpath(page.parent / unquote(urlsplit(path).path)))
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return True
    return bool(fragment) and unquote(fragment) not in parsed(target).ids


def _of_page(page: Path, site: Path, home: str) -> Iterator[str]:
    html = parsed(page)
    yield from (f"leads nowhere: {link}" for link in html.links if missing(link, page, site, home))
    yield from (f"not over https: {link}" for link in html.links if link.startswith("http://"))
    for source in html.loaded:
        if urlsplit(source).netloc:
            yield f"loaded from another host: {source}"
        elif not source.startswith("data:") and missing(source, page, site, home):
            yield f"does not exist: {source}"
    yield from (f"picture without a description: {source}" for source in html.without_alt)
    if html.headings.count(1) != 1 or html.headings[0] != 1:
        yield "has not one first heading"
    if any(later > earlier + 1 for earlier, later in pairwise(html.headings)):
        yield f"leaves out a level of headings: {html.headings}"
    folder = page.relative_to(site).parts[0]
    if html.language != (folder if folder in {"en", "ko"} else "en"):
        yield f"is in another language: {html.language}"


def problems(site: Path, home: str, *documents: Path) -> list[str]:
    """Return what is wrong with a site, and with the links of documents that lead to it."""
    site = site.resolve()
    found = [
        f"{page.relative_to(site)}: {problem}"
        for page in sorted(site.rglob("*.html"))
        for problem in _of_page(page, site, home)
    ]
    for style in sorted(site.rglob("*.css")):
        for address in IN_CSS.findall(style.read_text("utf-8")):
            found.append(f"{style.relative_to(site)}: loaded from another host: {address}")
    for document in documents:
        for link in IN_MARKDOWN.findall(document.read_text("utf-8")):
            if link.startswith(home) and missing(link.rstrip(".,"), document, site, home):
                found.append(f"{document.name}: leads nowhere: {link}")
    return found
