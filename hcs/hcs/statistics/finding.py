"""What every analysis gives back: numbers, a sentence, a picture."""

from typing import TYPE_CHECKING, Protocol, runtime_checkable

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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

    def summary(self) -> str:
        """Say the result in words, with every caveat."""

    def plot(self) -> "Figure":
        """Draw the result."""
