"""A plate of your own: a folder of TIFFs and a platemap become a plate, and cells of every well numbers.

    python examples/your_own_plate.py FOLDER PLATEMAP OUT

FOLDER holds files such as ``B03_f1_FITC.tif``: well, field, channel. Change `PATTERN`, the channels and the
size of a pixel to yours; `hcs info FOLDER` says what the names are read as.
"""

import sys
from pathlib import Path

import hcs
from hcs.analysis import well_statistics
from hcs_plates import Export

PATTERN = "{well}_f{field}_{channel}.tif"
NEURITES, NUCLEI = "FITC", "DAPI"
PIXEL_UM = 0.65


def main(folder: Path, platemap: Path, out: Path) -> hcs.Measurements:
    """Ingest the images, measure their cells, and write one table a well with a heatmap beside it."""
    export = Export(folder, pattern=PATTERN, pixel_size_um=PIXEL_UM, name=folder.name)
    plate = hcs.ingest(export, out / f"{folder.name}.ome.zarr", platemap)
    print(plate, f"{len(plate.missing)} images missing", sep="\n")

    spec = hcs.channel_spec(plate, neurites=NEURITES, nuclei=NUCLEI)
    measured = hcs.measure_plate(plate, spec)
    measured.wells.to_csv(out / "wells.csv", index=False)

    # Cells of one well are parts of one culture: n of any comparison is clones, never cells.
    print(well_statistics(measured.cells, "soma_area_um2").summary())
    hcs.heatmap(measured, "cell_count").save(out / "cell_count.html")
    return measured


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
