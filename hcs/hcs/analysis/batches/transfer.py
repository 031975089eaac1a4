"""Each batch scored by a small linear model of the others: whether what is learnt elsewhere holds here."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.batches.well_features import Columns
from hcs.statistics.arrays import Places
from hcs.statistics.folds import disjoint_folds
from hcs.statistics.frames import named_rows, require_columns
from hcs.statistics.predictors import discriminants, reduce_folds
from hcs.wording import are, counted, listed, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names, told_alike

MODEL = "linear"
PREDICTED = {"model": "", "set": 0, "probability": 0.0}
SETS = ["set", "part", "group", "label", "held_out"]


def batch_transfer(  # noqa: PLR0913 – public: columns by keyword
    features: npt.NDArray[np.floating],
    table: pd.DataFrame,
    positive: str,
    *,
    batch: str,
    label: str = "label",
    group: str = "group",
    noun: str = "clone",
    seed: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[str, ...]]:
    """Score every batch by linear discriminants that saw neither it nor the clones they score.

    Features are standardised and reduced to 50 principal components on training rows (`reduce_folds`);
    classes count alike (Fisher 1936). Where clones stand in several batches, those of a batch are dealt to at
    most five folds, and a fold's clones are left out of training in all batches.

    Parameters
    ----------
    features
        Array of shape (n_rows, n_features); NaN and infinity stand for the training mean.
    table
        plate, well, label, group and the batch of each row, and what else tells rows apart.
    positive
        The label that the probability speaks of.
    batch, label, group
        Names of columns.
    noun
        What a group is called.
    seed
        Of folds and randomised decompositions.

    Returns
    -------
    predictions, splits, caveats
        The table's rows of known batch and label, with model (``linear``), set and probability; set, part,
        group, label, held_out; both as a study's. Sentences on what could not be scored.

    Raises
    ------
    ArgumentError
        A column is lacking, lengths differ, no row is of the positive label, or groups look alike.

    Examples
    --------
    >>> rows = pd.DataFrame({"plate": list("PPPPQQQQ"), "well": ["A1", "A2", "A3", "A4"] * 2})
    >>> rows = rows.assign(group=list("abcdefgh"), label=list("xxyyxxyy"))
    >>> values = np.array([[1.0], [1.2], [2.9], [3.0], [1.1], [1.0], [3.1], [3.0]])
    >>> found, splits, _ = batch_transfer(values, rows, "x", batch="plate")
    >>> (found["probability"] > 0.5).tolist(), splits["held_out"].unique().tolist()
    ([True, True, False, False, True, True, False, False], ['plate=P', 'plate=Q'])
    """
    columns = Columns(label, group, "plate", "well", batch, spaced(noun))
    rows, values, left_out = _known(features, table, positive, columns)
    truth = (rows[label] == positive).to_numpy()
    predictions, splits = [], []
    lost: dict[str, set[str]] = {}
    for number, (name, train, test) in enumerate(_sets(rows, columns, seed), start=1):
        if truth[train].all() or not truth[train].any():
            lost.setdefault(name, set()).update(rows[group].iloc[test])
            continue
        made = rows.iloc[test].assign(model=MODEL, set=number)
        predictions.append(made.assign(probability=_scores(values, truth, (train, test), seed)))
        for part, places in (("train", train), ("test", test)):
            own = rows.iloc[places][[group, label]].drop_duplicates().set_axis(["group", "label"], axis=1)
            splits.append(own.assign(set=number, part=part, held_out=f"{batch}={name}"))
    caveats = [
        f"{counted(len(groups), columns.noun)} of {spaced(batch)} {name} without a score: the rows to learn "
        f"from hold one {spaced(label)} only."
        for name, groups in lost.items()
    ]
    batches = as_names(rows[batch], numbers=True).nunique()
    if batches < 2:
        there = f"There {are(batches)} {counted(batches, spaced(batch))}"
        caveats = [f"{there}: no other is there to learn from."]
    if not predictions:
        return rows.iloc[:0].assign(**PREDICTED), pd.DataFrame(columns=SETS), (*caveats, *left_out)
    scored, sets = pd.concat(predictions, ignore_index=True), pd.concat(splits, ignore_index=True)[SETS]
    return scored, sets, (*caveats, *left_out)


def _known(
    features: npt.NDArray[np.floating], table: pd.DataFrame, positive: str, columns: Columns
) -> tuple[pd.DataFrame, npt.NDArray[np.float64], list[str]]:
    """Rows of known batch, label and group with their features, and what is to be said of the others."""
    held = [columns.batch, columns.label, columns.group]
    require_columns(table, ["plate", "well", *held], "The table")
    if len(features) != len(table):
        raise ArgumentError(f"{len(features)} rows of features do not fit {len(table)} rows of the table.")
    table = named_rows(table, columns.label, columns.group)
    if not (table[columns.label] == positive).any():
        there = listed(table[columns.label].unique())
        raise ArgumentError(f"No row has {positive!r} as {spaced(columns.label)}; there are {there}.")
    known = table[held].notna().all(axis=1).to_numpy()
    rows = table[known].reset_index(drop=True)
    told_alike(rows[columns.group], columns.noun, rows[columns.label], dealt=True)
    values = np.asarray(features, dtype=float)[known]
    names = f"{spaced(columns.batch)}, {spaced(columns.label)} or {columns.noun}"
    rest = counted(int((~known).sum()), "row")
    left_out = [] if known.all() else [f"{rest} without {names} left out."]
    return rows, np.where(np.isfinite(values), values, np.nan), left_out


def _scores(
    values: npt.NDArray[np.float64], truth: npt.NDArray[np.bool_], fold: tuple[Places, Places], seed: int
) -> npt.NDArray[np.float64]:
    """Probability of the positive class for tested rows."""
    from scipy.special import expit

    (reduced,) = reduce_folds(values, [fold], seed=seed)
    return np.asarray(expit(discriminants(reduced, truth.astype(np.intp)[None], 2)[0, :, 1]))


def _sets(rows: pd.DataFrame, columns: Columns, seed: int) -> Iterator[tuple[str, Places, Places]]:
    """Batch, training and test rows of every set."""
    batches, groups, labels = (
        as_names(rows[columns.batch], numbers=True),
        rows[columns.group],
        rows[columns.label],
    )
    nested = bool((batches.groupby(groups).nunique() == 1).all())
    for name in sorted(batches.unique()):
        here = np.flatnonzero((batches == name).to_numpy())
        parts = [here]
        if not nested and groups.iloc[here].nunique() > 1:
            folds = disjoint_folds(groups.iloc[here], labels.iloc[here], seed=seed, noun=columns.noun)
            parts = [here[test] for _, test in folds]
        for test in parts:
            away = (batches != name) & ~groups.isin(set(groups.iloc[test]))
            yield name, np.flatnonzero(away.to_numpy()), test
