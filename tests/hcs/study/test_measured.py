"""What a study's forest sees: rows that belong to the tiles, columns by name, early refusals."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from hcs.measure.measured import Measurements
from hcs.report.reported import Study
from hcs.study.measured import besides_nuclei, field_specs, measured_columns, measured_tiles
from hcs.study.settings import ForestSettings
from hcs_plates.errors import ArgumentError
from hcs_plates.plate import open_plate
from hcs_plates.tiles import create_tiles
from hcs_plates.tiling import TileSpec


def test_a_tile_has_the_row_of_its_field(small_plates: Path, tmp_path: Path) -> None:
    """Four tiles of a field share its measurements, in the order of the tiles, whatever the plates' order."""
    plates = [open_plate(path) for path in sorted(small_plates.glob("*.ome.zarr"))]
    tiles = create_tiles(plates, tmp_path / "tiles.zarr", TileSpec(32, grid=2))
    settings = ForestSettings(columns=("cell_count", "FITC_mean"))
    found, _ = measured_tiles(settings, plates[::-1], tiles, tmp_path)
    assert found.index.tolist() == tiles.index["tile_id"].tolist()
    fields = pd.concat(
        [Measurements.read(tmp_path / "measurements" / plate.name).fields for plate in plates]
    ).set_index(["plate", "well", "field"])
    for row in tiles.index.itertuples():
        expected = fields.loc[(row.plate, row.well, row.field), "FITC_mean"]
        assert found.loc[row.tile_id, "FITC_mean"] == expected
        pixels = plates[0 if row.plate == plates[0].name else 1][row.well][row.field].image("FITC")
        assert expected == pytest.approx(pixels.mean(), rel=1e-5)


def test_tiles_are_measured_if_asked(small_plates: Path, tmp_path: Path) -> None:
    """Texture of tiles needs no cells: nothing is measured on the plates."""
    plates = [open_plate(path) for path in sorted(small_plates.glob("*.ome.zarr"))]
    tiles = create_tiles(plates, tmp_path / "tiles.zarr", TileSpec(32))
    settings = ForestSettings(measured="tiles")
    found, of_plates = measured_tiles(settings, plates, tiles, tmp_path)
    assert of_plates == []
    assert "FITC_laplacian_1" in found
    assert field_specs(settings, plates) == []
    assert not list((tmp_path / "measurements").rglob("*.parquet"))


def test_the_study_used_the_three(small_study: Study) -> None:
    """By default a forest sees cell count, soma size and neurite length; the record names them."""
    columns = ["cell_count", "mean_soma_area_px2", "neurite_length_px"]
    assert small_study.record["measured"] == columns
    assert pd.read_parquet(small_study.results / "measurements.parquet").columns.tolist() == columns


def test_names_without_unit_are_found_and_others_refused() -> None:
    """A name that was not measured is refused with those that were."""
    fields = pd.DataFrame(columns=["plate", "well", "field", "cell_count", "mean_soma_area_um2", "reason"])
    assert measured_columns(fields, ("mean_soma_area", "cell_count")) == ["mean_soma_area_um2", "cell_count"]
    with pytest.raises(ArgumentError, match=r"nothing measured is called 'somas'; there are \['cell_count'"):
        measured_columns(fields, ("somas",))


def two_channels(*channels: str) -> Any:
    """A plate as far as its channels are looked at."""
    spec = SimpleNamespace(check_acquired=lambda channels, time: None)
    return SimpleNamespace(name="P1", channels=channels, channel_index=channels.index, spec=spec)


def test_neurites_of_several_channels_must_be_said() -> None:
    """One of two channels is not traced because it is left; a forest of counts alone needs none."""
    plate = two_channels("GFP", "DAPI")
    with pytest.raises(ArgumentError, match=r"neurite_length, .* set \[forest\] neurites"):
        field_specs(ForestSettings(), [plate])
    (said,) = field_specs(ForestSettings(neurites="GFP"), [plate])
    assert (said.neurites, said.nuclei, said.markers) == ("GFP", "DAPI", ())
    (counted,) = field_specs(ForestSettings(columns=("cell_count",)), [plate])
    assert (counted.neurites, counted.markers) == (None, ("GFP",))
    assert besides_nuclei([plate]) == "GFP"
    assert besides_nuclei([plate, two_channels("Cy5", "DAPI")]) is None


def test_channels_are_checked_beforehand(small_plates: Path) -> None:
    """A channel that a plate lacks is refused with those it has."""
    plate = open_plate(small_plates / "P1.ome.zarr")
    with pytest.raises(ArgumentError, match="has no channel 'DAPI'; it has FITC"):
        field_specs(ForestSettings(nuclei="DAPI"), [plate])
    (spec,) = field_specs(ForestSettings(), [plate])
    assert spec == replace(spec, neurites="FITC", nuclei=None)
    with pytest.raises(ArgumentError, match="has 1 time points; got time 1"):
        field_specs(ForestSettings(), [plate], 1)
