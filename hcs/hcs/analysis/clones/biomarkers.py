"""Scores and biomarkers side by side: one row per clone, numbers ready to be fitted, and who was left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.statistics.calls import unit_scores
from hcs.statistics.frames import as_numbers, require_columns
from hcs.wording import counted, listed, plural, spaced
from hcs_plates.errors import ArgumentError, nearest

Floats = npt.NDArray[np.float64]

CLIP = 0.01
"""Scores closer to 0 or 1 are set to this distance before the logit, lest one clone outweigh the others."""
ALIKE = 1 - 1e-9
"""Columns whose correlation is at least this, either way, are the same thing."""
SCORE = "score"


@dataclass(frozen=True)
class MarkedClones:
    """Clones with a score and all biomarkers.

    Parameters
    ----------
    rows
        group, label, probability, unit (the donor where donors gave several clones, else the clone), block.
    values
        The score's logit first, then the biomarkers; array of shape (n_clones, 1 + n_biomarkers).
    names
        Of the columns of `values`, the score's first.
    positive
        Label that the probability speaks of.
    left_out
        Clones without a biomarker.
    noun, unit_noun
        What a row is, and what an independent unit is.
    notices
        What was done and what looks odd.
    """

    rows: pd.DataFrame
    values: Floats
    names: tuple[str, ...]
    positive: str
    left_out: tuple[str, ...]
    noun: str
    unit_noun: str
    notices: tuple[str, ...]

    @property
    def truth(self) -> npt.NDArray[np.bool_]:
        """Whether a clone is of the positive class; array of shape (n_clones,)."""
        return np.asarray(self.rows["label"] == self.positive)

    @property
    def units(self) -> npt.NDArray[np.intp]:
        """Number of each clone's unit, from 0; array of shape (n_clones,)."""
        return np.asarray(pd.factorize(self.rows["unit"])[0], dtype=np.intp)

    def count(self) -> tuple[int, int]:
        """Count the units of the positive and of the other class."""
        of = self.rows.groupby(self.truth)["unit"].nunique()
        return int(of.get(True, 0)), int(of.get(False, 0))


def marked_clones(
    scores: pd.DataFrame,
    clinical: pd.DataFrame,
    columns: Sequence[str],
    positive: str,
    *,
    model: str | None = None,
    logged: Sequence[str] = (),
    donors: pd.Series | None = None,
    block: str | None = None,
    names: tuple[str, str, str] = ("group", "label", "probability"),
    noun: str = "clone",
) -> MarkedClones:
    """Put the scores of one model beside biomarkers.

    Parameters
    ----------
    scores
        One row per clone (and model); several are averaged.
    clinical
        Biomarkers by clone, or by donor (the index), as `read_clinical` gives them.
    columns
        Biomarkers to take.
    positive
        The label that the probability speaks of.
    model
        Whose scores; None if there is one model only.
    logged
        Biomarkers to take the natural logarithm of; values of 0 and less count as missing.
    donors
        Donor of every clone (index: clone); without it a column ``donor`` of `clinical` is used, if there.
    block
        Column of `clinical` within whose values biomarkers may be exchanged.
    names
        Columns of `scores` for clone, label and probability.
    noun
        What a row is.

    Raises
    ------
    ArgumentError
        A lacking column, label or model; a biomarker that is no number; a clone with two rows or two donors.

    Examples
    --------
    >>> scores = pd.DataFrame({"group": list("abc"), "label": ["ALS", "ALS", "control"]})
    >>> clinical = pd.DataFrame({"nfl": [90.0, None, 30.0]}, index=list("abc"))
    >>> found = marked_clones(scores.assign(probability=[0.9, 0.6, 0.5]), clinical, ["nfl"], "ALS")
    >>> found.values.round(2).tolist(), found.left_out
    ([[2.2, 90.0], [0.0, 30.0]], ('b',))
    """
    wanted = _wanted(clinical, columns, logged)
    known = clinical.set_axis(clinical.index.astype(str))
    if known.index.has_duplicates:
        twice = known.index[known.index.duplicated()][0]
        raise ArgumentError(f"The clinical table has {twice!r} twice; give one row for each.")
    require_columns(known, [] if block is None else [block], "The clinical table")
    rows, said = _of_model(scores, positive, model, names, noun)
    both = rows["group"][rows.duplicated("group")].unique()
    if len(both):
        said += (f"{counted(len(both), noun)} with several labels left out: {listed(both)}.",)
        rows = rows[~rows["group"].isin(both)]
    of, more = _donors(rows["group"], known, donors, noun)
    keys = pd.Index([name if name in known.index else of[name] for name in rows["group"]])
    numbers, lost = _numbers(known, wanted, logged, noun)
    markers = numbers.reindex(keys).to_numpy()
    blocks = "" if block is None else known[block].reindex(keys).astype(object).fillna("(none)").astype(str)
    rows = rows.assign(unit=rows["group"].map(of), block=np.asarray(blocks)).reset_index(drop=True)
    full = ~np.isnan(markers).any(axis=1)
    left_out = tuple(rows.loc[~full, "group"])
    if left_out:
        lack = "lacks" if len(left_out) == 1 else "lack"
        lost += (
            f"{counted(len(left_out), noun)} that {lack} a biomarker left out: "
            f"{listed(left_out, most=len(left_out))}.",
        )
    rows, markers = rows[full].reset_index(drop=True), markers[full]
    unit_noun = "donor" if rows["unit"].nunique() < len(rows) else noun
    if unit_noun != noun:
        more += (
            f"{counted(len(rows), noun)} come from {counted(rows['unit'].nunique(), 'donor')}: "
            f"{plural(noun)} of a donor are left out together, and n is donors.",
        )
    logit, clipped = _logit(rows["probability"].to_numpy(), noun)
    values, kept, odd = _usable(logit, markers, wanted, noun)
    said += clipped + lost + more + odd
    return MarkedClones(rows, values, (SCORE, *kept), positive, left_out, noun, unit_noun, said)


def _wanted(clinical: pd.DataFrame, columns: Sequence[str], logged: Sequence[str]) -> list[str]:
    """Biomarkers asked for, all of them there."""
    for what, given in (("columns", columns), ("logged", logged)):
        if isinstance(given, str):
            raise ArgumentError(f"{what} is the text {given!r}; give a list of columns, as in [{given!r}].")
    wanted = list(dict.fromkeys(columns))
    if not wanted:
        raise ArgumentError("columns is empty; name one biomarker of the clinical table or more.")
    require_columns(clinical, wanted, "The clinical table")
    for column in logged:
        if column not in wanted:
            raise ArgumentError(f"logged has {column!r}, which is none of columns; {nearest(column, wanted)}")
    return wanted


def _of_model(
    scores: pd.DataFrame, positive: str, model: str | None, names: tuple[str, str, str], noun: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Scores of one model, one row per clone and label."""
    given = scores if "model" in scores else scores.assign(model="")
    models = sorted(given["model"].dropna().astype(str).unique())
    if model is None and len(models) > 1:
        raise ArgumentError(f"There are scores of {listed(models)}; name one, as in model={models[0]!r}.")
    if model is not None:
        if model not in models:
            raise ArgumentError(f"There is no score of model {model!r}; {nearest(model, models)}")
        given = given[given["model"].astype(str) == model]
    units, said = unit_scores(given, positive, names=("model", *names), noun=noun)
    beyond = units.loc[(units["probability"] < 0) | (units["probability"] > 1), "probability"]
    if len(beyond):
        raise ArgumentError(
            f"The table of scores has {names[2]} {beyond.iloc[0]:g}; give probabilities, from 0 to 1."
        )
    return units[["group", "label", "probability"]], said


def _donors(
    clones: pd.Series, known: pd.DataFrame, donors: pd.Series | None, noun: str
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Donor of each clone, by name; a clone whose donor is not known stands for itself."""
    if donors is None and "donor" in known:
        donors = known["donor"]
    if donors is None:
        return {name: name for name in clones}, ()
    held = donors.set_axis(donors.index.astype(str)).dropna().astype(str)
    several = held.groupby(level=0).nunique()
    if (several > 1).any():
        raise ArgumentError(f"{noun} {several.index[several > 1][0]!r} has several donors; it can have one.")
    of = held.groupby(level=0).first()
    lacking = [name for name in clones if name not in of.index]
    said: tuple[str, ...] = ()
    if lacking:
        verb = "counts as a donor" if len(lacking) == 1 else "count as donors"
        said = (f"{counted(len(lacking), noun)} without a donor {verb} of its own: {listed(lacking)}.",)
        said = said if len(lacking) == 1 else (said[0].replace("of its own", "of their own"),)
    return {name: of.get(name, name) for name in clones}, said


def _numbers(
    known: pd.DataFrame, wanted: list[str], logged: Sequence[str], noun: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Biomarkers as numbers, on the log scale where asked."""
    made, said = {}, []
    for column in wanted:
        values = as_numbers(known, column, "The clinical table")
        if column in logged:
            none = int((values <= 0).sum())
            if none:
                said.append(f"{spaced(column)} of 0 or less has no logarithm: missing in {none} of the rows.")
            values = np.log(values.where(values > 0))
        made[column] = values
    if logged:
        said.append(f"On the log scale: {listed(map(spaced, logged))}.")
    return pd.DataFrame(made, index=known.index), tuple(said)


def _logit(scores: Floats, noun: str) -> tuple[Floats, tuple[str, ...]]:
    """Log-odds of scores, those near 0 and 1 clipped."""
    beyond = int(((scores < CLIP) | (scores > 1 - CLIP)).sum())
    inside = np.clip(scores, CLIP, 1 - CLIP)
    said: tuple[str, ...] = ()
    if beyond:
        said = (
            f"The score enters as its logit; {counted(beyond, noun)} beyond {CLIP:g} or {1 - CLIP:g} "
            f"{'is' if beyond == 1 else 'are'} set there (log-odds of ±{log(1 / CLIP - 1):.1f}).",
        )
    return np.log(inside / (1 - inside)), said


def _usable(
    logit: Floats, markers: Floats, wanted: list[str], noun: str
) -> tuple[Floats, list[str], tuple[str, ...]]:
    """Drop biomarkers that do not vary, and name those that are the same thing."""
    kept, said = [], []
    for place, column in enumerate(wanted):
        one = markers[:, place]
        if len(one) and np.ptp(one) <= 1e-12 * max(np.abs(one).max(), 1e-300):
            said.append(
                f"{spaced(column)} is the same for all {plural(noun)} and tells nothing: it is left out."
            )
        else:
            kept.append(place)
    values = np.column_stack([logit, markers[:, kept]])
    names = [SCORE, *(wanted[place] for place in kept)]
    if len(logit) and np.ptp(logit) == 0:
        said.append(f"The score is the same for all {plural(noun)} and tells nothing.")
    elif len(values) > 2:
        alike = np.triu(np.abs(np.corrcoef(values.T).reshape(len(names), -1)) >= ALIKE, 1)
        said += [
            f"{spaced(names[first])} and {spaced(names[second])} are the same thing in these {plural(noun)}: "
            "the penalty shares one effect between them."
            for first, second in np.argwhere(alike)
        ]
    return values, names[1:], tuple(said)
