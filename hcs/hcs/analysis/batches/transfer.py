"""Each batch scored by a small linear model of the others: whether what is learnt elsewhere holds here."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.batches.by_batch import BatchTest, batch_test
from hcs.analysis.batches.well_features import Columns
from hcs.analysis.finding import Shown
from hcs.analysis.stated import statistics_table
from hcs.figures.panels import Panels
from hcs.statistics.arrays import Places
from hcs.statistics.folds import disjoint_folds
from hcs.statistics.frames import named_rows, require_columns
from hcs.statistics.predictors import discriminants, reduce_folds
from hcs.wording import are, counted, listed, sentence, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names, told_alike

MODEL = "linear"
PREDICTED = {"model": "", "set": 0, "probability": 0.0}
SETS = ["set", "part", "group", "label", "held_out"]


@dataclass(frozen=True, repr=False)
class BatchTransfer(Shown):
    """Every batch as models of the others score it.

    Parameters
    ----------
    predictions
        The table's rows of known batch and label, with model (``linear``), set and probability, as a study's.
    splits
        set, part, group, label, held_out, as a study's.
    caveats
        Sentences on what could not be scored.
    positive, columns
        The label that the probability speaks of; names of columns, and what a group is called.
    """

    predictions: pd.DataFrame
    splits: pd.DataFrame
    caveats: tuple[str, ...]
    positive: str
    columns: Columns

    @cached_property
    def tested(self) -> BatchTest | None:
        """Accuracy and area of every batch and whether they differ; None without scores of both labels."""
        names, rows = self.columns, self.predictions
        if rows[names.label].nunique() < 2:
            return None
        own = rows.rename(columns={names.group: "group", names.label: "label"})
        wells = own[["plate", "well"]].assign(**{names.batch: rows[names.batch]}).drop_duplicates()
        return batch_test(own, wells, self.positive, splits=self.splits, batch=names.batch, noun=names.noun)

    @property
    def table(self) -> pd.DataFrame:
        """Calls and areas of every batch, as `hcs.analysis.batches.by_batch.BatchTest` has them."""
        return pd.DataFrame() if self.tested is None else self.tested.table

    @property
    def statistics(self) -> pd.DataFrame:
        """Accuracy and area of every batch, and the tests that they are alike."""
        return statistics_table(()) if self.tested is None else self.tested.statistics

    def headline(self) -> str:
        """Say whether what the other batches teach holds in each."""
        if self.tested is None:
            return next(iter(self.caveats), "No batch could be scored by models of the others.")
        return self.tested.headline()

    def summary(self) -> str:
        """Say whether what the other batches teach holds in each, and what could not be scored."""
        return sentence(self.headline() if self.tested is None else self.tested.summary(), *self.caveats)

    def plot(self) -> Panels:
        """Draw area and accuracy of every batch; its axes."""
        return Panels.none(self.summary(), self.table) if self.tested is None else self.tested.plot()


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
) -> BatchTransfer:
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

    Raises
    ------
    ArgumentError
        A column is lacking, lengths differ, no row is of the positive label, or groups look alike.

    Examples
    --------
    >>> rows = pd.DataFrame({"plate": list("PPPPQQQQ"), "well": ["A1", "A2", "A3", "A4"] * 2})
    >>> rows = rows.assign(group=list("abcdefgh"), label=list("xxyyxxyy"))
    >>> values = np.array([[1.0], [1.2], [2.9], [3.0], [1.1], [1.0], [3.1], [3.0]])
    >>> found = batch_transfer(values, rows, "x", batch="plate")
    >>> found.predictions["probability"].gt(0.5).tolist(), found.splits["held_out"].unique().tolist()
    ([True, True, False, False, True, True, False, False], ['plate=P', 'plate=Q'])
    >>> found.headline()
    "No sign that the linear model's answer depends on plate: 100 % of clones are right in every plate."
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
    asked = positive, columns
    if not predictions:
        nothing = rows.iloc[:0].assign(**PREDICTED), pd.DataFrame(columns=SETS)
        return BatchTransfer(*nothing, (*caveats, *left_out), *asked)
    scored, sets = pd.concat(predictions, ignore_index=True), pd.concat(splits, ignore_index=True)[SETS]
    return BatchTransfer(scored, sets, (*caveats, *left_out), *asked)


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
