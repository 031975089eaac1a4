"""Which wells a study is about."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hcs.study.settings import DataSettings
from hcs.study.wells import select_wells
from hcs_plates.errors import ConfigError
from hcs_plates.plate import Plate, open_plate


@pytest.fixture
def plates(small_plates: Path) -> list[Plate]:
    """The two plates of the small study."""
    return [open_plate(small_plates / f"{name}.ome.zarr") for name in ("P1", "P2")]


def settings(**changes: Any) -> DataSettings:
    """Data settings with the defaults of a diagnosis study."""
    return DataSettings.model_validate({"plates": ["P1"], **changes})


def test_classes_groups_and_others(plates: list[Plate]) -> None:
    """Wells of neither class stay, to be scored; wells not included leave and are listed."""
    selection = select_wells(plates, settings(), Path("study.toml"))
    assert len(selection.wells) == 18
    assert selection.wells["positive"].isna().sum() == 2
    assert selection.left_out == (
        ("well", "P1/B04", "not included (platemap)"),
        ("well", "P2/B04", "not included (platemap)"),
    )
    labels = selection.classed[["group", "label", "positive"]].drop_duplicates()
    assert dict(zip(labels["group"], labels["label"], strict=True))["c0"] == "control"
    assert "2 wells are neither ALS nor control" in selection.notices[0]


def test_planned_controls_are_no_doubt(plates: list[Plate]) -> None:
    """Wells of a control's role and of no clone are scored, and no sentence doubts their class."""
    planned = []
    for plate in plates:
        table = plate.wells
        other = ~table["diagnosis"].isin(["ALS", "control"])
        table["role"] = other.map({True: "negative_control", False: None})
        table.loc[other, "clone"] = None
        planned.append(Plate(plate.path, replace(plate.spec, wells=table)))
    selection = select_wells(planned, settings(), Path("study.toml"))
    assert selection.wells["positive"].isna().sum() == 2
    assert not [said for said in selection.notices if "neither" in said]


def test_filter(plates: list[Plate]) -> None:
    """A filter leaves out wells by the reason."""
    selection = select_wells(plates, settings(where="clone != 'a1'"), Path("study.toml"))
    assert "a1" not in set(selection.wells["group"])
    assert ("well", "P1/A02", "does not meet where = \"clone != 'a1'\"") in selection.left_out


def test_a_class_without_a_group_is_left_out(plates: list[Plate]) -> None:
    """A labelled well whose group is not known cannot be kept apart, so it takes no part and is listed."""
    table = plates[0].wells
    table.loc["A01", "clone"] = None
    plate = Plate(plates[0].path, replace(plates[0].spec, wells=table))
    selection = select_wells([plate, plates[1]], settings(), Path("study.toml"))
    assert ("well", "P1/A01", "has a diagnosis but no clone") in selection.left_out
    assert not ((selection.wells["plate"] == "P1") & (selection.wells["well"] == "A01")).any()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"label": "diagnoses"},
            "[data] label: no plate's wells table has a column 'diagnoses'; did you mean 'diagnosis'?",
        ),
        (
            {"group": "klone"},
            "[data] group: no plate's wells table has a column 'klone'; did you mean 'clone'?",
        ),
        ({"positive": "als"}, "[data] positive: no selected well has diagnosis 'als'"),
        ({"where": "nosuch > 3"}, "[data] where: 'nosuch > 3' cannot be applied"),
        ({"where": "clone == 'z9'"}, "keeps none of 18 included wells"),
    ],
)
def test_refusals(plates: list[Plate], changes: dict[str, Any], sentence: str) -> None:
    """Settings that do not fit the plates are refused with what there is."""
    with pytest.raises(ConfigError) as caught:
        select_wells(plates, settings(**changes), Path("study.toml"))
    assert sentence in str(caught.value)


def test_two_plates_of_one_name_are_refused(plates: list[Plate]) -> None:
    """Their wells could not be told apart, and a plate's copy counts its wells twice."""
    renamed = Plate(plates[1].path, replace(plates[1].spec, name="P1"))
    with pytest.raises(ConfigError, match="two plates are called 'P1'"):
        select_wells([plates[0], renamed], settings(), Path("study.toml"))
    with pytest.raises(ConfigError, match="'P1' is there twice"):
        select_wells([plates[0], plates[0]], settings(), Path("study.toml"))


def test_groups_that_look_alike_are_refused(plates: list[Plate]) -> None:
    """A clone spelt in two ways would stand on both sides of a split."""
    table = plates[0].wells
    first = str(table["clone"].iloc[0])
    table["clone"] = [one.upper() if place == 0 else one for place, one in enumerate(table["clone"])]
    plate = Plate(plates[0].path, replace(plates[0].spec, wells=table))
    with pytest.raises(
        ConfigError, match=f"'{first.upper()}' and '{first}' in the column 'clone' look alike"
    ):
        select_wells([plate, plates[1]], settings(), Path("study.toml"))


def test_a_guessed_format_is_told(plates: list[Plate]) -> None:
    """A stated one needs no word."""
    guessed = Plate(plates[0].path, replace(plates[0].spec, format_stated=False))
    notices = select_wells([guessed, plates[1]], settings(), Path("study.toml")).notices
    (said,) = [notice for notice in notices if "taken to have" in notice]
    assert "all that were imaged: P1 (24); which wells are outer ones is not known" in said


@pytest.mark.parametrize("time", [0, 2])
def test_which_moment_of_a_film_is_taken_is_told(plates: list[Plate], time: int) -> None:
    """The other time points are not used, and it is said; a plate that is no film needs no word."""
    layout = replace(plates[0].spec.layout, n_times=3)
    film = Plate(plates[0].path, replace(plates[0].spec, layout=layout))
    notices = select_wells([film, plates[1]], settings(time=time), Path("study.toml")).notices
    said = [notice for notice in notices if "time" in notice]
    assert said == [f"Of the films of P1 time {time} (counted from 0) is taken."]


def test_clones_that_are_not_eligible_are_left_out(plates: list[Plate]) -> None:
    """Not eligible or without a verdict: left out with the reason; wells without a clone stay."""
    first, second = sorted(set(plates[0].wells["clone"].dropna()))[:2]
    made = []
    for plate in plates:
        table = plate.wells
        said = dict.fromkeys(table["clone"].dropna(), "eligible") | {first: "not eligible", second: None}
        table["eligibility"] = table["clone"].map(said)
        table["eligibility_reason"] = table["clone"].map({first: "carries SOD1 p.Asp91Ala (het)"})
        made.append(Plate(plate.path, replace(plate.spec, wells=table)))
    selection = select_wells(made, settings(), Path("study.toml"))
    assert not {first, second} & set(selection.wells["group"].dropna())
    reasons = [reason for *_, reason in selection.left_out]
    assert "not eligible: carries SOD1 p.Asp91Ala (het)" in reasons
    assert "eligibility undetermined: no verdict on its clone" in reasons
    plain = select_wells(plates, settings(), Path("study.toml"))
    others = plain.wells[~plain.wells["group"].isin([first, second])]
    assert selection.wells["well"].tolist() == others["well"].tolist()


def test_a_clone_that_is_eligible_on_one_plate_only_is_refused(plates: list[Plate]) -> None:
    """One of the two verdicts is wrong, and leaving out half of a clone would hide it."""
    tables = [plate.wells.assign(eligibility="eligible") for plate in plates]
    clone = str(tables[0]["clone"].dropna().iloc[0])
    tables[1].loc[tables[1]["clone"] == clone, "eligibility"] = "not eligible"
    tables[1].loc[tables[1].index[tables[1]["clone"].notna()][0], ["clone", "eligibility"]] = [
        clone,
        "not eligible",
    ]
    made = [
        Plate(plate.path, replace(plate.spec, wells=table))
        for plate, table in zip(plates, tables, strict=True)
    ]
    with pytest.raises(ConfigError, match=f"clone '{clone}' has 2 values of eligibility"):
        select_wells(made, settings(), Path("study.toml"))


def test_moments_of_imaging_stand_in_the_wells(plates: list[Plate]) -> None:
    """A well has the moment of its first field, from which drift is asked; a platemap's own column stays."""
    plate = plates[0]
    wells = list(plate)
    at = {
        (well, number): f"2024-05-02T{place:02d}:0{number % 10}:00"
        for place, well in enumerate(wells)
        for number in plate[well]
    }
    timed = Plate(plate.path, replace(plate.spec, imaged_at=at))
    found = select_wells([timed], settings(), Path("study.toml")).wells.set_index("well")
    for place, well in enumerate(wells):
        if well in found.index:
            first = min(plate[well])
            assert found.loc[well, "acquisition_time"] == f"2024-05-02T{place:02d}:0{first % 10}:00"
    told = timed.spec.wells.assign(acquisition_time="2024-01-01T00:00:00")
    kept = select_wells([Plate(plate.path, replace(timed.spec, wells=told))], settings(), Path("study.toml"))
    assert set(kept.wells["acquisition_time"]) == {"2024-01-01T00:00:00"}
