"""Is the label tied to something else? Asked of the wells table, before anything is trained.

Where every patient's clone grew in one batch and every control's in another, a model may tell the batches
apart and be right every time. No analysis of such wells can find that out; the table of wells can.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs_models.splits import group_labels
from hcs_plates.units import digest

COLUMNS = (
    "differentiation_batch", "plate", "row", "column", "edge", "passage", "day", "stain", "seeding_density",
)  # fmt: skip
"""Columns of a wells table that may be tied to the label, those of them that are there."""
PERMUTATIONS = 999
MANY = 8
"""More different numbers than this in a numeric column are cut into quarters."""
TIED, CLEAR = 0.999, 0.05


@dataclass(frozen=True)
class Confounding:
    """How the label goes with other columns.

    Parameters
    ----------
    table
        One row per column: column, n_groups, n_values, cramers_v (Cramér 1946), p (label permutation over
        groups, one-sided), smallest_p, tied (whether the column's values tell the label without fail).
    sentences
        One per column that is tied or goes with the label, and one on the others.
    """

    table: pd.DataFrame
    sentences: tuple[str, ...]


def confounding(
    wells: pd.DataFrame,
    columns: Sequence[str] = COLUMNS,
    seed: int = 0,
    *,
    label: str = "diagnosis",
    group: str = "clone",
) -> Confounding:
    """Measure how the label goes with batch, plate, position, passage and the like.

    A group (clone) counts once: its weight is spread over the values its wells have. Cramér's V is 0 where
    every value has the same share of each label, and 1 where values tell labels without fail. Its p is the
    share of permutations of the labels over the groups with as large a V.

    Parameters
    ----------
    wells
        One row per well with the columns group and label (or clone and diagnosis).
    columns
        What to hold against the label.
    seed
        Of the permutations.
    label, group
        What the two are called in the sentences.

    Examples
    --------
    >>> wells = pd.DataFrame({"clone": list("abcdef"), "diagnosis": list("xxxyyy"), "plate": list("112212")})
    >>> confounding(wells.assign(differentiation_batch=list("111222"))).sentences[0]
    'diagnosis and differentiation batch are the same thing: every x clone is in 1 and every y clone is in 2; no analysis of these wells can separate them.'
    """  # noqa: E501 - a sentence is one line
    names = {"group": group, "label": label}
    if not {"group", "label"} & set(wells.columns):
        wells = wells.rename(columns={"clone": "group", "diagnosis": "label"})
    wells = wells.dropna(subset=["group", "label"])
    held = group_labels(wells)
    rows, sentences, clear = [], [], []
    for column in columns:
        if column not in wells.columns or wells[column].notna().sum() == 0:
            continue
        known = wells[wells[column].notna()]
        values = _values(known[column])
        if values.nunique() < 2:
            continue
        unit = known["group"].astype(str)
        if any(len(labels) > 1 for labels in held.values()):
            # Groups with both labels: each (group, label) counts once.
            unit = unit + "\0" + known["label"].astype(str)
        shares = pd.crosstab(unit, values, normalize="index")
        truth = known["label"].astype(str).groupby(unit).first().loc[shares.index]
        strength = _strength(shares.to_numpy(), truth.to_numpy())
        p, smallest = _permutation(shares.to_numpy(), truth.to_numpy(), strength, digest(seed, column))
        tied = strength > TIED
        rows.append((column, len(shares), shares.shape[1], strength, p, smallest, tied))
        if tied:
            sentences.append(_tied_sentence(names, column, shares, truth))
        elif p <= CLEAR:
            sentences.append(
                f"{names['label']} goes with {spaced(column)} (Cramér's V {strength:.2f} over {len(shares)} "
                f"{names['group']}s; permutation test, p = {p:.2g}, smallest possible {smallest:.2g}): a "
                f"model may tell {spaced(column)} apart instead."
            )
        else:
            clear.append(f"{spaced(column)} (V {strength:.2f}, p = {p:.2g})")
    if clear:
        sentences.append(
            f"No sign that {names['label']} goes with {', '.join(clear)}; permutation of labels over "
            f"{names['group']}s."
        )
    heading = ["column", "n_groups", "n_values", "cramers_v", "p", "smallest_p", "tied"]
    return Confounding(pd.DataFrame(rows, columns=heading), tuple(sentences))


def spaced(column: str) -> str:
    """Name a column as sentences do."""
    return column.replace("_", " ")


def _values(values: pd.Series) -> pd.Series:
    """Take values as categories; many different numbers as quarters of their range of ranks."""
    if pd.api.types.is_numeric_dtype(values) and values.nunique() > MANY:
        return pd.qcut(values, 4, duplicates="drop").astype(str)
    return values.astype(str)


def _strength(shares: npt.NDArray[np.float64], labels: npt.NDArray[np.object_]) -> float:
    """Cramér's V of labels against values, every unit with the weight 1 spread over its values.

    Of shares no unit need be whole in one value, so a chi-square of 1 × (units) is reached only where values
    tell labels without fail.
    """
    codes, classes = pd.factorize(labels)
    if len(classes) < 2:
        return 0.0
    observed = np.stack([shares[codes == place].sum(axis=0) for place in range(len(classes))])
    expected = observed.sum(axis=1, keepdims=True) * observed.sum(axis=0) / observed.sum()
    square = float(((observed - expected) ** 2 / expected).sum())
    return float(np.sqrt(square / (observed.sum() * (min(observed.shape) - 1))))


def _permutation(
    shares: npt.NDArray[np.float64], labels: npt.NDArray[np.object_], strength: float, seed: str
) -> tuple[float, float]:
    """One-sided p of a strength over permutations of the labels (Phipson & Smyth 2010), and the smallest."""
    rng = np.random.default_rng(int(seed, 16))
    drawn = np.array([_strength(shares, rng.permutation(labels)) for _ in range(PERMUTATIONS)])
    count = len(drawn)
    return float((1 + (drawn >= strength - 1e-12).sum()) / (1 + count)), 1 / (1 + count)


def _tied_sentence(names: dict[str, str], column: str, shares: pd.DataFrame, label: pd.Series) -> str:
    """Say which label is where."""
    places = []
    for one in sorted(label.unique()):
        here = shares[label == one].sum()
        found = ", ".join(here.index[here > 0])
        places.append(f"every {one} {names['group']} is in {found}")
    return (
        f"{names['label']} and {spaced(column)} are the same thing: {' and '.join(places)}; "
        "no analysis of these wells can separate them."
    )
