"""What every analysis gives back: numbers, a sentence, a picture."""

import re
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

import pandas as pd

from hcs.analysis.stated import statistics_table
from hcs.display import preview

if TYPE_CHECKING:
    from hcs.figures.panels import Panels

_STOP = re.compile(
    r"(?<!\bet al)(?<!\bvs)(?<!\be\.g)(?<!\bi\.e)(?<!\bcf)(?<!\bca)(?<!\bapprox)(?<!\bFig)[.?!]"
    r"\s+(?=(\S)(?:[^.:;?!]{,60}(:\s))?)"
)
"""An end of a sentence, if a capital letter follows or a name with a colon; never after an abbreviation."""


@runtime_checkable
class Finding(Protocol):
    """Result of one analysis: numbers first, then words and a picture made from them.

    Where the data cannot answer (one batch, a constant column), numbers are NaN, or the table is empty, and
    the sentence says why: a finding never raises for what the data lack.
    """

    @property
    def table(self) -> pd.DataFrame:
        """The numbers, tidy: one row per thing that was judged."""

    @property
    def caveats(self) -> tuple[str, ...]:
        """Sentences on what the numbers cannot say; part of the summary."""

    @property
    def statistics(self) -> pd.DataFrame:
        """Every estimate, interval and test that the words rest on (`hcs.analysis.stated`); may be empty."""

    def headline(self) -> str:
        """Answer the question: yes, no or cannot be known, its size and interval; at most 30 words."""

    def summary(self) -> str:
        """Say the result in words, the headline first, then every caveat; at most 120 words."""

    def plot(self) -> "Panels":
        """Draw the result; its axes, with the figure and the numbers behind it."""


class Shown:
    """A finding as consoles and notebooks show it: its main sentence, and the first rows of its table."""

    @property
    def statistics(self) -> pd.DataFrame:
        """Nothing, where an analysis quotes no statistics."""
        return statistics_table(())

    def headline(self) -> str:
        """Give the first sentence of the summary, for a finding without a headline of its own."""
        return first_sentence(cast("Finding", self).summary())

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.headline()}>"

    def _repr_html_(self) -> str:
        found = cast("Finding", self)
        return preview(self.headline(), found.table)


def first_sentence(text: str) -> str:
    """Cut a text after its first sentence: before ``The …``, or ``forest: …``.

    Examples
    --------
    >>> first_sentence("Lin et al. Found rho = 0.48 (95 % interval 0.1 to 0.7). Two clones are left out.")
    'Lin et al. Found rho = 0.48 (95 % interval 0.1 to 0.7).'
    """
    ends = (stop.start() + 1 for stop in _STOP.finditer(text) if stop[1].isupper() or stop[2])
    return text[: next(ends, None)]
