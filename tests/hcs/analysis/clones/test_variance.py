"""Tests of variance components: REML against a dense likelihood, recovery, words for what cannot be split."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from hcs.analysis.clones.donors import intraclass_correlation
from hcs.analysis.clones.variance import variance_components
from hcs.analysis.finding import Finding
from hcs.statistics.variance import ANOVA, REML
from hcs_plates.errors import ArgumentError


def make_study(seed: int = 0, clones: int = 12, wells: int = 4, tiles: int = 5, **sd: float) -> pd.DataFrame:
    """Clones over 2 batches of 2 plates, unequal numbers of tiles, with planted standard deviations."""
    rng = np.random.default_rng(seed)
    rows = [
        (
            f"c{clone}",
            "ALS" if clone % 2 else "control",
            f"b{well % 2}",
            f"p{well % 4}",
            f"A{clone:02d}-{well}",
        )
        for clone in range(clones)
        for well in range(wells)
        for _ in range(tiles - (clone + well) % 2)
    ]
    table = pd.DataFrame(rows, columns=["clone", "diagnosis", "differentiation_batch", "plate", "well"])
    score = rng.normal(0, sd.get("residual", 1.0), len(table))
    for factor in ("clone", "differentiation_batch", "plate", "well"):
        code = pd.factorize(table[factor])[0]
        score += rng.normal(0, sd.get(factor, 0.0), code.max() + 1)[code]
    return table.assign(score=score)


def dense_reml(table: pd.DataFrame, factors: list[str], fixed: str) -> np.ndarray:
    """REML by minimising the dense likelihood: components of factors, then the residual."""
    y = table["score"].to_numpy()
    x = np.column_stack([np.ones(len(y)), pd.get_dummies(table[fixed], drop_first=True, dtype=float)])
    same = [np.equal.outer(table[name].to_numpy(), table[name].to_numpy()).astype(float) for name in factors]
    kernels = [*same, np.eye(len(y))]

    def loss(logs: np.ndarray) -> float:
        v = sum(np.exp(log) * kernel for log, kernel in zip(logs, kernels, strict=True))
        inverse = np.linalg.inv(v)
        xvx = x.T @ inverse @ x
        left = y - x @ np.linalg.solve(xvx, x.T @ inverse @ y)
        return float(np.linalg.slogdet(v)[1] + np.linalg.slogdet(xvx)[1] + left @ inverse @ left)

    found = minimize(loss, np.zeros(len(kernels)), method="L-BFGS-B")
    return np.asarray(np.exp(found.x))


def test_reml_on_cells_is_reml_on_rows() -> None:
    """Unequal numbers: components equal those of the dense restricted likelihood of all rows within 0.5 %."""
    table = make_study(1, clones=8, tiles=4, clone=1.0, plate=0.8, well=0.6)
    factors = ["clone", "plate", "well"]
    found = variance_components(table, "score", factors=factors, fixed="diagnosis").of("score")
    assert (found["method"] == REML).all()
    expected = dense_reml(table, factors, "diagnosis")
    assert found["variance"].to_numpy() == pytest.approx(expected, rel=5e-3)


def test_planted_components_are_recovered() -> None:
    """Over 8 studies the mean components are the planted ones within the error of such a mean."""
    found = [
        variance_components(
            make_study(seed, clones=24, clone=1.0, well=0.7),
            "score",
            factors=["clone", "well"],
            method=method,
        ).of("score")["variance"]
        for seed in range(8)
        for method in ("reml", "anova")
    ]
    mean = pd.DataFrame(found).mean()
    assert mean["clone"] == pytest.approx(1.0, abs=0.2)
    assert mean["well"] == pytest.approx(0.49, abs=0.08)
    assert mean["residual"] == pytest.approx(1.0, abs=0.04)


def test_a_component_at_zero_is_an_estimate_of_reml() -> None:
    """Unbalanced, the wells at 0: the others are those of the dense likelihood, and an upper limit stands."""
    table = make_study(21, clones=8, wells=2, tiles=3, clone=1.0, plate=1.5)
    factors = ["clone", "plate", "well"]
    found = variance_components(table, "score", factors=factors, fixed="diagnosis").of("score")
    assert (found["method"] == REML).all()
    assert found.loc["well", "variance"] == 0 < found.loc["well", "variance_high"]
    expected = dense_reml(table, factors, "diagnosis")
    assert found["variance"].to_numpy() == pytest.approx(expected, rel=5e-3, abs=1e-3)


def test_one_factor_has_the_limits_of_f() -> None:
    """The share's interval is that of the one-way intraclass correlation (Shrout & Fleiss 1979), cut at 0."""
    rng = np.random.default_rng(4)
    code = np.repeat(np.arange(6), 5)
    table = pd.DataFrame({"clone": code, "score": rng.normal(size=6)[code] + rng.normal(size=30)})
    for method in ("reml", "anova"):
        row = variance_components(table, "score", factors=["clone"], method=method).of("score").loc["clone"]
        icc, limits = intraclass_correlation(table["score"].to_numpy(), code)
        assert row["share"] == pytest.approx(icc, abs=1e-4)
        assert [row["share_low"], row["share_high"]] == pytest.approx(list(limits), abs=3e-3)


def test_without_residual_there_is_no_likelihood() -> None:
    """All rows of a clone alike: analysis of variance, said so, and no limits."""
    table = pd.DataFrame({"clone": np.repeat(list("abcd"), 3), "score": np.repeat([1.0, 2.0, 4.0, 3.0], 3)})
    found = variance_components(table, "score", factors=["clone"])
    assert set(found.of("score")["method"]) == {ANOVA}
    assert found.table["share_high"].isna().all()
    assert "no likelihood" in found.summary()


def test_a_variance_at_zero_is_no_evidence_of_independence() -> None:
    """Where that of clones is estimated at 0, no effective sample size is given; so too in merged rows."""
    table = pd.DataFrame({"clone": np.repeat(list("abcd"), 3), "score": np.tile([1.0, 2.0, 3.1], 4)})
    found = variance_components(table, "score", factors=["clone"])
    assert found.table[["n_eff", "design_effect"]].isna().all(axis=None)
    assert "No effective sample size: no variation between clones is seen." in found.summary()
    assert found.plot()[0].texts[-1].get_text() == "12 → not known"
    merged = variance_components(table.assign(donor=table["clone"]), "score", factors=["clone", "donor"])
    assert merged.table["n_eff"].isna().all()


def test_images_are_worth_what_kish_says() -> None:
    """One factor, equal sizes: design effect 1 + (m - 1) icc; never more independent images than images."""
    table = make_study(2, tiles=6, clone=1.0)
    table = table.groupby("clone").head(20)
    row = variance_components(table, "score", factors=["clone"]).of("score").loc["clone"]
    assert row["design_effect"] == pytest.approx(1 + 19 * row["icc"])
    assert row["n_eff"] == pytest.approx(len(table) / row["design_effect"])
    crossed = variance_components(make_study(3, plate=3.0), "score", factors=["plate"], fixed="diagnosis")
    assert crossed.of("score")["n_eff"].iloc[0] <= len(make_study(3))


def test_diagnosis_as_fixed_effect_leaves_the_clone_variance() -> None:
    """A difference of diagnoses inflates the clone variance only when it is not fixed."""
    table = make_study(4, clone=0.5)
    table["score"] += 4.0 * (table["diagnosis"] == "ALS")
    without = variance_components(table, "score", factors=["clone"]).of("score")["variance"]["clone"]
    found = variance_components(table, "score", factors=["clone"], fixed="diagnosis")
    assert without > 3 > 1 > found.of("score")["variance"]["clone"]
    assert found.classes == ("ALS", "control")
    assert "For ALS against control, " in found.summary()


def test_wells_are_counted_within_plates() -> None:
    """The same well name on two plates is two wells."""
    table = make_study(5).assign(well=lambda rows: rows["clone"])
    found = variance_components(table, "score", factors=["plate", "well"], method="anova").of("score")
    assert found.loc["well", "levels"] == 48


def test_many_values_go_through_the_analysis_of_variance() -> None:
    """Thirteen values: ANOVA, said so, rows in the order given, one pattern of gaps apart."""
    table = make_study(6, clone=1.0)
    names = [f"f{place}" for place in range(13)]
    rng = np.random.default_rng(0)
    table = table.assign(**{name: table["score"] + rng.normal(size=len(table)) for name in names})
    table.loc[[0, 1], "f3"] = np.nan
    found = variance_components(table, names, factors=["clone", "well"])
    assert found.values == tuple(names)
    assert set(found.table["method"]) == {ANOVA}
    assert "f3: 2 images without a number left out." in found.caveats
    assert isinstance(found, Finding)
    assert found.headline().startswith("In the median of 13 values, ")
    assert found.statistics["value"].tolist() == pytest.approx(
        found.table.groupby("factor", sort=False)["share"].median().tolist()
    )
    assert found.plot()[0].has_data()


FEW_ROWS = pd.DataFrame({"clone": ["a", "b"], "plate": ["p", "p"], "x": [1.0, 2.0]})
TWINS = pd.DataFrame({"clone": list("aabbcc"), "plate": list("ppqqrr"), "x": [1.0, 2, 4, 5, 9, 8]})


@pytest.mark.parametrize(
    ("table", "options", "words"),
    [
        (FEW_ROWS, {"factors": ["clone"]}, "every row has a level of its own"),
        (FEW_ROWS, {"factors": ["plate"]}, "Plate: it has one level only."),
        (FEW_ROWS.head(0), {"factors": ["clone"]}, "Too few rows or levels"),
        (TWINS.assign(x=3.0), {"factors": ["clone"]}, "No variance to split: x is constant."),
        (TWINS.assign(x=np.nan), {"factors": ["clone"]}, "x: 6 images without a number left out."),
        (TWINS, {"factors": ["clone"], "fixed": "plate"}, "confounded with plate, which is fixed"),
    ],
)
def test_what_cannot_be_split_is_said(table: pd.DataFrame, options: dict[str, object], words: str) -> None:
    """NaN shares, a sentence, and a figure that says it."""
    found = variance_components(table, "x", **options)  # type: ignore[arg-type]
    assert found.table["share"].isna().all()
    assert words in found.summary()
    assert found.plot()[0].texts


def test_twins_share_a_row() -> None:
    """Clone and plate with the same levels: NaN each, one variance together."""
    found = variance_components(TWINS, "x", factors=["clone", "plate"])
    rows = found.of("x")
    assert rows["variance"][["clone", "plate"]].isna().all()
    assert rows.loc["clone + plate", "share"] == pytest.approx(1 - rows.loc["residual", "share"])
    assert found.caveats == ("Clone and plate are confounded: their levels are the same.",)


def test_rows_of_one_image_are_averaged() -> None:
    """Predictions of one image by several sets count once; several models are refused."""
    table = make_study(7, clone=1.0)
    table = table.assign(field=1, tile=table.groupby("well").cumcount())
    thrice = pd.concat([table] * 3, ignore_index=True)
    one = variance_components(table, "score", factors=["clone"])
    many = variance_components(thrice, "score", factors=["clone"])
    np.testing.assert_allclose(one.table["variance"], many.table["variance"])
    assert any("the rows of each are averaged" in said for said in many.caveats)
    both = pd.concat([table.assign(model="cnn"), table.assign(model="forest")])
    with pytest.raises(ArgumentError, match=r"several models \(cnn and forest\)"):
        variance_components(both, "score", factors=["clone"])


def test_rows_without_a_factor_are_counted() -> None:
    """A missing plate leaves the row out and the summary says so."""
    table = TWINS.assign(plate=["p", None, "q", "q", "r", "r"])
    assert (
        "1 image without clone and plate left out."
        in variance_components(table, "x", factors=["clone", "plate"]).caveats
    )


@pytest.mark.parametrize(
    ("values", "options", "words"),
    [
        ("y", {"factors": ["clone"]}, "no column 'y'"),
        ("x", {"factors": ["clones"]}, "no column 'clones'"),
        ("plate", {"factors": ["clone"]}, "'p' as plate"),
        ("x", {"factors": ["clone", "clone"]}, "'clone' does not fit"),
        ("x", {"factors": []}, "one column each"),
        ("x", {"factors": ["clone"], "method": "ml"}, "No method 'ml'"),
    ],
)
def test_wrong_arguments(values: str, options: dict[str, object], words: str) -> None:
    """Each is refused in a sentence."""
    with pytest.raises(ArgumentError, match=words):
        variance_components(TWINS, values, **options)  # type: ignore[arg-type]
