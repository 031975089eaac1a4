"""A finished study of fabricated plates without a network: as much of it as images are dealt from."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.study.settings import StudyConfig
from hcs.study.standing import plate_facts
from hcs_plates.description import PlateSpec
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Plate, create_plate
from hcs_plates.readers.acquisition import Channel
from hcs_plates.tiles import create_tiles
from hcs_plates.tiling import TileSpec
from hcs_plates.wells import FORMATS

SIDE = 32


def cells(label: str, gain: float, rng: np.random.Generator, n_channels: int) -> npt.NDArray[Any]:
    """A field: flat in control, noisy in ALS, so that compressed files of the two differ in size."""
    noise = rng.normal(0, 40 if label == "ALS" else 2, (n_channels, SIDE, SIDE))
    ramp = np.linspace(0, 100, SIDE)
    return np.asarray(np.clip(gain * (300 + ramp + noise), 0, 65535), dtype="uint16")


def write_plate(
    folder: Path, name: str, clones: pd.DataFrame, fields: int, channels: tuple[str, ...]
) -> Plate:
    """Two wells of every clone, next to each other; plates differ in gain."""
    wells = FORMATS[96].wells()[: 2 * len(clones)]
    table = clones.loc[clones.index.repeat(2)].reset_index(drop=True)
    table = table.assign(plate=name, included=True, differentiation_batch=f"batch-{name}")
    table.index = pd.Index(wells, name="well", dtype="str")
    spec = PlateSpec(
        name=name,
        format=FORMATS[96],
        channels=tuple(map(Channel, channels)),
        layout=FieldLayout(1, len(channels), 1, SIDE, SIDE, "uint16"),
        fields=dict.fromkeys(wells, tuple(range(1, fields + 1))),
        wells=table,
        missing={},
    )
    gain = 1.0 + name.encode()[-1] % 3

    def pixels(well: str, number: int) -> npt.NDArray[Any]:
        rng = np.random.default_rng([name.encode()[-1], wells.index(well), number])
        return cells(str(table.at[well, "diagnosis"]), gain, rng, len(channels))

    return create_plate(folder / f"{name}.ome.zarr", spec, pixels)


def write_study(
    folder: Path, clones: int = 16, plates: int = 2, fields: int = 2, channels: tuple[str, ...] = ("FITC",)
) -> Path:
    """Write the results of a study whose clones, half of each class, are on every plate; give its place."""
    table = pd.DataFrame(
        {
            "clone": [f"line-K{number:02d}" for number in range(clones)],
            "donor": [f"donor-Q{number:02d}" for number in range(clones)],
            "diagnosis": ["ALS" if number % 2 else "control" for number in range(clones)],
        }
    )
    made = [write_plate(folder, f"screen-V{number}", table, fields, channels) for number in range(plates)]
    results = folder / "secret-results"
    tiles = create_tiles(made, results / "tiles.zarr", TileSpec(size=SIDE, channels=channels), workers=1)
    wells = pd.concat([plate.wells.reset_index(drop=True) for plate in made], ignore_index=True)
    wells = wells.assign(label=wells["diagnosis"], group=wells["clone"], positive=wells["diagnosis"] == "ALS")
    (results / "tables").mkdir()
    wells.to_parquet(results / "tables" / "wells.parquet", index=False)
    config = StudyConfig.model_validate(
        {"data": {"plates": [plate.path for plate in made]}, "tiles": {"size": SIDE}}
    )
    record = {
        "format": 1,
        "config": config.model_dump(mode="json"),
        "source": str(folder / "secret.toml"),
        "inputs": "5f" * 16,
        "plates": {plate.name: plate_facts(plate, results) for plate in made},
        "tiles": len(tiles),
    }
    (results / "record.json").write_text(json.dumps(record, default=str), encoding="utf-8")
    return results
