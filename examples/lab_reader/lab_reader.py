"""A lab's own reader: folders of TIFFs beside a list of them, planes.csv (file, well, site, stain)."""

import csv
from pathlib import Path

from hcs_plates.errors import ReaderError
from hcs_plates.readers.acquisition import Acquisition, Channel, PlaneFile, PlaneKey
from hcs_plates.readers.pixels import tiff_page
from hcs_plates.readers.reader import Reader
from hcs_plates.wells import smallest_format


def recognises(source: Path) -> str:
    """Say why the folder is one of ours, or nothing."""
    return "planes.csv" if (source / "planes.csv").is_file() else ""


def scan(source: Path) -> Acquisition:
    """List the planes, each by its key, and what should be there and is not."""
    rows = list(csv.DictReader((source / "planes.csv").read_text("utf-8").splitlines()))
    stains = sorted({row["stain"] for row in rows})
    planes, missing = {}, {}
    for row in rows:
        key = PlaneKey(row["well"], int(row["site"]), stains.index(row["stain"]))
        path = source / Path(row["file"]).name
        if key in planes or key in missing:
            raise ReaderError(source / "planes.csv", f"lists {path.name} for a plane that another file has")
        if path.is_file():
            planes[key] = PlaneFile(path)
        else:
            missing[key] = f"{path.name} is listed and not there"
    if not planes:
        raise ReaderError(source, "holds none of the images of planes.csv")
    first = tiff_page(next(iter(planes.values())).path, 0)
    plate = smallest_format({key.well for key in [*planes, *missing]})
    size, channels = (first.shape[0], first.shape[1]), tuple(map(Channel, stains))
    return Acquisition(source.name, "", source, plate, channels, planes, missing, size, first.dtype.name)


READER = Reader("Microscope 3", scan, recognises, looks_for="planes.csv")
