"""Cells of a table of variants as text, column by column, and what is said of them while they are read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from hcs.design.eligibility import headings as h
from hcs.wording import listed, plural
from hcs_plates.spelling import visible

MISSING = frozenset({"", ".", "-", "na", "n/a", "nan", "none", "null", "#n/a", "<na>"})
"""Cells of text that hold nothing; an allele may be ``-``."""
SHOWN = 6
"""How many lines a sentence names."""
Texts = list[str | None]


@dataclass
class TextTable:
    """A table of text while it is read.

    Parameters
    ----------
    columns
        Cells by place; None where blank.
    named
        What the headings stand for.
    titles
        The headings.
    lines, word
        Line of each row, and what a line is called.
    commas
        Whether a comma in a number can only be a decimal comma.
    """

    columns: list[Texts]
    named: h.Headings
    titles: Sequence[str]
    lines: Sequence[int | str]
    word: str
    commas: bool
    faults: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @classmethod
    def of(
        cls, titles: Sequence[str], columns: list[Texts], lines: Sequence[int | str], word: str, commas: bool
    ) -> "TextTable":
        """Find out what the columns are."""
        named = h.read_headings(titles)
        made = cls(columns, named, titles, lines, word, commas)
        made.faults += named.faults
        made.notices += named.notices
        if named.unused:
            made.notices.append(f"Not used: {listed(map(repr, named.unused), most=12)}.")
        return made

    def texts(self, name: str, *, missing: frozenset[str] = MISSING) -> Texts:
        """Cells of a known column, blank ones filled from further headings that may stand for it."""
        places = self.named.places.get(name, ())[: None if name in h.SEVERAL else 1]
        found: Texts = [None] * len(self.lines)
        for place in places:
            found = [
                (None if cell is None or cell.casefold() in missing else cell) if one is None else one
                for one, cell in zip(found, self.columns[place], strict=True)
            ]
        return found

    def where(self, places: Sequence[int]) -> str:
        """Name rows by their lines."""
        return f"{plural(self.word, len(places))} {listed([self.lines[at] for at in places], SHOWN)}"

    def each(self, texts: Texts, read: Callable[[str], str | None]) -> Texts:
        """Read each text once, however many rows have it."""
        known = {text: read(text) for text in set(texts) if text is not None}
        return [None if text is None else known[text] for text in texts]


def cell_text(value: object) -> str | None:
    """Text of a value of a data frame; whole numbers that a missing cell made floats are whole."""
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return None
    if isinstance(value, float | np.floating):
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    return visible(str(value)) or None
