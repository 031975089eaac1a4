"""TIFFs with damaged headers and directories read right, or are missing or refused in a sentence.

Right is: every plane that is given and can be read has the pixels that it has in the export that is whole.
"""

import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from tests.plates.readers.tiffdamage import damages
from tests.plates.readers.watching import MOST_WORDS, watched

from hcs_plates.errors import HcsError
from hcs_plates.readers.acquisition import PlaneKey
from hcs_plates.readers.detect import scan
from hcs_plates.readers.pixels import read_plane

pytestmark = pytest.mark.slow

MOST_MEMORY = 300_000
"""kB by which all cases of a file may enlarge the process."""

SHAPE = (40, 32)
KINDS: dict[str, dict[str, Any]] = {
    "one strip": {},
    "strips": {"rowsperstrip": 16},
    "tiles": {"tile": (16, 16)},
    "big endian": {"byteorder": ">"},
    "BigTIFF": {"bigtiff": True},
    "deflate": {"compression": "zlib", "rowsperstrip": 16},
    "a predictor": {"compression": "zlib", "predictor": True},
    "LZW tiles": {"compression": "lzw", "tile": (16, 16)},
}
Pixels = dict[PlaneKey, np.ndarray]


def image(number: int) -> np.ndarray:
    """Make an image of its own, all values below 4096."""
    return np.random.default_rng(number).integers(100, 4096, SHAPE).astype("uint16")


def write(path: Path, number: int, kind: str, **more: Any) -> None:
    """Write an image as such a TIFF."""
    settings = {"byteorder": "<"} | KINDS[kind]
    tifffile.imwrite(path, image(number), photometric="minisblack", metadata=None, **settings, **more)


def by_names(folder: Path, kind: str) -> dict[str, Any]:
    """Three wells."""
    for number in range(3):
        write(folder / f"A{number + 1}.tif", number, kind)
    return {"pattern": "{well}.tif"}


def read(folder: Path, given: dict[str, Any]) -> tuple[Pixels, str]:
    """Read every plane that is given; what cannot be read is left out. And what was told."""
    found = scan(folder, **given)
    pixels: Pixels = {}
    told = " ".join([*found.notes, *found.disagreements, *(well for well, _ in found.shapes)])
    for key, file in found.planes.items():
        shape = found.shapes.get((key.well, key.field), found.shape)
        try:
            pixels[key] = read_plane(file, shape, found.dtype)
        except HcsError:
            continue
    return pixels, told


def fault_of(whole: Pixels, folder: Path, damaged: str, given: dict[str, Any]) -> str:
    """Read a damaged export; say what is wrong with the answer, "" where nothing is."""
    try:
        with watched(folder) as outside:
            pixels, told = read(folder, given)
    except HcsError as error:
        said = str(error)
        bad = len(said.split()) > MOST_WORDS or "Traceback" in said
        return f"no one sentence: {said[:300]}" if bad else ""
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    if outside:
        return f"opened {outside}"
    other = [
        key
        for key, one in pixels.items()
        if not np.array_equal(one, whole.get(key, 0)) and damaged not in told and key.well not in told
    ]
    return f"{len(other)} planes differ: {other[0]} is {pixels[other[0]].shape}" if other else ""


Build = Callable[[Path, str], dict[str, Any]]
EXPORTS: dict[str, tuple[Build, str]] = {kind: (by_names, kind) for kind in KINDS}


@pytest.mark.parametrize(("build", "kind"), EXPORTS.values(), ids=EXPORTS)
def test_damaged_headers(build: Build, kind: str, tmp_path: Path) -> None:
    """No case gives other pixels, opens another file, hangs or takes much memory."""
    folder = tmp_path / "P"
    folder.mkdir()
    given = build(folder, kind)
    whole, _ = read(folder, given)
    damaged = sorted(folder.glob("*.tif"))[1]
    raw = damaged.read_bytes()
    faults, cases = [], 0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, content in damages(raw, seed=1):
        damaged.write_bytes(content)
        cases += 1
        if fault := fault_of(whole, folder, damaged.name, given):
            faults.append(f"{name}: {fault}")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert cases >= 200
    assert not faults, f"{len(faults)} of {cases}:\n" + "\n".join(faults[:40])
    assert grown <= MOST_MEMORY
