"""Ingest of a plate against iohub and ngio: the same TIFFs, in turn, each in an interpreter of its own.

    python tests/bench/ingesting.py --iohub VENV/bin/python --ngio VENV/bin/python [--wells 96] [--rounds 3]

hcs writes every level; iohub and ngio write as they do by default (iohub one level, ngio its pyramid). Times
are of the process' work after its imports, the least of the rounds; files and bytes are of what was written.
The last line is what Blosc-zstd alone reaches on all cores from memory, at the level that hcs writes with.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import tifffile

SIDE = 1024

HCS = """
import sys, time
from pathlib import Path
from hcs_plates.export import Export
from hcs_plates.ingestion import ingest
start = time.perf_counter()
ingest(Export(Path(sys.argv[1]), pattern="{well}_f{field}.tif"), sys.argv[2])
print(time.perf_counter() - start)
"""
IOHUB = """
import sys, time
from pathlib import Path
import tifffile
from iohub.ngff import open_ome_zarr
files = sorted(Path(sys.argv[1]).iterdir())
start = time.perf_counter()
with open_ome_zarr(sys.argv[2], layout="hcs", mode="w", channel_names=["NFH"], version="0.5") as plate:
    for file in files:
        well, field = file.stem.split("_f")
        position = plate.create_position(well[0], str(int(well[1:])), field)
        position.create_image("0", tifffile.imread(file)[None, None, None])
print(time.perf_counter() - start)
"""
NGIO = """
import sys, time
from pathlib import Path
import tifffile
from ngio import ImageInWellPath, create_empty_plate, create_ome_zarr_from_array
files = sorted(Path(sys.argv[1]).iterdir())
start = time.perf_counter()
images = []
for file in files:
    well, field = file.stem.split("_f")
    images.append((file, ImageInWellPath(row=well[0], column=int(well[1:]), path=field)))
plate = create_empty_plate(sys.argv[2], name="P", images=[one for _, one in images])
for file, one in images:
    place = f"{sys.argv[2]}/{one.row}/{one.column:02d}/{one.path}"
    create_ome_zarr_from_array(place, tifffile.imread(file)[None], pixelsize=0.65, overwrite=True)
print(time.perf_counter() - start)
"""


def write_tiffs(folder: Path, wells: int, fields: int) -> None:
    """Write fields of cells on a camera's noise, 16 bit."""
    chance = np.random.default_rng(0)
    yy, xx = np.mgrid[-20:21, -20:21]
    spot = 3000 * np.exp(-(yy**2 + xx**2) / 120)
    for well in range(wells):
        for field in range(1, fields + 1):
            image = chance.normal(300, 15, (SIDE, SIDE))
            for _ in range(150):
                y, x = chance.integers(20, SIDE - 21, 2)
                image[y - 20 : y + 21, x - 20 : x + 21] += spot * chance.uniform(0.3, 1)
            name = f"{chr(65 + well // 12)}{well % 12 + 1:02d}_f{field}.tif"
            tifffile.imwrite(
                folder / name, np.clip(chance.poisson(np.clip(image, 0, None)), 0, 65535).astype("uint16")
            )


def timed(python: str, code: str, source: Path, out: Path) -> tuple[float, int, int]:
    """Run once; seconds, files and bytes."""
    done = subprocess.run(
        [python, "-c", code, str(source), str(out)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    files = [one for one in out.rglob("*") if one.is_file()]
    taken = float(done.stdout.split()[-1]), len(files), sum(one.stat().st_size for one in files)
    shutil.rmtree(out)
    return taken


def blosc_alone(source: Path) -> float:
    """Seconds that compressing all levels takes on all cores, from memory."""
    from numcodecs import blosc

    from hcs_plates.ngff import FieldLayout
    from hcs_plates.proof import LEVEL
    from hcs_plates.storedfield import halved

    layout = FieldLayout(1, 1, 1, SIDE, SIDE, "uint16")
    pieces = []
    for file in sorted(source.iterdir()):
        level = tifffile.imread(file)[None]
        for number in range(len(layout.plane_shapes)):
            level = halved(level, layout, number) if number else level
            _, height, width = layout.chunks(number)
            planes = level.reshape(-1, height, level.shape[-1] // width, width).swapaxes(1, 2)
            pieces += [np.ascontiguousarray(one) for one in planes.reshape(-1, height, width)]
    start = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda one: blosc.compress(one, b"zstd", LEVEL, blosc.SHUFFLE), pieces))
    return time.perf_counter() - start


def main() -> None:
    """Measure, and print a table."""
    options = argparse.ArgumentParser()
    options.add_argument("--iohub")
    options.add_argument("--ngio")
    options.add_argument("--wells", type=int, default=96)
    options.add_argument("--fields", type=int, default=3)
    options.add_argument("--rounds", type=int, default=3)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "tiffs"
        source.mkdir()
        write_tiffs(source, asked.wells, asked.fields)
        codes = {"hcs": (sys.executable, HCS), "iohub": (asked.iohub, IOHUB), "ngio": (asked.ngio, NGIO)}
        best: dict[str, tuple[float, int, int]] = {}
        for _ in range(asked.rounds):
            for name, (python, code) in codes.items():
                if python:
                    one = timed(python, code, source, Path(scratch) / f"{name}.zarr")
                    best[name] = min(one, best.get(name, one))
        alone = blosc_alone(source)
    for name, (seconds, files, size) in best.items():
        ratio = seconds / best["hcs"][0]
        print(f"{name:6} {seconds:6.2f} s  {files:6} files  {size / 1e6:7.1f} MB  {ratio:5.2f} ×")
    print(f"Blosc-zstd alone {alone:.2f} s: hcs reaches {alone / best['hcs'][0]:.0%}")
    print(json.dumps({name: list(one) for name, one in best.items()} | {"blosc": alone}))


if __name__ == "__main__":
    main()
