"""Shortcut probes: what else the features tell of clones that were not trained on.

Features that tell a well's plate better than its diagnosis are a warning: where diagnosis and plate go
together, a model may tell the plate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.batches.exchange import WELL
from hcs.analysis.batches.target_probe import CATEGORY, COLUMNS, NUMBER, TargetProbe
from hcs.analysis.batches.well_features import (
    IMPUTED,
    Columns,
    Features,
    averaged,
    categories,
    matched,
    tied,
)
from hcs.analysis.factors import factor, factors
from hcs.analysis.finding import Shown, first_sentence
from hcs.analysis.question import Analysis, BatchSection, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.analysis.wells.layout import in_order, with_positions
from hcs.figures.intervals import Rows, interval_figure, key_words
from hcs.figures.panels import Panels
from hcs.figures.theme import NEGATIVE, POSITIVE
from hcs.statistics.bootstrap import Interval, span
from hcs.statistics.frames import require_columns
from hcs.statistics.pvalues import ALPHA, PValue, adjust_pvalues
from hcs.wording import counted, listed, plural, sentence, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import PlateFormat

PERMUTATIONS = 199
SEEN = {"the label": (POSITIVE, "D"), "shortcuts": (NEGATIVE, "o")}
"""Look of what features ought to tell, and of what they ought not to."""
TABLE = "The table of the features' rows"


@dataclass(frozen=True, repr=False)
class ShortcutProbes(Shown):
    """How well the same features tell the diagnosis and each thing that should not matter.

    Parameters
    ----------
    table
        One row per target: role (``label`` or ``shortcut``), kind (``category`` or ``number``), level of its
        permutation (the group's noun, ``well`` or ``plate``), n_groups, n_wells, n_values, score (macro AUC
        of categories, concordance of numbers: share of pairs of test wells in their right order), low and
        high (95 % bootstrap over groups, five or more), chance (0.5), null_low and null_high (95 % of
        permutations), p (one-sided), smallest_p, test, n (groups, or plates, that it moves), p_holm (over the
        shortcuts), balanced_accuracy with chance_accuracy (categories), spearman and r2 (numbers),
        group_score (score of the groups' means, where the target is the group's). NaN where the data cannot
        answer.
    caveats
        What was left out and what the numbers cannot say.
    label
        Name of the label's column.
    noun
        What a group is called.
    """

    table: pd.DataFrame
    caveats: tuple[str, ...]
    label: str = "label"
    noun: str = "clone"

    def headline(self) -> str:
        """Say how well the label is predicted, and which shortcuts are."""
        known = self._known()
        if known.empty:
            return first_sentence(sentence(*self.caveats)) or "No probe could be made."
        label, also = (_named(known[known["state"] == one]) for one in ("label", "predicted"))
        where, others = f"In held-out {plural(self.noun)} the features", (known["state"] != "label").sum()
        if not label:
            return f"{where} predict {also or f'none of {others} factors clearly'}."
        row = known[known["state"] == "label"].iloc[0]
        if row["p"] <= ALPHA:
            none = f", and none of {others} other factors clearly" if others else ""
            return f"{where} predict {label}{f', and also {also}' if also else none}."
        if row["smallest_p"] > ALPHA:
            few = f"cannot be known with {counted(int(row['n']), row['counts'])}"
            return f"Whether the features predict {label} of held-out {plural(self.noun)} {few}."
        return f"{where} do not clearly predict {label}{f', but predict {also}' if also else ''}."

    def summary(self) -> str:
        """Say what the features predict, what they do not clearly predict, and what cannot be known."""
        known, said = self._known(), []
        if (known["state"] == "predicted").any():
            told = (
                f"A factor that is predicted misleads only where {spaced(self.label)} is associated with it"
            )
            said.append(f"{told} (see the design check).")
        rest = known[known["state"] == "unclear"]
        said += [f"Not clearly predicted: {_named(rest)}."] if len(rest) else []
        few = known[known["state"] == "too few"]
        for (n, unit), rows in few.groupby(["n", "counts"]):
            said.append(f"Cannot be known with {counted(int(n), unit)}: {_named(rows)}.")
        headline = self.headline()
        return sentence(headline, *said, *(part for part in self.caveats if part != headline))

    @property
    def statistics(self) -> pd.DataFrame:
        """Score of every target, with its interval and test."""
        known = self._known()
        shortcuts = counted(int(known["p_holm"].notna().sum()), "factor")
        return statistics_table(
            Stated(
                f"{spaced(row['target'])} of held-out {plural(self.noun)}",
                _measure(row),
                row["score"],
                Interval(row["low"], row["high"]),
                "" if np.isnan(row["low"]) else f"bootstrap over {plural(self.noun)}",
                None if np.isnan(row["p"]) else PValue.of(row, row["counts"], "one-sided"),
                row["p_holm"],
                "" if np.isnan(row["p_holm"]) else f"Holm over {shortcuts}",
            )
            for row in known.to_dict("records")
        )

    def _known(self) -> pd.DataFrame:
        """Take tested targets, best first, with their state and what n counts."""
        known = self.table[self.table["score"].notna() & self.table["p"].notna()]
        state = np.where(known["smallest_p"] > ALPHA, "too few", "unclear")
        state = np.where(known["p_holm"] <= ALPHA, "predicted", state)
        counts = known["level"].where(known["level"] != WELL, self.noun)
        made = known.assign(state=np.where(known["role"] == "label", "label", state), counts=counts)
        return made.sort_values("score", ascending=False)

    def plot(self) -> Panels:
        """Draw the scores with intervals and chance, the label marked; its axes."""
        if self.table["score"].notna().sum() == 0:
            return Panels.none(sentence("No probe could be made.", *self.caveats), self.table)
        rows = self.table.sort_values("score", ascending=False).drop(columns="n")
        sizes = zip(rows["target"], rows["n_groups"], rows["n_wells"], strict=True)
        drawn = rows.rename(columns={"score": "estimate", "chance": "expected"}).assign(
            label=[f"{spaced(name)}\n{_size(groups, wells, self.noun)}" for name, groups, wells in sizes],
            group=np.where(rows["role"] == "label", "the label", "shortcuts"),
        )
        panel = Rows(
            drawn,
            "AUC (categories) or concordance (numbers): pairs of held-out wells in their right order",
            f"What the features predict in held-out {plural(self.noun)}",
            limits=(min(0.0, float(rows["null_low"].min())), 1.02),
            looks=SEEN,
        )
        return Panels.of(interval_figure(panel, words=key_words(self.noun)), self.table)


def shortcut_probes(  # noqa: PLR0913 – public: columns and options by keyword
    features: Features,
    table: pd.DataFrame,
    *,
    targets: Sequence[str] | None = None,
    label: str = "label",
    group: str = "group",
    plate: str = "plate",
    well: str = "well",
    ordered: Sequence[str] | None = None,
    plate_format: PlateFormat | None = None,
    seed: int = 0,
    permutations: int = PERMUTATIONS,
    noun: str = "clone",
) -> ShortcutProbes:
    """Predict batch, plate, position, passage and the label from the same features, clone by clone unseen.

    Tiles are first averaged to wells: plate and position belong to the well, so tiles of a well are no
    further observations of them. Clones are dealt to folds (`hcs.statistics.folds`). In each training part
    features are standardised and reduced to at most 50 principal components; categories are told by linear
    discriminants with equal priors, numbers by ridge regression, with Ledoit and Wolf's shrinkage.

    The p-value is of the score under permutations of the target: among the wells of a clone where it differs
    within clones, among the clones of a fold where it belongs to the clone (folds stay stratified, so the
    permuted scores have the same chance level), and among whole plates where a value has several plates of
    its own. Intervals resample clones, their predictions as they are; there is none where plates are
    exchanged.

    Parameters
    ----------
    features
        Array of shape (n_rows, n_features): tiles, fields or wells. NaN stands for the training mean.
    table
        What each row is: group, plate, well, label, and targets. Row, column and edge (outermost rows and
        columns of the plate) are read from the well's name where there are no such columns.
    targets, ordered
        What to predict besides the label, and what of it is numbers whose order means something; without
        these, every column that the label may go with (`hcs.analysis.factors`), and those that hold
        numbers which are no names.
    label, group, plate, well, noun
        Names of columns; what a group is called.
    plate_format
        For the edge; without it, the smallest standard plate that holds all wells.
    seed, permutations
        Of folds, permutations and resamples; permutations drawn where there are more arrangements than that.

    Raises
    ------
    ArgumentError
        Rows that do not match, features that are no numbers, a lacking column, text as an ordered target.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> wells = pd.DataFrame([(f"c{i}", f"P{j}", f"B{i + 1:02d}") for i in range(8) for j in range(2)])
    >>> wells = wells.set_axis(["group", "plate", "well"], axis=1).assign(label=list("xxxxxxxxyyyyyyyy"))
    >>> features = rng.normal(size=(16, 5)) + 9 * (wells[["plate"]] == "P1").to_numpy()
    >>> found = shortcut_probes(features, wells, targets=["plate"])
    >>> found.table.set_index("target").loc["plate", ["score", "p", "smallest_p"]].tolist()
    [1.0, 0.02, 0.005]
    """
    columns = Columns(label, group, plate, well, noun=noun)
    values, rows = matched(features, table, [label, *columns.keys])
    rows = with_positions(rows, well=well, plate_format=plate_format)
    names = [label, *_wanted(rows, targets, columns)]
    if ordered is None:
        ordered = [name for name in names[1:] if factor(rows, name).ordered]
    numbers = [name for name in names if name in ordered]
    rows = rows.assign(**{name: in_order(rows, name, TABLE) for name in numbers})
    rows = categories(rows, *(name for name in names if name not in {*numbers, *columns.keys}))
    said: list[str] = []
    values, rows = averaged(values, rows, columns.keys, names, said)
    if np.isnan(values).any():
        said.append(IMPUTED)
    found = []
    units = [rows[name].to_numpy(dtype=object) for name in (group, plate)]
    for name in names:
        probe = TargetProbe(name, NUMBER if name in numbers else CATEGORY, noun, seed, permutations)
        row, words = probe.run(values, units[0], units[1], rows[name])
        found.append(row | {"role": "label" if name == label else "shortcut"})
        said += words
        if name != label and tied(rows, name, label):
            said.append(f"{spaced(label)} is confounded with {spaced(name)}: no analysis can separate them.")
    made = pd.DataFrame(found, columns=list(COLUMNS))
    shortcuts = (made["role"] == "shortcut").to_numpy()
    made.loc[shortcuts, "p_holm"] = adjust_pvalues(made.loc[shortcuts, "p"].to_numpy(dtype=float), "holm")
    return ShortcutProbes(made, tuple(dict.fromkeys(said)), label, noun)


def _wanted(rows: pd.DataFrame, targets: Sequence[str] | None, columns: Columns) -> list[str]:
    """Targets to probe: those asked for, all of which must be there, or all that the label may go with."""
    if targets is None:
        return [one.name for one in factors(rows.drop_duplicates(columns.keys), label=columns.label)]
    if isinstance(targets, str):
        raise ArgumentError(f"targets is the text {targets!r}; give a list of columns, as in [{targets!r}].")
    require_columns(rows, targets, TABLE)
    return [name for name in dict.fromkeys(targets) if name != columns.label]


def _measure(row: Mapping[Any, Any]) -> str:
    """Name a score."""
    if row["kind"] != CATEGORY:
        return "concordance"
    return "AUC" if row["n_values"] == 2 else "macro AUC"


def _named(rows: pd.DataFrame) -> str:
    """List targets with their scores, and the interval of one alone."""
    limits = rows[["low", "high"]].dropna()
    between = f", {span(*limits.iloc[0])}" if len(rows) == len(limits) == 1 else ""
    return listed(
        f"{spaced(row['target'])} ({_measure(row)} {row['score']:.2f}{between})"
        for row in rows.to_dict("records")
    )


def _size(n_groups: int, n_wells: int, noun: str) -> str:
    """How many clones and wells a target was probed on; wells once where they are the groups."""
    return ", ".join(dict.fromkeys([counted(n_groups, noun), counted(n_wells, "well")]))


def _ask(asked: Question) -> ShortcutProbes:
    seen = asked.evidence
    return shortcut_probes(
        seen.features,
        asked.tiles,
        targets=seen.suspects(asked.batch),
        ordered=seen.ordered(asked.batch),
        label=seen.classes.label,
        plate_format=seen.plate_format,
        **asked.common,
    )


ANALYSIS = Analysis(
    "probes",
    "What else the features predict",
    StudySection.BATCHES,
    _ask,
    BatchSection.FEATURES,
    checked=True,
)
