"""Overlays of what was measured, on dense fields of 2048²: time to answer, bytes, memory, moving on.

    python -m tests.bench.overlays FOLDER     # the plate is kept in FOLDER

Fields are simulated, with neurites as dense as culture dishes have them. The server is `hcs serve` itself,
asked over loopback. Nothing here is a test: a person reads the table.
"""

import argparse
import json
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import numpy as np
import numpy.typing as npt
import pandas as pd

import hcs
from hcs.measure.fields import MeasureSpec
from hcs.measure.measured import Measurements, default_place
from hcs.measure.measurements import measure_plate
from hcs_plates.description import PlateSpec
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Plate, create_plate, open_plate
from hcs_plates.readers.acquisition import Channel
from hcs_plates.simulate import CellSpec, FieldSpec, render_field
from hcs_plates.wells import FORMATS

SIDE, FIELDS = 2048, 12
PER_MM2 = 150.0


def dense_plate(folder: Path) -> Plate:
    """Make the plate and measure it, unless it stands there."""
    place = folder / "dense.ome.zarr"
    if not place.is_dir():
        channels = ("FITC", "DAPI")
        wells = pd.DataFrame({"plate": "dense", "clone": "c1", "included": True}, index=["A01"])
        spec = PlateSpec(
            name="dense",
            format=FORMATS[24],
            channels=tuple(map(Channel, channels)),
            layout=FieldLayout(1, 2, 1, SIDE, SIDE, "uint16"),
            fields={"A01": tuple(range(1, FIELDS + 1))},
            wells=wells.rename_axis("well"),
            pixel_size_um=(0.65, 0.65),
        )
        cells = CellSpec(per_mm2=PER_MM2, clustered=0.3)
        seen: list[npt.NDArray[np.uint16]] = []

        def pixels(well: str, number: int) -> npt.NDArray[np.uint16]:
            # One field drawn, and turned and mirrored: drawing takes longer than all that is timed.
            if not seen:
                drawn = FieldSpec(height=SIDE, width=SIDE, channels=channels, cells=cells)
                seen.append(np.asarray(render_field(drawn, seed=1, name="dense").pixels))
            turned = np.rot90(seen[0], number % 4, axes=(1, 2))
            return np.ascontiguousarray(np.roll(turned[:, :: 1 - 2 * (number % 2)], 97 * number, axis=2))

        create_plate(place, spec, pixels)
        measure_plate(open_plate(place), MeasureSpec("FITC", "DAPI"), workers=1)
    return open_plate(place)


def asked(address: str, field: int, name: str) -> tuple[float, int, int]:
    """Ask for an overlay: seconds, bytes sent, bytes of JSON."""
    began = time.perf_counter()
    where = f"{address}api/overlay/0/A01/{field}/{name}"
    with urlopen(Request(where, headers={"accept-encoding": "gzip"})) as answer:
        packed = len(answer.read())
    took = time.perf_counter() - began
    with urlopen(where) as answer:
        told = answer.read()
    if not json.loads(told)["agrees"]:
        raise SystemExit(f"Field {field} is not what was measured.")
    return took, packed, len(told)


def hurried(address: str) -> float:
    """Look at ten fields for 50 ms each and stay at the next; seconds until its neurites are there."""
    place = urlsplit(address)
    for field in range(2, FIELDS):
        with socket.create_connection((place.hostname, place.port or 80)) as line:
            head = f"GET /api/overlay/0/A01/{field}/neurites HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n"
            line.sendall(head.encode())
            time.sleep(0.05)
    return asked(address, FIELDS, "neurites")[0]


def memory(key: str) -> int:
    """Read a number of this process (proc(5)), MB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(f"{key}:"))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    plate = dense_plate(folder)
    with hcs.serve(plate.path, port=0, block=False) as server:
        length = Measurements.open(default_place(plate)).fields["neurite_length_um"].mean() / 1000
        print(f"fields of {length / (SIDE * 0.65 / 1000) ** 2:.0f} mm of neurite in a square millimetre")
        first = asked(server.address, 1, "neurites")
        again = asked(server.address, 1, "neurites")
        size, packed = first[2] / 1e6, first[1] / 1e6
        print(f"neurites of one field: {first[0]:.2f} s, {size:.2f} MB, packed {packed:.2f} MB")
        print(f"the same again: {again[0] * 1000:.0f} ms")
        for name in ("nuclei", "somas"):
            took, small, long = asked(server.address, 1, name)
            print(f"{name} of it: {took * 1000:.0f} ms, {long / 1e3:.0f} kB, packed {small / 1e3:.0f} kB")
        print(f"ten fields passed in half a second, the next one's neurites: {hurried(server.address):.2f} s")
        now, most = memory("VmRSS"), memory("VmHWM")
        print(f"memory of this process, server and asker: {now} MB, most {most} MB")


if __name__ == "__main__":
    main()
