"""docs/en/how-to/capacity.md: what is calculated is what the formulas say."""

import re

import pytest

from drf_logto.conf import LogtoSettings
from tests.support.documents import LANGUAGES, Page

ROW = re.compile(
    r"^\| .+ \| (?P<formula>[\dn·/() ]+)(?:, \D+ (?P<least>\d+))? \|"
    r"(?P<values>(?: [\d.,]+ \|){3})$",
    re.MULTILINE,
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_calculated_figures_are_those_of_their_formulas(language: str) -> None:
    page = Page("how-to/capacity.md", language).text
    rows = [*ROW.finditer(page)]
    assert len(rows) == 10
    for row in rows:
        formula = re.sub(r"(\d) n", r"\1 * n", row["formula"].replace("·", "*"))
        expected = [
            max(float(row["least"] or 0), round(eval(formula, {"n": n}), 1))
            for n in (1, 100, 10_000)
        ]
        values = row["values"].replace(",", "").strip(" |").split(" | ")
        assert [float(value) for value in values] == expected, row["formula"]


def test_the_formulas_have_the_defaults_of_the_settings() -> None:
    fields = LogtoSettings.__dataclass_fields__
    assert (fields["jwks_ttl"].default, fields["jwks_cooldown"].default) == (300, 30)
