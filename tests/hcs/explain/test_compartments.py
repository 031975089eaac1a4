"""Soma, neurite, background: shares of every pixel of a tile, from drawn fields and from a plate."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from hcs.explain.compartments import (
    COMPARTMENTS,
    CompartmentSource,
    field_compartments,
    tile_compartments,
)
from hcs.measure.fields import MeasuredField, MeasureSpec, measure_field
from hcs.measure.neurites import Neurites
from hcs.measure.skeleton import analyse_skeleton
from hcs.study.folder import StudyResults
from hcs.study.settings import ForestSettings
from hcs_plates.description import PlateSpec
from hcs_plates.errors import ArgumentError, NotThereError
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Plate, create_plate
from hcs_plates.platemap import blank_wells
from hcs_plates.readers.acquisition import Channel
from hcs_plates.simulate import CellSpec, FieldSpec, render_field
from hcs_plates.wells import FORMATS

SIDE = 128
SOMA, NEURITE, BACKGROUND = range(3)
Array = npt.NDArray[Any]
CopyStudy = Callable[[Path], StudyResults]


def measured(wide: float = 7.0) -> MeasuredField:
    """A soma of 30 × 24 pixels, and a neurite of this width across the field that runs through it."""
    somas = np.zeros((SIDE, SIDE), np.int32)
    somas[50:80, 60:84] = 3
    width = np.zeros((SIDE, SIDE))
    width[64] = wide
    graph = analyse_skeleton(width > 0, width)
    return MeasuredField({}, pd.DataFrame(), None, somas, Neurites(width > 0, graph, None))


def test_every_pixel_belongs_to_one() -> None:
    """A soma wins over a neurite, what neither covers is background, and areas are those drawn."""
    found = field_compartments(measured())
    assert found.shape == (len(COMPARTMENTS), SIDE, SIDE)
    assert set(np.unique(found)) == {0, 1}
    assert (found.sum(axis=0) == 1).all()
    assert found[SOMA].sum() == 30 * 24
    assert found[SOMA, 64, 70] == 1
    assert found[NEURITE, 64, 70] == 0
    assert found[NEURITE].sum() == 7 * (SIDE - 24)
    assert found[NEURITE, 61:68, 10].tolist() == [1] * 7


@pytest.mark.parametrize("wide", [3.0, 5.0, 9.0])
def test_a_line_of_known_width_has_its_area(wide: float) -> None:
    """As a share of the tile, also where the tile is made smaller than the field."""
    for size in (SIDE, SIDE // 2, 50):
        (tile,) = tile_compartments(measured(wide), size, 1)
        assert tile.shape == (size, size, 3)
        areas = tile.mean(axis=(0, 1))
        assert areas[NEURITE] == pytest.approx(wide * (SIDE - 24) / SIDE**2, rel=1e-4)
        assert areas[SOMA] == pytest.approx(30 * 24 / SIDE**2, rel=1e-4)
        assert tile.sum(axis=2) == pytest.approx(np.ones((size, size)), abs=1e-5)


def test_tiles_are_cut_as_the_fields_are() -> None:
    """Four tiles of a grid of two, put together, are the one tile of twice their side."""
    (whole,) = tile_compartments(measured(), 96, 1)
    upper, lower = tile_compartments(measured(), 48, 2).reshape(2, 2, 48, 48, 3)
    put = np.concatenate([np.concatenate([*upper], axis=1), np.concatenate([*lower], axis=1)])
    assert np.array_equal(put, whole)
    assert (whole[..., SOMA] % 1 > 0).sum() > 0


def test_without_neurites_there_are_no_compartments() -> None:
    """Somas or neurites that were not looked for are asked for in a sentence."""
    whole = measured()
    for lacking in (
        MeasuredField({}, pd.DataFrame(), None, None, whole.neurites),
        MeasuredField({}, pd.DataFrame(), None, whole.somas, None),
    ):
        with pytest.raises(ArgumentError, match="need somas and neurites; measure a channel that shows"):
            field_compartments(lacking)


PLACES = [("P", "A02", 1, 3), ("P", "A01", 1, 0), ("P", "A02", 1, 0), ("P", "A01", 2, 2)]


@pytest.fixture(scope="module")
def plate(tmp_path_factory: pytest.TempPathFactory) -> Plate:
    """Two wells with two fields of drawn neurons."""
    spec = PlateSpec(
        name="P",
        format=FORMATS[24],
        channels=(Channel("FITC"),),
        layout=FieldLayout(1, 1, 1, 256, 256, "uint16"),
        fields={"A01": (1, 2), "A02": (1, 2)},
        wells=blank_wells("P", FORMATS[24], ["A01", "A02"]),
        pixel_size_um=(0.65, 0.65),
    )
    drawn = FieldSpec(height=256, width=256, cells=CellSpec(per_mm2=400.0))
    folder = tmp_path_factory.mktemp("compartments")
    return create_plate(
        folder / "P.ome.zarr",
        spec,
        lambda well, number: render_field(drawn, seed=1, name=f"P/{well}/{number}").pixels,
    )


def study_of(plate: Plate, grid: int) -> StudyResults:
    """What the source asks a study for, of a study of tiles of 64 pixels whose forest measured no cells."""
    settings = SimpleNamespace(
        forest=ForestSettings(measured="tiles"),
        tiles=SimpleNamespace(grid=grid),
        data=SimpleNamespace(time=0),
    )
    record = {"plates": {plate.name: {"path": str(plate.path), "digest": plate.digest}}}
    known = {"config": settings, "record": record, "tiles": SimpleNamespace(size=64)}
    return cast("StudyResults", SimpleNamespace(**known, plate=lambda name: plate, measurements=lambda: ()))


def test_tiles_of_a_plate(plate: Plate) -> None:
    """Those asked for, in the order asked for, each of its own field; the forest need not have seen cells."""
    found = CompartmentSource(study_of(plate, 2)).of_tiles(PLACES)
    assert found.shape == (4, 64, 64, 3)
    for (_, well, number, tile), made in zip(PLACES, found, strict=True):
        light = plate[well][number].read()[0]
        field = measure_field({"FITC": light}, 0.65, MeasureSpec("FITC", None))
        assert np.array_equal(made, tile_compartments(field, 64, 2)[tile])
    assert found[..., SOMA].sum() > 0
    assert found[..., NEURITE].sum() > 0


def test_compartments_lie_where_the_light_is(plate: Plate) -> None:
    """On the tile's own pixels, somas are brighter than neurites, and these than the background."""
    places = [("P", well, number, 0) for well in ("A01", "A02") for number in (1, 2)]
    found = CompartmentSource(study_of(plate, 1)).of_tiles(places)
    for (_, well, number, _), shares in zip(places, found, strict=True):
        light = plate[well][number].read()[0].reshape(64, 4, 64, 4).mean(axis=(1, 3))
        means = [(light * shares[..., place]).sum() / shares[..., place].sum() for place in range(3)]
        assert means[SOMA] > means[NEURITE] > 1.2 * means[BACKGROUND]


def change_record(study: StudyResults, change: Any) -> StudyResults:
    """Change what the record of a copied study says, and open it anew."""
    path = study.results / "record.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    change(record)
    path.write_text(json.dumps(record), encoding="utf-8")
    return StudyResults.open(study.results)


@pytest.mark.slow
def test_a_plate_that_has_gone(copy_study: CopyStudy, tmp_path: Path) -> None:
    """Its name and place are said, and what to do."""

    def move(record: dict[str, Any]) -> None:
        record["plates"]["P2"] |= {"path": "/gone/P2.ome.zarr", "beside": "../gone"}

    study = change_record(copy_study(tmp_path), move)
    with pytest.raises(NotThereError, match=r"Plate P2 is not at /gone/P2.ome.zarr any more: put it back"):
        CompartmentSource(study)


def test_a_plate_without_a_channel_of_neurites(copy_study: CopyStudy, tmp_path: Path) -> None:
    """Where the only channel is one of nuclei there are no compartments."""

    def rename(record: dict[str, Any]) -> None:
        record["config"]["forest"] |= {"neurites": None, "nuclei": "FITC", "columns": ["cell_count"]}

    study = change_record(copy_study(tmp_path), rename)
    with pytest.raises(ArgumentError, match="No channel of plate P1 shows neurites"):
        CompartmentSource(study)
