"""Designs in which batches can be compared, and those in which they cannot."""

import pandas as pd
import pytest

from hcs.analysis.batches.mixing_design import inseparable
from hcs.analysis.batches.well_features import Columns


def wells(groups: str, batches: str, labels: str) -> pd.DataFrame:
    """One letter per well."""
    return pd.DataFrame({"group": list(groups), "batch": list(batches), "label": list(labels)})


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (wells("abcd", "xyxy", "sstt"), ""),
        (
            wells("abcd", "xxxx", "sstt"),
            "There is one batch only: whether batches are mixed cannot be asked.",
        ),
        (wells("abcd", "xxyy", "sstt"), "batch and label are the same thing in these wells"),
        (wells("aabb", "xxyy", "ssss"), "batch and clone are the same thing in these wells"),
        (wells("abcd", "xxyy", "stuu"), "Each label stands in one batch only"),
        (wells("", "", ""), "No well has features, batch and label"),
    ],
)
def test_designs_that_cannot_be_asked_are_told(table: pd.DataFrame, words: str) -> None:
    """And those that can are not."""
    said = inseparable(table, Columns("label", "clone", "plate", "well", "batch"))
    assert said.startswith(words)
    assert bool(said) == bool(words)
