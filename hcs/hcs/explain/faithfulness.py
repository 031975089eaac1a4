"""Whether the places that a map marks matter to the score: deletion, insertion, and occlusion."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.finding import Shown
from hcs.explain.judged import CHANCE
from hcs.explain.likeness import method_name
from hcs.figures.curves import curves_figure
from hcs.figures.panels import Panels
from hcs.statistics.bootstrap import mean_interval
from hcs.statistics.pvalues import adjust_pvalues
from hcs.wording import counted, plural, sentence
from hcs_models.pairing import sign_flip_test

OCCLUSION = {"rho_drop": "occlusion, score", "rho_shift": "occlusion, features"}
"""What a map is compared with, patch by patch: the fall of the log-odds, and the shift of the features."""
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
            "A tile that is blurred here and sharp there is like none the heads were trained on; the random "
            "order, in patches of the same size, is the measure of that.",
        )

    def headline(self) -> str:
        """Say how much better than a random order the maps find what the score goes by."""
        rows = self.table[self.table["order"].str.startswith("block") & self.table["test"].isin(list(BETTER))]
        said = [f"{row.test}, {_said(row, row.test)}" for row in rows.itertuples(index=False)]
        return sentence(f"Mean probability of the own class: {'; '.join(said)}.", self.test())

    def summary(self) -> str:
        """Say, test by test, whether the maps find what the score goes by."""
        said = []
        for test in BETTER:
            rows = self.table[self.table["test"] == test]
            areas = "; ".join(_said(row, test) for row in rows.itertuples(index=False))
            if areas:
                said.append(f"{test.capitalize()} (mean probability of the own class on the way): {areas}.")
        for test in OCCLUSION.values():
            rows = self.table[self.table["test"] == test]
            found = "; ".join(
                f"{method_name(row.order)} rho {row.value:.2f}{_p(row)}"
                for row in rows[rows["value"].notna()].itertuples(index=False)
            )
            said.append(f"{test.capitalize()}, over patches: {found or 'no map could be compared'}.")
        return sentence(*said, self.test(), *self.caveats)

    def test(self) -> str:
        """Say what the p-values of the sentences are."""
        known = self.table[self.table["p"].notna()]
        if known.empty:
            return f"Too few {plural(self.noun)} for a test."
        return (
            "Each p is a two-sided sign-flip permutation test over "
            f"{counted(int(known['n'].max()), self.noun)}, adjusted for all of them (Holm); smallest "
            f"possible {known['smallest_p'].min():.2g} before that."
        )

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


def _said(row: Any, test: str) -> str:
    """Area of an order, and how it differs from the random one's."""
    name = f"{method_name(row.order)} {row.value:.2f}"
    if row.order == CHANCE or np.isnan(row.difference):
        return name
    way = "better" if row.difference * BETTER[test] > 0 else "worse"
    return f"{name} ({way} than random by {abs(row.difference):.2f}{_p(row)})"


def _p(row: Any) -> str:
    """P-value in a sentence, where there is one."""
    return "" if np.isnan(row.p_adjusted) else f", p = {row.p_adjusted:.2g}"


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
