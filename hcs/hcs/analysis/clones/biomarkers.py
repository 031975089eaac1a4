"""Scores and biomarkers side by side: one row per clone, numbers ready to be fitted, and who was left out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.clones.units import DONOR, clinical_rows, come_from, donors_of
from hcs.statistics.calls import unit_scores
from hcs.statistics.frames import as_numbers, require_columns
from hcs.wording import are, counted, listed, plural, spaced
from hcs_plates.errors import ArgumentError, nearest

Floats = npt.NDArray[np.float64]

CLIP = 0.01
"""Scores closer to 0 or 1 are set to this distance before the logit, lest one clone outweigh the others."""
ALIKE = 1 - 1e-9
"""Columns whose correlation is at least this, either way, are the same thing."""
SCORE = "score"
CLINICAL = "The clinical table"


@dataclass(frozen=True)
class Wanted:
    """Which score and biomarkers are put together, as `hcs.analysis.fuse` is asked."""

    columns: Sequence[str]
    positive: str
    model: str | None = None
    logged: Sequence[str] = ()
    donors: pd.Series | None = None
    block: str | None = None
    names: tuple[str, str, str] = ("group", "label", "probability")
    noun: str = "clone"

    def markers(self, clinical: pd.DataFrame) -> list[str]:
        """Biomarkers asked for, all of them there."""
        for what, given in (("columns", self.columns), ("logged", self.logged)):
            if isinstance(given, str):
                raise ArgumentError(
                    f"{what} is the text {given!r}; give a list of columns, as in [{given!r}]."
                )
        wanted = list(dict.fromkeys(self.columns))
        if not wanted:
            raise ArgumentError("columns is empty; name one biomarker of the clinical table or more.")
        require_columns(clinical, [*wanted, *([] if self.block is None else [self.block])], CLINICAL)
        for column in self.logged:
            if column not in wanted:
                raise ArgumentError(
                    f"logged has {column!r}, which is none of columns; {nearest(column, wanted)}"
                )
        return wanted


@dataclass(frozen=True)
class MarkedClones:
    """Clones with a score and all biomarkers.

    Parameters
    ----------
    rows
        group, label, probability, unit (the donor where donors gave several clones, else the clone), block.
    values, names
        The score's logit first, then the biomarkers, shape (n_clones, 1 + n_biomarkers); their names.
    positive, unit_noun
        Label that the probability speaks of; what an independent unit is.
    left_out, notices
        Clones without a biomarker; what was done and what looks odd.
    asked
        Biomarkers that were asked for.
    """

    rows: pd.DataFrame
    values: Floats
    names: tuple[str, ...]
    positive: str
    left_out: tuple[str, ...]
    unit_noun: str
    notices: tuple[str, ...]
    asked: tuple[str, ...]

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


def marked_clones(scores: pd.DataFrame, clinical: pd.DataFrame, wanted: Wanted) -> MarkedClones:
    """Put the scores of one model beside biomarkers.

    Parameters
    ----------
    scores
        One row per clone (and model); several are averaged.
    clinical
        Biomarkers by clone, or by donor (the index), as `read_clinical` gives them.

    Raises
    ------
    ArgumentError
        A lacking column, label or model; a biomarker that is no number; a clone with two rows or two donors.

    Examples
    --------
    >>> scores = pd.DataFrame({"group": list("abc"), "label": ["ALS", "ALS", "control"]})
    >>> clinical = pd.DataFrame({"nfl": [90.0, None, 30.0]}, index=list("abc"))
    >>> found = marked_clones(scores.assign(probability=[0.9, 0.6, 0.5]), clinical, Wanted(["nfl"], "ALS"))
    >>> found.values.round(2).tolist(), found.left_out
    ([[2.2, 90.0], [0.0, 30.0]], ('b',))
    """
    columns, noun = wanted.markers(clinical), wanted.noun
    known = clinical_rows(clinical)
    rows, said = _of_model(scores, wanted)
    donors, lacking = donors_of(rows["group"], known, wanted.donors, noun)
    keys = pd.Index([name if name in known.index else donors[name] for name in rows["group"]])
    numbers, lost = _numbers(known, columns, wanted.logged)
    markers = numbers.reindex(keys).to_numpy()
    blocks: object = ""
    if wanted.block is not None:
        blocks = known[wanted.block].reindex(keys).astype(object).fillna("(none)").astype(str).to_numpy()
    rows = rows.assign(unit=rows["group"].map(donors), block=blocks)
    full = ~np.isnan(markers).any(axis=1)
    left_out = tuple(rows.loc[~full, "group"])
    rows, markers = rows[full].reset_index(drop=True), markers[full]
    if left_out:
        lack = "lacks" if len(left_out) == 1 else "lack"
        names = listed(left_out)
        lost += (f"{counted(len(left_out), noun)} that {lack} a biomarker left out: {names}.",)
    n_units = rows["unit"].nunique()
    of_donors = come_from(len(rows), n_units, noun, done="left out together")
    logit, clipped = _logit(rows["probability"].to_numpy(), noun)
    values, kept, odd = _usable(logit, markers, columns, noun)
    return MarkedClones(
        rows,
        values,
        (SCORE, *kept),
        wanted.positive,
        left_out,
        DONOR if of_donors else noun,
        (*said, *clipped, *lost, *lacking, *filter(None, [of_donors]), *odd),
        tuple(columns),
    )


def _of_model(scores: pd.DataFrame, wanted: Wanted) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Scores of one model, one row per clone; those of several labels are left out."""
    given = scores if "model" in scores else scores.assign(model="")
    models = sorted(given["model"].dropna().astype(str).unique())
    if wanted.model is None and len(models) > 1:
        raise ArgumentError(f"There are scores of {listed(models)}; name one, as in model={models[0]!r}.")
    if wanted.model is not None:
        if wanted.model not in models:
            raise ArgumentError(
                f"There is no score of model {wanted.model!r}; {nearest(wanted.model, models)}"
            )
        given = given[given["model"].astype(str) == wanted.model]
    rows, said = unit_scores(given, wanted.positive, names=("model", *wanted.names), noun=wanted.noun)
    beyond = rows.loc[(rows["probability"] < 0) | (rows["probability"] > 1), "probability"]
    if len(beyond):
        raise ArgumentError(
            f"The table of scores has {wanted.names[2]} {beyond.iloc[0]:g}; give probabilities, from 0 to 1."
        )
    both = rows["group"][rows.duplicated("group")].unique()
    if len(both):
        said += (f"{counted(len(both), wanted.noun)} with several labels left out: {listed(both)}.",)
    kept = ~rows["group"].isin(both)
    return rows.loc[kept, ["group", "label", "probability"]], said


def _numbers(
    known: pd.DataFrame, columns: list[str], logged: Sequence[str]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Biomarkers as numbers, on the log scale where asked."""
    made, said = {}, []
    for column in columns:
        values = as_numbers(known, column, CLINICAL)
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
    said = (
        f"Scores of {counted(beyond, noun)} beyond {CLIP:g} or {1 - CLIP:g} {are(beyond)} set there before "
        "the logit."
    )
    return np.log(inside / (1 - inside)), (said,) if beyond else ()


def _usable(
    logit: Floats, markers: Floats, columns: list[str], noun: str
) -> tuple[Floats, list[str], tuple[str, ...]]:
    """Drop biomarkers that do not vary, and name those that are the same thing."""
    kept, said, nouns = [], [], plural(noun)
    for place, column in enumerate(columns):
        one = markers[:, place]
        if len(one) and np.ptp(one) <= 1e-12 * max(np.abs(one).max(), 1e-300):
            said.append(f"{spaced(column)} is the same for all {nouns} and left out.")
        else:
            kept.append(place)
    values = np.column_stack([logit, markers[:, kept]])
    names = [SCORE, *(columns[place] for place in kept)]
    if len(logit) and np.ptp(logit) == 0:
        said.append(f"The score is the same for all {nouns} and tells nothing.")
    elif len(values) > 2:
        alike = np.triu(np.abs(np.corrcoef(values.T).reshape(len(names), -1)) >= ALIKE, 1)
        said += [
            f"{spaced(names[first])} and {spaced(names[second])} are the same in these {nouns}: the penalty "
            "shares one effect between them."
            for first, second in np.argwhere(alike)
        ]
    return values, names[1:], tuple(said)
