"""Exports to be mutated: an `.xdce` and its TIFFs, and what must hold of the plate that comes of them."""

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import tifffile
from tests.mutations.changes import of_attributes, of_bytes, of_tiff
from tests.mutations.kinds import Kind

from hcs_plates.errors import HcsError
from hcs_plates.ingestion import ingest

WAVES = (("Blue", "FITC"), ("UV", "DAPI"))
WELLS = ((1, 1), (2, 3))
XDCE = "P1.xdce"
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<ImageStack><Application name="IN Cell Analyzer 2000"/><AutoLeadAcquisitionProtocol>
<ObjectiveCalibration magnification="20.0" numerical_aperture="0.45" pixel_height="0.65" pixel_width="0.65" unit="µm"/>
<Camera><Size width="24" height="20"/></Camera>
<Wavelengths>
<Wavelength index="0"><ExcitationFilter name="Blue" wavelength="475"/><EmissionFilter name="FITC" wavelength="535"/></Wavelength>
<Wavelength index="1"><ExcitationFilter name="UV" wavelength="350"/><EmissionFilter name="DAPI" wavelength="455"/></Wavelength>
</Wavelengths>
<Plate name="6 wells" rows="2" columns="3"><NamingRows begin="A"/><NamingColumns begin="1"/></Plate>
<PlateMap><Exclude row="1" col="2"/><FieldOffsets><offset_point index="0" x="-30.5" y="10"/></FieldOffsets></PlateMap>
</AutoLeadAcquisitionProtocol><Images number="4">
"""  # noqa: E501  # as the instrument writes it
IMAGE = (
    '<Image filename="{name}"><Well><Row number="{row}"/><Column number="{column}"/></Well>'
    '<Exposure time="200"/>'
    '<Identifier field_index="0" time_index="0" wave_index="{wave}" z_index="0"/></Image>\n'
)


def image_names() -> dict[str, tuple[int, int, int]]:
    """Row, column and wave by file name."""
    return {
        f"{chr(64 + row)} - {column:02d}(fld 1 wv {' - '.join(WAVES[wave])}).tif": (row, column, wave)
        for row, column in WELLS
        for wave in range(len(WAVES))
    }


def make_export(folder: Path) -> dict[str, Any]:
    """Write an export; give its pictures by file name."""
    pictures = {}
    text = HEAD
    for number, (name, (row, column, wave)) in enumerate(image_names().items()):
        pictures[name] = np.random.default_rng(number).integers(1, 4000, (20, 24), dtype="uint16")
        tifffile.imwrite(folder / name, pictures[name], photometric="minisblack", metadata=None)
        text += IMAGE.format(name=name, row=row, column=column, wave=wave)
    (folder / XDCE).write_text(text + "</Images></ImageStack>\n", encoding="utf-8")
    return pictures


def mutate_xdce(random: Random, folder: Path, _: Any) -> str:
    """Change the `.xdce`."""
    path = folder / XDCE
    if random.random() < 0.25:
        said, content = of_bytes(random, path.read_bytes())
        path.write_bytes(content)
        return said
    said, text = of_attributes(random, path.read_text(encoding="utf-8"))
    if random.random() < 0.2:
        more, text = of_attributes(random, text)
        said = f"{said}, {more}"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return said


def mutate_tiffs(random: Random, folder: Path, pictures: Any) -> str:
    """Change one TIFF, or each in the same way."""
    first = next(iter(pictures))
    packed = random.choice((None, None, "zlib", "lzw"))
    tifffile.imwrite(
        folder / first, pictures[first], photometric="minisblack", metadata=None, compression=packed
    )
    said, content = of_tiff(random, (folder / first).read_bytes())
    chosen = list(pictures) if random.random() < 0.3 else [first]
    for name in chosen:
        (folder / name).write_bytes(content)
    return f"{len(chosen)} × {packed or 'plain'}: {said}"


def judge_export(folder: Path, pictures: Any) -> None:
    """Every stored plane is one of the pictures or is missing; the plate opens again and says what it is."""
    plate = ingest(folder, folder.parent / "P1.ome.zarr", workers=1)
    plate.info()
    layout = plate.spec.layout
    missing = set(plate.spec.missing)
    true = [pixels.tobytes() for pixels in pictures.values()]
    assert layout.n_times * layout.n_channels * layout.n_z * layout.height * layout.width < 1e8
    for well in plate.spec.fields:
        for number in plate.spec.fields[well]:
            planes = plate[well][number].read()
            whole = planes.reshape(layout.n_times, layout.n_channels, layout.n_z, layout.height, layout.width)
            for time, channel, step in np.ndindex(whole.shape[:3]):
                gone = (well, number, channel, time, step) in missing
                plane = whole[time, channel, step]
                assert gone or not plane.any() or plane.tobytes() in true, "pixels of no file"


def judge_tiffs(folder: Path, pictures: Any) -> None:
    """As an export; what was changed within pixels alone reads as it stands in the file."""
    try:
        judge_export(folder, pictures)
    except AssertionError:
        name = next(iter(pictures))
        read = tifffile.imread(folder / name)
        plate_pictures = {**pictures, name: read}
        try:
            judge_stored(folder.parent / "P1.ome.zarr", plate_pictures)
        except HcsError as error:
            raise AssertionError(str(error)) from error


def judge_stored(place: Path, pictures: Any) -> None:
    """Every stored plane is one of the pictures, or dark."""
    from hcs_plates.plate import open_plate

    true = [pixels.tobytes() for pixels in pictures.values()]
    plate = open_plate(place)
    for well in plate.spec.fields:
        for number in plate.spec.fields[well]:
            for plane in (
                plate[well][number].read().reshape(-1, plate.spec.layout.height, plate.spec.layout.width)
            ):
                assert not plane.any() or plane.tobytes() in true, "pixels of no file"


KINDS = (
    Kind("xdce", make_export, mutate_xdce, judge_export),
    Kind("tiff", make_export, mutate_tiffs, judge_tiffs),
)
