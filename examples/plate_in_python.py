"""A plate in Python: simulate one, ingest it, and look at wells, pixels and tiles.

python examples/plate_in_python.py OUT
"""

import sys
from pathlib import Path

import hcs
from hcs_plates.simulate import ExperimentSpec, FieldSpec, simulate_export


def main(out: Path) -> hcs.Plate:
    """Make a plate of 12 clones and print what it holds."""
    spec = ExperimentSpec(
        name="P", wells_per_clone=1, fields_per_well=2, field=FieldSpec(height=512, width=512)
    )
    (export,) = simulate_export(out / "export", spec)
    plate = hcs.ingest(export, out / "P-1.ome.zarr", export / "platemap.csv")

    print(plate.wells[["clone", "diagnosis", "passage"]].head())
    well = next(iter(plate.values()))
    channel = plate.channels[0]
    print(well.name, well.metadata["clone"], well[1].image(channel).mean().round(1))

    brightness = plate.images.mean(dim=("channel", "y", "x"))
    print(brightness.groupby("diagnosis").mean().compute().to_series().round(1))

    tiles = plate.tiles(256, grid=2)
    print(tiles.sizes, "in", tiles.data.npartitions, "lazy pieces")
    return plate


if __name__ == "__main__":
    main(Path(sys.argv[1]))
