"""What a correction of batches does: to the mixing of batches, and to what models tell of unseen clones.

A correction is worth its place if batches mix better and the label is told no worse. Both are measured on
clones that it was not fitted on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.batches.correction_design import folds_and_sets, separability
from hcs.analysis.batches.correction_effects import effects
from hcs.analysis.batches.correction_trials import Correction, Corrector, chosen
from hcs.analysis.batches.correction_wells import correctable
from hcs.analysis.batches.well_features import Columns, Features
from hcs.analysis.finding import Shown, first_sentence
from hcs.analysis.question import ASKED_BATCH, Analysis, BatchSection, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.intervals import Rows, interval_figure
from hcs.figures.panels import Panels
from hcs.figures.theme import NEGATIVE, POSITIVE
from hcs.statistics.bootstrap import Interval, span
from hcs.statistics.combat import ComBat
from hcs.statistics.neighbours import METRICS, NEIGHBOURS
from hcs.statistics.sphering import Sphering
from hcs.wording import counted, plural, sentence, spaced
from hcs_plates.errors import ArgumentError

STATES: dict[str, Any] = {
    "looks": {"before": (NEGATIVE, "o"), "after correction": (POSITIVE, "D")},
    "paired": True,
    "missing": "cannot be measured",
}
"""How both states of a measure are drawn."""
NOTHING = "No effect of a correction could be measured."
WHERE = (
    "These AUCs differ from those of the probes: models train on other {nouns} (for {batch} on half of "
    "them), and {label} is judged over {nouns}, not wells."
)


@dataclass(frozen=True, repr=False)
class CorrectionEffect(Shown):
    """Mixing of batches and what is told of unseen clones, before and after a correction.

    Parameters
    ----------
    table
        One row per measure: measure (``label_auc``, over clones; ``batch_auc``, over wells; ``kbet``,
        ``ilisi``, ``batch_silhouette``, ``pc_regression``, means over sets of test wells), n_groups, n_wells,
        n_sets, wanted (``higher`` or ``lower``), before, after and change, each with _low and _high (95 %,
        bootstrap over clones within classes; NaN for mixing, where a resampled clone would be its own
        neighbour). NaN where there is no answer.
    scores
        One row per set and test clone: set, group, label, before, after (log-odds of the clone's own label,
        mean over its wells).
    method
        What was done, in words.
    refused
        Why nothing was corrected; empty where something was.
    confounded
        Whether the label goes with the batch, or may do so.
    caveats
        What was left out and what the numbers cannot say.
    label, batch, noun
        What label, batch and a group are called.
    n_plates
        How many plates lie in batches that have several of their own: these are what is known of batches.
    """

    table: pd.DataFrame
    scores: pd.DataFrame
    method: str
    refused: str
    confounded: bool
    caveats: tuple[str, ...]
    label: str = "label"
    batch: str = "differentiation_batch"
    noun: str = "clone"
    n_plates: int = 0

    def headline(self) -> str:
        """Say whether the correction made batches harder to predict, and what it cost."""
        if self._nothing():
            return first_sentence(sentence(self.refused or NOTHING, *self.caveats))
        return f"{self.method} {self._of_batches()}; {self._of_label()}."

    def summary(self) -> str:
        """Say what the correction did to batches and to the label, what follows, and what it cannot say."""
        if self._nothing():
            return sentence(self.refused or NOTHING, *self.caveats)
        names = {"nouns": plural(self.noun), "batch": spaced(self.batch), "label": spaced(self.label)}
        return sentence(self.headline(), self.advice(), WHERE.format(**names), *self.caveats)

    @property
    def statistics(self) -> pd.DataFrame:
        """Every measure before and after, and the change."""
        made = []
        for row in self.table.dropna(subset=["before"]).to_dict("records"):
            what = {"label_auc": f"AUC of {spaced(self.label)}", "batch_auc": f"AUC of {spaced(self.batch)}"}
            name = what.get(row["measure"], METRICS.get(row["measure"], ""))
            for side in ("before", "after", "change"):
                limits = Interval(row[f"{side}_low"], row[f"{side}_high"])
                method = "" if np.isnan(limits.low) else f"bootstrap over {plural(self.noun)}"
                made.append(Stated(name, side, row[side], limits, method))
        return statistics_table(made)

    def _nothing(self) -> bool:
        """Whether nothing was corrected or measured."""
        return bool(self.refused) or bool(self.table[["before", "after"]].isna().all(axis=None))

    def _of_batches(self) -> str:
        """Say what became of batches."""
        batch, row = spaced(self.batch), self.table.set_index("measure").loc["batch_auc"]
        if np.isnan(row["change"]):
            return f"was tried, and how well {batch} is predicted after it is not known"
        areas = f"AUC {row['before']:.2f} to {row['after']:.2f}"
        if self.n_plates:
            few = f"with {self.n_plates} plates it cannot be known what remains of {batch}"
            return f"was tried: {few} ({areas})"
        if row["change_low"] > 0:
            return f"makes batches worse: {batch} is predicted better than before ({areas})"
        if row["change_high"] < 0:
            return f"makes {batch} harder to predict ({areas})"
        return f"is not shown to change how well {batch} is predicted ({areas})"

    def _of_label(self) -> str:
        """Say what became of the label."""
        label, row = spaced(self.label), self.table.set_index("measure").loc["label_auc"]
        change, low, high = row[["change", "change_low", "change_high"]].astype(float)
        if np.isnan(change):
            return f"its cost for {label} is not known"
        limits = "" if np.isnan(low) else f", change {span(low, high)}"
        areas = f"(AUC {row['before']:.2f} to {row['after']:.2f}{limits})"
        if high < 0 or low > 0:
            return f"{label} is predicted {'worse' if high < 0 else 'better'} {areas}"
        return f"{label} as before {areas}" if not change else f"no clear change for {label} {areas}"

    def advice(self) -> str:
        """Say what follows from a change of the label's AUC; empty where none is shown."""
        label, row = spaced(self.label), self.table.set_index("measure").loc["label_auc"]
        if row["change_high"] < 0:
            remedy = f", or protect {label} when ComBat is fitted" if self.confounded else ""
            return f"The correction removed signal of {label}: use the features as they are{remedy}."
        if row["change_low"] > 0 and self.confounded:
            return f"The gain may be an artefact, as {label} is associated with {spaced(self.batch)}."
        if row["change_low"] > 0:
            return f"Differences between batches had hidden {label}."
        return ""

    def plot(self) -> Panels:
        """Draw every measure before and after; its axes."""
        if self.refused or self.table[["before", "after"]].isna().all(axis=None):
            return Panels.none(self.summary(), self.table)
        nouns = plural(self.noun)
        left = Rows(
            self._states({"label_auc": spaced(self.label), "batch_auc": spaced(self.batch)}, held=True),
            f"AUC in held-out {nouns} (0.5: chance)",
            f"What the features predict in held-out {nouns}",
            reference=0.5,
            **STATES,
        )
        title = f"How well {plural(spaced(self.batch))} mix"
        right = Rows(self._states(METRICS), "Mixing score", title, **STATES)
        words = {"interval": f"95 % interval over {nouns}"}
        return Panels.of(interval_figure(left, right, words=words, heading=self.method), self.table)

    def _states(self, names: dict[str, str], *, held: bool = False) -> pd.DataFrame:
        """Both states of these measures, one below the other; one row where either is not known."""
        rows = []
        for measure, row in self.table.set_index("measure").loc[list(names)].iterrows():
            sizes = [counted(int(row["n_groups"]), self.noun), counted(int(row["n_wells"]), "well")]
            of = ", ".join(dict.fromkeys(sizes)) if held else f"({int(row['wanted'] == 'higher')} is mixed)"
            states = {"before": "before", "after": "after correction"}
            known = not row[list(states)].isna().any()
            rows += [
                {
                    "label": f"{fill(names[str(measure)], 18)}\n{of}", "group": name,
                    "estimate": row[state] if known else np.nan,
                    "low": row[f"{state}_low"], "high": row[f"{state}_high"], "said": f"{row[state]:.2f}",
                }
                for state, name in list(states.items())[: 1 + known]
            ]  # fmt: skip
        return pd.DataFrame(rows)


def correction_effect(  # noqa: PLR0913 – public: columns and options by keyword
    features: Features,
    table: pd.DataFrame,
    method: str | Corrector,
    *,
    label: str = "label",
    group: str = "group",
    batch: str = "differentiation_batch",
    plate: str = "plate",
    well: str = "well",
    role: str = "role",
    negative: str = "negative_control",
    on_controls: bool | None = None,
    protect: Sequence[str] = (),
    splits: pd.DataFrame | None = None,
    neighbours: int = NEIGHBOURS,
    seed: int = 0,
    noun: str = "clone",
) -> CorrectionEffect:
    """Correct batches set by set on training clones, and compare test clones before and after.

    Tiles are first averaged to wells. In each set the correction is fitted on wells of training clones (or on
    negative controls of these and of no clone), applied to all, and the same linear discriminants are trained
    on the training wells before and after. Batches are told by the same model, trained on the half of the
    training clones that the correction was not fitted on. Nothing of a test clone takes part in its
    correction: a batch that no training clone has is not corrected. Where diagnosis and batch cannot be told
    apart, among all clones or among those that a set trains on, nothing is corrected and the reason is given.

    Parameters
    ----------
    features
        Array of shape (n_rows, n_features): tiles, fields or wells; NaN where not known.
    table
        What each row is: group, plate, well, label, batch, and a role where controls are used.
    method
        ``centre``, ``scale``, ``robust``, ``combat`` or ``sphering``, or an estimator of
        `hcs.statistics.scaling`, `combat` or `sphering`.
    label, group, batch, plate, well, role, noun
        Names of columns; all wells with a clone and a label are scored, whatever their role. What a group is
        called.
    on_controls, negative
        Whether to fit on negative controls, and their role; without it, sphering does and the others do not.
    protect
        Columns whose effects ComBat fits beside the batches: text as categories, numbers as they are. The
        label may be one: only that of training clones is looked at.
    splits
        The study's sets (set, part, group) for the label's AUC; mixing and batch are always measured in
        drawn folds, since sets that leave out two clones hold too few wells for it.
    neighbours
        Most wells in a neighbourhood.
    seed
        Of folds and resamples.

    Raises
    ------
    ArgumentError
        An unknown method, a lacking column, features that are no numbers, columns to protect for a method
        that protects none.
    LeakError
        A set trains on a clone that it tests.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> wells = pd.DataFrame([(f"c{i:02d}", w, i % 2) for i in range(20) for w in ("A01", "A02", "A03")])
    >>> wells = wells.set_axis(["group", "well", "label"], axis=1).assign(plate="P")
    >>> wells["differentiation_batch"] = np.repeat(["p", "p", "q", "q"] * 5, 3)
    >>> features = rng.normal(size=(60, 5)) + 5 * (wells[["differentiation_batch"]] == "q").to_numpy()
    >>> found = correction_effect(features, wells, "centre")
    >>> found.table.set_index("measure").loc["pc_regression", ["before", "after"]].round(1).tolist()
    [0.9, 0.1]
    """
    corrector, done = chosen(method)
    on_controls = isinstance(corrector, Sphering) if on_controls is None else on_controls
    if len(protect) and not isinstance(corrector, ComBat):
        raise ArgumentError("Only ComBat protects columns; leave protect out, or correct by ComBat.")
    role = role if on_controls else ""
    columns = Columns(label, group, plate, well, batch, noun, role, negative, tuple(protect))
    correction = Correction(corrector, on_controls, neighbours, seed)
    done += " on negative controls" if on_controls else ""
    said: list[str] = []
    wells = correctable(features, table, columns, said)
    folds, sets = folds_and_sets(wells, splits, columns, seed, said)
    tried = folds if sets is folds else [*folds, *sets]
    refused, confounded = separability(wells, tried, columns, seed, said)
    if refused:
        folds = sets = []
    made, scores, words = effects(wells, folds, sets, correction, batch)
    caveats = tuple(dict.fromkeys([*said, *words]))
    names = label, batch, noun
    return CorrectionEffect(made, scores, done, refused, confounded, caveats, *names, wells.n_plates)


def _ask(asked: Question, method: str) -> CorrectionEffect:
    seen = asked.evidence
    # Sets that leave a batch out cannot be corrected for it: then clones are dealt anew.
    held = seen.splits["held_out"].astype(str).str.startswith(f"{asked.batch}=").any()
    return correction_effect(
        seen.features,
        asked.tiles,
        method,
        batch=asked.batch,
        label=seen.classes.label,
        splits=None if held else seen.splits,
        **asked.common,
    )


ANALYSES = tuple(
    Analysis(
        f"correction_{method}",
        title,
        StudySection.BATCHES,
        partial(_ask, method=method),
        BatchSection.CORRECTION,
        needs=(ASKED_BATCH,),
    )
    for method, title in (
        ("centre", "If every batch is centred"),
        ("combat", "If batches are corrected by ComBat"),
    )
)
"""Corrections that are tried on the features; sphering needs controls on every plate."""
