"""Whether a map tells a trained head from one that learnt nothing: the sanity check of every kind of map."""

from dataclasses import dataclass

import pandas as pd

from hcs.analysis.finding import Shown
from hcs.analysis.stated import Stated, statistics_table
from hcs.explain.clone import SHUFFLED
from hcs.figures.intervals import Rows, interval_figure
from hcs.figures.panels import Panels
from hcs.statistics.bootstrap import Interval, mean_interval
from hcs.wording import block_name, counted, listed, plural, sentence

GUIDED_SENTENCE = (
    "Guided maps are shown because the reference study used them; they change little when what a network has "
    "learnt is destroyed, and so fail published sanity checks (Adebayo et al., NeurIPS 2018)."
)
RHO = "Spearman's rho"


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

    @property
    def statistics(self) -> pd.DataFrame:
        """Likeness of every kind of map to those of every control."""
        over = f"bootstrap over {plural(self.noun)}"
        return statistics_table(
            Stated(f"{method_name(method)} against {control}", RHO, rho, Interval(low, high), over)
            for method, control, _, rho, low, high in self._known.itertuples(index=False)
        )

    @property
    def _known(self) -> pd.DataFrame:
        return self.table[self.table["rho"].notna()]

    def headline(self) -> str:
        """Say how like the maps are to those of the first control, Grad-CAM before guided gradients."""
        known = self._known[self._known["control"] == self.table["control"].iloc[0]]
        if known.empty:
            return "No map could be compared with a control's."
        of_blocks = known["method"].str.startswith("block")
        parts = {"Grad-CAM": known[of_blocks], "guided gradients": known[~of_blocks]}
        said = listed(f"{_span(rows['rho'])} ({name})" for name, rows in parts.items() if len(rows))
        return (
            f"Maps of trained heads correlate with those of {known['control'].iloc[0]} at rho {said}; at 1 "
            "nothing learnt would show."
        )

    def summary(self) -> str:
        """Add what the mean is over, and what guided maps are worth."""
        n = int(self.table["n"].max())
        over = f"Spearman's rho over pixels, mean over {counted(n, self.noun)}." if len(self._known) else ""
        return sentence(self.headline(), over, *self.caveats)

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
        rows.append((method, control, len(known), mean, *interval))
    table = pd.DataFrame(rows, columns=["method", "control", "n", "rho", "low", "high"])
    last = {"key": lambda control: control == SHUFFLED, "kind": "stable", "ignore_index": True}
    return MapLikeness(table.sort_values("control", **last), noun)


def _span(values: "pd.Series[float]") -> str:
    """Write the lowest and the highest, or the one there is."""
    low, high = f"{values.min():.2f}", f"{values.max():.2f}"
    return low if low == high else f"{low} to {high}"


def method_name(method: str) -> str:
    """Write a kind of map, or another order of patches, as words.

    Examples
    --------
    >>> method_name("block3"), method_name("guided gradients")
    ('Grad-CAM of block 3', 'guided gradients')
    """
    return f"Grad-CAM of {block_name(method)}" if method.startswith("block") else method
