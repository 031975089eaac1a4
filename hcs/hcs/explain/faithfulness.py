"""Whether the places that a map marks matter to the score: deletion, insertion, and occlusion."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.finding import Shown
from hcs.analysis.stated import Stated, statistics_table
from hcs.explain.judged import CHANCE
from hcs.explain.likeness import method_name
from hcs.figures.curves import curves_figure
from hcs.figures.panels import Panels
from hcs.statistics.bootstrap import Interval, mean_interval
from hcs.statistics.pvalues import ALPHA, PValue, adjust_pvalues
from hcs.wording import counted, listed, plural, sentence
from hcs_models.pairing import sign_flip_test

OCCLUSION = {"rho_drop": "occlusion, score", "rho_shift": "occlusion, features"}
"""What a map is compared with, patch by patch: the fall of the log-odds, and the shift of the features."""
TEST = "sign-flip permutation test"
BETTER = {"deletion": -1, "insertion": 1}
COLUMNS = ["test", "order", "n", "value", "low", "high", "difference", "p", "smallest_p"]
Array = npt.NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Faithfulness(Shown):
    """What becomes of the score when light is taken away where a map says so.

    Parameters
    ----------
    table
        test (deletion, insertion; occlusion, score; occlusion, features), order (the map; ``random``;
        ``brightness``), n (clones), value (area under the curve of the own class's probability, or
        Spearman's rho over patches; mean over clones), low, high (bootstrap over clones), difference (of the
        area, from the random order's; of rho, from 0), p (sign-flip over clones, two-sided), p_adjusted
        (Holm, over all rows), smallest_p.
    curves
        kind, order, fraction, mean, low, high: over clones.
    noun
        What a clone is called.
    """

    table: pd.DataFrame
    curves: pd.DataFrame
    noun: str = "clone"

    @property
    def caveats(self) -> tuple[str, ...]:
        """Sentences on what the numbers cannot say."""
        return (
            "Heads were not trained on half-blurred tiles; the random order, in patches of the same size, "
            "is the measure of that.",
        )

    @property
    def statistics(self) -> pd.DataFrame:
        """Every order of patches with its area or correlation, held against the random order or 0."""
        tested, nouns = int(self.table["p"].notna().sum()), plural(self.noun)
        return statistics_table(
            Stated(
                f"{row.test}: {method_name(row.order)}",
                "area under the curve" if row.test in BETTER else "Spearman's rho",
                row.value,
                Interval(row.low, row.high),
                f"bootstrap over {nouns}",
                None if np.isnan(row.p) else PValue(row.p, TEST, row.n, row.smallest_p, nouns),
                row.p_adjusted,
                f"Holm over {tested} tests" if tested else "",
            )
            for row in self.table[self.table["value"].notna()].itertuples(index=False)
        )

    def headline(self) -> str:
        """Say whether the maps find what the score rests on better than a random order does."""
        rows = self.table[self.table["order"].str.startswith("block") & self.table["test"].isin(list(BETTER))]
        rows = rows[rows["p_adjusted"].notna()]
        what, n = "the maps mark what the score rests on", counted(int(self.table["n"].max()), self.noun)
        if rows.empty or (rows["smallest_p"] > ALPHA).all():
            return f"Cannot be known with {n} whether {what}."
        better = rows[(rows["difference"] * rows["test"].map(BETTER) > 0) & (rows["p_adjusted"] <= ALPHA)]
        if better.empty:
            return f"No: it is not shown with {n} that {what} better than a random order does."
        said = (
            f"{row.test} by {method_name(row.order)} beats it by {abs(row.difference):.2f}"
            for row in better.itertuples(index=False)
        )
        return f"Yes, {what} better than a random order does: {listed(said, most=2)}."

    def summary(self) -> str:
        """Add how maps go with occlusion, and the caveats."""
        rows = self.table[self.table["test"].isin(OCCLUSION.values()) & self.table["value"].notna()]
        range_of = f"{rows['value'].min():.2f} to {rows['value'].max():.2f}"
        rho = (
            f"Over patches, maps correlate with the effect of occlusion at rho {range_of}."
            if len(rows)
            else ""
        )
        return sentence(self.headline(), rho, *self.caveats)

    def plot(self) -> Panels:
        """Draw the curves of deletion and insertion; its axes."""
        drawn = self.curves.assign(order=self.curves["order"].map(method_name))
        return Panels.of(curves_figure(drawn), drawn)


def judge_faithfulness(
    curves: pd.DataFrame, occlusion: pd.DataFrame, *, noun: str = "clone", seed: int = 0
) -> Faithfulness:
    """Sum curves and correlations up over clones, and test them.

    Parameters
    ----------
    curves, occlusion
        As `hcs.explain.sheet.COLUMNS` has them.
    noun
        Word.
    seed
        Of resamples and permutations.
    """
    ordered = curves.sort_values(["kind", "order", "tile_id", "fraction"])
    tiles = ordered.groupby(["kind", "order", "group", "tile_id"]).apply(
        lambda part: float(np.trapezoid(part["probability"], part["fraction"])), include_groups=False
    )
    clones = tiles.groupby(["kind", "order", "group"]).mean()
    rows: list[tuple[Any, ...]] = []
    for kind in BETTER:
        wide = clones.loc[kind].unstack("order")
        for order in dict.fromkeys(curves["order"]):
            away = None if order == CHANCE else (wide[order] - wide[CHANCE]).to_numpy()
            rows.append((kind, order, *_tested(wide[order].to_numpy(), away, seed)))
    for column, test in OCCLUSION.items():
        for block, part in occlusion.groupby("block", sort=True):
            rho = part.groupby("group")[column].mean().dropna().to_numpy()
            rows.append((test, block, *_tested(rho, rho, seed)))
    table = pd.DataFrame(rows, columns=COLUMNS)
    table.insert(8, "p_adjusted", adjust_pvalues(table["p"].to_numpy(), "holm"))
    return Faithfulness(table, _bands(curves, seed), noun)


def _tested(values: Array, away: Array | None, seed: int) -> tuple[Any, ...]:
    """n, mean with interval, mean difference, and p of the difference's signs, if any."""
    if not len(values):
        return (0, *[np.nan] * 6)
    mean, interval = mean_interval(values, seed=seed)
    apart = (np.nan, np.nan, np.nan) if away is None else (float(away.mean()), *sign_flip_test(away, seed))
    return (len(values), mean, *interval, *apart)


def _bands(curves: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Mean curve over clones with its interval, point by point."""
    clones = curves.groupby(["kind", "order", "fraction", "group"], sort=False)["probability"].mean()
    rows = []
    for key, values in clones.groupby(level=["kind", "order", "fraction"], sort=False):
        mean, interval = mean_interval(values.to_numpy(), seed=seed)
        rows.append((*key, mean, *interval))
    return pd.DataFrame(rows, columns=["kind", "order", "fraction", "mean", "low", "high"])
