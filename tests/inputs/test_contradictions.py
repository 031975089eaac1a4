"""What contradicts over plates: clones of two diagnoses or donors, the same images under two names."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.hcs.conftest import write_small_plate
from tests.inputs.smallplates import Change, changed, rewritten

from hcs.findings.from_table.evidence import table_evidence
from hcs.study.new import write_study_file
from hcs.study.settings import DataSettings
from hcs.study.wells import select_wells
from hcs.tables.independence import contradictions
from hcs.tables.spec import TableSpec
from hcs_plates.errors import ArgumentError, ConfigError
from hcs_plates.plate import Plate, create_plate

SOURCE = Path("s.toml")
DATA = {"label": "diagnosis", "positive": "ALS", "negative": "control", "group": "clone"}


def set_cell(plate: str, clone: str, column: str, value: object) -> Change:
    """Change one clone's cells on one plate."""

    def change(table: pd.DataFrame, name: str) -> pd.DataFrame:
        here = (table["clone"] == clone) & (name == plate) & table["included"]
        made = table.assign(**{column: table[column] if column in table else "d-" + table["clone"]})
        return made.assign(**{column: made[column].where(~here, value)})

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (set_cell("P2", "c1", "diagnosis", "ALS"), ["'c1'", "'ALS'", "'control'", "P1 (A06)", "P2 (A06)"]),
        (set_cell("P1", "a0", "diagnosis", "control"), ["'a0'", "P1 (A01)", "P2 (A01)"]),
        (set_cell("P2", "a3", "diagnosis", "FTD"), ["'a3'", "'FTD' on plate P2 (A04)"]),
        (set_cell("P2", "c3", "diagnosis", "Control"), ["'c3'", "'Control' on plate P2"]),
        (set_cell("P2", "c3", "diagnosis", "control "), ["'c3'", "'control '"]),
        (set_cell("P2", "c0", "donor", "d-a0"), ["'c0'", "2 values of donor", "'d-a0' on plate P2"]),
        (set_cell("P1", "a2", "donor", "D7"), ["'a2'", "'D7' on plate P1 (A03)"]),
        (set_cell("P1", "a2", "donor", "d-A2"), ["'a2'", "'d-A2'"]),
    ],
)
def test_a_clone_is_one_thing_on_all_plates(
    two_plates: list[Plate], change: Change, words: list[str]
) -> None:
    """Two diagnoses or donors of a clone are an error that names clone, values, plates and wells."""
    with pytest.raises(ConfigError) as caught:
        select_wells(changed(two_plates, change), DataSettings.model_validate({"plates": ["P1"]}), SOURCE)
    assert all(word in str(caught.value) for word in words)


def test_no_study_file_is_written_of_plates_that_contradict(tmp_path: Path) -> None:
    """As the run, so `study init`."""
    written = [write_small_plate(tmp_path, name) for name in ("P1", "P2")]
    plates = rewritten(written, set_cell("P2", "c1", "diagnosis", "ALS"))
    with pytest.raises(ConfigError, match="clone 'c1' has 2 values of diagnosis"):
        write_study_file([plate.path for plate in plates], tmp_path / "s.toml", DATA)
    assert not (tmp_path / "s.toml").exists()


def test_wells_that_take_no_part_do_not_contradict(two_plates: list[Plate]) -> None:
    """A well that is not included says nothing; blank diagnoses of a known clone are told."""
    change = set_cell("P2", "c1", "diagnosis", "ALS")
    plates = changed(two_plates, lambda table, name: change(table, name).assign(
        included=lambda own: own["included"] & ~((own["clone"] == "c1") & (name == "P2"))
    ))  # fmt: skip
    settings = DataSettings.model_validate({"plates": ["P1"]})
    assert "c1" in set(select_wells(plates, settings, SOURCE).classed["group"])
    blank = changed(two_plates, set_cell("P2", "a1", "diagnosis", None))
    said = select_wells(blank, settings, SOURCE).notices
    assert any("'a1' has no diagnosis in 1 well on plate P2 (A02)" in one for one in said)


def test_a_group_of_both_labels_among_groups_of_one_is_named(two_plates: list[Plate]) -> None:
    """Where the label is no property of clones by name, the odd one is told with its wells."""
    change = set_cell("P2", "c1", "genotype", "mut")
    plates = changed(two_plates, lambda table, name: change(
        table.assign(genotype=table["diagnosis"].map({"ALS": "mut", "control": "WT"})), name
    ))  # fmt: skip
    settings = {"plates": ["P1"], "label": "genotype", "positive": "mut", "negative": "WT"}
    said = select_wells(plates, DataSettings.model_validate(settings), SOURCE).notices
    assert any("'c1' has both labels" in one and "P2 (A06)" in one for one in said)


def copy_of(plate: Plate, folder: Path, name: str, wells: list[str] | None = None) -> Plate:
    """Write a plate with the images of another in all or some wells."""
    other = write_small_plate(folder / "other", "P9")
    taken = list(plate) if wells is None else wells
    spec = replace(plate.spec, name=name, checksums={}, missing={}, wells=plate.spec.wells.assign(plate=name))

    def pixels(well: str, number: int) -> Any:
        return np.asarray((plate if well in taken else other)[well][number].stored.read())

    return create_plate(folder / f"{name}.ome.zarr", spec, pixels)


@pytest.mark.parametrize(
    ("wells", "words"),
    [
        (None, ["P1 and Q7 hold the same images"]),
        (["A02"], ["P1 and Q7 hold 2 images of the same pixels", "A02/1"]),
        (["A02", "B04"], ["P1 and Q7 hold 4 images"]),
    ],
)
def test_the_same_images_under_two_names(tmp_path: Path, wells: list[str] | None, words: list[str]) -> None:
    """A plate that was ingested twice, or in part, counts its wells twice and is refused."""
    plate = write_small_plate(tmp_path, "P1")
    other = copy_of(plate, tmp_path, "Q7", wells)
    settings = DataSettings.model_validate({"plates": ["P1"]})
    with pytest.raises(ConfigError) as caught:
        select_wells([plate, other], settings, SOURCE)
    assert all(word in str(caught.value) for word in words)
    assert len(caught.value.faults) == 1


def test_two_wells_of_one_image(tmp_path: Path) -> None:
    """Within a plate too; black fields are no copies of one another."""
    plate = write_small_plate(tmp_path, "P1")

    def pixels(well: str, number: int) -> Any:
        if number == 2:
            return np.zeros(plate.spec.layout.shape, dtype="uint16")
        return np.asarray(plate["A01" if well == "A03" else well][number].stored.read())

    spec = replace(plate.spec, name="Q1", checksums={}, missing={})
    doubled = create_plate(tmp_path / "Q1.ome.zarr", spec, pixels)
    settings = DataSettings.model_validate({"plates": ["P1"]})
    with pytest.raises(ConfigError, match="plate Q1 holds the same image as field A01/1 and as field A03/1"):
        select_wells([doubled], settings, SOURCE)


def test_a_plate_twice(tmp_path: Path) -> None:
    """One sentence, wherever it is named: the plate, and where it lies."""
    plate = write_small_plate(tmp_path, "P1")
    with pytest.raises(ConfigError, match="'P1' is there twice"):
        write_study_file([plate.path, plate.path], tmp_path / "s.toml", DATA)
    moved = copy_of(plate, tmp_path / "copy", "P1")
    with pytest.raises(ConfigError, match="'P1' is there twice"):
        select_wells([plate, moved], DataSettings.model_validate({"plates": ["P1"]}), SOURCE)


def features(**changes: object) -> pd.DataFrame:
    """A table of features: four clones on two plates."""
    rows = [
        (plate, f"{row}0{place}", f"{'ac'[place > 2]}{place}")
        for plate in "PQ"
        for row in "ABC"
        for place in (1, 2, 3, 4)
    ]
    table = pd.DataFrame(rows, columns=["plate", "well", "clone"])
    table["diagnosis"] = table["clone"].str[0].map({"a": "ALS", "c": "control"})
    table["donor"] = "d" + table["clone"]
    rng = np.random.default_rng(0)
    return table.assign(f_1=rng.normal(size=len(table)), f_2=rng.normal(size=len(table)), **changes)


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("diagnosis", "control", "clone 'a1' has 2 values of diagnosis"),
        ("donor", "dx", "clone 'a1' has 2 values of donor"),
        ("donor", "dc3", "'dc3' on plate Q"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(column: str, value: str, words: str) -> None:
    """In a table of features a clone is one thing as well."""
    table = features()
    table.loc[(table["plate"] == "Q") & (table["clone"] == "a1"), column] = value
    assert any(words in fault for fault in contradictions(table))
    with pytest.raises(ArgumentError, match=words):
        table_evidence(table, TableSpec("diagnosis", "ALS", "control"))
    assert contradictions(features()) == []


def roles(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Call the wells of B01 and of a1 on P2 controls."""
    control = (table["well"] == "B01") | ((table["clone"] == "a1") & (name == "P2"))
    return table.assign(role=np.where(control, "negcon", "trt"))


def test_controls_are_not_trained_on_as_their_clone(two_plates: list[Plate]) -> None:
    """They are set aside and listed with their role; where all of a class are controls, the role names it."""
    settings = DataSettings.model_validate({"plates": ["P1"]})
    selection = select_wells(changed(two_plates, roles), settings, SOURCE)
    places = set(selection.classed["plate"] + "/" + selection.classed["well"])
    assert places.isdisjoint({"P1/B01", "P2/B01", "P2/A02"})
    assert "P1/A02" in places
    assert ("well", "P2/A02", "its role is 'negcon', beside the samples") in selection.left_out
    named = changed(
        two_plates,
        lambda table, _: table.assign(role=table["diagnosis"].map({"ALS": "patient", "control": "healthy"})),
    )
    selection = select_wells(named, settings, SOURCE)
    assert len(selection.classed) == 16
    assert any(
        "All wells of control have the role of a control ('healthy')" in one for one in selection.notices
    )
    table = features(role=["trt"] * 23 + ["DMSO"])
    evidence, said = table_evidence(table, TableSpec("diagnosis", "ALS", "control"))
    assert len(evidence.tiles) == 23
    assert any("1 row of the role DMSO" in one for one in said)
