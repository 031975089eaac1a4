"""The index of a measurement of Harmony, read image by image: a plate of 384 wells has 100 MB of it.

Versions 1 to 7 differ in where they keep what all images of a channel share: with every image, or once a
channel among the maps. Both are read, whatever the version and its namespace.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from hcs_plates.errors import ReaderError
from hcs_plates.readers.listed import ListedImage
from hcs_plates.readers.names import shown
from hcs_plates.readers.xmlfile import local, read_elements
from hcs_plates.wells import well_name

INDEXES = ("index.idx.xml", "index.xml")
ROOT = "EvaluationInputData"
_NAME = re.compile(r"r(\d{2})c(\d{2})f(\d{2,})(?:p(\d{2,}))?-ch(\d+)", re.IGNORECASE)
_METRES = {"": 1e6, "m": 1e6, "mm": 1e3, "µm": 1.0, "um": 1.0, "nm": 1e-3}
_OF_A_CHANNEL = (
    "ChannelID", "ChannelName", "MainExcitationWavelength", "MainEmissionWavelength", "ExposureTime",
    "ImageResolutionX", "ImageResolutionY", "ImageSizeX", "ImageSizeY", "ObjectiveMagnification",
    "ObjectiveNA", "OrientationMatrix",
)  # fmt: skip

Values = Mapping[str, tuple[str, str]]
"""Text and unit of an element's children by local name."""


class ReadImage(NamedTuple):
    """One image of an index: its place, or what is wrong with it; and its height above the focus, µm."""

    image: ListedImage | None
    fault: str
    height_um: float | None


@dataclass(frozen=True)
class Index:
    """What an index says.

    Parameters
    ----------
    path
        The file.
    plate
        Of its one plate.
    stated
        Identifiers of the wells that it says were measured.
    profiles
        Text of the flat field by channel.
    images
        In the order of the file.
    kinds
        What images say of their channel, each once; none where no image is listed.
    instrument
        Its type.
    notes
        Sentences on what was forgiven.
    """

    path: Path
    plate: Values
    stated: frozenset[str]
    profiles: Mapping[str, str]
    images: Sequence[ReadImage]
    kinds: Sequence[Values]
    instrument: str | None
    notes: tuple[str, ...]


def read_index(path: Path) -> Index:
    """Read what is needed of an index, in memory bounded by what is kept of an image.

    Raises
    ------
    ReaderError
        Not whole XML, not Harmony's, or of no plate or several.
    """
    kinds: dict[tuple[tuple[str, str] | None, ...], Values] = {}

    def image_of(element: Any) -> ReadImage | None:
        # Among the wells an image is a name alone.
        if not len(element):
            return None
        values = _values(element)
        said = tuple(values.get(name) for name in _OF_A_CHANNEL)
        if said not in kinds:
            kinds[said] = {name: values[name] for name in _OF_A_CHANNEL if name in values}
        return _image(values)

    root, taken, notes = read_elements(
        path,
        {
            "Plate": lambda element: (_values(element), [one.get("id", "") for one in element]),
            "Entry": lambda element: (element.get("ChannelID", ""), _values(element)),
            "Image": image_of,
            "InstrumentType": lambda element: (element.text or "").strip(),
        },
    )
    if root != ROOT:
        raise ReaderError(path, f"is an XML of {root[:40]!r}; expected {ROOT}, as Harmony writes it")
    plates = [values for values, _ in taken["Plate"]]
    if len(plates) != 1:
        names = [text(one, "Name") or text(one, "PlateID") for one in plates]
        raise ReaderError(
            path,
            f"describes {len(plates)} plates ({shown(names)}); export them one by one"
            if plates
            else "describes no plate; copy it again from the instrument",
        )
    maps: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for channel, said in taken["Entry"]:
        maps[channel] |= said
    return Index(
        path,
        plates[0],
        frozenset(one for _, wells in taken["Plate"] for one in wells if one),
        {key: said["FlatfieldProfile"][0] for key, said in maps.items() if "FlatfieldProfile" in said},
        [one for one in taken["Image"] if one is not None],
        [{**maps.get(text(one, "ChannelID"), {}), **one} for one in kinds.values()],
        next(iter(taken["InstrumentType"]), None) or None,
        notes,
    )


def read_profiles(path: Path) -> dict[str, str]:
    """Read the flat fields of a measurement's ``FFC_Profile`` file, by channel.

    Raises
    ------
    ReaderError
        Not whole XML.
    """
    _, taken, _ = read_elements(
        path, {"Entry": lambda element: (element.get("ChannelID", ""), _values(element))}
    )
    return {
        channel: said["FlatfieldProfile"][0] for channel, said in taken["Entry"] if "FlatfieldProfile" in said
    }


def _values(element: Any) -> dict[str, tuple[str, str]]:
    """Take the text and the unit of an element's children."""
    return {local(child): ((child.text or "").strip(), child.get("Unit", "")) for child in element}


def text(values: Values, name: str) -> str:
    """Take a text; "" where there is none."""
    return values.get(name, ("", ""))[0]


def number(values: Values, name: str) -> float | None:
    """Take a number that can be one; None where there is none."""
    try:
        value = float(text(values, name).replace(",", "."))
    except ValueError:
        return None
    return value if abs(value) < 1e9 else None


def um(values: Values, name: str) -> float | None:
    """Take a length in µm."""
    value, unit = number(values, name), values.get(name, ("", ""))[1]
    return None if value is None or unit not in _METRES else value * _METRES[unit]


def whole(values: Values, name: str, where: object, least: int, most: int) -> int:
    """Take a whole number within bounds; its digits alone, so that a changed sign is no number."""
    written = text(values, name)
    if not re.fullmatch(r"\d{1,9}", written) or not least <= int(written) <= most:
        raise ReaderError(
            str(where), f"has {name} {written[:20]!r}; expected a whole number from {least} to {most}"
        )
    return int(written)


def _image(values: Values) -> ReadImage:
    """Take one image; its file's name, which says its place too, must say the same."""
    url = text(values, "URL")
    where = f"image {text(values, 'id')[:30] or url[:60]!r}"
    try:
        row, column, number, plane, channel = (
            whole(values, name, where, least, most)
            for name, least, most in (
                ("Row", 1, 702),
                ("Col", 1, 99),
                ("FieldID", 0, 99_999),
                ("PlaneID", 0, 99_999),
                ("ChannelID", 0, 999),
            )
        )
        time = whole(values, "TimepointID", where, 0, 999_999) if "TimepointID" in values else 0
    except ReaderError as error:
        return ReadImage(None, f"{error.path} {error.faults[0]}", None)
    named = _NAME.search(url)
    if named is not None:
        said = [int(one) for one in named.groups(default=str(plane))]
        if said != [row, column, number, plane, channel]:
            return ReadImage(
                None,
                f"{where} is listed at row {row}, column {column}, field {number}, plane {plane}, channel "
                f"{channel}, and its file is named {url!r}; one of the two is wrong",
                None,
            )
    x, y = um(values, "PositionX"), um(values, "PositionY")
    state = text(values, "State") or "Ok"
    failed = f"the instrument gives its state as {state[:40]!r}" if state.lower() != "ok" else ""
    image = ListedImage(
        well=well_name(row - 1, column - 1),
        field=number,
        channel=str(channel),
        time=time,
        z=plane,
        file=url,
        position_um=None if x is None or y is None else (x, y),
        imaged_at=text(values, "AbsTime") or None,
        failed=failed or ("" if url else "the index names no file"),
    )
    return ReadImage(image, "", um(values, "PositionZ"))
