"""Plates of other tools with damaged documents read right or are refused: some hundreds of cases.

Right is: every image that is read, and not listed as missing, is that of the plate that is whole. A channel
whose name was damaged is another channel, and the missing planes tell.
"""

from pathlib import Path

import numpy as np
import pytest
from tests.inputs.otherplates import DOCUMENT, VERSIONS, noise, other_plate
from tests.plates.readers.damage import damages
from tests.plates.readers.watching import MOST_WORDS, watched

from hcs_plates.errors import HcsError
from hcs_plates.plate import open_plate

pytestmark = pytest.mark.slow

FILES = {
    "0.4": (".zattrs", "A/1/.zattrs", "A/1/0/.zattrs", "A/1/0/0/.zarray"),
    "0.5": ("zarr.json", "A/1/zarr.json", "A/1/0/zarr.json", "A/1/0/0/zarr.json"),
}


Images = dict[tuple[str, int, str], bytes]


def images_of(folder: Path) -> Images:
    """Read every image that a plate has: by well, field and channel."""
    plate = open_plate(folder)
    plate.info()
    return {
        (well, number, channel): np.asarray(field.read()[place]).tobytes()
        for well in plate
        for number, field in plate[well].items()
        for place, channel in enumerate(plate.channels)
        if place not in {key.channel for key in field.missing}
    }


def fault_of(whole: Images, folder: Path) -> str:
    """Open and read a damaged plate; say what is wrong with the answer, "" where nothing is."""
    try:
        with watched(folder) as outside:
            found = images_of(folder)
    except HcsError as error:
        said = str(error)
        if len(said.split()) > MOST_WORDS or "Traceback" in said:
            return f"no one sentence: {said[:300]}"
        return f"opened {outside}" if outside else ""
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:200]}"
    named = {channel for _, _, channel in whole}
    slid = sorted(key for key, pixels in found.items() if key[2] in named and whole.get(key) != pixels)
    slid += sorted(key for key, pixels in found.items() if pixels not in whole.values())
    return f"opened {outside}" if outside else f"other pixels at {slid}" if slid else ""


@VERSIONS
def test_damaged_documents(version: str, tmp_path: Path) -> None:
    """Every case reads right or is refused in a sentence; nothing hangs, and no other file is opened."""
    wells = {
        path: {key: [noise(2, 24, 24, seed=seed * 2 + int(key))] for key in ("0", "1")}
        for seed, path in enumerate(("A/1", "B/2"))
    }
    folder = other_plate(
        tmp_path / "other.zarr", wells, version=version, omero=[{"label": "a"}, {"label": "b"}]
    )
    assert (folder / DOCUMENT[version]).is_file()
    whole = images_of(folder)
    faults, cases = [], 0
    for file in (folder / name for name in FILES[version]):
        raw = file.read_bytes()
        for name, content in damages(raw, seed=1):
            file.write_bytes(content)
            cases += 1
            if fault := fault_of(whole, folder):
                faults.append(f"{file.relative_to(folder)} {name}: {fault}")
        file.write_bytes(raw)
    assert cases >= 150
    assert not faults, f"{len(faults)} of {cases}:\n" + "\n".join(faults[:40])
