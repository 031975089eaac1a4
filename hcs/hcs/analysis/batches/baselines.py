"""Two baselines that need no pixels: diagnosis from where wells stand, and from how many cells they hold.

A network that does not beat them has learnt the layout or the density.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.batches.beaten import (
    HALF,
    baseline_headline,
    baseline_sentence,
    best_baseline,
    model_sentence,
)
from hcs.analysis.batches.blind import Set, blind_scores, blind_sets
from hcs.analysis.batches.encoding import encode
from hcs.analysis.batches.factors import factor, factors
from hcs.analysis.batches.leads import described, lead_over
from hcs.analysis.finding import Shown
from hcs.analysis.wells.layout import in_order, with_positions
from hcs.figures.intervals import Rows, interval_figure, key_words
from hcs.figures.panels import Panels
from hcs.figures.theme import NEGATIVE, POSITIVE, model_name
from hcs.statistics.frames import as_numbers, require_columns
from hcs.statistics.permutation import TIE
from hcs.wording import counted, listed, plural, sentence, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import PlateFormat

Array = npt.NDArray[np.float64]

LAYOUT, COUNT = "plate metadata", "cell count"
PERMUTATIONS = 999
COLUMNS = (
    "model", "kind", "n_groups", "auc", "low", "high", "null_mean", "null_low", "null_high", "p",
    "smallest_p", "test", "set_auc", "accuracy", "accuracy_low", "accuracy_high", "lead", "lead_low",
    "lead_high", "lead_p", "lead_smallest_p",
)  # fmt: skip


@dataclass(frozen=True, repr=False)
class PixelFreeBaselines(Shown):
    """What diagnosis can be told from without a look at the images.

    Parameters
    ----------
    table
        One row per baseline, and one per model that was given: model, kind (``baseline`` or ``model``),
        n_groups, auc with low and high (95 %, Newcombe's method 5), null_mean, null_low and
        null_high (of permutations), p (one-sided), smallest_p, test, set_auc (mean over sets of the area
        among the set's own test groups), accuracy with Wilson's limits. For models, against the best
        baseline, or chance where its AUC is below one half: lead (difference of AUCs), lead_low, lead_high,
        lead_p, lead_smallest_p.
    groups
        model, group, label, probability: one row per baseline or model and group.
    caveats
        What was left out and what the numbers cannot say.
    positive
        The class that probabilities speak of.
    noun
        What a group is called.
    """

    table: pd.DataFrame
    groups: pd.DataFrame
    caveats: tuple[str, ...]
    positive: str
    noun: str = "clone"

    def summary(self) -> str:
        """Say how far each baseline comes, and whether the models beat the best of them."""
        known = self.table[self.table["auc"].notna()]
        rows = known.to_dict("records")
        said = [baseline_sentence(row, self.positive, self.noun) for row in rows if row["kind"] == "baseline"]
        best = best_baseline(self.table)
        said += [model_sentence(row, best, self.noun) for row in rows if row["kind"] == "model"]
        return sentence(*said, *self.caveats)

    def headline(self) -> str:
        """Name the best baseline, and say whether the first model beats it."""
        return baseline_headline(self.table, self.positive, self.noun)

    def plot(self) -> Panels:
        """Draw baselines and models with intervals and what permutations give; its axes."""
        rows = self.table.dropna(subset=["auc"]).sort_values("auc", ascending=False)
        if rows.empty:
            return Panels.none(sentence("No baseline could be made.", *self.caveats), self.table)
        drawn = rows.rename(columns={"auc": "estimate"}).assign(
            label=[
                f"{model_name(model)}\n{counted(n, self.noun)}"
                for model, n in zip(rows["model"], rows["n_groups"], strict=True)
            ],
            group=np.where(rows["kind"] == "model", "a model that sees images", "baselines without pixels"),
        )
        panel = Rows(
            drawn,
            f"AUC over {plural(self.noun)}",
            "The class told without a look at the images, and with one",
            reference=HALF,
            looks={"a model that sees images": (POSITIVE, "D"), "baselines without pixels": (NEGATIVE, "o")},
        )
        return Panels.of(interval_figure(panel, words=key_words(self.noun)), self.table)


def pixel_free_baselines(
    wells: pd.DataFrame,
    *,
    positive: str,
    columns: Sequence[str] | None = None,
    count: str | None = None,
    splits: pd.DataFrame | None = None,
    models: pd.DataFrame | None = None,
    group: str = "clone",
    label: str = "diagnosis",
    well: str = "well",
    numbers: Sequence[str] | None = None,
    plate_format: PlateFormat | None = None,
    seed: int = 0,
    permutations: int = PERMUTATIONS,
    noun: str = "clone",
) -> PixelFreeBaselines:
    """Predict diagnosis of clones not trained on from plate metadata alone, and from cell count alone.

    Linear discriminants with equal priors and a ridge, on wells, every clone with the same weight. A clone's
    score is its mean over the sets that tested it. With balanced test sets the clones left out pull the
    trained means away from themselves, so chance gives an AUC below one half; the permutations, which deal
    clones anew to labels and sets, show how far, and the p-value is against them.

    Parameters
    ----------
    wells
        One row per well, or per tile: group, label, well, and metadata.
    positive
        The class that scores speak of; all others count as the other class.
    columns
        Metadata to use; without it, every column that the label may go with
        (`hcs.analysis.batches.factors`). Row, column and edge are read from the well's name.
    count
        Column of cell counts of each well; its logarithm is used. Without it there is no such baseline.
    splits
        The study's sets, with columns set, part, group: trained on the groups of its part ``train``, tested
        on those of ``test``. Without it, one group of each class is left out at a time.
    models
        Groups' scores of models to hold against the baselines: model, group, label, probability.
    group, label, well
        Names of columns of `wells`.
    numbers
        Metadata that are numbers, where order means something; without it, those that hold numbers or dates
        and no names.
    plate_format
        For the edge; without it, the smallest standard plate that holds all wells.
    seed
        Of sets, permutations and resamples.
    permutations
        Number drawn.
    noun
        What a group is called.

    Raises
    ------
    ArgumentError
        A lacking column, an unknown positive label, text where numbers must be, a negative count.

    Examples
    --------
    >>> wells = pd.DataFrame({"clone": list("abcdefgh"), "diagnosis": ["ALS"] * 4 + ["control"] * 4})
    >>> wells = wells.assign(well=["B02"] * 8, plate=["P1"] * 4 + ["P2"] * 4)
    >>> found = pixel_free_baselines(wells, positive="ALS", permutations=99)
    >>> found.table[["model", "auc", "p"]].values.tolist()
    [['plate metadata', 1.0, 0.05]]
    """
    require_columns(wells, [group, label], "The table of wells")
    if not (wells[label].astype(str) == str(positive)).any():
        known = listed(sorted(wells[label].dropna().astype(str).unique()))
        raise ArgumentError(f"No well has the {label} {positive!r}; there are {known}.")
    said: list[str] = []
    if columns is not None:
        require_columns(with_positions(wells, well=well), columns, "The table of wells")
    rows = _labelled(wells, group, label, noun, said)
    rows = with_positions(rows, well=well, plate_format=plate_format)
    names, first, members = np.unique(rows[group], return_index=True, return_inverse=True)
    truth = (rows[label].to_numpy()[first] == str(positive)) if len(rows) else np.zeros(0, dtype=bool)
    design = _Design(names, rows[label].to_numpy()[first], truth, members, noun, seed, permutations)
    sets, words = blind_sets(names, truth, splits, seed=seed, noun=noun)
    said += words
    own = factors(rows, [count] if count else [], label=label, plate_format=plate_format)
    chosen = [name for name in ([one.name for one in own] if columns is None else columns) if name in rows]
    numbers = [name for name in chosen if factor(rows, name).ordered] if numbers is None else numbers
    for name in set(numbers) & set(chosen):
        rows[name] = in_order(rows, name, "The table of wells")
    made, scores = [], []
    for name, use in ((LAYOUT, chosen), (COUNT, [count] if count else [])):
        if name == COUNT and count is None:
            said.append("No column of cell counts was given, so there is no baseline of density.")
            continue
        values, words = _encoded(rows, name, use, numbers)
        said += words
        row, score = design.baseline(name, values, sets)
        made.append(row)
        scores.append(score)
    table = pd.DataFrame(made, columns=list(COLUMNS))
    groups = pd.concat(scores, ignore_index=True)
    if models is not None:
        table, groups = _beside(table, groups, models, str(positive), seed, noun, said)
    return PixelFreeBaselines(table, groups, tuple(dict.fromkeys(said)), str(positive), noun)


@dataclass(frozen=True)
class _Design:
    """Groups with their labels: what every baseline of a study has in common."""

    names: npt.NDArray[np.object_]
    labels: npt.NDArray[np.object_]
    positive: npt.NDArray[np.bool_]
    members: npt.NDArray[np.intp]
    noun: str
    seed: int
    permutations: int

    def baseline(self, name: str, values: Array, sets: list[Set]) -> tuple[dict[str, Any], pd.DataFrame]:
        """Row of the table, and the groups' scores."""
        row: dict[str, Any] = dict.fromkeys(COLUMNS, np.nan)
        row |= {"model": name, "kind": "baseline", "test": "", "n_groups": len(self.names)}
        if not sets or values.shape[1] == 0:
            return row, pd.DataFrame(columns=["model", "group", "label", "probability"])
        found = blind_scores(
            values, self.members, self.positive, sets, permutations=self.permutations, seed=self.seed
        )
        groups = pd.DataFrame({"model": name, "group": self.names, "label": self.labels})
        groups = groups.assign(probability=found.probability)
        row |= described(groups.dropna(), self.positive[~np.isnan(found.probability)])
        row["set_auc"] = found.set_auc
        null = found.null[~np.isnan(found.null)]
        if len(null) and not np.isnan(found.auc):
            smallest = 1 / (1 + len(null))
            value = (1 + int((null >= found.auc - TIE).sum())) * smallest
            row |= {"p": value, "smallest_p": smallest, "test": f"permutation test of {plural(self.noun)}"}
            low, high = np.quantile(null, [0.025, 0.975])
            row |= {"null_mean": float(null.mean()), "null_low": low, "null_high": high}
        return row, groups.dropna(subset=["probability"])


def _labelled(wells: pd.DataFrame, group: str, label: str, noun: str, said: list[str]) -> pd.DataFrame:
    """Rows with group and label, of groups with one label."""
    keep = wells[group].notna() & wells[label].notna()
    if not keep.all():
        said.append(f"{counted(int((~keep).sum()), 'row')} without {noun} or {spaced(label)} left out.")
    rows = wells[keep].reset_index(drop=True)
    rows = rows.assign(**{group: rows[group].astype(str), label: rows[label].astype(str)})
    several = rows.groupby(group)[label].transform("nunique") > 1
    if several.any():
        lost = rows.loc[several, group].nunique()
        said.append(
            f"{counted(lost, noun)} with several labels left out: a baseline needs one label for each."
        )
    return rows[~several].reset_index(drop=True)


def _encoded(
    rows: pd.DataFrame, name: str, use: Sequence[str], numbers: Sequence[str]
) -> tuple[Array, tuple[str, ...]]:
    """Columns of one baseline; counts as logarithms."""
    if name == LAYOUT:
        values, said = encode(rows, use, numbers)
        words = f"The {LAYOUT} are {listed(map(spaced, use), 12)}." if use else f"There is no {LAYOUT}."
        return values, (words, *said)
    (column,) = use
    held = as_numbers(rows, column, "The table of wells")
    if (held < 0).any():
        raise ArgumentError(
            f"The table of wells has a negative {column}, {held.min():g}; a cell count is 0 or more."
        )
    return encode(rows.assign(**{column: np.log1p(held)}), [column], [column])


def _beside(
    table: pd.DataFrame, groups: pd.DataFrame, models: pd.DataFrame, positive: str, seed: int, noun: str,
    said: list[str],
) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    """Add the models' rows, each held against the best baseline over the groups that both scored."""
    require_columns(models, ["model", "group", "label", "probability"], "The table of the models' groups")
    best = best_baseline(table)
    rows = []
    for name, part in models.groupby("model", sort=False):
        own = part.dropna(subset=["probability"])
        own = own.assign(group=own["group"].astype(str), label=own["label"].astype(str))
        own = own[["model", "group", "label", "probability"]]
        row: dict[str, Any] = dict.fromkeys(COLUMNS, np.nan) | {"model": name, "kind": "model", "test": ""}
        row["n_groups"] = len(own)
        rows.append(row)
        groups = pd.concat([groups, own], ignore_index=True)
        if own.empty:
            said.append(f"{spaced(name)} scored no {noun}.")
            continue
        row |= described(own, (own["label"] == positive).to_numpy())
        if np.isnan(row["auc"]):
            said.append(f"{spaced(name)} scored {plural(noun)} of one class only: it has no AUC.")
        if best is not None:
            base = groups[groups["model"] == best["model"]]
            # One worse than a coin is no rival: then chance is.
            rival = base if best["auc"] >= HALF else base.assign(probability=HALF)
            row |= lead_over(own, rival, positive, seed)
            missed = len(set(own["group"]) ^ set(base["group"]))
            if missed:
                said.append(
                    f"{name} and {best['model']} are compared without {counted(missed, noun)} that one alone "
                    "scored."
                )
    return pd.concat([table, pd.DataFrame(rows, columns=list(COLUMNS))], ignore_index=True), groups
