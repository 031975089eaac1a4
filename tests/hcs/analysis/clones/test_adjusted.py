"""Effects at the same covariate: statsmodels' analysis of covariance, and classes that do not overlap."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import ols

from hcs.analysis.clones.adjusted import AdjustedEffect, adjusted_effect
from hcs.analysis.finding import Finding
from hcs.figures.panels import figure_bytes
from hcs_plates.errors import ArgumentError


def clones(n: int = 12, *, apart: float = 4.0, slope: float = 0.3, seed: int = 0) -> pd.DataFrame:
    """One row per clone; passages of ALS are higher, and the area follows the passage alone."""
    rng = np.random.default_rng(seed)
    label = np.array(["ALS", "control"] * (n // 2))
    passage = rng.normal(25, 5, n) + apart * (label == "ALS")
    return pd.DataFrame(
        {
            "group": [f"c{place}" for place in range(n)],
            "label": label,
            "run": np.repeat(["x", "y"], n // 2),
            "passage": passage,
            "area": slope * passage + rng.normal(0, 0.5, n),
        }
    )


@pytest.mark.parametrize("batch", [None, "run"])
def test_it_is_statsmodels_analysis_of_covariance(batch: str | None) -> None:
    """Adjusted and unadjusted, with limits; batches are levels of their own."""
    table = clones()
    found = adjusted_effect(table, "area", "passage", batch=batch)
    row = found.table.iloc[0]
    more = f" + C({batch})" if batch else ""
    sick = table.assign(sick=(table["label"] == "ALS").astype(float))
    for formula, names in (
        (f"area ~ sick + passage{more}", ("estimate", "low", "high", "p")),
        (f"area ~ sick{more}", ("crude", "crude_low", "crude_high", "crude_p")),
    ):
        fit = ols(formula, sick).fit()
        limits = fit.conf_int().loc["sick"].tolist()
        expected = [fit.params["sick"], *limits, fit.pvalues["sick"]]
        assert row[list(names)].tolist() == pytest.approx(expected)
    assert row["slope"] == pytest.approx(ols(f"area ~ sick + passage{more}", sick).fit().params["passage"])
    assert isinstance(found, Finding)


def test_what_follows_the_passage_is_no_effect_of_the_diagnosis() -> None:
    """Unadjusted there is a difference, at the same passage there is none; both are said."""
    found = adjusted_effect(clones(30, apart=6), "area", "passage")
    row = found.table.iloc[0]
    assert row["crude_p"] < 0.05 < row["p"]
    assert found.headline().startswith("No difference in area between ALS and control adjusted for passage")
    assert "Unadjusted: " in found.summary()
    assert "clones lie where passage of ALS (" in found.summary()


def test_classes_that_hardly_overlap_are_not_adjusted() -> None:
    """Ten passages apart: the unadjusted difference alone, why, and a drawing of it."""
    found = adjusted_effect(clones(apart=25), ["area"], "passage")
    row = found.table.iloc[0]
    assert np.isnan(row["p"])
    assert np.isnan(row["estimate"])
    assert row["crude_p"] < 0.05
    assert "hardly overlaps: nothing can be adjusted for it." in found.summary()
    assert "nan" not in found.summary()
    assert figure_bytes(found.plot().figure, ".png").startswith(b"\x89PNG")


def test_a_density_may_be_what_the_disease_does() -> None:
    """It is said of a density, and not of a passage; clones without the covariate are counted."""
    table = clones().rename(columns={"passage": "cell_count"})
    table.loc[0, "cell_count"] = np.nan
    found = adjusted_effect(table, "area", "cell_count")
    assert "If the disease itself changes cell count" in found.summary()
    assert "1 clone without cell count left out." in " ".join(found.caveats).lower()
    assert found.table["n"].tolist() == [11]
    assert "If the disease" not in adjusted_effect(clones(), "area", "passage").summary()


def test_donors_are_the_unit_and_words_are_few() -> None:
    """Clones of a donor are averaged, passages too; 30 words and 120, whatever is compared."""
    table = pd.concat([clones(), clones(seed=1).assign(group=lambda rows: rows["group"] + "b")])
    table["donor"] = table["group"].str.removesuffix("b")
    for name in ("a_long_name_of_a_measurement", "b", "c"):
        table[name] = table["area"] + np.arange(len(table))
    found: AdjustedEffect = adjusted_effect(table, ["area", *table.columns[-3:]], "passage")
    assert (found.noun, found.table["n"].unique().tolist()) == ("donor", [12])
    assert found.summary().startswith(found.headline())
    assert len(found.headline().split()) <= 30
    assert len(found.summary().split()) <= 120
    assert len(found.statistics) == 12


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"value": "passage", "covariate": "passage"}, "passage is both compared and adjusted for"),
        ({"value": "area", "covariate": "density"}, "no column 'density'"),
        ({"value": "area", "covariate": "run"}, "has 'x' as run"),
    ],
)
def test_wrong_arguments_are_refused(options: dict[str, str], words: str) -> None:
    """Each with what is wrong."""
    with pytest.raises(ArgumentError, match=words):
        adjusted_effect(clones(), **options)
