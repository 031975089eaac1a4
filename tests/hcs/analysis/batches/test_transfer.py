"""Batches scored by models of the others: as scikit-learn would, and never by one that saw the clone."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from sklearn.covariance import ledoit_wolf_shrinkage
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from hcs.analysis.batches.transfer import batch_transfer
from hcs.analysis.finding import Finding
from hcs_plates.errors import ArgumentError

Floats = npt.NDArray[np.float64]


def design(batches: int = 3, clones: int = 8, *, crossed: bool = False, wells: int = 2) -> pd.DataFrame:
    """Clones of two classes in turn, each in one batch or in all; several wells each."""
    rows = [
        (
            f"P{batch}",
            f"{'ABCDEFGH'[clone]}{well + 1:02d}",
            f"{'' if crossed else f'P{batch}'}c{clone}",
            clone,
        )
        for batch in range(batches)
        for clone in range(clones)
        for well in range(wells)
    ]
    table = pd.DataFrame(rows, columns=["plate", "well", "group", "number"])
    return table.assign(label=np.where(table.pop("number") % 2, "x", "y"))


def area(found: pd.DataFrame) -> float:
    """Of the scores of all rows."""
    return float(roc_auc_score(found["label"] == "x", found["probability"]))


def test_it_is_the_textbook_discriminant() -> None:
    """Scaler, components and a shrunk discriminant of scikit-learn, one batch left out by hand."""
    rows = design()
    rng = np.random.default_rng(0)
    values = rng.normal(size=(len(rows), 6)) + (rows[["label"]] == "x").to_numpy()
    made = batch_transfer(values, rows, "x", batch="plate")
    found, splits, said = made.predictions, made.splits, made.caveats
    assert said == ()
    assert found[["plate", "well", "group"]].equals(rows[["plate", "well", "group"]])
    for name, part in found.groupby("plate"):
        away, here = (rows["plate"] != name).to_numpy(), (rows["plate"] == name).to_numpy()
        scaler = StandardScaler().fit(values[away])
        reducer = PCA(6, random_state=0).fit(scaler.transform(values[away]))
        trained, tested = (reducer.transform(scaler.transform(values[side])) for side in (away, here))
        shrinkage = ledoit_wolf_shrinkage(trained, assume_centered=True)
        model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage, priors=[0.5, 0.5])
        model.fit(trained, rows["label"][away] == "x")
        np.testing.assert_allclose(part["probability"], model.predict_proba(tested)[:, 1], atol=1e-6)
    sets = splits.groupby("held_out")["part"].value_counts().unstack()
    assert sets.index.tolist() == ["plate=P0", "plate=P1", "plate=P2"]
    assert (sets["test"] == 8).all()
    assert (sets["train"] == 16).all()


@pytest.mark.parametrize("crossed", [False, True])
def test_no_group_on_both_sides(crossed: bool) -> None:
    """Every row is scored once, and in no set does a group, or the batch left out, stand in training."""
    rows = design(crossed=crossed)
    values = np.random.default_rng(1).normal(size=(len(rows), 3))
    made = batch_transfer(values, rows, "x", batch="plate")
    found, splits = made.predictions, made.splits
    assert found[["plate", "well"]].value_counts().tolist() == [1] * len(rows)
    for number, part in splits.groupby("set"):
        sides = part.groupby("part")["group"].agg(set)
        assert not sides["train"] & sides["test"]
        tested = found[found["set"] == number]
        assert set(tested["group"]) == sides["test"]
        assert {f"plate={name}" for name in tested["plate"]} == set(part["held_out"])


def test_leaked_groups_would_be_found() -> None:
    """Features that name the clone: training on it elsewhere would tell its label at once, and does not."""
    rows = design(batches=4, clones=8, crossed=True, wells=1)
    names = pd.get_dummies(rows["group"]).to_numpy(dtype=float)
    values = 5 * names + 0.1 * np.random.default_rng(2).normal(size=names.shape)
    leaking = []
    for name in rows["plate"].unique():
        away, here = (rows["plate"] != name).to_numpy(), (rows["plate"] == name).to_numpy()
        model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(
            values[away], rows["label"][away]
        )
        leaking.append((model.predict(values[here]) == rows["label"][here]).mean())
    assert np.mean(leaking) == 1
    found = batch_transfer(values, rows, "x", batch="plate").predictions
    assert ((found["probability"] > 0.5) == (found["label"] == "x")).mean() < 0.6


def test_leaked_batches_would_be_found() -> None:
    """A feature whose sign turns from batch to batch: the other one's model is wrong throughout."""
    rows = design(batches=2, clones=8)
    sign = np.where(rows["plate"] == "P0", 1.0, -1.0) * np.where(rows["label"] == "x", 1.0, -1.0)
    values = sign[:, None] + 0.1 * np.random.default_rng(3).normal(size=(len(rows), 1))
    found = batch_transfer(values, rows, "x", batch="plate").predictions
    assert [area(part) for _, part in found.groupby("plate")] == [0.0, 0.0]


def test_labels_that_mean_nothing() -> None:
    """Labels dealt to clones at random give half the area on average; true ones give nearly all."""
    rows = design(batches=3, clones=8)
    rng = np.random.default_rng(4)
    values = rng.normal(size=(len(rows), 5)) + 2 * (rows[["label"]] == "x").to_numpy()
    areas = []
    for _ in range(12):
        labels = rows.drop_duplicates("group").set_index("group")["label"]
        dealt = pd.Series(rng.permutation(labels), index=labels.index)
        mixed = rows.assign(label=rows["group"].map(dealt))
        areas.append(area(batch_transfer(values, mixed, "x", batch="plate").predictions))
    assert abs(np.mean(areas) - 0.5) < 0.1
    assert area(batch_transfer(values, rows, "x", batch="plate").predictions) > 0.95


def test_what_is_missing_or_constant_does_no_harm() -> None:
    """Infinity counts as missing; columns of one value, or of none, change next to nothing."""
    rows = design()
    values = np.random.default_rng(5).normal(size=(len(rows), 4)) + (rows[["label"]] == "x").to_numpy()
    holed, endless = values.copy(), values.copy()
    holed[::5, 0], endless[::5, 0] = np.nan, np.inf
    scores = [
        batch_transfer(one, rows, "x", batch="plate").predictions["probability"] for one in (holed, endless)
    ]
    assert scores[0].notna().all()
    pd.testing.assert_series_equal(*scores)
    padded = np.column_stack([values, np.full(len(rows), 7.0), np.full(len(rows), np.nan)])
    plain, more = (
        batch_transfer(one, rows, "x", batch="plate").predictions["probability"] for one in (values, padded)
    )
    assert np.corrcoef(plain, more)[0, 1] > 0.99
    flat = batch_transfer(np.ones((len(rows), 2)), rows, "x", batch="plate").predictions
    assert flat["probability"].tolist() == [0.5] * len(rows)


def test_numbers_as_names() -> None:
    """Batches, groups and labels that are numbers are names."""
    rows = design(crossed=True)
    values = np.random.default_rng(6).normal(size=(len(rows), 3))
    numbers = rows.assign(
        run=rows["plate"].str[1:].astype(int),
        group=rows["group"].str[1:].astype(int),
        label=(rows["label"] == "x").astype(int),
    )
    one = batch_transfer(values, rows, "x", batch="plate").predictions
    other = batch_transfer(values, numbers, "1", batch="run").predictions
    assert one["probability"].tolist() == other["probability"].tolist()


def test_what_cannot_be_scored_is_said() -> None:
    """One batch; a batch whose others hold one label; rows without batch, label or clone."""
    rows = design(batches=3)
    values = np.random.default_rng(7).normal(size=(len(rows), 2))
    alone = rows["plate"] == "P0"
    made = batch_transfer(values[alone], rows[alone], "x", batch="plate")
    found, splits, said = made.predictions, made.splits, made.caveats
    assert found.empty
    assert list(splits) == ["set", "part", "group", "label", "held_out"]
    assert said == ("There is 1 plate: no other is there to learn from.",)
    tied = rows[(rows["plate"] == "P0") == (rows["label"] == "x")]
    made = batch_transfer(values[: len(tied)], tied, "x", batch="plate", noun="cell_line")
    found, said = made.predictions, made.caveats
    assert set(found["plate"]) == {"P1", "P2"}
    assert said == ("4 cell lines of plate P0 without a score: the rows to learn from hold one label only.",)
    holed = rows.assign(plate=[None, *rows["plate"][1:]], label=[*rows["label"][:-1], None])
    made = batch_transfer(values, holed, "x", batch="plate")
    found, said = made.predictions, made.caveats
    assert len(found) == len(rows) - 2
    assert said == ("2 rows without plate, label or clone left out.",)


def test_a_clone_alone_in_its_batch_is_scored() -> None:
    """Where clones are crossed and one batch holds a single one, it is scored as in any other batch."""
    rows = design(batches=2, clones=6, crossed=True)
    rows = pd.concat([rows, rows[rows["group"] == "c0"].head(2).assign(plate="P9")], ignore_index=True)
    values = np.random.default_rng(8).normal(size=(len(rows), 2))
    made = batch_transfer(values, rows, "x", batch="plate")
    found, splits, said = made.predictions, made.splits, made.caveats
    assert (found["plate"] == "P9").sum() == 2
    own = splits[splits["held_out"] == "plate=P9"]
    assert "c0" not in set(own.loc[own["part"] == "train", "group"])
    assert said == ()


def test_it_is_a_finding() -> None:
    """What the predictions give batch by batch, for batches that hold and for one that is told backwards."""
    rows = design(batches=3, clones=8)
    sign = np.where(rows["label"] == "x", 1.0, -1.0)
    noise = 0.3 * np.random.default_rng(9).normal(size=(len(rows), 1))
    holds = batch_transfer(sign[:, None] + noise, rows, "x", batch="plate")
    assert isinstance(holds, Finding)
    assert "100 % of clones are right in every plate" in holds.headline()
    assert "Every plate was held out" in holds.summary()
    turned = sign * np.where(rows["plate"] == "P0", -1.0, 1.0)
    fails = batch_transfer(turned[:, None] + noise, rows, "x", batch="plate")
    assert fails.headline().startswith(
        "Yes, the linear model's calls and ranking depend on plate: clones right"
    )
    own = fails.table[(fails.table["level"] == "clone") & (fails.table["method"] == "newcombe")]
    assert own.set_index("batch")["value"]["P0"] == 0.0
    assert fails.plot()
    alone = batch_transfer(np.zeros((16, 1)), rows.head(16), "x", batch="plate")
    assert alone.headline() == alone.summary() == "There is 1 plate: no other is there to learn from."
    assert alone.plot()


def test_bad_arguments() -> None:
    """A column that is not there, other lengths, a label that no row has."""
    rows = design()
    values = np.zeros((len(rows), 1))
    with pytest.raises(ArgumentError, match="no column 'run'"):
        batch_transfer(values, rows, "x", batch="run")
    with pytest.raises(ArgumentError, match="47 rows of features do not fit 48 rows"):
        batch_transfer(values[1:], rows, "x", batch="plate")
    with pytest.raises(ArgumentError, match="No row has 'z' as label; there are y and x"):
        batch_transfer(values, rows, "z", batch="plate")
