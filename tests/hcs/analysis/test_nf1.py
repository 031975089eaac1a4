"""Real image quality of Schwann cells: two cell lines on four plates, and what that can and cannot tell."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hcs.analysis import (
    batch_mixing,
    batch_test,
    correction_effect,
    design_check,
    shortcut_probes,
    variance_components,
)
from hcs_plates.wells import PlateFormat

pytestmark = pytest.mark.shared
POSITION = ["plate", "row", "column", "edge", "seed_density"]
AS_CELL_LINES: dict[str, Any] = {"group": "cell_line", "noun": "cell line"}
AS_WELLS: dict[str, Any] = {"group": "place", "noun": "well"}


def quality_features(table: pd.DataFrame) -> list[str]:
    """Names of the features: seven measures in each of four channels."""
    return [name for name in table if name.rpartition("_")[2] in ("CY5", "DAPI", "GFP", "RFP")]


@pytest.fixture(scope="module")
def lines(fields: pd.DataFrame) -> pd.DataFrame:
    """Fields of untreated wells of the wild type and of its null line."""
    kept = fields[(fields["siRNA"] == "None") & fields["genotype"].isin(["WT", "Null"])]
    return kept.assign(cell_line=kept["genotype"], place=kept["plate"] + " " + kept["well"]).reset_index(
        drop=True
    )


@pytest.fixture(scope="module")
def wells(lines: pd.DataFrame) -> pd.DataFrame:
    """One row per well: features averaged."""
    keys = ["plate", "well", "place", "genotype", "cell_line"]
    extra = lines.groupby("place")["seed_density"].first()
    made = lines.groupby(keys)[quality_features(lines)].mean().reset_index()
    return made.assign(seed_density=made["place"].map(extra))


def test_the_tables(fields: pd.DataFrame, lines: pd.DataFrame, wells: pd.DataFrame) -> None:
    """6,612 fields of 28 features, four of these constant; 159 wells of two lines without a treatment."""
    names = quality_features(fields)
    assert (len(fields), len(names)) == (6_612, 28)
    assert fields[names].nunique().eq(1).sum() == 4
    assert (len(lines), len(wells)) == (3_783, 159)
    assert wells.groupby("plate")["genotype"].value_counts().unstack().to_numpy().tolist() == [
        [24, 24], [24, 24], [8, 7], [24, 24],
    ]  # fmt: skip


def test_two_cell_lines_are_no_sample_of_genotypes(wells: pd.DataFrame) -> None:
    """With a line each no association of genotype could ever stand, and the check says so."""
    found = design_check(wells, POSITION, label="genotype", group="cell_line")
    assert found.table["n_groups"].eq(2).all()
    assert found.table["smallest_p"].eq(1).all()
    assert "cannot be known with 2 cell lines" in found.summary()


def test_genotype_goes_with_the_column(wells: pd.DataFrame) -> None:
    """Wells as units: on three of four plates genotypes stand in blocks of columns, by hand too."""
    found = design_check(wells, POSITION, label="genotype", group="place")
    rows = found.table.set_index("column")
    counts = pd.crosstab(wells["genotype"], wells["plate"])
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.to_numpy().sum()
    v = np.sqrt((((counts - expected) ** 2) / expected).to_numpy().sum() / counts.to_numpy().sum())
    assert rows.loc["plate", "cramers_v"] == pytest.approx(v)
    assert rows.loc["column", "cramers_v"] > 0.85
    assert rows.loc["column", "p"] == rows.loc["column", "smallest_p"]
    assert rows.drop("column")["p"].min() > 0.5
    assert found.headline().startswith("Genotype is associated with column (")


def test_a_line_each_cannot_teach_genotype_but_plates_are_told_over_lines(lines: pd.DataFrame) -> None:
    """Of unseen cell lines: plate and density without fail, genotype not at all, and no interval of two."""
    names = quality_features(lines)
    found = shortcut_probes(lines[names], lines, targets=POSITION, label="genotype", **AS_CELL_LINES)
    rows = found.table.set_index("target")
    assert np.isnan(rows.loc["genotype", "score"])
    assert "genotype Null and WT are met in one cell line only" in found.summary()
    assert rows.loc["plate", "score"] > 0.98
    assert rows.loc["seed_density", "score"] > 0.95
    assert rows.loc[["column", "edge"], "p"].min() > 0.05
    assert rows["low"].isna().all()


def test_plates_are_told_better_than_genotype(lines: pd.DataFrame) -> None:
    """Of unseen wells: plate almost without fail, above genotype, which is told like the column it is in."""
    names = quality_features(lines)
    found = shortcut_probes(
        lines[names], lines, targets=POSITION, label="genotype", ordered=["row", "column", "seed_density"],
        plate_format=PlateFormat(8, 12), **AS_WELLS,
    )  # fmt: skip
    rows = found.table.set_index("target")
    assert rows.loc["plate", "score"] > 0.98
    assert 0.9 < rows.loc["genotype", "score"] < rows.loc["plate", "score"]
    assert rows.loc["column", "score"] > 0.75
    assert rows["p"].eq(rows["smallest_p"]).all()
    # One well has 2 % of black pixels, where other wells have none: predictions stay in bounds all the same.
    assert rows.loc[["row", "column", "seed_density"], "r2"].between(-1, 1).all()
    assert "and also plate (macro AUC " in found.headline()


def test_genotype_is_not_told_where_it_is_free_of_the_column(wells: pd.DataFrame) -> None:
    """Plate by plate, models of the other three: genotype is told on three plates and lost on plate 4.

    There lines are mixed over the columns: what was learnt on the other plates may have been the column.
    """
    names, parts = quality_features(wells), []
    for plate, own in wells.groupby("plate"):
        others = wells[wells["plate"] != plate]
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=2_000))
        model.fit(others[names], others["genotype"] == "Null")
        told = model.predict_proba(own[names])[:, 1]
        parts.append(own[["plate", "well"]].assign(label=own["genotype"], probability=told, set=plate))
    tiles = pd.concat(parts).assign(model="logistic", group=lambda rows: rows["plate"] + " " + rows["well"])
    sets = pd.DataFrame({"set": wells["plate"].unique(), "held_out": "plate=" + wells["plate"].unique()})
    found = batch_test(tiles, wells, "Null", splits=sets, batch="plate", noun="well")
    rows = found.table[(found.table["level"] == "well") & (found.table["measure"] == "auc")]
    area = rows.drop_duplicates("batch").set_index("batch")["value"]
    for plate, own in tiles.groupby("plate"):
        assert area[plate] == pytest.approx(roc_auc_score(own["label"] == "Null", own["probability"]))
    assert found.left_out
    assert area.drop("Plate_4").min() > 0.8
    assert area["Plate_4"] < 0.5
    test = found.tests.set_index("measure").loc["auc"]
    assert test["p"] < 0.05


def test_fields_of_a_plate_are_worth_few(lines: pd.DataFrame) -> None:
    """Variance lies between plates and wells and hardly between lines; 3,783 fields weigh as some dozens."""
    names = quality_features(lines)
    found = variance_components(lines, names, factors=["genotype", "plate", "well"], noun="field")
    shares = found.table.pivot(index="value", columns="factor", values="share").dropna(how="all")
    assert len(shares) == 24
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert (shares["plate"] > shares["genotype"]).mean() > 0.8
    assert shares["genotype"].median() < 0.02
    assert shares["plate"].median() > 0.08
    assert shares["plate"].idxmax() == "FocusScore_GFP"
    effective = found.table.dropna(subset=["share"]).groupby("value")["n_eff"].first()
    assert effective.median() < 40
    assert "Scaling CY5, Scaling DAPI, Scaling GFP and Scaling RFP are constant" in found.summary()
    assert "With so few levels of genotype" in found.summary()


def test_plates_do_not_mix(lines: pd.DataFrame) -> None:
    """Each metric of mixing lies outside of what plates exchanged within lines give."""
    names = quality_features(lines)
    found = batch_mixing(lines[names], lines, batch="plate", label="genotype", **AS_WELLS)
    rows = found.table.set_index("metric")
    assert rows["p"].eq(rows["smallest_p"]).all()
    assert rows.loc["ilisi", "value"] < 0.05
    assert rows.loc["pc_regression", "value"] > 10 * rows.loc["pc_regression", "null_mean"]
    assert found.design == "nested"
    of_lines = batch_mixing(lines[names], lines, batch="plate", label="genotype", **AS_CELL_LINES)
    assert of_lines.table.set_index("metric").loc["clisi", "smallest_p"] == 1


@pytest.mark.parametrize("method", ["centre", "combat"])
def test_a_correction_mixes_plates_and_leaves_genotype(lines: pd.DataFrame, method: str) -> None:
    """Fitted without the wells it is tried on: plates are told less, mix better, genotype stays told."""
    names = quality_features(lines)
    found = correction_effect(lines[names], lines, method, batch="plate", label="genotype", **AS_WELLS)
    rows = found.table.set_index("measure")
    assert not found.refused
    assert rows.loc["batch_auc", "before"] > 0.98
    assert rows.loc["batch_auc", "change_high"] < -0.1
    assert (rows.loc[["kbet", "ilisi", "batch_silhouette"], "change"] > 0).all()
    assert rows.loc["pc_regression", "after"] < rows.loc["pc_regression", "before"] / 2
    assert abs(rows.loc["label_auc", "change"]) < 0.05
    assert rows.loc["label_auc", "after"] > 0.9


def test_what_a_correction_does_to_genotype_cannot_be_seen_with_a_line_each(lines: pd.DataFrame) -> None:
    """Mixing is measured, the label's AUC is not, and why is said."""
    names = quality_features(lines)
    found = correction_effect(lines[names], lines, "centre", batch="plate", label="genotype", **AS_CELL_LINES)
    rows = found.table.set_index("measure")
    assert rows.loc[["label_auc", "batch_auc"], "before"].isna().all()
    assert rows.loc["pc_regression", "after"] < rows.loc["pc_regression", "before"]
    assert "genotype has a value with one cell line only" in found.summary()
