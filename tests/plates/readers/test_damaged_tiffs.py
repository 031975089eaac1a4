"""TIFFs with damaged headers and directories read right, or are missing or refused in a sentence.

Right is: every plane that is given and can be read has the pixels that it has in the export that is whole.
"""

import resource
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from tests.plates.readers import test_imagexpress, test_incell, test_ometiff
from tests.plates.readers.tiffdamage import damages, layout
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


def pages(folder: Path, kind: str) -> dict[str, Any]:
    """Three wells, each a file of three steps in z."""
    for number in range(3):
        stack = np.stack([image(3 * number + z) for z in range(3)])
        settings = {"photometric": "minisblack", "metadata": None} | KINDS[kind]
        tifffile.imwrite(folder / f"A{number + 1}.tif", stack, **settings)
    return {"pattern": "{well}.tif", "pages": "z"}


def scanr(folder: Path, kind: str) -> dict[str, Any]:
    """Two wells and two channels of a ScanR, all values raised as it does."""
    for number, name in enumerate(("A1--W00001", "B2--W00014")):
        for channel in ("Cy5", "GFP"):
            path = folder / f"{name}--P00001--Z00000--T00000--{channel}.tif"
            pixels = image(2 * number + (channel == "GFP")) + np.uint16(0x8000)
            tifffile.imwrite(path, pixels, photometric="minisblack", metadata=None, **KINDS[kind])
    return {}


def metaxpress(folder: Path, kind: str) -> dict[str, Any]:
    """Two wells, two sites and two waves of MetaXpress."""
    test_imagexpress.htd(folder)
    for number, name in enumerate(test_imagexpress.WHOLE):
        write(
            folder / name.replace(".TIF", ".tif"), number, kind, description=f"<MetaData>{number}</MetaData>"
        )
    return {}


def incell(folder: Path, kind: str) -> dict[str, Any]:
    """Two wells, two fields and two channels of an IN Cell."""
    test_incell.export(folder, test_incell.GRID)
    for number, path in enumerate(sorted(folder.glob("*.tif"))):
        write(path, number, kind)
    return {}


def ometiff(folder: Path, kind: str) -> dict[str, Any]:
    """A plate of OME-TIFFs with a companion file: three images of four planes, each a page or a file."""
    folder.rmdir()
    test_ometiff.companion(folder, pages=kind == "strips")
    for number, path in enumerate(sorted(folder.glob("*.tif"))):
        planes = [image(4 * number + place) for place in range(4 if kind == "strips" else 1)]
        tifffile.imwrite(path, np.stack(planes), photometric="minisblack", metadata=None, **KINDS[kind])
    return {}


def read(folder: Path, given: dict[str, Any]) -> tuple[Pixels, str]:
    """Read every plane that is given; what cannot be read is left out. And what was told."""
    found = scan(folder, **given)
    pixels: Pixels = {}
    # A file with fewer pages than others ended early or was damaged: its wells are told as missing planes.
    wells = {well for well, _ in found.shapes} | {key.well for key in found.missing}
    told = " ".join([*found.notes, *found.disagreements, *wells])
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
EXPORTS: dict[str, tuple[Build, str]] = {
    **{kind: (by_names, kind) for kind in KINDS},
    "pages": (pages, "one strip"),
    "pages, packed": (pages, "deflate"),
    "ScanR": (scanr, "one strip"),
    "MetaXpress": (metaxpress, "strips"),
    "IN Cell": (incell, "strips"),
    "OME-TIFF": (ometiff, "one strip"),
    "OME-TIFF, pages": (ometiff, "strips"),
}


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


def bomb(path: Path, stated: tuple[int, int], decoded: int) -> None:
    """Write a file of one strip that unpacks to so many bytes of 0, whatever its header states."""
    tifffile.imwrite(
        path, np.zeros(SHAPE, "uint16"), photometric="minisblack", metadata=None, compression="zlib"
    )
    raw = path.read_bytes()
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(2**20)) for _ in range(decoded >> 20)) + packer.flush()
    values = {256: stated[1], 257: stated[0], 278: stated[0], 273: len(raw), 279: len(packed)}
    for entry in layout(raw).entries:
        if entry.code in values:
            wide = 2 if raw[entry.type_at] == 3 else 4
            new = values[entry.code].to_bytes(wide, "little")
            raw = raw[: entry.value_at] + new + raw[entry.value_at + wide :]
    path.write_bytes(raw + packed)


@pytest.mark.parametrize(
    ("stated", "decoded"),
    [(SHAPE, 2**29), ((60_000, 60_000), 2**24), ((2**16, 2**14), 2**22), ((8_000, 8_000), 2**20)],
    ids=["more than stated", "endless", "a gigapixel", "less than stated"],
)
def test_files_that_unpack_beyond_measure(tmp_path: Path, stated: tuple[int, int], decoded: int) -> None:
    """Nothing beyond what a plate's image may be is unpacked, and no memory taken for it."""
    folder = tmp_path / "P"
    folder.mkdir()
    given = by_names(folder, "deflate")
    whole, _ = read(folder, given)
    bomb(folder / "A2.tif", stated, decoded)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert fault_of(whole, folder, "A2.tif", given) == ""
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before <= MOST_MEMORY
