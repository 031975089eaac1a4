"""What readers answer: a table by hand, signal detection, being sure, and words where there is no number."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from tests.hcs.analysis.clones.reading import BOTH, drawn, read

from hcs.analysis.clones.reader_responses import reader_responses
from hcs.analysis.finding import Finding


def test_a_confusion_by_hand() -> None:
    """Eight images, four of either class: 3 of 4 ALS and 2 of 4 control called right."""
    found = reader_responses(read({"p": [0, 1, 0, 1, 1, 1, 1, 0]}), **BOTH)
    row = found.table.iloc[0]
    assert (row["n_positive"], row["n_negative"]) == (4, 4)
    assert (row["sensitivity"], row["specificity"], row["called_positive"]) == (0.75, 0.5, 0.625)
    hit, alarm = norm.ppf(3.5 / 5), norm.ppf(2.5 / 5)
    assert (row["d_prime"], row["criterion"]) == pytest.approx((hit - alarm, -(hit + alarm) / 2))
    assert found.headline().startswith("1 reader calls 0.75 of ALS and 0.50 of control images right")
    assert "With 1 reader nothing is tested over readers." in found.summary()
    assert "nan" not in found.summary()


def test_means_over_readers_have_student_s_interval_and_flips() -> None:
    """d′ of six readers of 70 %: the interval and p by hand; n is readers."""
    found = reader_responses(drawn(1), **BOTH)
    row = found.means.set_index("measure").loc["d_prime"]
    values = found.table["d_prime"].to_numpy()[:-1].astype(float)
    half = 2.5706 * values.std(ddof=1) / np.sqrt(6)
    assert (row["low"], row["high"]) == pytest.approx((values.mean() - half, values.mean() + half), abs=1e-3)
    assert (row["n"], row["smallest_p"], row["p"]) == (6, 2 / 2**6, 2 / 2**6)
    stated = found.statistics.set_index("estimate").loc["mean d′"]
    assert (stated["test"], stated["of"]) == ("Sign-flip permutation test", "readers")
    assert isinstance(found, Finding)
    assert len(found.headline().split()) <= 30
    assert len(found.summary().split()) <= 120


def test_a_preferred_class_is_named() -> None:
    """Eight readers who say ALS of 80 %, or control; with three it cannot be known."""
    rng = np.random.default_rng(0)
    said = {f"r{one}": (rng.random(40) < 0.8).astype(int).tolist() for one in range(8)}
    assert ", and prefer to say ALS (criterion -0." in reader_responses(read(said, 4), **BOTH).headline()
    turned = {name: [1 - call for call in calls] for name, calls in said.items()}
    assert ", and prefer to say control (criterion 0." in reader_responses(read(turned, 4), **BOTH).headline()
    few = dict(list(said.items())[:3])
    assert (
        "whether they prefer a class cannot be known with 3 readers"
        in reader_responses(read(few, 4), **BOTH).headline()
    )


def test_being_sure_is_held_against_being_right() -> None:
    """Right of all when sure and of half when not: a difference of one half of every reader."""
    table = read({f"r{one}": [0, 1, 0, 1, 0, 1, 1, 0] for one in range(6)})
    table["sure"] = np.tile([True] * 4 + [False] * 4, 6)
    found = reader_responses(table, **BOTH)
    row = found.table.iloc[0]
    assert (row["n_sure"], row["n_unsure"], row["right_sure"], row["right_unsure"]) == (4, 4, 1.0, 0.5)
    gain = found.means.set_index("measure").loc["sure_gain"]
    assert (gain["value"], gain["p"]) == (0.5, 2 / 2**6)
    assert "When sure they are right in 1.00, when unsure in 0.50: +0.50" in found.summary()
    blank = table.assign(sure=pd.Series([None, *table["sure"][1:]], dtype="boolean"))
    assert reader_responses(blank, **BOTH).table.loc[0, "n_sure"] == 3
    always = reader_responses(table.assign(sure=True), **BOTH)
    assert "Not every reader was both sure and unsure." in always.summary()
    assert np.isnan(always.means.set_index("measure").loc["sure_gain", "value"])


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (read({"p": [1] * 8}), "said one class only"),
        (read({"p": [1, 0]}).query("label == 'ALS'"), "Not every reader was shown images of control"),
        (read({"p": [1, 0]}), "Readers did not say whether they were sure."),
        (read({"p": [1, 0]}).iloc[:0], "No reader's calls are given."),
    ],
)
def test_what_cannot_be_told_is_said(table: pd.DataFrame, said: str) -> None:
    """One class called, one class shown, nobody asked, no calls."""
    found = reader_responses(table, **BOTH)
    assert said in found.summary()
    assert "nan" not in found.summary()
    assert found.plot().figure is not None


def test_clones_are_named_where_no_image_is() -> None:
    """A call of a whole clone is one of a clone."""
    found = reader_responses(read({"p": [1, 0, 1, 0]}, images=False), **BOTH)
    assert "control clones right" in found.headline()
