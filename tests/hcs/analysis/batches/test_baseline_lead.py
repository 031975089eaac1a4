"""What baselines came to, in words: the best one, whether any tells the label, whether a model beats it."""

import numpy as np
import pandas as pd
import pytest

from hcs.analysis.batches.baseline_lead import baseline_headline, best_baseline, is_beaten

NAN = np.nan


def table(layout: float, count: float, p: tuple[float, float], model: float, lead_p: float) -> pd.DataFrame:
    """Two baselines and a model."""
    rows = [
        ("plate metadata", "baseline", layout, 0.1, p[0], 0.001, NAN, NAN, NAN),
        ("cell count", "baseline", count, 0.1, p[1], 0.001, NAN, NAN, NAN),
        ("cnn", "model", model, model - 0.3, NAN, NAN, 0.1, 0.05, lead_p),
    ]
    names = ["model", "kind", "auc", "low", "p", "smallest_p", "lead", "lead_low", "lead_p"]
    return pd.DataFrame(rows, columns=names)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (
            table(0.5, 0.92, (0.48, 0.01), 1.0, 0.7),
            "Without a pixel, cell count alone tells ALS (AUC 0.92, p = 0.01); plate metadata alone does not "
            "clearly tell ALS (AUC 0.50, p = 0.48). The CNN (AUC 1.00) is not shown to beat cell count "
            "(+0.08).",
        ),
        (
            table(0.9, 0.8, (0.01, 0.02), 1.0, 0.01),
            "Without a pixel, plate metadata and cell count alone tell ALS (AUC 0.90, p = 0.01 and AUC 0.80, "
            "p = 0.02). The CNN (AUC 1.00) beats plate metadata (+0.10).",
        ),
        (
            table(0.17, 0.1, (0.9, 0.9), 1.0, 0.01),
            "Without a pixel, plate metadata and cell count alone do not clearly tell ALS (AUC 0.17, p = 0.9 "
            "and AUC 0.10, p = 0.9). The CNN (AUC 1.00) beats chance (+0.50).",
        ),
    ],
)
def test_the_headline(made: pd.DataFrame, words: str) -> None:
    """Best first, however many tell; one worse than a coin is no rival, chance is."""
    assert baseline_headline(made, "ALS", "clone") == words


def test_few_groups_leave_it_undecided() -> None:
    """Where no p could be 0.05 or less."""
    made = table(0.5, 0.9, (0.5, 0.2), 1.0, 0.7).assign(smallest_p=0.1)
    assert "alone may or may not tell ALS, undecided with so few clones" in baseline_headline(
        made, "ALS", "clone"
    )


def test_beating_takes_an_interval_and_a_test() -> None:
    """A lead that is not shown, or over a baseline worse than a coin without being better than one."""
    made = table(0.2, 0.1, (0.9, 0.9), 0.7, 0.01)
    best = best_baseline(made)
    assert best is not None
    assert best["model"] == "plate metadata"
    row = dict(made.iloc[2])
    assert not is_beaten(row, best)
    assert is_beaten(row | {"low": 0.6}, best)
    assert not is_beaten(row | {"low": 0.6, "lead_low": -0.1}, best)
    assert not is_beaten(row | {"low": 0.6, "lead_p": 0.2}, best)
    assert best_baseline(made.assign(auc=NAN)) is None
