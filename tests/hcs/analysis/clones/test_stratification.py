"""Patients by their score: scipy's correlation, halves, groups, donors, and scores that may not be used."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from hcs.analysis.clones.stratification import Stratification, stratification
from hcs.analysis.finding import Finding
from hcs.figures.panels import figure_bytes
from hcs_plates.errors import ArgumentError


def study(n: int = 12, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores of patients and controls; months fall with the score, sex and protein know nothing of it."""
    rng = np.random.default_rng(seed)
    names = [f"p{place}" for place in range(n)]
    scores = pd.DataFrame({"group": names, "label": "ALS", "probability": rng.random(n)})
    controls = pd.DataFrame({"group": ["k0", "k1"], "label": "control", "probability": 0.0})
    clinical = pd.DataFrame(
        {
            "months": 60 - 40 * scores["probability"] + rng.normal(0, 3, n),
            "protein": rng.normal(size=n),
            "sex": ["f", "m"] * (n // 2),
            "site": "Kyoto",
        }
    ).set_index(pd.Index(names))
    return pd.concat([scores, controls], ignore_index=True), clinical


def row(found: Stratification, column: str, compared: str) -> pd.Series:
    """One comparison."""
    return found.table.set_index(["column", "compared"]).loc[(column, compared)]


def test_patients_alone_are_ordered() -> None:
    """Spearman's correlation is scipy's over patients, halves differ as by hand, controls take no part."""
    scores, clinical = study()
    found = stratification(scores, clinical, "ALS")
    patients = scores[scores["label"] == "ALS"].set_index("group")["probability"]
    order = row(found, "months", "rank correlation")
    assert order["estimate"] == pytest.approx(spearmanr(patients, clinical["months"]).statistic)
    assert order["n"] == 12
    upper = clinical["months"][patients > patients.median()]
    lower = clinical["months"][patients <= patients.median()]
    halves = row(found, "months", "upper half minus lower")
    assert halves["estimate"] == pytest.approx(upper.mean() - lower.mean())
    assert found.patients["score"].is_monotonic_increasing
    assert found.headline().startswith(
        "The score is associated with 1 of 3 columns over 12 ALS clones: months (rho -"
    )
    assert "Nothing to compare in site" in found.summary()
    assert isinstance(found, Finding)
    assert len(found.plot()) == 2


def test_p_is_corrected_over_columns() -> None:
    """By Holm over all three columns, and over the two that halves compare."""
    found = stratification(*study(), "ALS").table
    halves = found["compared"] == "upper half minus lower"
    for rows in (found[halves], found[~halves]):
        assert rows["p_adjusted"].min() == pytest.approx(len(rows) * rows["p"].min())


def test_donors_are_patients() -> None:
    """Two clones of each patient are averaged, whether the table names clones or donors."""
    scores, clinical = study()
    twice = pd.concat([scores, scores.assign(group=scores["group"] + "b")])
    donors = pd.Series(twice["group"].str.removesuffix("b").to_numpy(), index=twice["group"].to_numpy())
    found = stratification(twice, clinical, "ALS", donors=donors)
    assert (found.noun, len(found.patients)) == ("donor", 12)
    expected = row(stratification(scores, clinical, "ALS"), "months", "rank correlation")["estimate"]
    assert row(found, "months", "rank correlation")["estimate"] == pytest.approx(expected)
    assert "24 clones come from 12 donors" in found.summary()


def test_words_are_few() -> None:
    """The answer in 30 words, all of it in 120, and no association is said as such."""
    scores, clinical = study(seed=1)
    clinical = clinical.assign(**{f"marker_{n}": np.roll(clinical["protein"], n) for n in range(3)})
    for columns in (None, ["protein", "sex"], ["site"]):
        found = stratification(scores, clinical, "ALS", columns=columns)
        assert found.summary().startswith(found.headline())
        assert len(found.headline().split()) <= 30
        assert len(found.summary().split()) <= 120
        assert "nan" not in found.summary()
    assert figure_bytes(found.plot().figure, ".png").startswith(b"\x89PNG")
    assert found.headline() == "Whether anything follows the score cannot be known with 12 ALS clones."
    assert (
        stratification(scores, clinical, "ALS", columns=["protein"]).headline().startswith("No association")
    )


def test_times_need_a_survival_analysis() -> None:
    """Said where a column is a time to an event."""
    scores, clinical = study()
    said = stratification(scores, clinical.rename(columns={"months": "survival_months"}), "ALS").summary()
    assert "patients without the event need a survival analysis" in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"scores": study(6)[0]}, "Only 6 clones of ALS with a held-out score and a clinical row"),
        ({"scores": study()[0].assign(part="train")}, "rows of the part 'train'"),
        ({"columns": ["age"]}, "no column 'age'"),
        ({"positive": "PD"}, "No row has the label 'PD'"),
        ({"model": "cnn"}, "no score of model 'cnn'"),
        (
            {"scores": pd.concat([study()[0].assign(model=name) for name in ("cnn", "forest")])},
            "There are scores of cnn and forest",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(change: dict[str, Any], words: str) -> None:
    """Too few patients, scores of training, a lacking column, diagnosis or model, several models."""
    scores, clinical = study()
    asked: dict[str, Any] = {"scores": scores, "clinical": clinical, "positive": "ALS"} | change
    with pytest.raises(ArgumentError, match=words):
        stratification(**asked)
