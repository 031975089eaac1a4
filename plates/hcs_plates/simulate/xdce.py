"""The `.xdce` of a simulated plate: the XML in which an IN Cell Analyzer lists what it acquired.

Element and attribute names follow what is public about the format; rows and columns count from 1, field,
wave, z and time indices from 0. Nothing in it depends on the clock: an experiment gives the same
bytes twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from pathlib import Path
from uuid import UUID

# Only writes; what is read anywhere is parsed with defusedxml.
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from hcs_plates.simulate.field import DYES, FieldSpec
from hcs_plates.units import digest
from hcs_plates.wells import PlateFormat, parse_well, row_name

EXPOSURE_MS = {"FITC": 300, "DAPI": 100}
FIELD_MS = 900
"""Time from one field to the next."""
GAP_UM = 50.0
"""Space between neighbouring fields of a well."""


@dataclass(frozen=True)
class ExportedPlate:
    """A plate as its `.xdce` describes it: every well has every field, every field every channel."""

    name: str
    format: PlateFormat
    wells: Sequence[str]
    fields_per_well: int
    field: FieldSpec


def image_name(well: str, number: int, fields_per_well: int, channel: str) -> str:
    """File name of a plane, as the instrument spells it.

    Parameters
    ----------
    well
        Its name.
    number
        The field, counted from 1.
    fields_per_well
        How many there are: numbers are padded to the same width.
    channel
        Key of `DYES`.

    Examples
    --------
    >>> image_name("B03", 12, 100, "FITC")
    'B - 03(fld 012 wv Blue - FITC).tif'
    """
    position = parse_well(well)
    padded = str(number).zfill(len(str(fields_per_well)))
    place = f"{row_name(position.row)} - {position.column + 1:02d}"
    return f"{place}(fld {padded} wv {DYES[channel].wave}).tif"


def image_names(plate: ExportedPlate) -> list[str]:
    """File names of all planes of a plate, in the order they are acquired."""
    return [
        image_name(well, number, plate.fields_per_well, channel)
        for well in plate.wells
        for number in range(1, plate.fields_per_well + 1)
        for channel in plate.field.channels
    ]


def write_xdce(path: Path, plate: ExportedPlate) -> None:
    """Write the `.xdce` of a plate."""
    root = Element("ImageStack")
    SubElement(root, "UUID", value=str(UUID(digest("xdce", plate.name, image_names(plate)))))
    SubElement(root, "Application", name="hcs simulate", software_version="1")
    protocol = SubElement(root, "AutoLeadAcquisitionProtocol", name=plate.name, version="1")
    SubElement(protocol, "Microscopy", type="Fluorescence")
    _add_optics(protocol, plate)
    _add_plate(protocol, plate)
    _add_wavelengths(protocol, plate)
    _add_images(root, plate)
    indent(root)
    ElementTree(root).write(path, encoding="UTF-8", xml_declaration=True)


def _add_optics(protocol: Element, plate: ExportedPlate) -> None:
    """Objective and camera."""
    size = f"{plate.field.pixel_size_um:g}"
    SubElement(
        protocol,
        "ObjectiveCalibration",
        objective_name="Simulated 10X/0.45",
        magnification="10.0",
        numerical_aperture="0.45",
        pixel_width=size,
        pixel_height=size,
        unit="µm",
    )
    camera = SubElement(protocol, "Camera", name="Simulated")
    SubElement(camera, "Size", width=str(plate.field.width), height=str(plate.field.height))
    SubElement(camera, "Binning", value="1 X 1")
    SubElement(camera, "Gain", value=f"{plate.field.camera.gain:g}")


def _add_plate(protocol: Element, plate: ExportedPlate) -> None:
    """Describe the grid of wells, and where the fields lie in a well."""
    SubElement(
        protocol,
        "Plate",
        name=f"{plate.format.size} wells",
        rows=str(plate.format.rows),
        columns=str(plate.format.columns),
    )
    plate_map = SubElement(protocol, "PlateMap")
    naming = SubElement(
        plate_map, "NamingConvention", rows=str(plate.format.rows), columns=str(plate.format.columns)
    )
    SubElement(naming, "NamingRows", begin="A")
    SubElement(naming, "NamingColumns", begin="1")
    SubElement(plate_map, "ZDimensionParameters", enabled="false", number_of_slices="1")
    times = SubElement(SubElement(plate_map, "TimeSchedule", enabled="false"), "Times")
    SubElement(times, "TimePoint", index="0")
    offsets = SubElement(plate_map, "PointList")
    side = ceil(sqrt(plate.fields_per_well))
    width, height = plate.field.size_um
    for number in range(plate.fields_per_well):
        row, column = divmod(number, side)
        SubElement(
            offsets,
            "offset_point",
            index=str(number),
            x=f"{(column - (side - 1) / 2) * (width + GAP_UM):.3f}",
            y=f"{((side - 1) / 2 - row) * (height + GAP_UM):.3f}",
        )


def _add_wavelengths(protocol: Element, plate: ExportedPlate) -> None:
    """Channels and their filters."""
    waves = SubElement(protocol, "Wavelengths")
    for index, channel in enumerate(plate.field.channels):
        wave = SubElement(
            waves, "Wavelength", index=str(index), show="true", fusion_wave="false", imaging_mode="2-D"
        )
        _add_filters(wave, channel)
        SubElement(wave, "Exposure", time=str(EXPOSURE_MS[channel]), unit="ms")


def _add_filters(parent: Element, channel: str) -> None:
    """Excitation and emission filter of a channel."""
    dye = DYES[channel]
    for kind, name, wavelength in (
        ("ExcitationFilter", dye.excitation, dye.excitation_nm),
        ("EmissionFilter", dye.emission, dye.emission_nm),
    ):
        SubElement(parent, kind, name=name, wavelength=f"{wavelength:g}", unit="nm")


def _add_images(root: Element, plate: ExportedPlate) -> None:
    """Every image with its well, its indices and how it was taken."""
    names = iter(image_names(plate))
    images = SubElement(root, "Images", number=str(len(image_names(plate))))
    taken = 0
    for well in plate.wells:
        position = parse_well(well)
        for number in range(plate.fields_per_well):
            for wave, channel in enumerate(plate.field.channels):
                image = SubElement(images, "Image", filename=next(names), acquisition_time_ms=str(taken))
                place = SubElement(image, "Well", label=f"{row_name(position.row)} - {position.column + 1}")
                SubElement(place, "Row", number=str(position.row + 1))
                SubElement(place, "Column", number=str(position.column + 1))
                SubElement(
                    image,
                    "Identifier",
                    field_index=str(number),
                    z_index="0",
                    wave_index=str(wave),
                    time_index="0",
                )
                SubElement(image, "FocusPosition", z="0.000", unit="µm")
                SubElement(image, "Exposure", time=str(EXPOSURE_MS[channel]), unit="ms")
                _add_filters(image, channel)
            taken += FIELD_MS
