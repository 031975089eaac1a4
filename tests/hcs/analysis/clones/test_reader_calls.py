"""People's calls: the study's t, signs and kappa by hand, ties, and words where there is no number."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from hcs.analysis.clones.reader_calls import ReaderCalls, reader_calls
from hcs.analysis.finding import Finding
from hcs.figures.panels import figure_bytes
from hcs_plates.errors import ArgumentError

STUDY = [66, 64, 60, 56, 56, 52, 52, 48, 44, 42]
"""Right of 100 images each: mean 0.54, standard deviation 0.08, as ten cell biologists had."""
CLASSES = {"positive": "ALS", "negative": "control"}
OTHER = {"ALS": "control", "control": "ALS"}


def label_of(clone: int) -> str:
    """Even clones are controls."""
    return "ALS" if clone % 2 else "control"


def called(
    right: Mapping[str, npt.NDArray[np.bool_]], per_clone: int, *, images: bool = True
) -> pd.DataFrame:
    """Calls of readers whose images, clone by clone, were called right or not."""
    rows = []
    for reader, hits in right.items():
        for place, hit in enumerate(hits):
            label = label_of(place // per_clone)
            call = label if hit else OTHER[label]
            rows.append((reader, f"C{place // per_clone:02d}", label, call, place % per_clone))
    table = pd.DataFrame(rows, columns=["reader", "group", "label", "call", "tile"])
    return table if images else table.drop(columns="tile")


def study_calls() -> pd.DataFrame:
    """Ten readers, 20 clones, five images of each."""
    rng = np.random.default_rng(3)
    right = {f"R{number}": rng.permutation(np.arange(100) < hits) for number, hits in enumerate(STUDY)}
    return called(right, 5)


def clone_calls(rights: Sequence[Sequence[int]]) -> pd.DataFrame:
    """One call per clone and reader."""
    right = {f"R{number}": np.array(hits, dtype=bool) for number, hits in enumerate(rights)}
    return called(right, 1, images=False)


def row_of_test(found: ReaderCalls, level: str, name: str) -> pd.Series:
    """One row of the tests."""
    return found.tests.set_index(["level", "test"]).loc[(level, name)]


def share(found: ReaderCalls, reader: str, level: str = "clone") -> pd.Series:
    """One row of the table."""
    return found.table.set_index(["reader", "level"]).loc[(reader, level)]


def test_the_study_s_readers_are_not_above_chance() -> None:
    """0.54 ± 0.08 of ten readers is t(9) = 1.58, as scipy has it, and says so after the clones."""
    found = reader_calls(study_calls(), **CLASSES)
    row = share(found, "all readers", "image")
    assert (row["n"], row["unit"]) == (10, "reader")
    assert (row["value"], row["sd"]) == pytest.approx((0.54, 0.08))
    test = row_of_test(found, "image", "One-sample t-test")
    oracle = stats.ttest_1samp(np.array(STUDY) / 100, 0.5)
    assert (test["t"], test["p"], test["df"]) == pytest.approx((oracle.statistic, oracle.pvalue, 9))
    assert round(test["t"], 2) == 1.58
    assert test["smallest_p"] == 0
    said = found.headline()
    low, high = oracle.confidence_interval()
    assert (test["low"], test["high"]) == pytest.approx((low, high))
    assert said.endswith(", not shown to differ from one half.")
    assert "Of single images: 0.54 ± 0.08 (mean ± SD; t(9) = 1.6)." in found.summary()
    assert len(found.summary().split()) <= 120
    assert found.summary().startswith(said)
    assert isinstance(found, Finding)


def test_signs_are_flipped_in_every_way() -> None:
    """The p is the share of all 2^10 sign patterns whose mean is as far from one half; smallest 2 of 2^10."""
    found = reader_calls(study_calls(), **CLASSES)
    for level in ("clone", "image"):
        rows = found.table[(found.table["kind"] == "reader") & (found.table["level"] == level)]
        away = rows["value"].to_numpy() - 0.5
        sums = np.array([np.dot(signs, away) for signs in product((1, -1), repeat=10)])
        test = row_of_test(found, level, "Sign-flip permutation test")
        assert test["p"] == pytest.approx((np.abs(sums) >= abs(away.sum()) - 1e-9).mean())
    # Of single images no reader is at one half exactly, which no sign would move.
    assert test["smallest_p"] == 2 / 2**10


def test_a_reader_calls_a_clone_by_the_majority() -> None:
    """Three images of three clones: two right, one right, all right; Wilson's interval is of clones."""
    hits = np.array([1, 1, 0, 1, 0, 0, 1, 1, 1], dtype=bool)
    found = reader_calls(called({"R": hits}, 3), **CLASSES)
    row = share(found, "R")
    assert (row["n"], row["n_right"], row["unit"]) == (3, 2, "clone")
    assert (row["low"], row["high"]) == pytest.approx(proportion_confint(2, 3, method="wilson"))
    image = share(found, "R", "image")
    assert (image["n"], image["n_right"], image["value"]) == (9, 6, pytest.approx(2 / 3))
    assert np.isnan(image["low"])
    levels = found.table.loc[found.table["kind"] == "reader", "level"]
    assert levels.tolist() == ["clone", "image"]


def test_a_tie_counts_one_half_and_leaves_no_interval() -> None:
    """One image right of two: half a clone; a second tie makes the count whole again."""
    one = reader_calls(called({"R": np.array([1, 0, 1, 1], dtype=bool)}, 2), **CLASSES)
    assert share(one, "R")["n_right"] == 1.5
    assert np.isnan(share(one, "R")["low"])
    assert "tied once" in one.summary()
    two = reader_calls(called({"R": np.array([1, 0, 0, 1], dtype=bool)}, 2), **CLASSES)
    assert share(two, "R")["n_right"] == 1
    assert (share(two, "R")["low"], share(two, "R")["high"]) == pytest.approx(
        proportion_confint(1, 2, method="wilson")
    )


def test_readers_far_above_one_half_are_said_to_be() -> None:
    """Eight readers with 9, 10 or 11 of 12 right; the other way round they are below."""
    rights = [[1] * hits + [0] * (12 - hits) for hits in (9, 10, 11, 9, 10, 11, 10, 10)]
    found = reader_calls(clone_calls(rights), **CLASSES)
    assert found.headline().endswith("(95 % interval over readers and clones 0.60–1.00), above one half.")
    wrong = reader_calls(clone_calls([[1 - hit for hit in row] for row in rights]), **CLASSES)
    assert wrong.headline().endswith(", below one half.")
    assert set(found.table["level"]) == {"clone"}


@pytest.mark.parametrize("n", [1, 2])
def test_fewer_than_three_readers_are_not_tested(n: int) -> None:
    """No t, no p, and a sentence that says why."""
    found = reader_calls(clone_calls([[1, 0, 1, 1]] * n), **CLASSES)
    assert found.tests["p"].isna().all()
    said = f"; with {n} reader{'s' if n > 1 else ''} nothing is tested over readers."
    assert found.headline().endswith(said)
    tested = found.statistics.dropna(subset=["p"])
    assert set(tested["of"]) == {"clones"}
    assert np.isnan(share(found, "all readers")["sd"]) == (n == 1)


def test_readers_all_alike_have_no_t() -> None:
    """Three of four right by all: no spread for a t; signs can still be flipped, and cannot reach 0.05."""
    found = reader_calls(clone_calls([[1, 0, 1, 1]] * 4), **CLASSES)
    assert np.isnan(row_of_test(found, "clone", "One-sample t-test")["p"])
    flips = row_of_test(found, "clone", "Sign-flip permutation test")
    assert (flips["p"], flips["smallest_p"]) == (2 / 2**4, 2 / 2**4)
    assert any("there is no t test" in said for said in found.caveats)
    assert found.headline().endswith("; whether that differs from one half cannot be known with 4 readers.")


def test_kappa_is_fleiss_s() -> None:
    """Against the formula of 1971, over the clones that all three readers called."""
    rights = [[1, 1, 0, 1, 0, 1], [1, 0, 0, 1, 1, 1], [1, 1, 0, 0, 0, 1]]
    table = clone_calls(rights)
    extra = pd.DataFrame({"reader": ["R0"], "group": ["C99"], "label": "ALS", "call": "ALS"})
    found = reader_calls(pd.concat([table, extra]), **CLASSES)
    votes = (table["call"] == "ALS").groupby(table["group"]).sum().to_numpy()
    counts = np.stack([votes, 3 - votes], axis=1)
    observed = ((counts**2).sum(axis=1) - 3).mean() / 6
    expected = ((counts.sum(axis=0) / 18) ** 2).sum()
    (row,) = found.agreement.to_dict("records")
    assert (row["n_readers"], row["n"]) == (3, 6)
    assert row["kappa"] == pytest.approx((observed - expected) / (1 - expected))
    assert "over 6 clones that all called" in found.summary()
    assert any("Not all readers judged the same clones: 6 to 7 of 7" in said for said in found.caveats)


def test_kappa_that_cannot_be_is_said_not_to_be() -> None:
    """One reader; nothing in common; only one class called."""
    lone = reader_calls(clone_calls([[1, 0]]), **CLASSES)
    table = clone_calls([[1, 0, 1, 0], [1, 0, 1, 0]])
    apart = table[(table["reader"] == "R0") == table["group"].isin(["C00", "C01"])]
    split, same = reader_calls(apart, **CLASSES), reader_calls(table.assign(call="ALS"), **CLASSES)
    for found, why in (
        (lone, "two readers or more"),
        (split, "called 0 clones in common"),
        (same, "is the same"),
    ):
        assert found.agreement["kappa"].isna().all()
        assert why in found.summary()
        assert "nan" not in found.summary()


def test_a_model_is_counted_on_the_clones_that_readers_judged() -> None:
    """Of six clones with a score the readers judged four; a clone of the other label is not theirs."""
    scores = pd.DataFrame({"model": "cnn", "group": [f"C0{place}" for place in range(6)]})
    scores["label"] = [label_of(place) for place in range(6)]
    scores["probability"] = [0.1, 0.9, 0.7, 0.5, 0.1, 0.9]
    found = reader_calls(clone_calls([[1, 0, 1, 1]] * 3), **CLASSES, models=scores)
    row = share(found, "cnn")
    assert (row["kind"], row["n"], row["n_right"]) == ("model", 4, 3)
    assert (row["low"], row["high"]) == pytest.approx(proportion_confint(3, 4, method="wilson"))
    assert "by all test images of each, the CNN 3 of 4 (0.75, 0.30–0.95) right." in found.summary()
    written = reader_calls(
        clone_calls([[1, 0, 1, 1]] * 3), **CLASSES, models=scores.astype({"probability": str})
    )
    assert share(written, "cnn")["n_right"] == 3
    without = reader_calls(clone_calls([[1, 0, 1, 1]] * 3), **CLASSES, models=pd.DataFrame())
    assert "model" not in set(without.table["kind"])


def test_uneven_classes_are_said() -> None:
    """Two of three clones are controls: always saying control gets 0.67."""
    found = reader_calls(clone_calls([[1, 0, 1]] * 3), **CLASSES)
    assert any("naming one label always gets 0.67 right" in said for said in found.caveats)
    even = reader_calls(clone_calls([[1, 0, 1, 1]] * 3), **CLASSES)
    assert not any("naming one label" in said for said in even.caveats)


def test_readers_are_drawn_from_the_best() -> None:
    """Then all of them with their spread as a band, then models; images beside; no interval for a tie."""
    nan = np.nan
    rows = [
        ("worse", "reader", "clone", 12, 0.25, nan, 0.09, 0.53),
        ("worse", "reader", "image", 120, 0.45, nan, nan, nan),
        ("better", "reader", "clone", 12, 0.75, nan, 0.47, 0.91),
        ("tied", "reader", "clone", 11, 0.5, nan, nan, nan),
        ("all readers", "all", "clone", 3, 0.5, 0.25, nan, nan),
        ("all readers", "all", "image", 3, 0.52, 0.1, nan, nan),
        ("cnn", "model", "clone", 12, 0.92, nan, 0.65, 0.99),
    ]
    columns = ["reader", "kind", "level", "n", "value", "sd", "low", "high"]
    empty = pd.DataFrame()
    drawn = ReaderCalls(pd.DataFrame(rows, columns=columns), empty, empty, empty, ()).plot()
    names = [label.get_text() for label in drawn[0].get_yticklabels()]
    assert names == [
        "better  (n = 12)", "tied  (n = 11)", "worse  (n = 12)", "all readers  (n = 3)", "CNN  (n = 12)",
    ]  # fmt: skip
    assert [text.get_text() for text in drawn[0].texts] == [
        "0.75  [0.47, 0.91]",
        "0.50  [no interval]",
        "0.25  [0.09, 0.53]  images 0.45",
        "0.50 ± 0.25  images 0.52 ± 0.10",
        "0.92  [0.65, 0.99]",
    ]
    (band,) = drawn[0].patches
    ends = band.get_path().get_extents(band.get_patch_transform())
    assert (ends.x0, ends.x1) == pytest.approx((0.25, 0.75))


def test_no_calls_are_no_error() -> None:
    """An empty table is said and drawn."""
    found = reader_calls(study_calls().iloc[:0], **CLASSES)
    assert found.summary() == "No reader's calls are given."
    assert found.table.empty
    assert figure_bytes(found.plot().figure, ".png").startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"call": "sick"}, "has the call 'sick'; give ALS or control"),
        ({"label": "treated"}, "has the label 'treated'"),
        ({"group": "C00"}, "judged the same of C00 twice"),
    ],
)
def test_bad_calls_are_refused(change: dict[str, str], message: str) -> None:
    """A call that is no class, a label that is none, a clone judged twice."""
    with pytest.raises(ArgumentError, match=message):
        reader_calls(clone_calls([[1, 0, 1]] * 3).assign(**change), **CLASSES)


def test_a_clone_of_two_labels_is_refused() -> None:
    """It cannot be called right."""
    table = study_calls()
    table.loc[0, "label"] = OTHER[table.loc[0, "label"]]
    with pytest.raises(ArgumentError, match="C00 has two labels"):
        reader_calls(table, **CLASSES)
