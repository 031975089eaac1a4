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
        (wells("abcd", "xxxx", "sstt"), "there is one only."),
        (wells("abcd", "xxyy", "sstt"), "label is confounded with batch."),
        (wells("aabb", "xxyy", "ssss"), "each clone has a batch of its own."),
        (wells("abcd", "xxyy", "stuu"), "each label is in one batch only."),
        (wells("", "", ""), "no well has features, batch and label."),
    ],
)
def test_designs_that_cannot_be_asked_are_told(table: pd.DataFrame, words: str) -> None:
    """And those that can are not."""
    said = inseparable(table, Columns("label", "clone", "plate", "well", "batch"))
    assert said == (f"Whether batches are mixed cannot be known: {words}" if words else "")
