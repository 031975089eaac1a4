"""Agreement of readers: pairs and repeats against scikit-learn, means by hand, words where there is none."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats import inter_rater
from tests.hcs.analysis.clones.reading import BOTH, drawn, read

from hcs.analysis.clones.reader_agreement import reader_agreement
from hcs.analysis.finding import Finding
from hcs_plates.errors import ArgumentError


def again(table: pd.DataFrame, seed: int = 0, changed: float = 0.3) -> pd.DataFrame:
    """A second showing of the first image of each clone, some of which are called otherwise."""
    second = table[table["tile"] == 0].copy()
    flip = np.random.default_rng(seed).random(len(second)) < changed
    other = second["call"].map({"ALS": "control", "control": "ALS"})
    second["call"] = second["call"].where(~flip, other)
    return pd.concat([table.assign(repeat=0), second.assign(repeat=1)], ignore_index=True)


def test_every_pair_is_cohen_s() -> None:
    """As scikit-learn has it, with the share called the same; and their mean."""
    table = drawn(1)
    found = reader_agreement(table, **BOTH).table
    pairs = found[found["kind"] == "pair"]
    assert len(pairs) == 15
    calls = {name: part["call"].tolist() for name, part in table.groupby("reader")}
    for row in pairs.itertuples():
        first, second = calls[row.reader], calls[row.other]
        assert row.kappa == pytest.approx(cohen_kappa_score(first, second))
        assert row.same == pytest.approx(np.mean(np.array(first) == np.array(second)))
        assert row.low < row.kappa < row.high
    mean = found[found["kind"] == "mean of pairs"].iloc[0]
    assert (mean["kappa"], mean["n"]) == (pytest.approx(pairs["kappa"].mean()), 15)


def test_all_readers_are_fleiss_s() -> None:
    """As statsmodels has it."""
    table = drawn(2)
    votes = (table["call"] == "ALS").groupby([table["group"], table["tile"]]).sum().to_numpy()
    row = reader_agreement(table, **BOTH).table.iloc[0]
    assert row["kappa"] == pytest.approx(inter_rater.fleiss_kappa(np.column_stack([votes, 6 - votes])))
    assert (row["n"], row["n_groups"]) == (48, 12)


def test_readers_are_compared_with_themselves() -> None:
    """First and second calls of what was shown again; the mean's interval is Student's over readers."""
    table = again(drawn(3))
    finding = reader_agreement(table, **BOTH)
    own = finding.table[finding.table["kind"] == "repeats"]
    for row in own.itertuples():
        mine = table[table["reader"] == row.reader]
        wide = mine[mine["tile"] == 0].pivot(index="group", columns="repeat", values="call")
        assert row.kappa == pytest.approx(cohen_kappa_score(wide[0], wide[1]))
        assert row.n == 12
    mean = finding.table[finding.table["kind"] == "mean of repeats"].iloc[0]
    spread = own["kappa"].std(ddof=1) / np.sqrt(6)
    assert mean["kappa"] == pytest.approx(own["kappa"].mean())
    assert (mean["low"], mean["high"]) == pytest.approx(
        (mean["kappa"] - 2.5706 * spread, mean["kappa"] + 2.5706 * spread), abs=1e-3
    )
    assert "Of 72 images shown again to 6 readers" in finding.summary()
    assert isinstance(finding, Finding)


def test_repeats_are_no_part_of_agreement_between_readers() -> None:
    """With them, the same pairs and the same Fleiss' kappa as without."""
    table = drawn(4)
    with_them, without = (reader_agreement(one, **BOTH).table for one in (again(table), table))
    kinds = ["all", "pair"]
    pd.testing.assert_frame_equal(
        with_them[with_them["kind"].isin(kinds)].reset_index(drop=True),
        without[without["kind"].isin(kinds)].reset_index(drop=True),
    )


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (read({"p": [1, 0, 1, 0]}), "it needs two readers or more"),
        (read({"p": [1, 0, 1, 0]}), "No image was shown again"),
        (read({"p": [1] * 4, "q": [1] * 4}), "1 pair of readers called one class only"),
        (read({"p": [1] * 4, "q": [1] * 4}), "every call is the same"),
        (again(read({"p": [1] * 6, "q": [1, 0] * 3}), changed=0), "No kappa with themselves of p"),
        (read({"p": [1, 0]}).iloc[:0], "No image was shown again"),
    ],
)
def test_what_cannot_be_told_is_said(table: pd.DataFrame, said: str) -> None:
    """One reader, no repeats, one class only, no calls: words, and no number."""
    found = reader_agreement(table, **BOTH)
    assert said in found.summary()
    assert "nan" not in found.summary()
    assert found.plot().figure is not None


def test_an_image_called_twice_as_its_first_showing_is_refused() -> None:
    """Without the column repeat two calls of one image are a fault, with it they are two showings."""
    table = again(drawn(5))
    with pytest.raises(ArgumentError, match="twice"):
        reader_agreement(table.drop(columns="repeat"), **BOTH)
