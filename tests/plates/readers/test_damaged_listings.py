"""Names, lists and texts that say where images belong, damaged: ScanR's, IN Cell's and MetaXpress'.

Right is: every image that is given has the place that it has in the export that is whole, or the plate tells
of it: the file is named in a note, or planes are missing that were not.
"""

import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import tifffile
from tests.plates.readers import test_incell, test_scanr
from tests.plates.readers.damage import damages, misnamed
from tests.plates.readers.test_damaged import IMAGEXPRESS, MOST_MEMORY, places_of
from tests.plates.readers.tiffdamage import described
from tests.plates.readers.watching import MOST_WORDS, watched

from hcs_plates.errors import HcsError
from hcs_plates.readers.acquisition import Acquisition
from hcs_plates.readers.detect import scan
from hcs_plates.readers.scanr import METADATA

pytestmark = pytest.mark.slow


def fault_of(whole: Acquisition, folder: Path, new: str = "", old: str = "") -> str:
    """Scan a damaged export, of which a file may be named anew; say what is wrong with the answer."""
    try:
        with watched(folder) as outside:
            found = scan(folder)
    except HcsError as error:
        said = str(error)
        bad = len(said.split()) > MOST_WORDS or "Traceback" in said
        return f"no one sentence: {said[:300]}" if bad else f"opened {outside}" if outside else ""
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    if outside:
        return f"opened {outside}"
    if found.pixel_size_um not in (None, whole.pixel_size_um):
        return f"pixels of {found.pixel_size_um} µm"
    right = places_of(whole)
    if old:
        right[new, 0] = right[old, 0]
    told = " ".join(found.notes)
    slid = [
        f"{image[0]} at {place} (whole: {right.get(image, 'nowhere')})"
        for image, place in places_of(found).items()
        if right.get(image) != place and Path(image[0]).name not in told
    ]
    if not set(found.missing) <= set(whole.missing):
        return ""
    return f"{len(slid)} images slid: {slid[0]}" if slid else ""


def scanr(folder: Path) -> list[str]:
    """Write a ScanR's plate of two wells, two positions and two channels; give the names of its images."""
    names = [
        f"{well}--P0000{position}--Z00000--T00000--{channel}"
        for well in ("A1--W00001", "B2--W00014")
        for position in (1, 2)
        for channel in ("GFP", "mcherry")
    ]
    for name in names:
        test_scanr.image(folder, name, 7)
    (folder / METADATA).write_text(test_scanr.listing(names, ["0.325"] * len(names)), encoding="utf-8")
    return names


def incell(folder: Path) -> None:
    """Write an IN Cell's export of two wells, two fields and two channels."""
    test_incell.export(folder, test_incell.GRID)


@contextmanager
def bounded() -> Iterator[list[str]]:
    """Collect faults of many cases, and hold their number and the memory that they took."""
    faults: list[str] = []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield faults
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before <= MOST_MEMORY
    wrong = [fault for fault in faults if not fault.endswith(": ")]
    assert len(faults) >= 60
    assert not wrong, f"{len(wrong)} of {len(faults)}:\n" + "\n".join(wrong[:40])


@pytest.mark.parametrize("listed", [True, False], ids=["listed", "by names alone"])
def test_scanr_names(tmp_path: Path, listed: bool) -> None:
    """One image of a ScanR under another name, with the metadata that list it and without."""
    folder = tmp_path / "P"
    names = scanr(folder)
    if not listed:
        (folder / METADATA).unlink()
    whole = scan(folder)
    image = folder / f"{names[2]}.tif"
    with bounded() as faults:
        for name in misnamed(image.name):
            if (folder / name).exists():
                continue
            image.rename(folder / name)
            faults.append(f"{name}: {fault_of(whole, folder, name, image.name)}")
            (folder / name).rename(image)


@pytest.mark.parametrize(("write", "file"), [(scanr, METADATA), (incell, "P.xdce")], ids=["ScanR", "IN Cell"])
def test_damaged_lists(write: Callable[[Path], object], file: str, tmp_path: Path) -> None:
    """What a ScanR or an IN Cell writes of its images."""
    folder = tmp_path / "P"
    write(folder)
    tifffile.imwrite(tmp_path / "outside.tif", np.zeros((4, 6), np.uint16))
    whole = scan(folder)
    raw = (folder / file).read_bytes()
    with bounded() as faults:
        for name, content in damages(raw, seed=1):
            (folder / file).write_bytes(content)
            faults.append(f"{name}: {fault_of(whole, folder)}")


@pytest.mark.shared
@pytest.mark.parametrize("image", ["TimePoint_1/9987_B02_s1_w2.TIF", "TimePoint_1/9987_B02_s1_w1.TIF"])
def test_damaged_metaseries(image: str, shared_data: Path, tmp_path: Path) -> None:
    """What MetaXpress writes into an image, of which the export has copies at other times."""
    folder = tmp_path / "P"
    shutil.copytree(shared_data / IMAGEXPRESS / "9987_Plate_3435", folder, copy_function=shutil.copyfile)
    for one in (folder, *folder.rglob("*")):
        one.chmod(0o755 if one.is_dir() else 0o644)
    whole = scan(folder)
    raw = (folder / image).read_bytes()
    with tifffile.TiffFile(folder / image) as tiff:
        text = tiff.pages.first.description.encode()
    with bounded() as faults:
        for name, content in damages(text, seed=1):
            (folder / image).write_bytes(described(raw, content))
            faults.append(f"{name}: {fault_of(whole, folder)}")
