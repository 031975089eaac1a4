"""Whether a map tells a trained head from one that learnt nothing: the sanity check of every kind of map."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hcs.analysis.finding import Shown
from hcs.explain.clone import GUIDED, SHUFFLED
from hcs.figures.intervals import Rows, interval_figure
from hcs.figures.panels import Panels
from hcs.statistics.bootstrap import Interval, mean_interval
from hcs.wording import block_name, counted, plural, sentence

GUIDED_SENTENCE = (
    "Guided maps are shown because the reference study used them; they change little when what a network has "
    "learnt is destroyed, and so fail published sanity checks (Adebayo et al., NeurIPS 2018)."
)


@dataclass(frozen=True, repr=False)
class MapLikeness(Shown):
    """How like the maps of trained heads are to those of controls.

    Parameters
    ----------
    table
        method (a block's Grad-CAM, or guided gradients), control, n (clones), rho (mean over clones of
        Spearman's correlation of the two maps, pixel by pixel), low, high (bootstrap over clones).
    noun
        What a clone is called.
    """

    table: pd.DataFrame
    noun: str = "clone"

    @property
    def caveats(self) -> tuple[str, ...]:
        """Sentences on what the numbers cannot say."""
        return (GUIDED_SENTENCE,)

    def headline(self) -> str:
        """Say how like the maps are to those of random heads, kind by kind."""
        first = self.table[
            (self.table["control"] == self.table["control"].iloc[0]) & self.table["rho"].notna()
        ]
        if first.empty:
            return "No map could be compared with a control's."
        said = [f"{method_name(row.method)} {row.rho:.2f}" for row in first.itertuples(index=False)]
        return (
            f"Likeness of the maps to those of {first['control'].iloc[0]}, where 1 means that nothing learnt "
            f"shows: {', '.join(said)} (Spearman's rho over pixels, mean over "
            f"{counted(int(first['n'].max()), self.noun)})."
        )

    def summary(self) -> str:
        """Say, kind by kind, how little of a map is the trained head's own."""
        said, drawn = [], f"bootstrap over {plural(self.noun)}"
        for control, rows in self.table.groupby("control", sort=False):
            parts = [
                f"{method_name(row.method)} {row.rho:.2f} ({Interval(row.low, row.high).sentence(drawn)})"
                for row in rows.itertuples(index=False)
                if not np.isnan(row.rho)
            ]
            n = int(rows["n"].max())
            said.append(
                f"Likeness to maps of {control} (Spearman's rho over pixels, mean over "
                f"{counted(n, self.noun)}): {'; '.join(parts) or 'none'}."
            )
        return sentence("The nearer to 1, the less a map says about what was learnt.", *said, *self.caveats)

    def plot(self) -> Panels:
        """Draw the likeness of every kind of map to every control; its axes."""
        rows = self.table.assign(
            label=self.table["method"].map(method_name),
            group=self.table["control"],
            estimate=self.table["rho"],
        )
        over = f"Spearman's rho of the maps, mean over {plural(self.noun)}"
        figure = interval_figure(
            Rows(rows, over, limits=None, reference=0.0), words={"reference": "no likeness"}
        )
        return Panels.of(figure, self.table)


def compare_maps(likeness: pd.DataFrame, *, noun: str = "clone", seed: int = 0) -> MapLikeness:
    """Sum likeness up: means over a clone's tiles and replicates, then over clones.

    Parameters
    ----------
    likeness
        As `hcs.explain.sheet.COLUMNS` has it.
    noun
        Word.
    seed
        Of resamples.
    """
    per_clone = likeness.groupby(["control", "method", "group"], sort=False)["rho"].mean()
    rows = []
    for (control, method), values in per_clone.groupby(level=["control", "method"], sort=False):
        known = values.dropna().to_numpy()
        mean, interval = mean_interval(known, seed=seed)
        rows.append((method, control, len(known), mean, interval.low, interval.high))
    table = pd.DataFrame(rows, columns=["method", "control", "n", "rho", "low", "high"])
    order = table["control"].map({SHUFFLED: 1}).fillna(0)
    return MapLikeness(table.iloc[order.argsort(kind="stable")].reset_index(drop=True), noun)


def method_name(method: str) -> str:
    """Write a kind of map as words.

    Examples
    --------
    >>> method_name("block3"), method_name("guided gradients")
    ('Grad-CAM of block 3', 'guided gradients')
    """
    return method if method == GUIDED else f"Grad-CAM of {block_name(method)}"
