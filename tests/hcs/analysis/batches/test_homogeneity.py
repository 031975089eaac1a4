"""Homogeneity of batches: Cochran's Q and chi-square, every arrangement by hand, words for poor data."""

from itertools import permutations, product

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.stats import chi2_contingency
from sklearn.metrics import roc_auc_score
from statsmodels.stats.contingency_tables import cochrans_q

from hcs.analysis.batches.exchange import CROSSED, NESTED
from hcs.analysis.batches.homogeneity import homogeneity_tests

Floats = npt.NDArray[np.float64]


def crossed(clones: int, batches: int, seed: int, drop: float = 0.0) -> pd.DataFrame:
    """Each clone once in each batch, half of them positive; later batches are told worse by `drop` each."""
    rng = np.random.default_rng(seed)
    made = pd.DataFrame(list(product(range(clones), range(batches))), columns=["group", "batch"])
    made["label"] = np.where(made["group"] < clones / 2, "ALS", "control")
    sign = np.where(made["label"] == "ALS", 1, -1)
    score = sign * (1 - drop * made["batch"]) + rng.normal(size=len(made))
    return finished(made, score)


def nested(sizes: list[int], seed: int, drop: float = 0.0) -> pd.DataFrame:
    """Clones that stand in one batch each."""
    rng = np.random.default_rng(seed)
    made = pd.DataFrame({"batch": np.repeat(np.arange(len(sizes)), sizes)})
    made["group"], made["label"] = np.arange(len(made)), np.where(np.arange(len(made)) % 2, "ALS", "control")
    sign = np.where(made["label"] == "ALS", 1, -1)
    return finished(made, sign * (1 - drop * made["batch"]) + rng.normal(size=len(made)))


def finished(made: pd.DataFrame, score: "pd.Series[float]") -> pd.DataFrame:
    """Scores as probabilities and calls of one model."""
    made["probability"] = 1 / (1 + np.exp(-np.asarray(score)))
    made["correct"] = (made["probability"] >= 0.5) == (made["label"] == "ALS")
    return made.astype({"group": str, "batch": str}).assign(model="cnn")


def row(units: pd.DataFrame, design: str, measure: str) -> pd.Series:
    """Test of one measure."""
    tests, _ = homogeneity_tests(units, "ALS", design)
    return tests.set_index("measure").loc[measure]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("clones", "batches"), [(10, 3), (14, 2), (9, 4)])
def test_the_crossed_statistic_is_cochrans_q_but_for_a_factor(seed: int, clones: int, batches: int) -> None:
    """Q = (k − 1) · nk · spread / (k T − Σ L²), to 1e-9: the factor is the same in all arrangements."""
    units = crossed(clones, batches, seed)
    wide = units.pivot(index="group", columns="batch", values="correct").to_numpy(dtype=float)
    right = wide.sum(axis=1)
    factor = (batches - 1) * wide.size / (batches * right.sum() - np.square(right).sum())
    plain = cochrans_q(wide).statistic
    assert row(units, CROSSED, "accuracy")["statistic"] * factor == pytest.approx(plain, abs=1e-9)


@pytest.mark.parametrize("sizes", [[8, 8], [6, 9, 5], [10, 4, 7, 9]])
def test_the_nested_statistic_is_chi_square_but_for_a_factor(sizes: list[int]) -> None:
    """χ² = spread / (p (1 − p)), to 1e-9."""
    units = nested(sizes, 1)
    table = pd.crosstab(units["batch"], units["correct"]).to_numpy()
    share = units["correct"].mean()
    plain = chi2_contingency(table, correction=False).statistic
    found = row(units, NESTED, "accuracy")["statistic"]
    assert found / (share * (1 - share)) == pytest.approx(plain, abs=1e-9)


@pytest.mark.parametrize("units", [crossed(12, 3, 2), nested([9, 12, 8], 3)], ids=["crossed", "nested"])
def test_the_statistic_of_areas_is_their_weighted_spread(units: pd.DataFrame) -> None:
    """Areas by scikit-learn, weighted by clones, to 1e-12."""
    parts = [part for _, part in units.groupby("batch")]
    areas = np.array([roc_auc_score(part["label"] == "ALS", part["probability"]) for part in parts])
    sizes = np.array([len(part) for part in parts])
    mean = np.average(areas, weights=sizes)
    design = CROSSED if units["group"].duplicated().any() else NESTED
    found = row(units, design, "auc")["statistic"]
    assert found == pytest.approx((sizes * np.square(areas - mean)).sum(), abs=1e-12)


def test_crossed_p_is_that_of_every_arrangement_of_q() -> None:
    """Right calls move between the batches of their clone: 3^4 arrangements counted one by one."""
    units = crossed(4, 3, 2)
    units["correct"] = np.array([1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1, 0], dtype=bool)
    wide = units.pivot(index="group", columns="batch", values="correct").to_numpy(dtype=float)
    ways = [[np.array(order) for order in set(permutations(line))] for line in wide.tolist()]
    seen = np.square(wide.sum(axis=0)).sum()
    null = [np.square(np.stack(lines).sum(axis=0)).sum() for lines in product(*ways)]
    found = row(units, CROSSED, "accuracy")
    assert found["p"] == pytest.approx(np.mean([one >= seen for one in null]))
    assert found["smallest_p"] == pytest.approx(np.mean([one == max(null) for one in null]))


def test_nested_p_is_that_of_every_arrangement_within_classes() -> None:
    """Scores of 3 + 3 clones in two batches move within their class only: (3!)² arrangements of the area."""
    units = nested([4, 2], 5)
    score, batch = units["probability"].to_numpy(), units["batch"].to_numpy()
    truth = (units["label"] == "ALS").to_numpy()

    def spread(scores: Floats) -> float:
        areas = [roc_auc_score(truth[batch == one], scores[batch == one]) for one in ("0", "1")]
        return float(np.square(np.array(areas) - np.average(areas, weights=[4, 2])) @ [4, 2])

    null = []
    for first, second in product(permutations(score[truth]), permutations(score[~truth])):
        moved = np.empty(6)
        moved[truth], moved[~truth] = first, second
        null.append(spread(moved))
    seen = spread(score)
    assert row(units, NESTED, "auc")["p"] == pytest.approx(np.mean(np.array(null) >= seen - 1e-12))


@pytest.mark.parametrize("design", [CROSSED, NESTED])
def test_planted_differences_are_found_and_absent_ones_not(design: str) -> None:
    """A batch that is told backwards shows in both measures."""

    def made(drop: float) -> pd.DataFrame:
        return crossed(20, 3, 5, drop) if design == CROSSED else nested([24, 24, 24], 2, drop)

    for measure in ("accuracy", "auc"):
        assert row(made(1.2), design, measure)["p"] <= 0.01
        assert row(made(0.0), design, measure)["p"] > 0.05


def test_a_difference_between_clones_alone_is_none_between_crossed_batches() -> None:
    """Clones always right or always wrong say nothing on batches: no test of accuracy, and why."""
    units = crossed(8, 3, 0)
    units["correct"] = units["group"].astype(int) % 3 > 0
    tests, said = homogeneity_tests(units, "ALS", CROSSED)
    accuracy = tests.set_index("measure").loc["accuracy"]
    assert np.isnan(accuracy["p"])
    assert accuracy["statistic"] == pytest.approx(0)
    assert "CNN: accuracy cannot vary here and is not tested." in said


def test_clones_of_both_labels_move_label_by_label() -> None:
    """A corrected line has both classes: exchanged between batches, each keeps its own label's scores."""
    units = crossed(4, 2, 3)
    both = pd.concat([units, units.assign(label=np.where(units["label"] == "ALS", "control", "ALS"))])
    both["correct"] = (both["probability"] >= 0.5) == (both["label"] == "ALS")
    found = row(both, CROSSED, "auc")
    assert found["n"] == 4
    # Eight pairs of different scores, each of which can be exchanged or not.
    assert found["p"] * 2**8 == pytest.approx(round(found["p"] * 2**8))


def test_every_model_is_tested_and_tests_name_their_design() -> None:
    """One row per model and measure, one-sided p, n in clones."""
    one = crossed(8, 2, 0)
    tests, _ = homogeneity_tests(pd.concat([one, one.assign(model="forest")]), "ALS", CROSSED, "line")
    assert tests[["model", "measure"]].values.tolist() == [
        ["cnn", "accuracy"], ["cnn", "auc"], ["forest", "accuracy"], ["forest", "auc"],
    ]  # fmt: skip
    assert set(tests["test"]) == {"Permutation test of homogeneity within each line"}
    assert (tests["n"] == 8).all()
    nested_tests, _ = homogeneity_tests(nested([5, 6], 0), "ALS", NESTED)
    assert set(nested_tests["test"]) == {"Permutation test of homogeneity within each class"}


POOR = [
    (crossed(8, 1, 0), "", ()),
    (
        nested([4, 4], 0).query("batch == '0' or label == 'ALS'"),
        NESTED,
        ("ROC AUC cannot vary here and is not tested.",),
    ),
    (
        crossed(4, 2, 2),
        CROSSED,
        (),
    ),
    (nested([2, 2], 0), NESTED, ("ROC AUC cannot vary here and is not tested.",)),
    (nested([6, 6], 0).assign(correct=True), NESTED, ("accuracy cannot vary here and is not tested.",)),
    (crossed(6, 3, 0).assign(probability=0.5), CROSSED, ("ROC AUC cannot vary here and is not tested.",)),
]


@pytest.mark.parametrize(("units", "design", "sentences"), POOR)
def test_poor_data_are_answered_in_words(
    units: pd.DataFrame, design: str, sentences: tuple[str, ...]
) -> None:
    """One batch, one class in a batch, too few clones, no variation: NaN or a bound, and why."""
    tests, said = homogeneity_tests(units, "ALS", design)
    assert len(tests) == 2
    for words in sentences:
        assert any(words in line for line in said)
    if not design:
        assert tests["p"].isna().all()
        assert said == ()
