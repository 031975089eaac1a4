"""Exports whose metadata are damaged read right or are refused in a sentence: some hundreds of cases.

Right is: every image that is given has the place it has in the export that is whole. No image slides.
"""

import resource
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from tests.plates.readers.damage import damages
from tests.plates.readers.watching import MOST_WORDS, watched

from hcs_plates.errors import HcsError
from hcs_plates.readers.acquisition import Acquisition
from hcs_plates.readers.detect import scan

pytestmark = [pytest.mark.shared, pytest.mark.slow]

MOST_MEMORY = 300_000
"""kB by which all cases of a file may enlarge the process."""


@dataclass(frozen=True)
class Real:
    """A real export: its folder below the shared data, and the metadata file that is damaged."""

    folder: str
    file: str

    def __str__(self) -> str:
        return f"{self.folder.split('/')[0]} {Path(self.folder).name} {Path(self.file).name}"


CELLVOYAGER = (
    "imagexpress_cv8000/CV8000/CV8000-Minimal-DataSet-2C-3W-4S-FP2-stack_20230918_135839/"
    "CV8000-Minimal-DataSet-2C-3W-4S-FP2-stack"
)
IMAGEXPRESS = "imagexpress_cv8000/ImageXpress_exported"
EXPORTS = [
    Real("opera_phenix/Version1/images", "Index.idx.xml"),
    Real("operetta/operetta_plate", "Images/Index.idx.xml"),
    *(Real(f"{IMAGEXPRESS}/9987_Plate_{plate}", "9987.HTD") for plate in (3420, 3434, 3435)),
    *(
        Real(CELLVOYAGER, name)
        for name in ("MeasurementData.mlf", "MeasurementDetail.mrf", "Minimal-3C3W2S-FP2-stack.mes")
    ),
]


def places_of(found: Acquisition) -> dict[tuple[str, int], tuple[Any, ...]]:
    """Say where each image of a file belongs: well, field, channel, time, z."""
    return {
        (
            file.path.relative_to(found.source if found.source.is_dir() else found.source.parent).as_posix(),
            file.page,
        ): tuple(key)
        for key, file in found.planes.items()
    }


def fault_of(whole: Acquisition, folder: Path) -> str:
    """Scan a damaged export; say what is wrong with the answer, "" where nothing is."""
    try:
        with watched(folder) as outside:
            found = scan(folder)
    except HcsError as error:
        said = str(error)
        if "\n\n" in said or len(said.split()) > MOST_WORDS or "Traceback" in said:
            return f"no one sentence: {said[:300]}"
        return f"opened {outside}" if outside else ""
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    if outside:
        return f"opened {outside}"
    right = places_of(whole)
    slid = [
        f"{image[0]} at {place} (whole: {right.get(image, 'nowhere')})"
        for image, place in places_of(found).items()
        if right.get(image) != place
    ]
    return f"{len(slid)} images slid: {slid[0]}" if slid else ""


@pytest.mark.parametrize("real", EXPORTS, ids=str)
def test_damaged_metadata(real: Real, shared_data: Path, tmp_path: Path) -> None:
    """Every case reads right or is refused in a sentence; nothing hangs, and no other file is opened."""
    folder = tmp_path / "export"
    source = shared_data / real.folder
    if source.suffix == ".xz":
        with tarfile.open(source) as packed:
            packed.extractall(folder, filter="data")
    else:
        shutil.copytree(source, folder, copy_function=shutil.copyfile)
        for one in (folder, *folder.rglob("*")):
            one.chmod(0o755 if one.is_dir() else 0o644)
    tifffile.imwrite(tmp_path / "outside.tif", np.zeros((8, 8), np.uint16))
    whole = scan(folder)
    damaged = folder / real.file
    raw = damaged.read_bytes()
    faults, cases = [], 0
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, content in damages(raw, seed=1):
        damaged.write_bytes(content)
        cases += 1
        if fault := fault_of(whole, folder):
            faults.append(f"{name}: {fault}")
    damaged.write_bytes(raw)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert cases >= 60
    assert not faults, f"{len(faults)} of {cases}:\n" + "\n".join(faults[:40])
    assert grown <= MOST_MEMORY
