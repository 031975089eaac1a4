"""Write a small plate and its export for `open_plate.py`, which runs in an environment of its own."""

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import yaozarrs

from hcs.measure import channel_spec, measure_plate, write_labels
from hcs_plates.description import PlateSpec
from hcs_plates.exporting import export_ome_zarr_04
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import create_plate
from hcs_plates.readers.acquisition import Channel
from hcs_plates.wells import FORMATS


def main(path: Path, exported: Path) -> None:
    """Write three wells of a 24-well plate; field 2 of the last is missing, the others keep their numbers.

    The last field of each well lies 338 µm, one width, to the right of the first and 20 µm above it.
    Discs in the channel DNA are its nuclei, which the plate has as labels.
    """
    layout = FieldLayout(1, 2, 1, 600, 520, "uint16")
    fields = {"A01": (1, 2), "B03": (1, 2), "D06": (1, 3)}
    wells = pd.DataFrame(
        {"plate": "P1", "clone": ["c1", "c2", "c3"], "included": True},
        index=pd.Index(list(fields), name="well", dtype="str"),
    )
    spec = PlateSpec(
        "P1",
        FORMATS[24],
        (Channel("GFP"), Channel("DNA")),
        layout,
        fields,
        wells,
        pixel_size_um=(0.65, 0.65),
        positions_um={
            (well, number): (338.0 * place, 20.0 * place)
            for well, numbers in fields.items()
            for place, number in enumerate(numbers)
        },
        y_axis="up",
    )

    def pixels(well: str, number: int) -> npt.NDArray[Any]:
        value = 1000 * list(fields).index(well) + number
        y, x = np.ogrid[-40:40, -40:40]
        nucleus = np.tile(y**2 + x**2 < 12**2, (8, 7))[:600, :520]
        return np.stack([np.full(nucleus.shape, value), np.where(nucleus, value, value // 2)]).astype(
            "uint16"
        )

    plate = create_plate(path, spec, pixels)
    spec_of_nuclei = channel_spec(plate, nuclei="DNA", markers=("GFP",))
    with tempfile.TemporaryDirectory() as scratch:
        write_labels(plate, measure_plate(plate, spec_of_nuclei, Path(scratch) / "measured"))
    export_ome_zarr_04(plate, exported)
    for place in (path, exported):
        yaozarrs.validate_zarr_store(str(place))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
