"""Open a plate of 384 wells × 9 fields × 4 channels and list the shape of every field: hcs, iohub, ngio.

    python -m tests.bench.opening --iohub VENV/bin/python --ngio VENV/bin/python

Two plates without pixels (their documents are all that is read), one as hcs writes them and one of OME-Zarr
0.4. A row is a plate and a library: seconds of processor time after imports, each in its own interpreter; the
least of three. Then the graphs of `plate.images` and `plate.tiles(256)`: seconds to build, MB pickled.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from hcs_plates.description import PlateSpec
from hcs_plates.ngff import FieldLayout
from hcs_plates.platemap import blank_wells
from hcs_plates.readers.acquisition import Channel
from hcs_plates.store import allocate
from hcs_plates.wells import FORMATS

FIELDS = 9
LAYOUT = FieldLayout(1, 4, 1, 2048, 2048, "uint16")

HCS = """
import sys, time
from hcs_plates.plate import open_plate
if sys.argv[2] == "other": import hcs_plates.others.adoption
start = time.process_time()
plate = open_plate(sys.argv[1])
spec = plate.spec
shapes = [spec.layout_of(well, number).shape for well, numbers in spec.fields.items() for number in numbers]
assert len(shapes) == 384 * 9
print(time.process_time() - start)
"""
IOHUB = """
import sys, time
from iohub.ngff import open_ome_zarr
start = time.process_time()
with open_ome_zarr(sys.argv[1], layout="hcs", mode="r") as plate:
    shapes = [position.data.shape for _, position in plate.positions()]
assert len(shapes) == 384 * 9
print(time.process_time() - start)
"""
NGIO = """
import sys, time
from ngio import open_ome_zarr_plate
start = time.process_time()
plate = open_ome_zarr_plate(sys.argv[1])
shapes = [image.get_image().shape for image in plate.get_images().values()]
assert len(shapes) == 384 * 9
print(time.process_time() - start)
"""
GRAPHS = """
import sys, time
import cloudpickle
from hcs_plates.plate import open_plate
plate = open_plate(sys.argv[1])
plate["A01"][1]
for name in ("images", "tiles"):
    start = time.perf_counter()
    lazy = plate.images if name == "images" else plate.tiles(256)
    built = time.perf_counter() - start
    graph = len(cloudpickle.dumps(lazy.data.dask))
    print(f"{name:6} built in {built:.2f} s, graph {graph / 1e6:.1f} MB")
"""


def ours(folder: Path) -> Path:
    """Write the documents of a plate of hcs."""
    wells = FORMATS[384].wells()
    channels = tuple(Channel(name) for name in ("DAPI", "FITC", "Cy3", "Cy5"))
    fields = {well: tuple(range(1, FIELDS + 1)) for well in wells}
    table = blank_wells("P", FORMATS[384], wells)
    sums = {f"{well}/{number}": "0" * 32 for well, numbers in fields.items() for number in numbers}
    spec = PlateSpec(
        "P", FORMATS[384], channels, LAYOUT, fields, table, pixel_size_um=(0.65, 0.65), checksums=sums
    )
    path = folder / "ours.ome.zarr"
    path.mkdir()
    allocate(path, spec)
    return path


def others(folder: Path) -> Path:
    """Write the documents of a plate of OME-Zarr 0.4."""
    path = folder / "other.zarr"
    wells = FORMATS[384].wells()
    rows, columns = sorted({well[0] for well in wells}), sorted({int(well[1:]) for well in wells})
    places = [(rows.index(well[0]), columns.index(int(well[1:]))) for well in wells]
    listed = [
        {"path": f"{rows[row]}/{columns[column]}", "rowIndex": row, "columnIndex": column}
        for row, column in places
    ]
    plate = {
        "version": "0.4",
        "name": "P",
        "rows": [{"name": row} for row in rows],
        "columns": [{"name": str(column)} for column in columns],
        "wells": listed,
        "field_count": FIELDS,
    }
    levels = [2048 >> level for level in range(4)]
    axes = [
        {"name": "c", "type": "channel"},
        *({"name": one, "type": "space", "unit": "micrometer"} for one in "yx"),
    ]
    datasets = [
        {
            "path": str(level),
            "coordinateTransformations": [
                {"type": "scale", "scale": [1.0, 0.65 * 2**level, 0.65 * 2**level]}
            ],
        }
        for level in range(len(levels))
    ]
    image: dict[str, object] = {
        "multiscales": [{"version": "0.4", "name": "field", "axes": axes, "datasets": datasets}]
    }
    image["omero"] = {"channels": [{"label": name, "color": "00FF00", "window": WINDOW} for name in "ABCD"]}
    group = json.dumps({"zarr_format": 2})

    def write(place: Path, attributes: object) -> None:
        place.mkdir(parents=True, exist_ok=True)
        (place / ".zgroup").write_text(group)
        (place / ".zattrs").write_text(json.dumps(attributes))

    write(path, {"plate": plate})
    for well in listed:
        fields = [{"path": str(number)} for number in range(FIELDS)]
        write(path / str(well["path"]), {"well": {"version": "0.4", "images": fields}})
        for number in range(FIELDS):
            field = path / str(well["path"]) / str(number)
            write(field, image)
            for level, side in enumerate(levels):
                (field / str(level)).mkdir()
                (field / str(level) / ".zarray").write_text(array(side))
    for row in rows:
        (path / row / ".zgroup").write_text(group)
    return path


WINDOW = {"start": 0, "end": 4000, "min": 0, "max": 65535}


def array(side: int) -> str:
    """Write the document of a level's array."""
    document = {
        "zarr_format": 2,
        "shape": [4, side, side],
        "chunks": [1, min(side, 512), min(side, 512)],
        "dtype": "<u2",
        "compressor": {"id": "blosc", "cname": "zstd", "clevel": 3, "shuffle": 1, "blocksize": 0},
        "fill_value": 0,
        "order": "C",
        "filters": None,
        "dimension_separator": "/",
    }
    return json.dumps(document)


def seconds(python: str, code: str, *words: str, rounds: int = 3) -> float:
    """Run in an interpreter of its own; the least of its times."""
    best = float("inf")
    for _ in range(rounds):
        done = subprocess.run([python, "-c", code, *words], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr[-2000:])
        best = min(best, float(done.stdout.split()[-1]))
    return best


def main() -> None:
    """Print a row for each plate and library."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--iohub")
    options.add_argument("--ngio")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for kind, make in (("ours", ours), ("other", others)):
            path = str(make(Path(scratch)))
            least = seconds(sys.executable, HCS, path, kind)
            print(f"{kind:6} hcs    {least:7.3f} s")
            for name, python, code in (("iohub", asked.iohub, IOHUB), ("ngio", asked.ngio, NGIO)):
                if python:
                    taken = seconds(python, code, path, rounds=1)
                    print(f"{kind:6} {name:6} {taken:7.3f} s  {taken / least:6.1f} ×")
        path = str(Path(scratch) / "ours.ome.zarr")
        print(
            subprocess.run(
                [sys.executable, "-c", GRAPHS, path], capture_output=True, text=True, check=True
            ).stdout
        )


if __name__ == "__main__":
    main()
