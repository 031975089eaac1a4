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

from hcs.analysis.batches.design_words import NO_SIGN, design_sentences
from hcs.analysis.factors import MANY, Factor, factor, factors
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, BatchSection, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.analysis.wells.layout import in_order, with_positions
from hcs.figures.intervals import Rows, interval_figure
from hcs.figures.panels import Panels
from hcs.figures.theme import OTHER, POSITIVE
from hcs.statistics.contingency import cramers_v, joint_weights, mutual_information
from hcs.statistics.frames import require_columns
from hcs.statistics.permutation import DRAWS, block_places, count_arrangements, permutation_test
from hcs.statistics.pvalues import ALPHA, PValue, adjust_pvalues
from hcs.wording import counted, listed, sentence, spaced
from hcs_plates.names import as_names
from hcs_plates.units import digest
from hcs_plates.wells import PlateFormat

Floats = npt.NDArray[np.float64]

TEST = "permutation test of labels"
TIED, ROUNDING = 0.999, 1e-9
EVEN = 0.1
"""A Cramér's V below this is none to speak of."""
SHARED = 0.5
"""Share of a label's wells that must stand in values which several groups share, for a column to be tied."""
COLUMNS = [
    "column", "kind", "n_groups", "n_values", "cramers_v", "chance_v", "mutual_information", "label_share",
    "p", "smallest_p", "test", "p_holm", "tied", "nested", "balanced", "even",
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
        label without fail, and groups of a label share them, or ranges of a number do not overlap), nested
        (every value holds one group alone: no tie), balanced (every group has the same share of wells at each
        value), even (balanced, or nearly so in a design in which no p could be small).
    sentences
        One per column that is confounded or associated with the label; one on those that are balanced,
        nested, show no sign of it, or cannot be judged.
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

    def headline(self) -> str:
        """Say what the label is confounded or associated with; where there is nothing, what was looked at."""
        bad = self.table["tied"] | (~self.table["nested"] & (self.table["p"] <= ALPHA))
        clear = ~bad & (self.table["even"] | (self.table["smallest_p"] <= ALPHA))
        nothing = f"Nothing in the table of wells could be confounded with {self.label}."
        if bad.any() or self.table["balanced"].all() or not clear.any():
            return next(iter(self.sentences), nothing)
        n = counted(int(self.table["n_groups"].max()), self.noun)
        names = listed(map(spaced, self.table["column"][clear]), 6)
        return f"{NO_SIGN}{self.label} is confounded with {names} over {n}."

    def summary(self) -> str:
        """Say what is confounded or associated with the label, and what shows no sign of it."""
        headline = self.headline()
        told = headline.startswith(NO_SIGN)
        return sentence(
            headline, *(said for said in self.sentences if not (told and said.startswith(NO_SIGN)))
        )

    @property
    def statistics(self) -> pd.DataFrame:
        """Cramér's V of every column, with its test."""
        rows = self.table.rename(columns={"n_groups": "n"}).to_dict("records")
        corrected = f"Holm over {counted(int(self.table['p'].notna().sum()), 'column')}"
        return statistics_table(
            Stated(
                f"{self.label} and {spaced(row['column'])}",
                "Cramér's V",
                row["cramers_v"],
                pvalue=None if np.isnan(row["p"]) else PValue.of(row, self.noun, "one-sided"),
                corrected=row["p_holm"],
                correction="" if np.isnan(row["p_holm"]) else corrected,
            )
            for row in rows
        )

    def plot(self) -> Panels:
        """Draw Cramér's V of every column beside what chance gives; its axes."""
        if self.table.empty:
            return Panels.none(self.summary(), self.table)
        rows = self.table.sort_values("cramers_v", ascending=False)
        names = ("no sign of association", f"associated with {self.label} (p ≤ 0.05), or confounded")
        tests = rows["p"].map(lambda p: "no test" if np.isnan(p) else f"p = {p:.2g}")
        drawn = pd.DataFrame(
            {
                "label": rows["column"].map(spaced), "estimate": rows["cramers_v"],
                "group": np.where(rows["tied"] | (rows["p"] <= 0.05), *reversed(names)),
                "null_low": rows["chance_v"].where(rows["chance_v"].isna(), 0.0),
                "null_high": rows["chance_v"],
                "said": np.where(rows["tied"], "confounded", tests),
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
        One row per well, with the columns that `group` and `label` name.
    columns
        What to hold against the label; without it, every column that may go with it
        (`hcs.analysis.factors`). Row, column and edge are read from the well's name.
    label, group
        Columns of the two, and what the sentences call them; a table that lacks either is read by its columns
        group and label.
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
    'Diagnosis is confounded with differentiation batch: x only in 1, y only in 2; no analysis can separate them.'
    """  # noqa: E501 - a sentence is one line
    if {group, label} <= set(wells.columns):
        others = {"group", "label"} - {group, label}
        wells = wells.drop(columns=others & set(wells.columns)).rename(
            columns={group: "group", label: "label"}
        )
    elif not {"group", "label"} <= set(wells.columns):
        require_columns(wells, [group, label], "The table of wells")
    return check_design(
        wells, columns, label=label, group=group, plate_format=plate_format, draws=draws, seed=seed
    )


def check_design(  # noqa: PLR0913 – as `design_check`
    wells: pd.DataFrame,
    columns: Sequence[str] | None = None,
    *,
    label: str,
    group: str,
    plate_format: PlateFormat | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> DesignCheck:
    """Make the check of wells with the columns group and label, which sentences may call otherwise."""
    wells = _prepared(wells, plate_format)
    require_columns(wells, columns or (), "The table of wells")
    asked = factors(wells, label=label) if columns is None else [factor(wells, name) for name in columns]
    made = [_held_against(wells, one, draws, seed) for one in asked if one.name in wells]
    found = [one for one in made if one is not None]
    rows = [row for row, _ in found]
    table = pd.DataFrame(rows, columns=[*(name for name in COLUMNS if name != "p_holm"), "ranges"])
    table["p_holm"] = adjust_pvalues(table["p"].to_numpy(dtype=float), "holm")
    table = table.astype(dict.fromkeys(("tied", "nested", "balanced", "even", "ranges"), bool))
    sentences = design_sentences(table, [places for _, places in found], spaced(label), spaced(group))
    return DesignCheck(table[COLUMNS], sentences, spaced(label), spaced(group))


def _prepared(wells: pd.DataFrame, plate_format: PlateFormat | None) -> pd.DataFrame:
    """Wells of known group and label, by name, with their positions."""
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
    binned = asked.ordered and held.nunique() > MANY
    values = _values(held, binned=binned)
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
    # Quarters of a number can tell the labels by chance of where they end, while its ranges overlap.
    row["tied"] = bool(parted or (certain and not binned))
    row["nested"] = bool(alone.all() and not parted)
    row["balanced"] = bool(np.ptp(weight, axis=0).max() < ROUNDING)
    row["even"] = bool(row["balanced"] or (row["cramers_v"] < EVEN and row["smallest_p"] > ALPHA))
    row["ranges"] = bool(parted or binned)
    shown = known[asked.name] if row["ranges"] else values
    return row, _places(held, shown, known["label"], spans=row["ranges"])


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


def _places(held: pd.Series, names: pd.Series, label: pd.Series, *, spans: bool) -> dict[str, str]:
    """Where the wells of each label are, in words: from the lowest to the highest, or all values."""
    made = {}
    for one in sorted(label.unique()):
        own = held[label == one].sort_values(kind="stable")
        values = list(dict.fromkeys(str(names[place]) for place in own.index))
        made[one] = "–".join(dict.fromkeys([values[0], values[-1]])) if spans else listed(values, 4)
    return made


def _values(held: pd.Series, *, binned: bool) -> pd.Series:
    """Take values as categories; many different numbers as quarters of their range of ranks."""
    if binned:
        return pd.qcut(held, 4, duplicates="drop").astype(str)
    if pd.api.types.is_numeric_dtype(held):
        return held.map(lambda value: f"{value:.12g}")
    return as_names(held, numbers=True)


def _ask(asked: Question) -> DesignCheck:
    seen = asked.evidence
    return check_design(
        seen.wells,
        seen.suspects(asked.batch),
        label=seen.classes.label,
        group=seen.classes.noun,
        plate_format=seen.plate_format,
        seed=asked.seed,
    )


ANALYSIS = Analysis(
    "design",
    "What the label is confounded with",
    StudySection.DESIGN,
    _ask,
    BatchSection.DESIGN,
    checked=True,
)
