"""Tests of covariates: planted ones found after correction, patients alone, donors as units, poor data."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from hcs.analysis.clones.covariates import covariate_effects
from hcs.analysis.finding import Finding
from hcs_plates.errors import ArgumentError

N = 24
NAMES = [f"c{place:02d}" for place in range(N)]
ALS = np.arange(N) < N // 2


def study(seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Clones with a score that follows the duration of the patients' disease, and other covariates."""
    rng = np.random.default_rng(seed)
    duration = np.where(ALS, rng.integers(5, 60, N), np.nan)
    score = np.where(ALS, 0.5 + 0.4 * np.nan_to_num(duration) / 60, rng.uniform(0, 0.4, N))
    label = np.where(ALS, "ALS", "control")
    table = pd.DataFrame({"group": NAMES, "label": label, "probability": score})
    table["correct"] = rng.uniform(0.7, 1, N)
    clinical = pd.DataFrame(
        {
            "duration_months": duration,
            "sex": rng.permutation(["f", "m"] * (N // 2)),
            "site": rng.permutation(["x", "y", "z"] * (N // 3)),
            "age_years": rng.uniform(40, 80, N),
        },
        index=pd.Index(NAMES, name="clone"),
    )
    return table, clinical


def test_a_planted_covariate_is_found_and_the_others_are_not() -> None:
    """After Holm the score is related to duration alone; every row says its n."""
    found = covariate_effects(*study())
    rows = found.table.set_index(["covariate", "outcome"])
    assert rows.index[rows["verdict"] == "related"].tolist() == [("duration_months", "score")]
    assert rows["n"].to_dict()["duration_months", "score"] == 12
    assert rows["n"].to_dict()["sex", "accuracy"] == 24
    assert rows["kind"].unique().tolist() == ["number", "two groups", "several groups"]
    assert found.headline().startswith(
        "Associated: duration months with score (Spearman's rho 1.00; 12 clones)"
    )
    assert isinstance(found, Finding)


def test_patients_stand_alone_and_others_are_held_within_diagnoses() -> None:
    """A covariate of patients is not adjusted for diagnosis; one known for all is."""
    rows = covariate_effects(*study()).table.groupby("covariate")["within"].first()
    assert rows.to_dict() == {
        "duration_months": "",
        "sex": "diagnosis",
        "site": "diagnosis",
        "age_years": "diagnosis",
    }


def test_p_values_are_corrected_for_all_rows() -> None:
    """Holm and Benjamini–Hochberg are statsmodels' over all rows."""
    from statsmodels.stats.multitest import multipletests

    table = covariate_effects(*study()).table
    assert table["holm"].tolist() == pytest.approx(multipletests(table["p"], method="holm")[1].tolist())
    assert table["bh"].tolist() == pytest.approx(multipletests(table["p"], method="fdr_bh")[1].tolist())
    assert (table["p"] >= table["smallest_p"]).all()


@pytest.mark.parametrize(
    ("runs", "most"),
    [
        pytest.param(30, 0.2, marks=pytest.mark.slow),
        pytest.param(120, 0.1, marks=pytest.mark.nightly),
    ],
)
def test_under_the_null_a_study_is_seldom_called_related(
    runs: int, most: float, record_property: Callable[[str, object], None]
) -> None:
    """About 5 % of studies of three unrelated covariates have a relation after Holm; of 120 at most 10 %."""
    rng = np.random.default_rng(3)
    hits = 0
    for seed in range(runs):
        table, clinical = study(seed)
        table["probability"] = rng.random(N)
        hits += (covariate_effects(table, clinical, seed=seed).table["verdict"] == "related").any()
    record_property("related", f"{hits / runs:.4f}")
    assert hits / runs <= most


def test_donors_with_several_clones_are_the_units() -> None:
    """Two clones of a donor count once, whether covariates are by clone or by donor."""
    table, clinical = study()
    donors = pd.Series([f"d{place // 2}" for place in range(N)], index=NAMES)
    by_clone = covariate_effects(table, clinical, donors=donors, columns=["age_years"])
    assert by_clone.table["n"].tolist() == [12, 12]
    assert "24 clones come from 12 donors" in by_clone.summary()
    assert by_clone.noun == "donor"
    ages = clinical.groupby(donors)["age_years"].mean().to_frame()
    by_donor = covariate_effects(table, ages, donors=donors)
    assert by_donor.table["effect"].tolist() == pytest.approx(by_clone.table["effect"].tolist())


def test_the_forest_prints_n_for_every_row() -> None:
    """Each line of the figure has its n."""
    found = covariate_effects(*study())
    axis = found.plot()[0]
    said = [label.get_text() for label in axis.get_yticklabels() if "  (n = " in label.get_text()]
    assert len(said) == len(found.table)
    assert said[0].endswith("  (n = 12)")


def test_one_of_many_that_lies_close_to_0_by_luck_is_not_called_unrelated() -> None:
    """Both verdicts stand Holm's correction: of six covariates none is cleared by its own p alone."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"group": [f"c{one}" for one in range(60)], "label": "ALS", "correct": 0.5})
    table["probability"] = rng.random(60)
    clinical = pd.DataFrame(rng.random((60, 6)), index=table["group"]).add_prefix("x")
    found = covariate_effects(table, clinical).table
    assert (found["equivalence_p"] <= 0.05).sum() == 2
    assert "no relation" not in set(found["verdict"])


def test_many_covariates_are_told_in_few_words() -> None:
    """Headline within 30 words, summary within 120, each statistic once in the table."""
    table, clinical = study()
    none = {f"none_{one}": None for one in range(9)}
    found = covariate_effects(table, clinical.assign(**none, diagnosed=np.where(ALS, "yes", "no")))
    assert len(found.headline().split()) <= 30
    assert len(found.summary().split()) <= 120
    assert found.summary().startswith(found.headline())
    assert len(found.statistics) == 8


POOR = [
    ({"duration_months": 7.0}, "All 24 clones have the same duration months (7)."),
    ({"sex": np.where(ALS, "f", "m")}, "Sex and diagnosis are confounded"),
    ({"sex": None}, "Only 0 clones have both sex"),
    ({"sex": NAMES}, "Every clone has sex of its own"),
    ({"age_years": np.where(np.arange(N) < 2, 50.0, np.nan)}, "Only 2 clones have both age years"),
]


@pytest.mark.parametrize(("change", "words"), POOR)
def test_poor_covariates_are_answered_in_words(change: dict[str, object], words: str) -> None:
    """Constant, tied to the diagnosis, unknown, all different, known for two: words, and n beside them."""
    table, clinical = study()
    found = covariate_effects(table, clinical.assign(**change), columns=list(change))
    assert words in found.summary()
    assert found.table["p"].isna().all()
    assert found.plot()


def test_clones_without_a_row_are_listed_and_columns_may_be_none() -> None:
    """Clones that the table lacks are named; a table without columns says that nothing was tested."""
    table, clinical = study()
    found = covariate_effects(table, clinical.iloc[2:], columns=["sex"])
    assert found.caveats[-1] == "2 clones have no row of covariates: c00 and c01."
    assert covariate_effects(table, clinical[[]]).headline() == "No covariate can be tested."


def test_wrong_arguments_are_refused() -> None:
    """An unknown column and a clone of two rows are refused."""
    table, clinical = study()
    with pytest.raises(ArgumentError, match="no column 'sexe'; did you mean 'sex'"):
        covariate_effects(table, clinical, columns=["sexe"])
    with pytest.raises(ArgumentError, match="'c00' twice"):
        covariate_effects(table, pd.concat([clinical, clinical.iloc[:1]]))
    with pytest.raises(ArgumentError, match="'c00' has several donors"):
        covariate_effects(table, clinical, donors=pd.Series(["d1", "d2"], index=["c00", "c00"]))
