"""What plates of a study were made with: differing values are columns that the design check looks at."""

from dataclasses import replace
from pathlib import Path

import pytest

from hcs.analysis.factors import factors
from hcs.study.protocols import protocol_facts
from hcs.study.settings import DataSettings
from hcs.study.standing import LATER, note_places, were_moved
from hcs.study.wells import select_wells
from hcs_plates.errors import ConfigError
from hcs_plates.plate import Plate, open_plate
from hcs_plates.protocol import Protocol


def with_dilution(plate: Plate, factor: int) -> Plate:
    """Give a plate a protocol of one antibody, and a medium that all share."""
    said = {"culture": {"medium": "N2"}, "antibodies": [{"target": "NF-H", "dilution": f"1:{factor}"}]}
    return Plate(plate.path, replace(plate.spec, protocol=Protocol.model_validate(said)))


@pytest.fixture
def plates(small_plates: Path) -> list[Plate]:
    """The two plates of the small study, stained at two dilutions."""
    opened = [open_plate(small_plates / f"{name}.ome.zarr") for name in ("P1", "P2")]
    return [with_dilution(plate, factor) for plate, factor in zip(opened, (1000, 500), strict=True)]


def settings() -> DataSettings:
    """Data settings of a diagnosis study."""
    return DataSettings.model_validate({"plates": ["P1"]})


def test_what_differs_between_plates_is_a_factor_and_told(plates: list[Plate]) -> None:
    """The dilution is a column of the wells, in order; what all share is none."""
    selection = select_wells(plates, settings(), Path("study.toml"))
    name = "NF-H antibody dilution"
    assert selection.wells.groupby("plate")[name].unique().map(list).to_dict() == {"P1": [1000], "P2": [500]}
    assert not any("medium" in column for column in selection.wells)
    found = {one.name: one for one in factors(selection.classed)}
    assert (found[name].kind, found[name].ordered) == ("batch", True)
    assert any(name in notice and "design check" in notice for notice in selection.notices)


def test_what_protocols_say_otherwise_than_exports_is_a_column_of_its_own(plates: list[Plate]) -> None:
    """Two exposures in the protocols and one in the exports: a column of the protocols' alone."""
    told = []
    for one, time in zip(plates, ("300 ms", "500 ms"), strict=True):
        channel = replace(one.spec.channels[0], exposure_ms=300.0)
        said = Protocol.model_validate({"imaging": {"exposure": {"FITC": time}}})
        told.append(Plate(one.path, replace(one.spec, channels=(channel,), protocol=said)))
    wells = select_wells(told, settings(), Path("study.toml")).wells
    assert wells.groupby("plate")["FITC exposure_ms (protocol)"].first().to_dict() == {"P1": 300, "P2": 500}
    assert "FITC exposure_ms" not in wells
    exported = [
        Plate(one.path, replace(one.spec, channels=(replace(one.spec.channels[0], exposure_ms=time),)))
        for one, time in zip(told, (300.0, 500.0), strict=True)
    ]
    wells = select_wells(exported, settings(), Path("study.toml")).wells
    assert [name for name in wells if "exposure" in name] == ["FITC exposure_ms"]
    nearly = replace(exported[0].spec.channels[0], exposure_ms=300.4)
    exported[1] = Plate(exported[1].path, replace(exported[1].spec, channels=(nearly,)))
    assert "FITC exposure_ms" not in select_wells(exported, settings(), Path("study.toml")).wells


def test_plates_made_alike_give_no_columns(plates: list[Plate]) -> None:
    """And nothing is said."""
    alike = [with_dilution(plate, 1000) for plate in plates]
    selection = select_wells(alike, settings(), Path("study.toml"))
    assert not any("dilution" in column for column in selection.wells)
    assert not any("differ" in notice for notice in selection.notices)


@pytest.mark.parametrize("column", ["source_tissue", "reprogramming_vector"])
def test_a_clone_of_two_tissues_or_vectors_over_plates_is_refused(plates: list[Plate], column: str) -> None:
    """As one of two donors is."""
    said = [
        Plate(one.path, replace(one.spec, wells=one.spec.wells.assign(**{column: value})))
        for one, value in zip(plates, ("x", "y"), strict=True)
    ]
    with pytest.raises(ConfigError, match=r"has 2 values of .*: 'x' on plate P1"):
        select_wells(said, settings(), Path("study.toml"))


def test_densities_of_two_units_are_told(plates: list[Plate]) -> None:
    """Their numbers cannot be compared."""
    said = [
        Plate(
            one.path,
            replace(one.spec, wells=one.spec.wells.assign(seeding_density=2e5, seeding_density_unit=u)),
        )
        for one, u in zip(plates, ("cells/well", "cells/cm²"), strict=True)
    ]
    notices = select_wells(said, settings(), Path("study.toml")).notices
    assert any("cannot be compared" in notice for notice in notices)


def test_a_protocol_that_came_after_the_run_is_taken_over_and_told(
    plates: list[Plate], tmp_path: Path
) -> None:
    """The record says what it is now, and that the design check did not see it."""
    import json

    from hcs.study.places import RECORD
    from hcs.study.settings import parse_config

    config = parse_config({"data": {"plates": ["P1"]}}, Path("s.toml"))
    held = {one.name: {"path": str(one.path), "digest": "d", "rows": 4, "columns": 6} for one in plates}
    record = {"format": 1, "config": config.model_dump(mode="json"), "source": "s.toml", "plates": held}
    (tmp_path / RECORD).write_text(json.dumps(record))
    assert were_moved(record, plates)
    for _ in range(2):
        note_places(tmp_path, tmp_path, plates, config, Path("s.toml"))
    found = json.loads((tmp_path / RECORD).read_text())
    assert found["plates"]["P1"]["protocol"] == protocol_facts(plates[0])["protocol"]
    assert found["notices"] == [LATER.format("P1"), LATER.format("P2")]
    assert not were_moved(found, plates)
