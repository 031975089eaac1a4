"""Is the label tied to something else? Asked of the wells table, before anything is trained.

Where every patient's clone grew in one batch and every control's in another, a model may tell the batches
apart and be right every time. No analysis of such wells can find that out; the table of wells can.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.factors import MANY, Factor, factor, factors
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, BatchSection, Question, StudySection
from hcs.analysis.wells.layout import in_order, with_positions
from hcs.figures.intervals import Rows, interval_figure
from hcs.figures.panels import Panels
from hcs.figures.theme import OTHER, POSITIVE
from hcs.statistics.contingency import cramers_v, joint_weights, mutual_information
from hcs.statistics.frames import require_columns
from hcs.statistics.permutation import DRAWS, block_places, count_arrangements, permutation_test
from hcs.statistics.pvalues import PValue, adjust_pvalues, told
from hcs.wording import counted, listed, plural, sentence, spaced
from hcs_plates.names import as_names
from hcs_plates.units import digest
from hcs_plates.wells import PlateFormat

Floats = npt.NDArray[np.float64]

CLEAR = 0.05
TEST = "permutation test of labels"
MOST = 12
"""More columns than this are not all named in one sentence."""
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

    def plot(self) -> Panels:
        """Draw Cramér's V of every column beside what chance gives; its axes."""
        if self.table.empty:
            return Panels.none(self.summary(), self.table)
        rows = self.table.sort_values("cramers_v", ascending=False)
        names = ("no sign of association", f"goes with {self.label} (p ≤ 0.05, or tied)")
        tests = rows["p"].map(lambda p: "no test" if np.isnan(p) else f"p = {p:.2g}")
        drawn = pd.DataFrame(
            {
                "label": rows["column"].map(spaced), "estimate": rows["cramers_v"],
                "group": np.where(rows["tied"] | (rows["p"] <= 0.05), *reversed(names)),
                "null_low": rows["chance_v"].where(rows["chance_v"].isna(), 0.0),
                "null_high": rows["chance_v"],
                "said": np.where(rows["tied"], "the same thing", tests),
            }
        )  # fmt: skip
        over = f"Cramér's V with {self.label}, over {counted(int(rows['n_groups'].max()), self.noun)}"
        panel = Rows(drawn, over, looks=dict(zip(names, ((OTHER, "o"), (POSITIVE, "D")), strict=True)))
        return Panels.of(interval_figure(panel, words={"null": "95 % of permutations"}), self.table)


def design_check(  # noqa: PLR0913 – each a question of its own
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
    wells = _prepared(wells, label, group, plate_format)
    require_columns(wells, columns or (), "The table of wells")
    asked = factors(wells, label=label) if columns is None else [factor(wells, name) for name in columns]
    made = [_held_against(wells, one, draws, seed) for one in asked if one.name in wells]
    found = [one for one in made if one is not None]
    table = pd.DataFrame([row for row, _ in found], columns=[name for name in COLUMNS if name != "p_holm"])
    table["p_holm"] = adjust_pvalues(table["p"].to_numpy(dtype=float), "holm")
    table = table.astype({"tied": bool, "nested": bool, "balanced": bool})[COLUMNS]
    sentences = _sentences(table, [places for _, places in found], spaced(label), spaced(group))
    return DesignCheck(table, sentences, spaced(label), spaced(group))


def _prepared(wells: pd.DataFrame, label: str, group: str, plate_format: PlateFormat | None) -> pd.DataFrame:
    """Wells with the names of group and label, and their positions."""
    if not {"group", "label"} & set(wells.columns):
        wells = wells.rename(columns={group: "group", label: "label"})
    require_columns(wells, ["group", "label"], "The table of wells")
    wells = wells.assign(group=as_names(wells["group"]), label=as_names(wells["label"]))
    wells = wells.dropna(subset=["group", "label"]).reset_index(drop=True)
    return with_positions(wells, plate_format=plate_format) if "well" in wells else wells


def _held_against(
    wells: pd.DataFrame, asked: Factor, draws: int, seed: int
) -> tuple[dict[str, Any], dict[str, str]] | None:
    """Row of one column, and where the wells of each label stand; None with one value."""
    known = wells[wells[asked.name].notna()]
    held = in_order(known, asked.name, "The table of wells") if asked.ordered else known[asked.name]
    if held.nunique() < 2:
        return None
    values = _values(held, ordered=asked.ordered)
    several = known["group"].map(wells.groupby("group")["label"].nunique()) > 1
    # Groups with both labels: each (group, label) counts once.
    unit = known["group"] + "\0" + known["label"] if several.any() else known["group"]
    shares = pd.crosstab(unit, values, normalize="index")
    first = known.groupby(unit)[["group", "label"]].first().loc[shares.index]
    codes, classes = pd.factorize(first["label"])
    weight, truth = shares.to_numpy(dtype=float), codes.astype(np.float64)

    def strength(rows: Floats) -> Floats:
        return cramers_v(joint_weights(rows, len(classes), weight))

    joint = joint_weights(truth[None, :], len(classes), weight)
    bits, share = mutual_information(joint[0])
    row: dict[str, Any] = {"column": asked.name, "kind": asked.kind}
    row |= {"n_groups": len(shares), "n_values": shares.shape[1]}
    row |= {"cramers_v": float(cramers_v(joint)[0]), "mutual_information": bits, "label_share": share}
    row |= {"chance_v": np.nan, "p": np.nan, "smallest_p": np.nan, "test": TEST}
    blocks = first["group"].tolist() if several.all() else None
    if count_arrangements(truth, block_places(len(truth), blocks)) > 1:
        stream = int(digest(seed, asked.name), 16)
        test = permutation_test(strength, truth, blocks=blocks, sided="greater", draws=draws, seed=stream)
        row |= {"chance_v": float(np.quantile(test.null, 0.95)), "p": test.p, "smallest_p": test.smallest_p}
    parted = asked.ordered and _parted(held, known)
    alone = (pd.crosstab(values, known["group"]) > 0).sum(axis=1) == 1
    certain = row["cramers_v"] > TIED and _shared(shares, first["label"], alone)
    row["tied"] = bool(certain or parted)
    row["nested"] = bool(alone.all() and not parted)
    row["balanced"] = bool(np.ptp(weight, axis=0).max() < ROUNDING)
    shown = known[asked.name] if parted else values
    return row, _places(held, shown, known["label"], parted=parted)


def _shared(shares: pd.DataFrame, label: pd.Series, alone: pd.Series) -> bool:
    """Whether at least half of the wells of a label stand at values that several of its groups share."""
    of_label = shares.groupby(label).sum()
    together = of_label[alone.index[~alone]].sum(axis=1) / of_label.sum(axis=1)
    return len(of_label) > 1 and bool((together >= SHARED).any())


def _parted(held: pd.Series, known: pd.DataFrame) -> bool:
    """Whether a number parts the labels, of several groups each: one lies wholly below the other."""
    spans = held.groupby(known["label"]).agg(["min", "max"]).sort_values("min")
    sizes = known.groupby("label")["group"].nunique()
    above = spans["min"].to_numpy()[1:] > spans["max"].to_numpy()[:-1]
    return len(spans) > 1 and bool(above.all() and (sizes > 1).all())


def _places(held: pd.Series, shown: pd.Series, label: pd.Series, *, parted: bool) -> dict[str, str]:
    """Where the wells of each label stand, in words."""
    made = {}
    for one in sorted(label.unique()):
        own = held[label == one]
        names = sorted(shown[label == one].unique()) if not parted else []
        ends = dict.fromkeys(str(shown[place]) for place in (own.idxmin(), own.idxmax())) if parted else []
        made[one] = "–".join(ends) if parted else ", ".join(names)
    return made


def _values(held: pd.Series, *, ordered: bool) -> pd.Series:
    """Take values as categories; many different numbers as quarters of their range of ranks."""
    if ordered and held.nunique() > MANY:
        return pd.qcut(held, 4, duplicates="drop").astype(str)
    if pd.api.types.is_numeric_dtype(held):
        return held.map(lambda value: f"{value:.12g}")
    return as_names(held, numbers=True)


def _sentences(table: pd.DataFrame, places: list[dict[str, str]], label: str, noun: str) -> tuple[str, ...]:
    """Say of columns how they go with the label: each that does, then those that do not, or cannot."""
    goes = table[~table["tied"] & ~table["nested"] & (table["p"] <= CLEAR)]
    named = goes.rename(columns={"n_groups": "n"}).to_dict("records")
    tests = iter(told(PValue.of(row, noun, "one-sided") for row in named))
    said = []
    for row, where in zip(table.to_dict("records"), places, strict=True):
        name = spaced(row["column"])
        if row["tied"]:
            held = " and ".join(f"every {one} {noun} is in {at}" for one, at in where.items())
            same = f"{label} and {name} are the same thing: {held}"
            said.append(f"{same}; no analysis of these wells can separate them.")
        elif row["column"] in set(goes["column"]):
            said.append(
                f"{label} goes with {name} (Cramér's V {row['cramers_v']:.2f}; {name} tells "
                f"{100 * row['label_share']:.0f} % of {label} by mutual information; {next(tests)}): a model "
                f"may tell {name} apart instead."
            )
    return (*said, *_no_sign(table, label, noun))


def _no_sign(table: pd.DataFrame, label: str, noun: str) -> list[str]:
    """Say which columns show no sign of going with the label, or cannot, or cannot be judged, and why."""
    units = plural(noun)
    other = table[~table["tied"] & (table["nested"] | ~(table["p"] <= CLEAR))]
    names = {
        row["column"]: f"{spaced(row['column'])} (V {row['cramers_v']:.2f}, p = {row['p']:.2g})"
        for row in other.to_dict("records")
    }
    over = f"{TEST} over {counted(int(table['n_groups'].max()), noun)}" if len(table) else ""
    balanced, nested = other[other["balanced"]]["column"], other[other["nested"]]["column"]
    rest = other[~other["balanced"] & ~other["nested"]]
    judged, coarse = rest[rest["smallest_p"] <= CLEAR], rest[rest["smallest_p"] > CLEAR]
    alone, said = rest[rest["p"].isna()]["column"], []
    if len(balanced):
        said.append(
            f"{label} is balanced over {listed(balanced.map(spaced), MOST)}: every {noun} has the same share "
            "of wells in each, so they cannot go together."
        )
    if len(nested):
        said.append(
            f"{listed(nested.map(spaced), MOST)}: every value holds one {noun} only, so what it does is part "
            f"of what {units} differ by; this ties nothing to {label}."
        )
    if len(judged):
        least = f"{over}, smallest p possible {judged['smallest_p'].min():.2g}"
        said.append(f"No sign that {label} goes with {listed(judged['column'].map(names), MOST)}; {least}.")
    if len(coarse):
        said.append(
            f"Whether {label} goes with {listed(coarse['column'].map(names), MOST)} cannot be judged: with "
            f"so few {units} no p could be {CLEAR:g} or less ({over})."
        )
    if len(alone):
        against = listed(alone.map(spaced), MOST)
        said.append(f"Nothing can be held against {against}: {label} cannot move among the {units}.")
    return said


def _ask(asked: Question) -> DesignCheck:
    seen = asked.evidence
    return design_check(
        seen.wells,
        seen.suspects(asked.batch),
        label=seen.classes.label,
        group=seen.classes.noun,
        plate_format=seen.plate_format,
        seed=asked.seed,
    )


ANALYSIS = Analysis(
    "design", "What goes with the label", StudySection.DESIGN, _ask, BatchSection.DESIGN, checked=True
)
