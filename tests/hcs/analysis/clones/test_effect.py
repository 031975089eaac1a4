"""The effect of the diagnosis: a mixed model's estimate, batches that fall away, donors, and few words."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.regression.mixed_linear_model import MixedLM

from hcs.analysis.clones.effect import DiagnosisEffect, diagnosis_effect
from hcs.analysis.finding import Finding
from hcs.figures.panels import figure_bytes
from hcs_plates.errors import ArgumentError


def wells(
    seed: int, *, donors: int = 12, clones: int = 2, effect: float = 1.0, each: int = 3
) -> pd.DataFrame:
    """Wells of clones of donors of three batches, half of each batch ALS; every clone on two plates."""
    rng = np.random.default_rng(seed)
    rows = []
    for donor in range(donors):
        label, batch = ("ALS", "control")[donor % 2], donor * 3 // donors
        own = rng.normal() + 2 * batch + effect * (label == "ALS")
        for clone in range(clones):
            line = own + rng.normal(0, 0.5)
            for plate in range(2):
                for _ in range(each):
                    names = (f"d{donor}", f"d{donor}c{clone}", label, f"b{batch}", f"b{batch}p{plate}")
                    rows.append((*names, line + plate + rng.normal(0, 0.4)))
    columns = ["donor", "group", "label", "batch", "plate", "area"]
    return pd.DataFrame(rows, columns=columns)


def only(found: DiagnosisEffect) -> pd.Series:
    """The row of a single measurement."""
    return found.table.iloc[0]


@pytest.mark.parametrize("clones", [1, 2])
def test_in_a_balanced_design_the_estimate_is_that_of_the_mixed_model(clones: int) -> None:
    """Diagnosis and batch fixed, donor and clone random: statsmodels by REML."""
    table = wells(0, clones=clones)
    found = diagnosis_effect(table, "area", batch="batch")
    sick = (table["label"] == "ALS").to_numpy(dtype=float)
    fixed = np.column_stack([sick, pd.get_dummies(table[["batch", "plate"]], dtype=float)])
    fixed = fixed[:, [0, 1, 2, 3, 4, 6, 8]]
    model = MixedLM(
        table["area"].to_numpy(), fixed, groups=table["donor"], exog_vc=None,
        exog_re=np.ones((len(table), 1)),
    )  # fmt: skip
    assert only(found)["estimate"] == pytest.approx(model.fit().fe_params[0], abs=1e-6)
    assert only(found)["n"] == 12
    assert found.noun == ("donor" if clones > 1 else "clone")
    assert isinstance(found, Finding)


def test_what_batches_add_falls_away() -> None:
    """Batches moved apart change neither estimate, interval nor p; without them the test sees less."""
    table = wells(1)
    moved = table.assign(area=table["area"] + 50 * (table["batch"] == "b1"))
    one, other = (only(diagnosis_effect(each, "area", batch="batch")) for each in (table, moved))
    columns = ["estimate", "low", "high", "p", "smallest_p"]
    assert one[columns].tolist() == pytest.approx(other[columns].tolist())
    assert one["smallest_p"] == pytest.approx(2 / 6**3)
    assert only(diagnosis_effect(moved, "area"))["p"] > 0.5 > one["p"]


def test_wells_plates_and_clones_count_alike() -> None:
    """A plate with a hundred wells, or a donor with nine clones, weighs as any other."""
    table = wells(2, each=1)
    found = only(diagnosis_effect(table, "area", batch="batch"))
    many = pd.concat([table, *[table[table["plate"].str.endswith("p1")]] * 9])
    again = only(diagnosis_effect(many, "area", batch="batch"))
    twin = table[table["group"] == "d0c0"]
    more = pd.concat([table, *[table[table["donor"] == "d1"].assign(group=f"twin{n}") for n in range(3)]])
    assert again["estimate"] == pytest.approx(found["estimate"])
    assert only(diagnosis_effect(more, "area", batch="batch"))["n"] == 12
    assert len(twin) == 2


def test_clones_in_all_batches_are_one_stratum() -> None:
    """Each clone's batches are averaged, and what batches add falls away; a clone that lacks one is told."""
    table = wells(3, clones=1)
    crossed = pd.concat([table.assign(batch=name, area=table["area"] + at) for at, name in enumerate("xyz")])
    found = diagnosis_effect(crossed, "area", batch="batch")
    assert only(found)["strata"] == 1
    assert only(found)["estimate"] == pytest.approx(only(diagnosis_effect(table, "area"))["estimate"])
    lacking = crossed[~((crossed["group"] == "d0c0") & (crossed["batch"] == "z"))]
    short = diagnosis_effect(lacking, "area", batch="batch")
    assert only(short)["n"] == 11
    assert "1 clone in batches of one class tell" in short.summary()


def test_a_donor_of_both_classes_is_compared_within_itself() -> None:
    """Pairs are strata of their own, beside the donors of one class."""
    table = wells(4)
    table.loc[(table["donor"] == "d0") & table["group"].str.endswith("c1"), "label"] = "control"
    found = diagnosis_effect(table, "area", batch="batch")
    assert "within d0" in set(found.units["stratum"])
    assert only(found)["n"] == 13


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda table: table.assign(batch=table["label"]), "diagnosis and batch are confounded"),
        (lambda table: table.assign(label="ALS"), "there is one class only"),
        (lambda table: table.assign(area=np.nan), "144 rows without a value left out"),
        (lambda table: table[table["donor"].isin(["d0", "d1", "d2", "d3"])], "cannot be known with 4 donors"),
    ],
)
def test_what_cannot_be_known_is_said(change: object, words: str) -> None:
    """One class in every batch or in all, no values, too few: no p, no interval, a sentence, a drawing."""
    found = diagnosis_effect(change(wells(5)), "area", batch="batch")  # type: ignore[operator]
    assert words in found.summary().lower() or words in found.summary()
    assert "cannot be known" in found.headline()
    assert np.isnan(only(found)["low"])
    assert "nan" not in found.summary()
    assert figure_bytes(found.plot().figure, ".png").startswith(b"\x89PNG")


def test_the_words() -> None:
    """The answer first with size and interval, 30 words; all of it 120; the statistics once, in a table."""
    table = wells(6, effect=3)
    one = diagnosis_effect(table, "area", batch="batch")
    assert one.headline().startswith(
        "Area differs between ALS and control within batches (12 donors): ALS minus"
    )
    several = diagnosis_effect(
        table.assign(other=table["area"][::-1].to_numpy(), c=1.5), ["area", "other", "c"]
    )
    for found in (one, several):
        assert found.summary().startswith(found.headline())
        assert len(found.headline().split()) <= 30
        assert len(found.summary().split()) <= 120
    stated = one.statistics
    assert stated.loc[0, ["value", "low", "high", "p"]].tolist() == pytest.approx(
        only(one)[["estimate", "low", "high", "p"]].tolist()
    )
    assert stated.loc[1, "value"] == pytest.approx(only(one)["crude"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"value": []}, "value is empty"),
        ({"value": "x"}, "no column 'x'"),
        ({"value": "area", "batch": "run"}, "no column 'run'"),
        ({"value": "area", "correction": "none"}, "No correction 'none'"),
        ({"value": "area", "label": "batch"}, "batch has 3 values"),
    ],
)
def test_wrong_arguments_are_refused(options: dict[str, object], words: str) -> None:
    """Each with what is wrong."""
    with pytest.raises(ArgumentError, match=words):
        diagnosis_effect(wells(0), **options)  # type: ignore[arg-type]
