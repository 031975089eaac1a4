"""Numbers of a table of variants: frequencies in populations, and CADD's scores."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.wording import counted, listed
from hcs_plates.columns import NUMBER
from hcs_plates.decimals import decimal_points
from hcs_plates.numbers import MARKS

_BETWEEN = re.compile(r"[;|&,]")


@dataclass
class Amounts:
    """Reads columns of numbers, and notes what was read otherwise than written.

    Parameters
    ----------
    lines, word
        Line of each row, and what a line is called.
    commas
        Whether a comma in a number can only be a decimal comma: other signs separate the columns.
    """

    lines: Sequence[int | str]
    word: str
    commas: bool
    faults: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def frequencies(
        self, cells: Sequence[str | None], heading: str, *, per_cent: bool
    ) -> npt.NDArray[np.float64]:
        """Read shares from 0 to 1, those in per cent (``0.5%``, or by the heading) as hundredths.

        Of several values in one cell that are not equal none is taken: whose they are is not known.
        """
        found, marked, several = self._read(cells, heading, per_cent=per_cent)
        if marked:
            self.notices.append(f"Per cent of {heading!r} were read as hundredths.")
        if several:
            self.notices.append(
                f"{heading!r} has {counted(several, 'cell')} of numbers that differ; they count as blank."
            )
        odd = np.flatnonzero((found < 0) | (found > 1)).tolist()
        if odd:
            self.faults.append(
                f"{heading!r} holds {cells[odd[0]]!r} ({self.word} {self.lines[odd[0]]}), which is no share "
                "from 0 to 1; write per cent with their sign, and leave out what is no frequency"
            )
        return found

    def scores(self, cells: Sequence[str | None], heading: str) -> npt.NDArray[np.float64]:
        """Read PHRED-like scores, the highest of several in a cell; below 0 there are none."""
        found, _, _ = self._read(cells, heading, per_cent=None)
        odd = np.flatnonzero(found < 0).tolist()
        if odd:
            self.faults.append(
                f"{heading!r} holds {cells[odd[0]]!r} ({self.word} {self.lines[odd[0]]}), and no PHRED score "
                "is below 0; give CADD's PHRED scores, not the raw ones"
            )
        return found

    def _read(
        self, cells: Sequence[str | None], heading: str, *, per_cent: bool | None
    ) -> tuple[npt.NDArray[np.float64], bool, int]:
        """Read numbers; None for `per_cent` takes scores: the highest, without a per cent sign."""
        codes, texts = pd.factorize(np.array(self._pointed(cells, heading), dtype=object))
        values, words, marked, several = [], [], False, set()
        for at, text in enumerate(texts):
            parts = [part.strip() for part in _BETWEEN.split(text)]
            known = [part for part in parts if part.casefold() not in MARKS]
            numbers = [_number(part, per_cent) for part in known]
            if None in numbers:
                words.append(text)
                values.append(np.nan)
                continue
            marked = marked or (per_cent is not None and (per_cent or any("%" in part for part in known)))
            read = {number for number in numbers if number is not None}
            if len(read) > 1 and per_cent is not None:
                several.add(at)
            one = max(read, default=np.nan)
            values.append(np.nan if at in several else one)
        if words:
            self.notices.append(
                f"{heading!r} has {counted(len(words), 'word')} among its numbers that count as blank: "
                f"{listed(map(repr, words))}."
            )
        n_several = int(np.isin(codes, sorted(several)).sum()) if several else 0
        return np.array([*values, np.nan], dtype=float)[codes], marked, n_several

    def _pointed(self, cells: Sequence[str | None], heading: str) -> list[str | None]:
        """Decimal commas as points, where they can be nothing else."""
        bare = [None if cell is None else cell.replace("%", "").strip() for cell in cells]
        if not any(cell is not None and "," in cell for cell in bare):
            return list(cells)
        read = decimal_points({heading: bare}, commas=self.commas)
        for said in (*read.faults, *read.notices):
            text = f"{said.sentence} ({self.word} {self.lines[said.place]}: {cells[said.place]!r})"
            (self.faults if said in read.faults else self.notices).append(
                text if said in read.faults else f"{text}."
            )
        if heading not in read.changed:
            return list(cells)
        signs = ("%" if cell is not None and "%" in cell else "" for cell in cells)
        changed = read.changed[heading]
        return [None if cell is None else f"{cell}{sign}" for cell, sign in zip(changed, signs, strict=True)]


def _number(part: str, per_cent: bool | None) -> float | None:
    """Read one number; hundredths exactly, so that 0.5 % is the number 0.005."""
    sign = part.endswith("%")
    spelt = part.rstrip("%").strip()
    if not re.fullmatch(NUMBER, spelt) or (sign and per_cent is None):
        return None
    number = Decimal(spelt)
    return float(number / 100 if sign or per_cent else number)
