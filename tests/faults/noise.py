"""An export of noise, made fast: as many small images as a test wants."""

from pathlib import Path

import numpy as np
import tifffile

from hcs_plates.export import Export
from hcs_plates.wells import FORMATS

PATTERN = "{well}_f{field}_{channel}.tif"


def noise_export(folder: Path, wells: int, fields: int, side: int = 64) -> Export:
    """Write fields of two channels into a 96-well plate's first wells: a few bright spots on noise."""
    folder.mkdir(parents=True)
    chance = np.random.default_rng(0)
    for well in FORMATS[96].wells()[:wells]:
        for field in range(1, fields + 1):
            for channel in ("DAPI", "FITC"):
                image = chance.integers(100, 200, (side, side), dtype="uint16")
                for y, x in chance.integers(0, side - 12, (4, 2)):
                    image[y : y + 12, x : x + 12] += 2000
                tifffile.imwrite(folder / f"{well}_f{field}_{channel}.tif", image)
    return Export(folder, pattern=PATTERN)


def ingest_words(export: Export, out: Path | str) -> list[str]:
    """Words of the command that ingests such an export."""
    return ["ingest", str(export.path), "--pattern", PATTERN, "--out", str(out)]
