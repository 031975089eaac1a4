"""Each batch scored by a small linear model of the others: whether what is learnt elsewhere holds here."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.statistics.folds import disjoint_folds
from hcs.statistics.frames import named_rows, require_columns
from hcs.statistics.predictors import discriminants, reduce_folds
from hcs.wording import are, counted, listed, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names, told_alike

Places = npt.NDArray[np.intp]
MODEL = "linear"


def batch_transfer(
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
    predictions
        The table's rows of known batch and label, with model (``linear``), set and probability, as a study's.
    splits
        set, part, group, label, held_out, as a study's.
    caveats
        Sentences on what could not be scored.

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
    from scipy.special import expit

    require_columns(table, ["plate", "well", batch, label, group], "The table")
    if len(features) != len(table):
        raise ArgumentError(f"{len(features)} rows of features do not fit {len(table)} rows of the table.")
    table = named_rows(table, label, group)
    if not (table[label] == positive).any():
        there = listed(table[label].unique())
        raise ArgumentError(f"No row has {positive!r} as {spaced(label)}; there are {there}.")
    known = table[[batch, label, group]].notna().all(axis=1).to_numpy()
    rows = table[known].reset_index(drop=True)
    told_alike(rows[group], spaced(noun), rows[label], dealt=True)
    values = np.asarray(features, dtype=float)[known]
    values = np.where(np.isfinite(values), values, np.nan)
    truth = (rows[label] == positive).to_numpy()
    predictions, splits = [], []
    lost: dict[str, set[str]] = {}
    batches = rows[batch].nunique()
    alone = f"There {are(batches)} {counted(batches, spaced(batch))}: no other is there to learn from."
    caveats = [] if batches > 1 else [alone]
    for number, (name, train, test) in enumerate(_sets(rows, batch, label, group, noun, seed), start=1):
        if truth[train].all() or not truth[train].any():
            lost.setdefault(name, set()).update(rows[group].iloc[test])
            continue
        (fold,) = reduce_folds(values, [(train, test)], seed=seed)
        odds = discriminants(fold, truth.astype(np.intp)[None], 2)[0, :, 1]
        predictions.append(rows.iloc[test].assign(model=MODEL, set=number, probability=expit(odds)))
        for part, places in (("train", train), ("test", test)):
            own = rows.iloc[places][[group, label]].drop_duplicates()
            own = own.set_axis(["group", "label"], axis=1)
            splits.append(own.assign(set=number, part=part, held_out=f"{batch}={name}"))
    if batches > 1:
        caveats += [
            f"{counted(len(groups), spaced(noun))} of {spaced(batch)} {name} without a score: the rows to "
            f"learn from hold one {spaced(label)} only."
            for name, groups in lost.items()
        ]
    if not known.all():
        rest = counted(int((~known).sum()), "row")
        caveats.append(f"{rest} without {spaced(batch)}, {spaced(label)} or {spaced(noun)} left out.")
    names = ["set", "part", "group", "label", "held_out"]
    if not predictions:
        empty = rows.iloc[:0].assign(model="", set=0, probability=0.0)
        return empty, pd.DataFrame(columns=names), tuple(caveats)
    scored = pd.concat(predictions, ignore_index=True)
    return scored, pd.concat(splits, ignore_index=True)[names], tuple(caveats)


def _sets(
    rows: pd.DataFrame, batch: str, label: str, group: str, noun: str, seed: int
) -> Iterator[tuple[str, Places, Places]]:
    """Batch, training and test rows of every set."""
    batches, groups = as_names(rows[batch], numbers=True), rows[group]
    nested = bool((batches.groupby(groups).nunique() == 1).all())
    for name in sorted(batches.unique()):
        here = np.flatnonzero((batches == name).to_numpy())
        if nested or groups.iloc[here].nunique() < 2:
            parts = [here]
        else:
            folds = disjoint_folds(groups.iloc[here], rows[label].iloc[here], seed=seed, noun=noun)
            parts = [here[test] for _, test in folds]
        for test in parts:
            away = (batches != name) & ~groups.isin(set(groups.iloc[test]))
            yield name, np.flatnonzero(away.to_numpy()), test
