"""Yokogawa CellVoyager CV7000 and CV8000: ``MeasurementData.mlf`` lists the images.

Channels and pixels are described by the ``.mes`` and the ``.mrf`` beside it.
Attributes stand in the namespace of BTS; they are read by their local names.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hcs_plates.errors import ReaderError
from hcs_plates.readers.acquisition import Acquisition, Channel, Objective
from hcs_plates.readers.lengths import PIXEL_SIZES_UM, believed_step
from hcs_plates.readers.listed import ListedImage, Listing, listed_acquisition
from hcs_plates.readers.names import shown
from hcs_plates.readers.xmlfile import read_elements
from hcs_plates.wells import PlateFormat, smallest_format, well_name

LIST = "measurementdata.mlf"
_NAME = re.compile(
    r"_(?P<well>[A-Z]{1,2}\d{2})_T(?P<time>\d{4,})F(?P<field>\d{3,})L\d{2}A\d{2}Z(?P<z>\d{2,})C(?P<channel>\d{2})\.",
    re.IGNORECASE,
)

Values = Mapping[str, str]
"""Attributes of an element by local name."""


@dataclass(frozen=True)
class _Record:
    """One image of the list, or the error in its place, with the action that took it."""

    image: ListedImage
    action: str
    z_um: float | None
    error: bool


def find_list(source: Path) -> list[Path]:
    """Find the lists of images in a folder, or in the folders in it."""
    if source.is_file():
        return [source]
    with os.scandir(source) as entries:
        below = sorted(Path(one.path) for one in entries if one.is_dir())
    for places in ([source], below):
        named = (one for place in places for one in place.iterdir() if one.name.lower() == LIST)
        if found := sorted(one for one in named if one.is_file()):
            return found
    return []


def is_cellvoyager(source: Path) -> str:
    """Say which list of images it is or holds."""
    if source.is_file() and source.suffix.lower() != ".mlf":
        return ""
    found = find_list(source)
    return found[0].name if found else ""


def scan_cellvoyager(source: Path) -> Acquisition:
    """Scan a measurement of a CellVoyager.

    Parameters
    ----------
    source
        The folder with ``MeasurementData.mlf``, the folder above, or that file.

    Raises
    ------
    ReaderError
        A damaged list, several measurements, records that contradict their files' names.
    """
    found = find_list(source)
    if len(found) != 1:
        places = [one.parent.name for one in found]
        raise ReaderError(
            source,
            f"holds {len(found)} measurements ({shown(places)}); give the folder of one"
            if found
            else "holds no MeasurementData.mlf; give the folder of the measurement",
        )
    path = found[0]
    records, notes = _records(path)
    detail, described = _described(
        path.parent, ".mrf", {"MeasurementDetail", "MeasurementChannel", "MeasurementSamplePlate"}
    )
    settings, told = _described(path.parent, ".mes", {"Channel"})
    named = next(iter(detail["MeasurementSamplePlate"]), {}).get("Name") or next(
        iter(detail["MeasurementDetail"]), {}
    ).get("Title")
    records, retried = _taken_again(records)
    records, apart = _told_apart(records)
    images = [record.image for record in records]
    stated = next(iter(detail["MeasurementDetail"]), {})
    format = _format(stated)
    size, pixel = _pixels(detail["MeasurementChannel"])
    shading = [
        one["ShadingCorrectionSource"]
        for one in detail["MeasurementChannel"]
        if one.get("ShadingCorrectionSource")
    ]
    if shading:
        notes.append(f"The measurement names shading images ({shown(shading)}); they are not applied.")
    return listed_acquisition(
        source,
        Listing(
            path=path,
            folder=path.parent,
            reader="cellvoyager",
            name=re.sub(r"[\x00-\x1f/\\]+", "_", named or path.parent.name).strip(" .") or "plate",
            format=format or smallest_format({image.well for image in images}),
            format_stated=format is not None,
            channels=_channels(images, settings["Channel"]),
            images=images,
            pixel_size_um=pixel,
            size=size,
            z_step_um=_z_step(records),
            instrument="CellVoyager",
            objective=_objective(settings["Channel"]),
            # Fields are taken row by row from the upper left, at which y is largest.
            y_axis="up",
            disagreements=_disagreements(path, stated, images),
            notes=(*notes, *described, *told, *retried, *apart),
        ),
    )


def _attributes(element: Any) -> dict[str, str]:
    return {str(name).rpartition("}")[2]: value.strip() for name, value in element.attrib.items()}


def _records(path: Path) -> tuple[list[_Record], list[str]]:
    """Read the records of the list."""
    root, taken, notes = read_elements(
        path, {"MeasurementRecord": lambda element: (_attributes(element), (element.text or "").strip())}
    )
    if root != "MeasurementData":
        raise ReaderError(path, f"is an XML of {root[:40]!r} (expected MeasurementData)")
    faults: list[str] = []
    # An error before an image was due, such as a focus that was not found, names no field and no channel.
    whole = [
        (values, text)
        for values, text in taken["MeasurementRecord"]
        if values.get("Type") != "ERR" or {"Row", "Column", "FieldIndex", "Ch"} <= set(values)
    ]
    if lost := len(taken["MeasurementRecord"]) - len(whole):
        notes = (
            *notes,
            f"{lost} errors of the instrument name no image; what they cost is seen by what is missing.",
        )
    records = [
        record
        for place, (values, text) in enumerate(whole, 1)
        if (record := _record(place, values, text, faults)) is not None
    ]
    if faults:
        raise ReaderError(path, faults)
    return records, list(notes)


def _whole(values: Values, key: str, most: int, default: str = "") -> int:
    written = values.get(key, default)
    if not re.fullmatch(r"\d{1,9}", written) or not 1 <= int(written) <= most:
        raise ValueError(f"has {key} {written[:20]!r}; expected a whole number from 1 to {most}")
    return int(written)


def _number(values: Values, key: str) -> float | None:
    try:
        value = float(values[key])
    except (KeyError, ValueError):
        return None
    return value if abs(value) < 1e9 else None


def _record(place: int, values: Values, text: str, faults: list[str]) -> _Record | None:
    """Take one record; the name of its file must say the same."""
    kind = values.get("Type", "")
    try:
        if kind not in ("IMG", "ERR"):
            raise ValueError(f"is of type {kind[:20]!r} (expected IMG or ERR)")
        row, column = _whole(values, "Row", 702), _whole(values, "Column", 99)
        field, channel = _whole(values, "FieldIndex", 99_999), _whole(values, "Ch", 999)
        time, z = _whole(values, "TimePoint", 999_999, "1"), _whole(values, "ZIndex", 99_999, "1")
        well = well_name(row - 1, column - 1)
        named = _NAME.search(text) if kind == "IMG" else None
        if named is not None:
            said = [int(named[part]) for part in ("time", "field", "z", "channel")]
            if named["well"].upper() != well or said != [time, field, z, channel]:
                raise ValueError(
                    f"lists {text!r} as well {well}, time {time}, field {field}, z {z}, channel "
                    f"{channel}; one of the two is wrong"
                )
    except ValueError as error:
        faults.append(f"record {place} {error}")
        return None
    x, y = _number(values, "X"), _number(values, "Y")
    failed = f"the instrument reports an error ({text[:80]})" if kind == "ERR" else ""
    image = ListedImage(
        well=well,
        field=field,
        channel=str(channel),
        time=time,
        z=z,
        file="" if failed else text,
        position_um=None if x is None or y is None else (x, y),
        imaged_at=values.get("Time") or None,
        failed=failed or ("" if text else "the list names no file"),
    )
    action = f"{values.get('TimelineIndex', '1')}.{values.get('ActionIndex', '1')}"
    return _Record(image, action, _number(values, "Z"), kind == "ERR")


def _taken_again(records: Sequence[_Record]) -> tuple[list[_Record], list[str]]:
    """Drop errors of a plane that was tried again by the same action, and say so: its last record counts.

    The list is in the order of time. An error that follows an image is none of a first try, and stays.
    """
    tried: dict[tuple[Any, ...], list[_Record]] = defaultdict(list)
    mended = []
    for record in records:
        image = record.image
        tries = tried[image.well, image.field, image.channel, image.time, image.z, record.action]
        if tries and tries[-1].error:
            tries.pop()
            mended += [] if record.error else [f"{image.well} field {image.field}"]
        tries.append(record)
    told = f"{len(mended)} images were taken again after an error of the instrument: {shown(mended)}."
    return [record for tries in tried.values() for record in tries], [told] if mended else []


def _told_apart(records: Sequence[_Record]) -> tuple[list[_Record], list[str]]:
    """Make channels of their own of a channel that several actions took at the same place."""
    taken: dict[tuple[Any, ...], set[str]] = defaultdict(set)
    for record in records:
        image = record.image
        taken[image.well, image.field, image.channel, image.time, image.z].add(record.action)
    several = {key[2] for key, actions in taken.items() if len(actions) > 1}
    if not several:
        return list(records), []
    apart = [
        replace(one, image=replace(one.image, channel=f"{one.image.channel}, action {one.action}"))
        if one.image.channel in several
        else one
        for one in records
    ]
    return apart, [
        f"Channel {', '.join(sorted(several))} was taken by several actions, which are channels here."
    ]


def _described(
    folder: Path, ending: str, names: Iterable[str]
) -> tuple[dict[str, list[dict[str, str]]], list[str]]:
    """Read elements of a file that lies beside the list; none where there is no such file or several."""
    empty: dict[str, list[dict[str, str]]] = {name: [] for name in names}
    files = sorted(one for one in folder.iterdir() if one.suffix.lower() == ending and one.name[0] != ".")
    if len(files) != 1:
        return empty, [
            f"There are {len(files)} {ending} files; what one says (channels, pixel size) is not known."
        ]
    _, taken, notes = read_elements(files[0], dict.fromkeys(empty, _attributes))
    return taken, list(notes)


def _format(stated: Values) -> PlateFormat | None:
    try:
        return PlateFormat(_whole(stated, "RowCount", 702), _whole(stated, "ColumnCount", 99))
    except ValueError:
        return None


def _pixels(channels: Sequence[Values]) -> tuple[tuple[int, int] | None, tuple[float, float] | None]:
    """Height and width of images, and of a pixel in µm, where all channels state the same."""
    sizes = {(one.get("VerticalPixels"), one.get("HorizontalPixels")) for one in channels}
    sides = {
        (_number(one, "VerticalPixelDimension"), _number(one, "HorizontalPixelDimension")) for one in channels
    }
    height, width = sizes.pop() if len(sizes) == 1 else (None, None)
    down, across = sides.pop() if len(sides) == 1 else (None, None)
    low, high = PIXEL_SIZES_UM
    pixel = None
    if down is not None and across is not None and low <= min(down, across) <= max(down, across) <= high:
        pixel = down, across
    if height is None or width is None or not (height + width).isdecimal():
        return None, pixel
    return (int(height), int(width)), pixel


def _channels(images: Sequence[ListedImage], settings: Sequence[Values]) -> dict[str, Channel]:
    """Describe each channel by the measurement's settings: excitation and filter."""
    known = {one.get("Ch"): one for one in settings}
    channels = {}
    for key in sorted({image.channel for image in images}, key=lambda key: (int(key.split(",")[0]), key)):
        said = known.get(key.split(",")[0], {})
        number, _, action = key.partition(",")
        name = " ".join(filter(None, (said.get("Target"), said.get("Acquisition")))) or f"channel {number}"
        band = re.fullmatch(r"BP(\d{3})/\d+", said.get("Acquisition", ""))
        excitation = _number(said, "Target")
        channels[key] = Channel(
            f"{name},{action}" if action else name,
            excitation if excitation and 200 < excitation < 2000 else None,
            float(band[1]) if band else None,
            _number(said, "ExposureTime"),
        )
    return channels


def _objective(settings: Sequence[Values]) -> Objective | None:
    lenses = {(one.get("Objective"), _number(one, "Magnification")) for one in settings}
    name, magnification = lenses.pop() if len(lenses) == 1 else (None, None)
    return Objective(magnification, None, name) if name else None


def _z_step(records: Sequence[_Record]) -> float | None:
    """Take the distance of two planes of the first stack."""
    stacks: dict[tuple[Any, ...], dict[int, float]] = defaultdict(dict)
    for one in records:
        if one.z_um is not None:
            image = one.image
            stacks[image.well, image.field, image.channel, image.time][image.z] = one.z_um
    for places in stacks.values():
        steps = sorted(places)
        if len(steps) > 1:
            return believed_step(abs(places[steps[1]] - places[steps[0]]) / (steps[1] - steps[0]))
    return None


def _disagreements(path: Path, stated: Values, images: Sequence[ListedImage]) -> tuple[str, ...]:
    """Hold the counts that the measurement's detail states against the list."""
    counts = {
        "TimePointCount": ("time points", len({image.time for image in images})),
        "ZCount": ("steps in z", len({image.z for image in images})),
        "FieldCount": ("fields a well", len({image.field for image in images})),
    }
    return tuple(
        f"The measurement's detail states {stated[key]} {what}; {path.name} lists {count}."
        for key, (what, count) in counts.items()
        if stated.get(key, "").isdecimal() and int(stated[key]) != count
    )
