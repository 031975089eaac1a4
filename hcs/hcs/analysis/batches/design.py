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

from hcs.analysis.wells.layout import with_positions
from hcs.statistics.finding import Shown
from hcs.statistics.permutation import DRAWS, block_places, count_arrangements, permutation_test
from hcs.statistics.pvalues import PValue, adjust_pvalues
from hcs.wording import counted, listed, plural, sentence, spaced
from hcs_models.splits import group_labels
from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.units import digest

if TYPE_CHECKING:
    from hcs.figures.panels import Panels

Floats = npt.NDArray[np.float64]

FACTORS = (
    "differentiation_batch", "plate", "row", "column", "edge", "passage", "day", "stain", "seeding_density",
)  # fmt: skip
"""Columns of a wells table that may be tied to the label, those of them that are there."""
MANY = 8
"""More different numbers than this in a numeric column are cut into quarters."""
TIED, CLEAR, ROUNDING = 0.999, 0.05, 1e-9
TEST = "permutation test of labels"
COLUMNS = [
    "column", "n_groups", "n_values", "cramers_v", "chance_v", "mutual_information", "label_share", "p",
    "smallest_p", "test", "p_holm", "tied",
]  # fmt: skip


@dataclass(frozen=True, repr=False)
class DesignCheck(Shown):
    """How the label goes with other columns of the wells table.

    Parameters
    ----------
    table
        One row per column: column, n_groups, n_values, cramers_v (Cramér 1946), chance_v (its 95th percentile
        under permutation), mutual_information (bits; Shannon 1948), label_share (of the label's entropy;
        Theil's uncertainty coefficient), p (one-sided), smallest_p, test, p_holm (over the columns), tied
        (whether the column's values tell the label without fail).
    sentences
        One per column that is tied or goes with the label, one on those without a sign of it, one on those
        that cannot be judged.
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
        What to hold against the label; without it, those of `FACTORS` that are there. Row, column and edge
        are read from the well's name.
    label, group
        What the two are called in the sentences, and their columns where there is no group and label.
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
    wells, labels = _prepared(wells, columns, label, group)
    names = {"group": spaced(group), "label": spaced(label)}
    found = []
    for column in FACTORS if columns is None else columns:
        known = wells[wells[column].notna()] if column in wells.columns else wells.iloc[:0]
        made = _factor(known, column, labels, draws, seed) if len(known) else None
        if made is not None:
            found.append(made)
    table = pd.DataFrame([row for row, _, _ in found], columns=[name for name in COLUMNS if name != "p_holm"])
    table["p_holm"] = adjust_pvalues(table["p"].to_numpy(dtype=float), "holm")
    sentences = [said for one in found if (said := _association(*one, names))]
    return DesignCheck(table[COLUMNS], (*sentences, *_no_sign(table, names)), names["label"], names["group"])


def _association(row: dict[str, Any], shares: pd.DataFrame, truth: pd.Series, names: dict[str, str]) -> str:
    """Say that a column is one with the label, or goes with it; nothing where it shows no sign of either."""
    name = spaced(row["column"])
    if row["tied"]:
        return _tied_sentence(names, row["column"], shares, truth)
    if not row["p"] <= CLEAR:
        return ""
    p = PValue(row["p"], TEST, row["n_groups"], row["smallest_p"], plural(names["group"]), "one-sided")
    share = f"{row['label_share']:.0%}".replace("%", " %")
    return (
        f"{names['label']} goes with {name} (Cramér's V {row['cramers_v']:.2f}; {name} tells {share} of "
        f"{names['label']} by mutual information; {p.sentence()}): a model may tell {name} apart instead."
    )


def _no_sign(table: pd.DataFrame, names: dict[str, str]) -> list[str]:
    """Say which columns show no sign of going with the label, and which cannot be judged, and why."""
    label, units = names["label"], plural(names["group"])
    other = table[~table["tied"].astype(bool) & ~(table["p"] <= CLEAR)]
    words = {
        row["column"]: f"{spaced(row['column'])} (V {row['cramers_v']:.2f}, p = {row['p']:.2g})"
        for row in other.to_dict("records")
    }
    over = f"{TEST} over {counted(int(table['n_groups'].max()), names['group'])}" if len(table) else ""
    # V is 0 whichever way the labels lie: every group has its wells spread over the values in the same way.
    alike = other[(other["cramers_v"] < ROUNDING) & (other["chance_v"] < ROUNDING)]
    rest = other.drop(index=alike.index)
    judged, coarse = rest[rest["smallest_p"] <= CLEAR], rest[rest["smallest_p"] > CLEAR]
    alone = rest[rest["p"].isna()]
    said = []
    if len(alike):
        said.append(
            f"{label} cannot go with {listed(alike['column'].map(spaced), 12)}: every {names['group']} has "
            "the same share of wells in each."
        )
    if len(judged):
        said.append(
            f"No sign that {label} goes with {listed(judged['column'].map(words), 12)}; {over}, smallest p "
            f"possible {judged['smallest_p'].min():.2g}."
        )
    if len(coarse):
        said.append(
            f"Whether {label} goes with {listed(coarse['column'].map(words), 12)} cannot be judged: with so "
            f"few {units} no p could be {CLEAR:g} or less ({over})."
        )
    if len(alone):
        said.append(
            f"Nothing can be held against {listed(alone['column'].map(spaced), 12)}: {label} cannot move "
            f"among the {units}."
        )
    return said


def _prepared(
    wells: pd.DataFrame, columns: Sequence[str] | None, label: str, group: str
) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]]]:
    """Wells with group and label, and the labels of each group."""
    if not {"group", "label"} & set(wells.columns):
        wells = wells.rename(columns={group: "group", label: "label"})
    wells = wells.dropna(subset=["group", "label"]).reset_index(drop=True)
    if "well" in wells.columns:
        wells = with_positions(wells)
    for column in columns or ():
        if column not in wells.columns:
            raise ArgumentError(
                f"The table of wells has no column {column!r}; {nearest(column, wells.columns)}"
            )
    return wells, group_labels(wells)


def _factor(
    known: pd.DataFrame, column: str, labels: dict[str, tuple[str, ...]], draws: int, seed: int
) -> tuple[dict[str, Any], pd.DataFrame, pd.Series] | None:
    """Row of one column, the units' shares of its values, and their labels; None with one value."""
    values = _values(known[column])
    if values.nunique() < 2:
        return None
    held = [len(labels[str(name)]) > 1 for name in known["group"]]
    unit = known["group"].astype(str)
    if any(held):
        # Groups with both labels: each (group, label) counts once.
        unit = unit + "\0" + known["label"].astype(str)
    shares = pd.crosstab(unit, values, normalize="index")
    first = known.groupby(unit)[["group", "label"]].first().loc[shares.index].astype(str)
    codes, classes = pd.factorize(first["label"])
    weight = shares.to_numpy(dtype=float)

    def strength(rows: Floats) -> Floats:
        return cramers_v(_joint(rows, len(classes), weight))

    row: dict[str, Any] = {"column": column, "n_groups": len(shares), "n_values": shares.shape[1]}
    blocks = first["group"].tolist() if all(held) else None
    truth = codes.astype(np.float64)
    joint = _joint(truth[None, :], len(classes), weight)
    bits, share = mutual_information(joint[0])
    row |= {"cramers_v": float(cramers_v(joint)[0]), "mutual_information": bits, "label_share": share}
    row |= {"chance_v": np.nan, "p": np.nan, "smallest_p": np.nan, "test": TEST}
    if count_arrangements(truth, block_places(len(truth), blocks)) > 1:
        stream = int(digest(seed, column), 16)
        test = permutation_test(strength, truth, blocks=blocks, sided="greater", draws=draws, seed=stream)
        row |= {"chance_v": float(np.quantile(test.null, 0.95)), "p": test.p, "smallest_p": test.smallest_p}
    row["tied"] = bool(row["cramers_v"] > TIED)
    return row, shares, first["label"]


def _values(values: pd.Series) -> pd.Series:
    """Take values as categories; many different numbers as quarters of their range of ranks."""
    if pd.api.types.is_numeric_dtype(values) and values.nunique() > MANY:
        return pd.qcut(values, 4, duplicates="drop").astype(str)
    return values.astype(str)


def _joint(rows: Floats, n_classes: int, shares: Floats) -> Floats:
    """Weight of each label at each value; array of shape (n_arrangements, n_classes, n_values)."""
    return np.stack([(rows == place) @ shares for place in range(n_classes)], axis=1)


def cramers_v(joint: Floats) -> Floats:
    """Cramér's V of tables of weights.

    Of shares no unit need be whole in one value, so a chi-square of 1 × (units) is reached only where values
    tell labels without fail.

    Parameters
    ----------
    joint
        Array of shape (n_tables, n_classes, n_values).

    Examples
    --------
    >>> cramers_v(np.array([[[3.0, 1.0], [1.0, 3.0]]])).tolist()
    [0.5]
    """
    if joint.shape[1] < 2:
        return np.zeros(len(joint))
    total = joint.sum(axis=(1, 2))
    expected = joint.sum(axis=2, keepdims=True) * joint.sum(axis=1, keepdims=True) / total[:, None, None]
    square = ((joint - expected) ** 2 / expected).sum(axis=(1, 2))
    return np.asarray(np.sqrt(square / (total * (min(joint.shape[1:]) - 1))))


def mutual_information(joint: Floats) -> tuple[float, float]:
    """Mutual information of a table of weights in bits, and as a share of the entropy of its rows.

    Examples
    --------
    >>> mutual_information(np.array([[2.0, 0.0], [0.0, 2.0]]))
    (1.0, 1.0)
    """
    p = joint / joint.sum()
    of_label, of_value = p.sum(axis=1), p.sum(axis=0)
    there = p > 0
    bits = float((p[there] * np.log2(p[there] / np.outer(of_label, of_value)[there])).sum())
    entropy = -float((of_label * np.log2(of_label)).sum())
    return max(0.0, bits), max(0.0, bits) / entropy if entropy > 0 else 0.0


def _tied_sentence(names: dict[str, str], column: str, shares: pd.DataFrame, label: pd.Series) -> str:
    """Say which label is where."""
    places = []
    for one in sorted(label.unique()):
        here = shares[label == one].sum()
        places.append(f"every {one} {names['group']} is in {', '.join(here.index[here > 0])}")
    return (
        f"{names['label']} and {spaced(column)} are the same thing: {' and '.join(places)}; "
        "no analysis of these wells can separate them."
    )
