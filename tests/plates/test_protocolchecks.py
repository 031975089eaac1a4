"""A protocol on its plate: held against the export and the platemap, and never believed more than they."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tifffile

from hcs_plates.description import PlateSpec
from hcs_plates.errors import ArgumentError, ConfigError, ExistsError
from hcs_plates.export import Export
from hcs_plates.ingestion import ingest
from hcs_plates.plate import Plate, open_plate
from hcs_plates.protocol import Protocol
from hcs_plates.protocolchecks import contradictions, plate_values, same, with_protocol
from hcs_plates.readers.acquisition import Channel, Objective
from hcs_plates.remapping import replace_platemap

MakeSpec = Callable[..., PlateSpec]
MakePlate = Callable[..., Plate]


def protocol(**tables: Any) -> Protocol:
    """Make a protocol of its tables."""
    return Protocol.model_validate(tables)


@pytest.fixture
def spec(make_spec: MakeSpec) -> PlateSpec:
    """A plate whose export says its objective and exposures."""
    return make_spec(
        channels=(Channel("Blue - FITC", exposure_ms=300.0), Channel("UV - DAPI", exposure_ms=100.0)),
        objective=Objective(20.0, 0.75, "Nikon 20X/0.75, Plan Apo"),
        pixel_size_um=(0.325, 0.325),
        instrument="IN Cell Analyzer 6000",
    )


def test_what_agrees_is_not_told(spec: PlateSpec) -> None:
    """Other units, a part of a name, and rounding are no contradictions."""
    said = protocol(
        imaging={
            "exposure": {"FITC": "0.3 s"},
            "objective": "20x/0.75",
            "magnification": 20,
            "numerical_aperture": 0.75,
            "pixel_size": "325 nm",
            "instrument": "IN Cell analyzer-6000",
        }
    )
    told = with_protocol(spec, said, Path("p.toml"))
    assert contradictions(told) == ()
    values = plate_values(told)
    assert set(values) >= {
        "Blue - FITC exposure_ms",
        "UV - DAPI exposure_ms",
        "imaging pixel size",
        "instrument",
    }
    for name in ("objective", "magnification", "numerical_aperture", "Blue - FITC exposure_ms"):
        assert same(values[name], values[f"{name} (protocol)"])
    assert told.protocol is not None
    assert list(told.protocol.imaging.exposure) == ["Blue - FITC"], "under the plate's own name"


def test_what_contradicts_the_export_is_told_with_both(spec: PlateSpec) -> None:
    """And both stand among the plate's values, each as what it is."""
    said = protocol(
        imaging={
            "exposure": {"DAPI": "300 ms"},
            "objective": "10x",
            "magnification": 10,
            "pixel_size": "0.65 µm",
            "instrument": "Opera Phenix",
        }
    )
    told = with_protocol(spec, said, Path("p.toml"))
    assert contradictions(told) == (
        "Plate P1: the protocol says an exposure of UV - DAPI of 300 ms, and the export 100 ms.",
        "Plate P1: the protocol says instrument Opera Phenix, and the export IN Cell Analyzer 6000.",
        "Plate P1: the protocol says objective 10x, and the export Nikon 20X/0.75, Plan Apo.",
        "Plate P1: the protocol says magnification 10, and the export 20.",
        "Plate P1: the protocol says a pixel size of 0.65 µm, and the plate 0.325 × 0.325 µm.",
    )
    values = plate_values(told)
    assert (values["UV - DAPI exposure_ms"], values["UV - DAPI exposure_ms (protocol)"]) == (100, 300)


def test_what_contradicts_the_platemap_is_told(make_spec: MakeSpec) -> None:
    """A dilution that wells do not have, a density, a day."""
    spec = make_spec()
    wells: pd.DataFrame = spec.wells.assign(
        primary_dilution=[1000.0, 500.0, float("nan"), 1000.0], differentiation_day=21.0, seeding_density=2e5
    )
    said = protocol(
        culture={"differentiation_day": 23, "seeding_density": 2e5, "seeding_density_unit": "cells/well"},
        antibodies=[{"target": "NF-H", "role": "primary", "dilution": "1:1,000"}],
    )
    told = with_protocol(make_spec(wells=wells), said, Path("p.toml"))
    assert contradictions(told) == (
        "Plate P1: the protocol says a primary antibody at 1:1,000, and the platemap also 1:500.",
        "Plate P1: the protocol says differentiation day 23, and the platemap 21.",
    )


def test_channels_that_the_plate_has_not_are_refused(spec: PlateSpec) -> None:
    """All at once, each with where it stands."""
    said = protocol(
        antibodies=[{"target": "a", "channel": "Cy5"}],
        imaging={"exposure": {"FITC": "1 ms", "Blue - FITC": "2 ms", "GFP": "3 ms"}},
    )
    with pytest.raises(ConfigError) as refusal:
        with_protocol(spec, said, Path("p.toml"))
    assert [fault.partition(";")[0] for fault in refusal.value.faults] == [
        "[[antibodies]] 1, channel: Plate P1 has no channel 'Cy5'",
        "[imaging] exposure: channel Blue - FITC is named twice",
        "[imaging] exposure: Plate P1 has no channel 'GFP'",
    ]


def test_a_protocol_is_put_on_a_plate_and_taken_nowhere_else(make_plate: MakePlate, tmp_path: Path) -> None:
    """Pixels, wells and digest stay; what it says now is named; a faulty one changes nothing."""
    plate = make_plate()
    file = tmp_path / "p.toml"
    file.write_text('[fixation]\nfixative = "PFA"\n')
    changed = replace_platemap(plate.path, protocol=file)
    again = open_plate(plate.path)
    assert changed.protocol == ("fixation fixative",)
    assert (changed.wells, changed.columns) == ((), {})
    assert again.info()["protocol"] == {"fixation": {"fixative": "PFA"}}
    assert again.digest == plate.digest
    assert again.wells.equals(plate.wells)
    assert replace_platemap(plate.path, protocol=file).protocol == ()
    file.write_text('[fixation]\nfixtive = "PFA"\n')
    before = (plate.path / "zarr.json").read_bytes()
    with pytest.raises(ConfigError):
        replace_platemap(plate.path, protocol=file)
    with pytest.raises(ArgumentError, match="nothing to put on the plate"):
        replace_platemap(plate.path)
    assert (plate.path / "zarr.json").read_bytes() == before


def test_a_plate_is_ingested_with_its_protocol(tmp_path: Path) -> None:
    """The same again opens it, also without a protocol; another protocol is not taken silently."""
    (tmp_path / "export").mkdir()
    tifffile.imwrite(tmp_path / "export" / "A01_f1.tif", np.ones((16, 16), "uint16"))
    export = Export(tmp_path / "export", pattern="{well}_f{field}.tif", name="P1", format=24)
    one, other = tmp_path / "one.toml", tmp_path / "other.toml"
    one.write_text('[fixation]\nfixative = "PFA"\n')
    other.write_text('[fixation]\nfixative = "methanol"\n')
    plate = ingest(export, tmp_path / "P1.ome.zarr", protocol=one)
    assert plate.info()["protocol"] == {"fixation": {"fixative": "PFA"}}
    assert ingest(export, tmp_path / "P1.ome.zarr").spec == plate.spec
    assert ingest(export, tmp_path / "P1.ome.zarr", protocol=one).spec == plate.spec
    with pytest.raises(ExistsError):
        ingest(export, tmp_path / "P1.ome.zarr", protocol=other)
    completed = ingest(export, tmp_path / "P1.ome.zarr", protocol=other, complete=True)
    assert completed.info()["protocol"] == {"fixation": {"fixative": "methanol"}}
