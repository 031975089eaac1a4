"""Whether batches are mixed in the features: neighbourhoods, silhouettes and explained variance.

A metric's value has no level that chance gives in every study, since wells of one clone resemble each other:
it is held beside the same metric under batches exchanged where the null hypothesis lets them be.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.batches.mixing_design import (
    Exchange,
    batch_exchange,
    design_words,
    inseparable,
    label_exchange,
)
from hcs.analysis.batches.well_features import averaged, matched
from hcs.analysis.finding import Shown
from hcs.analysis.question import ASKED_BATCH, Analysis, BatchSection, Question, StudySection
from hcs.statistics.levels import checked_draws
from hcs.statistics.neighbours import NEIGHBOURS, SMALLEST, Embedding, embed, neighbourhood_size
from hcs.statistics.permutation import permutation_test
from hcs.statistics.pvalues import PValue, adjust_pvalues
from hcs.wording import counted, listed, plural, sentence, spaced
from hcs_plates.errors import ArgumentError

if TYPE_CHECKING:
    from hcs.figures.panels import Panels

Array = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

PERMUTATIONS = 199
CLEAR = 0.05
NAMES = {
    "kbet": "kBET acceptance rate",
    "ilisi": "iLISI",
    "batch_silhouette": "batch silhouette",
    "pc_regression": "principal-component regression",
    "clisi": "cLISI",
}
BETTER = (
    "The batch silhouette is closer to 1 than that of permuted batches. The size of a negative silhouette "
    "counts against mixing too, so it need not fall as batches part (Rautenstrauch & Ohler 2025): go by the "
    "other metrics."
)
REVERSED = ("pc_regression", "clisi")
"""Metrics of which 0 is mixed."""
COLUMNS = (
    "metric", "name", "about", "value", "mixed_is", "null_mean", "null_low", "null_high", "p", "smallest_p",
    "p_holm", "test", "n", "n_groups", "n_wells", "n_values", "neighbours",
)  # fmt: skip


@dataclass(frozen=True, repr=False)
class BatchMixing(Shown):
    """How well batches are mixed among wells, beside batches exchanged at random.

    Parameters
    ----------
    table
        One row per metric: metric (kbet, ilisi, batch_silhouette, pc_regression; clisi, of the label), name
        (in words), about (column whose values are mixed), value, mixed_is (value of perfect mixing: 1 or 0),
        null_mean, null_low and null_high (mean and 95 % of permutations), p (one-sided: less mixed than
        permuted), smallest_p, p_holm (over the batch's four), test, n (groups that the permutation moves),
        n_groups, n_wells, n_values (batches or labels), neighbours (wells of a neighbourhood, itself
        counted). NaN where the data cannot answer.
    points
        One row per well: group, plate, well, batch, label, and its first two principal components pc1, pc2.
    design
        ``nested`` (each group in one batch), ``crossed`` (each in several), ``partly crossed``, or empty
        where mixing cannot be asked.
    caveats
        What was left out and what the numbers cannot say.
    batch, label
        Names of the columns.
    noun
        What a group is called.
    """

    table: pd.DataFrame
    points: pd.DataFrame
    design: str
    caveats: tuple[str, ...]
    batch: str = "differentiation_batch"
    label: str = "label"
    noun: str = "clone"

    def summary(self) -> str:
        """Say how mixed batches are, metric by metric, and what stands in the way of asking."""
        known = self.table[self.table["value"].notna()]
        own = known[known["metric"] != "clisi"]
        said = [_verdict(own, self.batch)]
        if len(known):
            parts = [_metric_words(row, self.label) for row in known.to_dict("records")]
            said.append(f"Measured are {'; '.join(parts)}.")
        tested = own[own["p"].notna()]
        if len(tested):
            first = tested.iloc[0]
            said.append(
                f"The p-values of {spaced(self.batch)} are one-sided, of a {first['test']} over "
                f"{counted(int(first['n']), self.noun)}."
            )
        return sentence(*said, *self.caveats)

    def plot(self) -> "Panels":
        """Draw the metrics beside what permutations give, and the wells on two components; its axes."""
        from hcs.figures.mixing import mixing_figure
        from hcs.figures.panels import Panels, stacked
        from hcs.figures.theme import empty_figure

        if self.table["value"].notna().sum() == 0:
            said = sentence("Mixing could not be measured.", *self.caveats)
            return Panels.of(empty_figure(said), self.table)
        figure = mixing_figure(self.table, self.points, batch=self.batch, label=self.label)
        return Panels.of(figure, stacked({"metrics": self.table, "wells": self.points}))


def batch_mixing(
    features: npt.NDArray[np.floating] | pd.DataFrame,
    table: pd.DataFrame,
    *,
    batch: str = "differentiation_batch",
    label: str = "label",
    group: str = "group",
    plate: str = "plate",
    well: str = "well",
    noun: str = "clone",
    neighbours: int = NEIGHBOURS,
    standardise: bool = True,
    seed: int = 0,
    permutations: int = PERMUTATIONS,
) -> BatchMixing:
    """Measure how well batches are mixed, and test whether less than permuted batches are.

    Tiles are first averaged to wells, and wells reduced to at most 50 principal components. Four metrics:
    kBET's acceptance rate (Büttner et al. 2019), iLISI (Korsunsky et al. 2019), the batch silhouette within
    labels (Luecken et al. 2022) and principal-component regression (Büttner et al. 2019); and beside them
    cLISI of the label. Each is held against batches exchanged within a label: among the wells of a clone
    that stands in several batches, among whole clones that stand in one. Labels are exchanged among whole
    clones of the same batches. Neighbours are found once.

    Parameters
    ----------
    features
        Array of shape (n_rows, n_features): tiles, fields or wells.
    table
        What each row is: group, plate, well, label and batch; rows without one of these are left out.
    batch, label, group, plate, well
        Names of columns.
    noun
        What a group is called.
    neighbours
        Most wells in a neighbourhood; see `hcs.statistics.neighbours.neighbourhood_size`.
    standardise
        Whether every feature counts alike, or by its variance.
    seed
        Of the permutations.
    permutations
        Drawn where there are more arrangements than that.

    Raises
    ------
    ArgumentError
        Rows that do not match, features that are no numbers, a lacking column, a batch that is the column of
        the label, group or well, fewer than 6 neighbours, no permutations.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> wells = pd.DataFrame([(f"c{i}", f"P{j}", f"B{i + 1:02d}") for i in range(16) for j in range(2)])
    >>> wells = wells.set_axis(["group", "plate", "well"], axis=1).assign(label=["x", "x", "y", "y"] * 8)
    >>> features = rng.normal(size=(32, 5)) + 9 * (wells[["plate"]] == "P1").to_numpy()
    >>> found = batch_mixing(features, wells, batch="plate")
    >>> found.table.set_index("metric").loc["ilisi", ["value", "p", "smallest_p"]].tolist()
    [0.0, 0.005, 0.005]
    """
    draws = checked_draws(permutations, "permutations")
    said: list[str] = []
    values, wells = _wells(
        features, table, {"group": group, "plate": plate, "well": well}, batch, label, said
    )
    embedded = embed(values, standardise=standardise, seed=seed)
    size = neighbourhood_size(len(wells), max(1, wells["batch"].nunique()), neighbours)
    made = {name: _empty(name, label if name == "clisi" else batch, wells, size) for name in NAMES}
    problem = inseparable(wells, batch=batch, label=label, noun=noun)
    if not problem and not embedded.size:
        problem = "All features are constant: they can tell nothing."
    design = ""
    if problem:
        said.insert(0, problem)
    else:
        exchange = batch_exchange(wells, noun)
        design = exchange.design
        of_label = label_exchange(wells, noun) if wells["label"].nunique() > 1 else None
        rows = Embedding.of(embedded, size, pd.factorize(wells["label"], sort=True)[0])
        for name in NAMES:
            held = of_label if name == "clisi" else exchange
            if held is not None:
                made[name] |= _measured(getattr(rows, name), held, name, noun, seed, draws)
        said = [*design_words(wells, exchange, plate=plate, batch=batch, label=label, noun=noun), *said]
        if size == 0:
            few = counted(len(wells), "well")
            said.append(f"{few} are too few for neighbourhoods: kBET and LISI need {2 * SMALLEST} or more.")
    found = pd.DataFrame(list(made.values()), columns=list(COLUMNS))
    own = (found["metric"] != "clisi").to_numpy()
    width = made["batch_silhouette"]
    if width["value"] > width["null_high"]:
        said.insert(0, BETTER)
    found.loc[own, "p_holm"] = adjust_pvalues(found.loc[own, "p"].to_numpy(dtype=float), "holm")
    points = wells.assign(**{f"pc{at + 1}": _component(embedded, at) for at in range(2)})
    return BatchMixing(found, points, design, tuple(dict.fromkeys(said)), batch, label, noun)


def _wells(
    features: npt.NDArray[np.floating] | pd.DataFrame,
    table: pd.DataFrame,
    keys: dict[str, str],
    batch: str,
    label: str,
    said: list[str],
) -> tuple[Array, pd.DataFrame]:
    """Features and names of the wells whose batch and label are known."""
    for what, column in {**keys, "label": label}.items():
        if column == batch and what != "plate":
            raise ArgumentError(f"batch and {what} are one column, {batch!r}; name the batch's own.")
    held = [*keys.values(), batch, label]
    values, rows = matched(features, table, held)
    values, rows = averaged(values, rows, list(keys.values()), [batch, label], said)
    known = rows[[batch, label]].notna().all(axis=1).to_numpy()
    if not known.all():
        lost = counted(int((~known).sum()), "well")
        said.append(f"{lost} without {spaced(batch)} or {spaced(label)} left out.")
    if np.isnan(values[known]).any():
        said.append("Missing features count as the mean of all wells.")
    wells = rows.loc[known, held].set_axis([*keys, "batch", "label"], axis=1)
    return values[known], wells.astype(str).reset_index(drop=True)


def _empty(name: str, about: str, wells: pd.DataFrame, size: int) -> dict[str, Any]:
    """Row of a metric that is not measured."""
    row: dict[str, Any] = dict.fromkeys(COLUMNS, np.nan)
    row |= {"metric": name, "name": NAMES[name], "about": about, "test": "", "n": 0, "neighbours": size}
    row |= {"mixed_is": 0.0 if name in REVERSED else 1.0, "n_groups": wells["group"].nunique()}
    return row | {
        "n_wells": len(wells),
        "n_values": wells["label" if name == "clisi" else "batch"].nunique(),
    }


def _measured(
    metric: Callable[[Codes], Array], exchange: Exchange, name: str, noun: str, seed: int, draws: int
) -> dict[str, Any]:
    """Value of one metric, and what exchanged units give of it."""

    def statistic(units: Array) -> Array:
        return metric(units[:, exchange.unit].astype(np.intp))

    value = float(statistic(exchange.values[None].astype(float))[0])
    if np.isnan(value) or exchange.n_moved == 0:
        return {"value": value}
    test = permutation_test(
        statistic, exchange.values.astype(float), blocks=exchange.blocks, seed=seed, draws=draws, exact=draws,
        sided="greater" if name in REVERSED else "less",
    )  # fmt: skip
    low, high = np.quantile(test.null, [0.025, 0.975])
    p = PValue(
        test.p, f"permutation test of {exchange.words}", exchange.n_moved, test.smallest_p, plural(noun),
        "one-sided",
    )  # fmt: skip
    null = {"null_mean": float(test.null.mean()), "null_low": float(low), "null_high": float(high)}
    return {"value": value} | null | p.row()


def _component(embedded: Array, at: int) -> Array:
    """One principal component; 0 where there are fewer."""
    return embedded[:, at] if embedded.shape[1] > at else np.zeros(len(embedded))


def _verdict(own: pd.DataFrame, batch: str) -> str:
    """Say whether batches lie further apart than permuted ones."""
    tested = own[own["p"].notna()]
    apart = tested[tested["p_holm"] <= CLEAR]
    if tested.empty:
        return ""
    if apart.empty:
        least = min(1.0, float(tested["smallest_p"].min()) * len(tested))
        none = f"; in this design none below {least:.2g} is possible" if least > CLEAR else ""
        return (
            f"No metric shows wells of one {spaced(batch)} closer together than permuted batches would be "
            f"(smallest Holm-corrected p = {tested['p_holm'].min():.2g}{none})."
        )
    return (
        f"Wells of one {spaced(batch)} lie closer together than permuted batches would: "
        f"{len(apart)} of {counted(len(tested), 'metric')} say so (Holm-corrected p ≤ {CLEAR:g}: "
        f"{listed(apart['name'])})."
    )


def _metric_words(row: dict[str, Any], label: str) -> str:
    """One metric in words."""
    scale = {
        "kbet": "share of neighbourhoods with the batches of all wells; 1 is mixed",
        "ilisi": "1 is mixed, 0 is one batch a neighbourhood",
        "batch_silhouette": "1 is mixed, 0 is apart",
        "pc_regression": "share of variance that batches explain; 0 is mixed",
        "clisi": f"1 is one {spaced(label)} a neighbourhood, 0 is mixed",
    }[row["metric"]]
    said = f"{row['name']} {row['value']:.3f} ({scale})"
    if np.isnan(row["p"]):
        return said
    beside = f"{row['null_mean']:.3f} (95 % {row['null_low']:.3f}–{row['null_high']:.3f})"
    p = f"p = {row['p']:.2g}, smallest possible {row['smallest_p']:.2g}"
    if row["metric"] == "clisi":
        return f"{said}, {beside} where labels are exchanged, one-sided {p} ({row['test']})"
    return f"{said}, {beside} where batches are permuted, {p}"


def _ask(asked: Question) -> BatchMixing:
    seen, classes = asked.evidence, asked.evidence.classes
    return batch_mixing(
        seen.features,
        asked.tiles,
        batch=asked.batch,
        label=classes.label,
        noun=classes.noun,
        seed=asked.seed,
    )


ANALYSIS = Analysis(
    "mixing",
    "Do batches lie apart?",
    StudySection.BATCHES,
    _ask,
    BatchSection.FEATURES,
    needs=(ASKED_BATCH,),
)
