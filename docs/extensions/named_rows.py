"""Each name in the first column of a table of the reference can be linked to and searched for."""

from itertools import chain, count

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform


class NamedRows(SphinxTransform):
    """Give each such name an id, and entries of the index, which the search reads."""

    default_priority = 500

    def apply(self, **options: object) -> None:
        if self.env.docname.startswith("reference"):
            for table in self.document.findall(nodes.tbody):
                for row in table:
                    for name in list(row[0].findall(nodes.literal)):
                        self._describe(name)

    def _describe(self, name: nodes.literal) -> None:
        text = name.astext()
        wanted = nodes.make_id(text) or "row"
        numbered = (f"{wanted}-{number}" for number in count(2))
        free = (one for one in chain([wanted], numbered) if one not in self.document.ids)
        place = nodes.inline(ids=[next(free)])
        self.document.ids[place["ids"][0]] = place
        # A check is also searched for without its prefix.
        entries = [
            ("single", entry, place["ids"][0], "main", None)
            for entry in sorted({text, text.rpartition(".")[2]})
        ]
        name.replace_self(place)
        place += [addnodes.index(entries=entries), name]


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    app.add_transform(NamedRows)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
