"""Accuracy and score of clones against their passage: between clones, and within those that have several."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from hcs.statistics.arrays import Floats
from hcs.statistics.association import RankAssociation, rank_association
from hcs.statistics.equivalence import Equivalence, equivalence_test, verdicts
from hcs.statistics.frames import as_numbers, key_names, per_unit, require_columns
from hcs.statistics.gee import STEPS
from hcs.statistics.pvalues import adjust_pvalues
from hcs.statistics.trends import Trend, linked, shared_trend, unit_trend
from hcs.statistics.words import Words
from hcs_models.scores import called_right
from hcs_plates.errors import ArgumentError

COLUMNS = {"accuracy": "correct", "score": "probability"}
"""Outcomes, and the columns that hold them."""
STEP = STEPS[-1]
"""Passages for which a change is told."""
PLATES = "The table of wells"


@dataclass(frozen=True)
class Relation:
    """One outcome of one model against the passage, between clones.

    Parameters
    ----------
    holm, equivalence_holm
        p of no correlation and of equivalence, corrected over all correlations of the finding.
    verdict
        By these: one of `hcs.statistics.equivalence`'s.
    """

    model: str
    outcome: str
    association: RankAssociation
    equivalence: Equivalence
    holm: float
    equivalence_holm: float
    verdict: str

    def row(self) -> dict[str, Any]:
        """One row of the table of all."""
        held, judged = self.association, self.equivalence
        return {
            "model": self.model,
            "outcome": self.outcome,
            "within": held.words.within,
            "measure": "spearman rho",
            "effect": held.rho,
            "low": held.interval.low,
            "high": held.interval.high,
            **held.pvalue.row(),
            "holm": self.holm,
            "verdict": self.verdict,
            "detectable": judged.detectable,
            "excluded": judged.excluded,
            "equivalence_p": judged.pvalue.value,
        }


@dataclass(frozen=True)
class WithinClones:
    """One outcome of one model against the passage, within clones that were imaged at several.

    Parameters
    ----------
    trend
        Change for one passage.
    holm
        Its p, corrected over all trends of the finding.
    noun
        What the trend's n counts: the clone, or the plate (batch) where clones share it at one passage each.
    clone, passage
        Words.
    values
        x (passage), y and within (diagnosis), the mean of each clone (index) at each passage.
    """

    model: str
    outcome: str
    trend: Trend
    holm: float
    noun: str
    clone: str
    passage: str
    values: pd.DataFrame

    def paths(self) -> tuple[tuple[str, Floats, Floats], ...]:
        """Label, passages and outcomes of each clone, in the order of passages."""
        return tuple(
            (str(part["within"].iloc[0]), part["x"].to_numpy(dtype=float), part["y"].to_numpy(dtype=float))
            for _, part in self.values.groupby(level=0, sort=False)
        )

    def row(self) -> dict[str, Any]:
        """One row of the table of all, for `STEP` passages."""
        held = self.trend
        of = {"model": self.model, "outcome": self.outcome, "within": "clone"}
        return {
            **of,
            "measure": f"change per {STEP:g} within clones",
            "effect": STEP * held.slope,
            "low": STEP * held.interval.low,
            "high": STEP * held.interval.high,
            **held.pvalue.row(),
            "holm": self.holm,
            "detectable": STEP * held.detectable,
        }


def passage_by_clone(
    wells: pd.DataFrame | pd.Series, passage: str, unit: str
) -> tuple[pd.Series, tuple[str, ...]]:
    """Take the (mean) passage of every clone, and the clones that have several, from wells or a Series."""
    if isinstance(wells, pd.Series):
        wells = pd.DataFrame({unit: wells.index, passage: wells.to_numpy()})
    require_columns(wells, [unit, passage], PLATES)
    held = pd.DataFrame({unit: key_names(wells, unit), passage: as_numbers(wells, passage, PLATES)})
    several = held.groupby(unit)[passage].nunique() > 1
    return per_unit(held, unit, [passage])[0][passage], tuple(several.index[several])


def between_clones(table: pd.DataFrame, words: Words, bound: float, seed: int) -> tuple[Relation, ...]:
    """Correlate the outcomes of every model's clones with the passage, and judge all together."""
    made = []
    for model, rows in table.groupby("model", sort=False):
        part = rows.set_index("group")
        for outcome, association in _associations(part, words, seed):
            adjusted, noun = association.n_groups - 1, words.noun
            judged = equivalence_test(
                association.rho, association.n, bound=bound, adjusted=adjusted, noun=noun
            )
            made.append((str(model), outcome, association, judged))
    p = [association.pvalue.value for _, _, association, _ in made]
    found = verdicts(p, [judged.pvalue.value for *_, judged in made])
    return tuple(Relation(*one, *each) for one, *each in zip(made, *found, strict=True))


def _associations(part: pd.DataFrame, words: Words, seed: int) -> Iterator[tuple[str, RankAssociation]]:
    several = part["label"].nunique() > 1
    # The score differs between diagnoses by design: over all clones it would show the diagnosis.
    for outcome, inside in (("accuracy", False), ("accuracy", True), ("score", several)):
        if inside and not several:
            continue
        within, named = part["label"] if inside else None, replace(words, y=outcome)
        yield (
            outcome,
            rank_association(part["passage"], part[COLUMNS[outcome]], within=within, words=named, seed=seed),
        )


def passage_rows(
    predictions: pd.DataFrame,
    wells: pd.DataFrame | pd.Series,
    passage: str,
    positive: str,
    batch: str | None = None,
) -> pd.DataFrame:
    """Share of right calls and mean score of each clone at each passage on each plate.

    Parameters
    ----------
    predictions
        Test images: plate, well, group, label, probability; model and set where there are several.
    wells
        plate, well, the passage, and the batch if one is named.

    Returns
    -------
    DataFrame
        model, group, label, passage, plate, batch (empty where none is known), correct, probability.
    """
    if isinstance(wells, pd.Series) or not positive:
        raise ArgumentError(
            "Passages within clones need a table of wells, and the positive class; give both."
        )
    places = ["plate", "well"]
    require_columns(wells, [*places, passage, *([batch] if batch else [])], PLATES)
    require_columns(predictions, [*places, "group", "label", "probability"], "The predictions")
    of: dict[str, Any] = {name: key_names(wells, name) for name in places}
    of["batch"] = key_names(wells, batch).fillna("") if batch else ""
    known = pd.DataFrame(of | {"passage": as_numbers(wells, passage, PLATES)}).dropna().drop_duplicates()
    if (twice := known.duplicated(places)).any():
        first = known[twice].iloc[0]
        raise ArgumentError(
            f"{PLATES} has two passages or batches of well {first['plate']}/{first['well']}; keep one."
        )
    keys = {name: key_names(predictions, name) for name in (*places, "group", "label")}
    keys |= {name: predictions[name].astype(str) if name in predictions else "" for name in ("model", "set")}
    rows = pd.DataFrame(keys | {"probability": as_numbers(predictions, "probability", "The predictions")})
    rows = rows.dropna().merge(known, on=places, validate="m:1")
    rows["correct"] = called_right(rows, positive).astype(float)
    cells = ["model", "group", "label", "passage", "plate", "batch"]
    each = rows.groupby([*cells, "set"], sort=True)[["correct", "probability"]].mean()
    return each.groupby(level=cells).mean().reset_index()


def within_clones(
    cells: pd.DataFrame, of: dict[str, str], noun: str, words: tuple[str, str], seed: int
) -> tuple[WithinClones, ...]:
    """Estimate the trend of every model's outcomes within clones, and correct all together.

    Parameters
    ----------
    cells
        As `passage_rows` gives it.
    of
        Unit (clone, or donor) of each clone.
    noun
        What a unit is.
    words
        What a clone and the passage are called.
    seed
        Of permutations.
    """
    made = []
    for model, part in cells.groupby("model", sort=False):
        for outcome, column in COLUMNS.items():
            values = part.rename(columns={"passage": "x", column: "y"})
            drawn = values.groupby(["group", "x"])[["y"]].mean().reset_index("x")
            drawn["within"] = values.groupby("group")["label"].first().reindex(drawn.index)
            made.append((str(model), outcome, *_trend(values, of, noun, seed), drawn))
    holm = adjust_pvalues([trend.pvalue.value for _, _, trend, *_ in made], "holm")
    return tuple(
        WithinClones(model, outcome, trend, float(p), counts, *words, drawn)
        for (model, outcome, trend, counts, drawn), p in zip(made, holm, strict=True)
    )


def _trend(values: pd.DataFrame, of: dict[str, str], noun: str, seed: int) -> tuple[Trend, str]:
    """Choose what is compared and who is independent, so that no plate or batch passes for the passage.

    Where most clones have passages side by side (one plate, one batch), these are compared there. Else, where
    no plate or batch holds several clones (or donors), what it does is part of the clone's own noise. Else
    plates of one batch, and those that hold a clone at the same passage, are a set, and sets are the units.
    """
    units = values["group"].map(of).fillna(values["group"])
    places = values["group"] + "\n" + values["plate"] + "\n" + values["batch"]
    beside = values.groupby(places)["x"].transform("nunique") > 1
    if 2 * units[beside].nunique() >= units.nunique():
        return unit_trend(values.assign(block=places, unit=units)[beside], noun), noun
    sets = _sets(values)
    cells = values.assign(unit=sets, whose=units).groupby(["group", "x", "unit", "whose"], as_index=False)
    cells = cells["y"].mean().rename(columns={"group": "block"})
    if cells.groupby("unit")["whose"].nunique().max() == 1:
        return unit_trend(cells.assign(unit=cells["whose"]), noun), noun
    n, batches = sets.nunique(), values["batch"]
    counts = "plate" if n == values["plate"].nunique() else "plate set"
    if n == batches.nunique() and (batches != "").all():
        counts = "batch"
    return shared_trend(cells, counts, seed=seed), counts


def _sets(values: pd.DataFrame) -> pd.Series:
    """Give each row the number of its set: rows of one plate, one batch, or one clone at one passage."""
    same = ["plate " + values["plate"], "clone " + values["group"] + "\n" + values["x"].astype(str)]
    known = values["batch"] != ""
    same.append(("batch " + values["batch"])[known])
    held = pd.concat([pd.DataFrame({"unit": one.index, "block": one.to_numpy()}) for one in same])
    return linked(held).reindex(values.index)
