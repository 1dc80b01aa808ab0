"""Korean for Sphinx's search: a word is found without its ending, and with another one."""

import re
from itertools import chain

from sphinx.application import Sphinx
from sphinx.search import SearchLanguage

# A Korean word may begin with a Latin one: API를, JWT의.
WORD = re.compile(r"[가-힣]+|[^\W가-힣]+")
ENDINGS = (
    "에서는|으로는|이라는|에게서|에서|에게|에는|으로|이나|이란|라는|까지|부터|마다|별로|처럼|보다"
    "|이며|이고|하려면|합니다|하기|하는|하고|하면|하다|들|을|를|이|가|은|는|의|에|와|과|로|도|만|나"
)


def beginnings(word: str) -> list[str]:
    """Return the word and, if it is Korean, what it begins with: one syllable before an ending."""
    if "가" <= word[0] <= "힣":
        shortest = 1 if re.fullmatch(ENDINGS, word[1:]) else 2
        return [word[:length] for length in range(shortest, len(word))] + [word]
    return [word]


class KoreanSearch(SearchLanguage):
    """Each word is indexed with all its beginnings; a query is cut where an ending begins."""

    lang = "ko"
    language_name = "Korean"
    js_splitter_code = (
        "var splitQuery = (query) => query.match("
        r"/[가-힣]+|[\p{Script=Latin}\p{Number}_]+/gu) ?? [];"
    )
    js_stemmer_code = (
        "class Stemmer {\n"
        "  stemWord(word) {\n"
        f"    return word.replace(/^([가-힣]{{2,}}?)(?:{ENDINGS})$/u, '$1');\n"
        "  }\n"
        "}\n"
    )

    def split(self, input: str) -> list[str]:
        """Return what the text is found by."""
        return list(chain.from_iterable(map(beginnings, WORD.findall(input))))


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    app.add_search_language(KoreanSearch)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
