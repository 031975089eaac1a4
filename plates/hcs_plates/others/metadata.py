"""OME-Zarr 0.4 and 0.5 metadata of plates and wells that other tools wrote.

Pure: dictionaries in, descriptions out; nothing is read here. What the specification asks for is checked with
yaozarrs' models. What is broken in one entry leaves the others as they are, and is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from yaozarrs import v04, v05

from hcs_plates.errors import ArgumentError
from hcs_plates.wells import FORMATS, PlateFormat, parse_well, smallest_format

LONGEST_TEXT = 120
"""Signs of a name, or of what is said of a fault."""

MODELS = {"0.4": v04, "0.5": v05}


class MetadataError(ValueError):
    """Metadata that cannot be used; `faults` has one part of a sentence for each thing found."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        super().__init__("; ".join(faults))


def checked(model: type[BaseModel], content: object) -> Any:
    """Hold metadata against a model of yaozarrs.

    Raises
    ------
    MetadataError
        Every fault: where, what was found, what was expected.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        faults = []
        for one in error.errors():
            where = ".".join(map(str, one["loc"])) or "it"
            found = "" if one["type"] == "missing" else f" is {shown(one['input'])}"
            said = " ".join(one["msg"].removeprefix("Value error, ").split())[:LONGEST_TEXT]
            faults.append(f"{where}{found} ({said})")
        raise MetadataError(*faults) from error


def shown(value: object) -> str:
    r"""Write a value from outside for a sentence: short, and without what cannot be seen.

    Examples
    --------
    >>> shown("a\nb"), shown(["x"] * 40)
    ("'a b'", "['x', 'x', 'x', 'x', 'x', 'x', 'x', 'x'…")
    """
    text = repr(plain_text(value) if isinstance(value, str) else value)
    return text if len(text) <= 40 else f"{text[:40].rstrip(', ')}…"


def plain_text(value: object) -> str:
    r"""Take text from outside as a name: one line of at most 120 characters that can be seen.

    Examples
    --------
    >>> plain_text(" GFP\u202e\n488 "), plain_text(None)
    ('GFP 488', '')
    """
    if not isinstance(value, str):
        return ""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in value).split())[:LONGEST_TEXT]


@dataclass(frozen=True)
class PlateMetadata:
    """What a plate says of itself.

    Parameters
    ----------
    name
        Empty where it has none.
    wells
        Path of each well's group by its name (``B03``), in the plate's order.
    format, format_stated
        Its grid, and whether its rows and columns say so; else it is the smallest that holds them.
    acquisitions
        Names by number.
    faults
        What is left out, and why.
    """

    name: str
    wells: Mapping[str, str]
    format: PlateFormat
    format_stated: bool
    acquisitions: Mapping[int, str]
    faults: tuple[str, ...]


def not_a_plate(ome: Mapping[str, Any]) -> str | None:
    """Say what metadata are of if not of a plate; None if of a plate."""
    if "plate" in ome:
        return None
    kinds = {
        "multiscales": "a single image",
        "bioformats2raw.layout": "a collection of images (bioformats2raw)",
        "series": "a collection of images (bioformats2raw)",
        "well": "a single well; open the plate that it is of",
        "labels": "a set of labels",
    }
    return next((kind for key, kind in kinds.items() if key in ome), "none that OME-Zarr knows")


def plate_metadata(ome: Mapping[str, Any], version: str) -> PlateMetadata:
    """Read the metadata of a plate.

    Parameters
    ----------
    ome
        The group's attributes of 0.4, or the key ``ome`` of 0.5's.
    version
        ``"0.4"`` or ``"0.5"``.

    Raises
    ------
    MetadataError
        It cannot be used, or names no well that can.
    """
    models, plate, faults = MODELS[version], ome.get("plate"), list[str]()
    if not isinstance(plate, dict):
        raise MetadataError(f"plate is {shown(plate)} (expected an object with rows, columns and wells)")
    listed, usable = plate.get("wells"), []
    for place, well in enumerate(listed if isinstance(listed, list) else []):
        try:
            checked(models.PlateWell, well)
            usable.append(well)
        except MetadataError as error:
            faults += [f"wells.{place}: {fault}" for fault in error.faults]
    try:
        # What the specification asks of each well's indices is asked below, of each well alone.
        at_zero = [{**well, "rowIndex": 0, "columnIndex": 0} for well in usable]
        checked(models.PlateDef, {**plate, "wells": at_zero})
    except MetadataError as error:
        raise MetadataError(*faults, *error.faults) from error
    rows, columns = ([str(one["name"]) for one in plate[side]] for side in ("rows", "columns"))
    wells: dict[str, str] = {}
    for well in usable:
        try:
            name = _well_name(well, rows, columns)
            if name in wells:
                raise MetadataError(f"well {well['path']} is {name}, which {wells[name]} is already")
            wells[name] = well["path"]
        except MetadataError as error:
            faults += error.faults
    if not wells:
        raise MetadataError(*faults)
    form, stated = _format(rows, columns, list(wells))
    return PlateMetadata(
        name=plain_text(plate.get("name")),
        wells={name: wells[name] for name in sorted(wells, key=parse_well)},
        format=form,
        format_stated=stated,
        acquisitions={
            one["id"]: plain_text(one.get("name")) or f"acquisition {one['id']}"
            for one in plate.get("acquisitions") or []
        },
        faults=tuple(faults),
    )


def _well_name(well: Mapping[str, Any], rows: list[str], columns: list[str]) -> str:
    """Name a well by its path, which its place among the rows and columns must agree with."""
    path, at = well["path"], (int(well["rowIndex"]), int(well["columnIndex"]))
    if at[0] >= len(rows) or at[1] >= len(columns) or f"{rows[at[0]]}/{columns[at[1]]}" != path:
        raise MetadataError(
            f"well {path} says that it stands in row {at[0]} and column {at[1]}, which do not have its name"
        )
    try:
        return parse_well(path.replace("/", "")).name
    except ArgumentError as error:
        raise MetadataError(f"well {path} has no name of a row and a column, as B/03") from error


def _format(rows: list[str], columns: list[str], wells: list[str]) -> tuple[PlateFormat, bool]:
    """Find the grid: that of the rows and columns if a standard plate has it, else one that holds them."""
    stated = PlateFormat(len(rows), len(columns))
    places = [parse_well(well) for well in wells]
    if stated in FORMATS.values() and all(place in stated for place in places):
        return stated, True
    try:
        return smallest_format(wells), False
    except ArgumentError:
        return PlateFormat(
            max(place.row for place in places) + 1, max(place.column for place in places) + 1
        ), False


@dataclass(frozen=True)
class FieldPlace:
    """A field as its well lists it.

    Parameters
    ----------
    key
        Its path below the well.
    acquisition
        Number of its acquisition, None if not said.
    """

    key: str
    acquisition: int | None = None


def well_metadata(ome: Mapping[str, Any], version: str) -> tuple[list[FieldPlace], list[str]]:
    """Read the metadata of a well: its fields in order, and what is left out of them and why.

    Raises
    ------
    MetadataError
        It cannot be used, or names no field that can.
    """
    models, well, faults = MODELS[version], ome.get("well"), list[str]()
    images = well.get("images") if isinstance(well, dict) else None
    if not isinstance(well, dict) or not isinstance(images, list) or not images:
        raise MetadataError(f"well.images is {shown(images)} (expected the list of the well's fields)")
    checked(models.WellDef, {**well, "images": [{"path": "0"}]})
    fields: dict[str, FieldPlace] = {}
    for place, image in enumerate(images):
        key = str(image["path"]) if isinstance(image, dict) and "path" in image else ""
        try:
            # Signs that a key may have and yaozarrs warns of are no fault here.
            plain = "".join(sign for sign in key if sign not in "._-")
            checked(models.FieldOfView, {**image, "path": plain} if isinstance(image, dict) else image)
            if key in fields:
                raise MetadataError(f"path is {shown(key)} (which another field has)")
            fields[key] = FieldPlace(key, image.get("acquisition"))
        except MetadataError as error:
            faults += [f"well.images.{place}: {fault}" for fault in error.faults]
    if not fields:
        raise MetadataError(*faults)
    return list(fields.values()), faults
