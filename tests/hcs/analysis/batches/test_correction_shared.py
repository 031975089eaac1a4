"""Sphering on controls of real plates: Schwann cells of two genotypes, four plates, image quality."""

import pandas as pd
import pytest

from hcs.analysis.batches.correction import CorrectionEffect, correction_effect

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def untreated(fields: pd.DataFrame) -> pd.DataFrame:
    """Fields of untreated wells of the two genotypes that all plates hold; wild type counts as control."""
    rows = fields[fields["genotype"].isin(["WT", "Null"]) & (fields["siRNA"] == "None")]
    roles = rows["genotype"].map({"WT": "negative_control", "Null": "sample"})
    return rows.assign(unit=rows["plate"] + " " + rows["well"], role=roles).reset_index(drop=True)


def sphered(rows: pd.DataFrame) -> CorrectionEffect:
    """Plates sphered on their wild type; wells are the units, as all cells of a genotype are of one line."""
    values = rows.select_dtypes("number").drop(columns=["field", "seed_density"])
    return correction_effect(
        values, rows, "sphering", label="genotype", group="unit", batch="plate", noun="well"
    )


def test_plates_of_schwann_cells(untreated: pd.DataFrame) -> None:
    """Plates are told without fail before and less after, they mix better, and genotype is told as before."""
    found = sphered(untreated)
    rows = found.table.set_index("measure")
    assert rows.loc["batch_auc", "before"] > 0.99
    assert rows.loc["batch_auc", "change_high"] < -0.1
    assert (rows.loc[["kbet", "ilisi", "batch_silhouette"], "change"] > 0.02).all()
    assert rows.loc["pc_regression", "change"] < -0.1
    assert rows.loc["label_auc", "before"] > 0.9
    assert abs(rows.loc["label_auc", "change"]) < 0.05
    assert rows["n_groups"].tolist() == [159] * 6
    assert not found.confounded
