"""Is the label tied to something else? Asked of the wells table, before anything is trained.

Where every patient's clone grew in one batch and every control's in another, a model may tell the batches
apart and be right every time. No analysis of such wells can find that out; the table of wells can.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.batches.designsentences import TEST, design_sentences
from hcs.analysis.factors import MANY, Factor, factor, factors
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, BatchSection, Question, StudySection
from hcs.analysis.wells.layout import in_order, with_positions
from hcs.statistics.contingency import cramers_v, joint_weights, mutual_information
from hcs.statistics.permutation import DRAWS, block_places, count_arrangements, permutation_test
from hcs.statistics.pvalues import adjust_pvalues
from hcs.wording import sentence, spaced
from hcs_models.splits import group_labels
from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.units import digest
from hcs_plates.wells import PlateFormat

if TYPE_CHECKING:
    from hcs.figures.panels import Panels

Floats = npt.NDArray[np.float64]

TIED, ROUNDING = 0.999, 1e-9
SHARED = 0.5
"""Share of a label's wells that must stand in values which several groups share, for a column to be tied."""
COLUMNS = [
    "column", "kind", "n_groups", "n_values", "cramers_v", "chance_v", "mutual_information", "label_share",
    "p", "smallest_p", "test", "p_holm", "tied", "nested", "balanced",
]  # fmt: skip


@dataclass(frozen=True, repr=False)
class DesignCheck(Shown):
    """How the label goes with other columns of the wells table.

    Parameters
    ----------
    table
        One row per column: column, kind (``batch``, ``position`` or ``property`` of the cells), n_groups,
        n_values, cramers_v (Cramér 1946), chance_v (its 95th percentile under permutation),
        mutual_information (bits; Shannon 1948), label_share (of the label's entropy; Theil's uncertainty
        coefficient), p (one-sided), smallest_p, test, p_holm (over the columns); tied (the values tell the
        label without fail, and groups of a label share them, or a number parts the labels), nested (every
        value holds one group alone: no tie), balanced (every group has the same share of wells at each
        value).
    sentences
        One per column that is tied or goes with the label; one on those that are balanced, nested, show no
        sign of it, or cannot be judged.
    label, noun
        What the label and a group are called.
    """

    table: pd.DataFrame
    sentences: tuple[str, ...]
    label: str
    noun: str

    @property
    def caveats(self) -> tuple[str, ...]:
        """What the numbers cannot say: here the sentences say all."""
        return ()

    def summary(self) -> str:
        """Say what goes with the label, and what shows no sign of it."""
        nothing = "" if len(self.table) else f"Nothing in the table of wells could go with {self.label}."
        return sentence(nothing, *(f"{said[:1].upper()}{said[1:]}" for said in self.sentences))

    def plot(self) -> "Panels":
        """Draw Cramér's V of every column beside what chance gives; its axes."""
        from hcs.figures.design import design_figure
        from hcs.figures.panels import Panels
        from hcs.figures.theme import empty_figure

        if self.table.empty:
            return Panels.of(empty_figure(self.summary()), self.table)
        return Panels.of(design_figure(self.table, label=self.label, noun=self.noun), self.table)


def design_check(
    wells: pd.DataFrame,
    columns: Sequence[str] | None = None,
    *,
    label: str = "diagnosis",
    group: str = "clone",
    plate_format: PlateFormat | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> DesignCheck:
    """Measure how the label goes with batch, plate, position, passage and the like.

    A group (clone) counts once: its weight is spread over the values its wells have. Cramér's V is 0 where
    every value has the same share of each label, and 1 where values tell labels without fail. Its p is the
    share of arrangements of the labels over the groups with as large a V: all of them where they are few.
    Where every group holds several labels, these are exchanged within it.

    Parameters
    ----------
    wells
        One row per well with the columns group and label (or clone and diagnosis).
    columns
        What to hold against the label; without it, every column that may go with it
        (`hcs.analysis.factors`). Row, column and edge are read from the well's name.
    label, group
        What the two are called in the sentences, and their columns where there is no group and label.
    plate_format
        For the edge; without it, the edge is known only where the wells reach all four sides of a plate.
    draws, seed
        Of the permutations, where there are too many arrangements to look at all.

    Raises
    ------
    ArgumentError
        A column that is asked for and not there.

    Examples
    --------
    >>> wells = pd.DataFrame({"clone": list("abcdef"), "diagnosis": list("xxxyyy"), "plate": list("112212")})
    >>> design_check(wells.assign(differentiation_batch=list("111222"))).sentences[0]
    'diagnosis and differentiation batch are the same thing: every x clone is in 1 and every y clone is in 2; no analysis of these wells can separate them.'
    """  # noqa: E501 - a sentence is one line
    wells, labels = _prepared(wells, columns, label, group, plate_format)
    names = {"group": spaced(group), "label": spaced(label)}
    asked = factors(wells, label=label) if columns is None else [factor(wells, name) for name in columns]
    found = []
    for one in asked:
        known = wells[wells[one.name].notna()] if one.name in wells.columns else wells.iloc[:0]
        made = _held_against(known, one, labels, draws, seed) if len(known) else None
        if made is not None:
            found.append(made)
    rows = [row for row, _ in found]
    table = pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "p_holm"])
    table["p_holm"] = adjust_pvalues(table["p"].to_numpy(dtype=float), "holm")
    table = table.astype({"tied": bool, "nested": bool, "balanced": bool})[COLUMNS]
    sentences = design_sentences(table, [places for _, places in found], names["label"], names["group"])
    return DesignCheck(table, sentences, names["label"], names["group"])


def _prepared(
    wells: pd.DataFrame,
    columns: Sequence[str] | None,
    label: str,
    group: str,
    plate_format: PlateFormat | None,
) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]]]:
    """Wells with group and label, and the labels of each group."""
    if not {"group", "label"} & set(wells.columns):
        wells = wells.rename(columns={group: "group", label: "label"})
    wells = wells.dropna(subset=["group", "label"]).reset_index(drop=True)
    if "well" in wells.columns:
        wells = with_positions(wells, plate_format=plate_format)
    for column in columns or ():
        if column not in wells.columns:
            raise ArgumentError(
                f"The table of wells has no column {column!r}; {nearest(column, wells.columns)}"
            )
    return wells, group_labels(wells)


def _held_against(
    known: pd.DataFrame, asked: Factor, labels: dict[str, tuple[str, ...]], draws: int, seed: int
) -> tuple[dict[str, Any], dict[str, str]] | None:
    """Row of one column, and where the wells of each label stand; None with one value."""
    held = in_order(known, asked.name, "The table of wells") if asked.ordered else known[asked.name]
    if held.nunique() < 2:
        return None
    values = _values(held, ordered=asked.ordered)
    several = [len(labels[str(name)]) > 1 for name in known["group"]]
    unit = known["group"].astype(str)
    if any(several):
        # Groups with both labels: each (group, label) counts once.
        unit = unit + "\0" + known["label"].astype(str)
    shares = pd.crosstab(unit, values, normalize="index")
    first = known.groupby(unit)[["group", "label"]].first().loc[shares.index].astype(str)
    codes, classes = pd.factorize(first["label"])
    weight = shares.to_numpy(dtype=float)

    def strength(rows: Floats) -> Floats:
        return cramers_v(joint_weights(rows, len(classes), weight))

    row: dict[str, Any] = {"column": asked.name, "kind": asked.kind}
    row |= {"n_groups": len(shares), "n_values": shares.shape[1]}
    blocks = first["group"].tolist() if all(several) else None
    truth = codes.astype(np.float64)
    joint = joint_weights(truth[None, :], len(classes), weight)
    bits, share = mutual_information(joint[0])
    row |= {"cramers_v": float(cramers_v(joint)[0]), "mutual_information": bits, "label_share": share}
    row |= {"chance_v": np.nan, "p": np.nan, "smallest_p": np.nan, "test": TEST}
    if count_arrangements(truth, block_places(len(truth), blocks)) > 1:
        stream = int(digest(seed, asked.name), 16)
        test = permutation_test(strength, truth, blocks=blocks, sided="greater", draws=draws, seed=stream)
        row |= {"chance_v": float(np.quantile(test.null, 0.95)), "p": test.p, "smallest_p": test.smallest_p}
    parted = asked.ordered and _parted(held, known)
    alone = (pd.crosstab(values, known["group"].astype(str)) > 0).sum(axis=1) == 1
    certain = row["cramers_v"] > TIED and _shared(shares, first["label"], alone)
    row["tied"] = bool(certain or parted)
    row["nested"] = bool(alone.all() and not parted)
    row["balanced"] = bool(np.ptp(weight, axis=0).max() < ROUNDING)
    shown = known[asked.name] if parted else values
    return row, _places(held, shown, known["label"].astype(str), parted=parted)


def _shared(shares: pd.DataFrame, label: pd.Series, alone: pd.Series) -> bool:
    """Whether at least half of the wells of a label stand at values that several of its groups share."""
    of_label = shares.groupby(label).sum()
    together = of_label[alone.index[~alone]].sum(axis=1) / of_label.sum(axis=1)
    return len(of_label) > 1 and bool((together >= SHARED).any())


def _parted(held: pd.Series, known: pd.DataFrame) -> bool:
    """Whether a number parts the labels, of several groups each: one lies wholly below the other."""
    spans = held.groupby(known["label"].astype(str)).agg(["min", "max"]).sort_values("min")
    sizes = known.groupby(known["label"].astype(str))["group"].nunique()
    above = spans["min"].to_numpy()[1:] > spans["max"].to_numpy()[:-1]
    return len(spans) > 1 and bool(above.all() and (sizes > 1).all())


def _places(held: pd.Series, shown: pd.Series, label: pd.Series, *, parted: bool) -> dict[str, str]:
    """Where the wells of each label stand, in words."""
    made = {}
    for one in sorted(label.unique()):
        if parted:
            own = held[label == one]
            low, high = (str(shown[place]) for place in (own.idxmin(), own.idxmax()))
            made[one] = low if low == high else f"{low}–{high}"
        else:
            made[one] = ", ".join(sorted(shown[label == one].unique()))
    return made


def _values(held: pd.Series, *, ordered: bool) -> pd.Series:
    """Take values as categories; many different numbers as quarters of their range of ranks."""
    if ordered and held.nunique() > MANY:
        return pd.qcut(held, 4, duplicates="drop").astype(str)
    if pd.api.types.is_numeric_dtype(held):
        return held.map(lambda value: f"{value:.12g}")
    return held.astype(str)


def _ask(asked: Question) -> DesignCheck:
    seen = asked.evidence
    return design_check(
        seen.wells,
        seen.suspects(asked.batch),
        label=seen.label_name,
        group=seen.noun,
        plate_format=seen.plate_format,
        seed=asked.seed,
    )


ANALYSIS = Analysis(
    "design", "What goes with the label", StudySection.DESIGN, _ask, BatchSection.DESIGN, checked=True
)
