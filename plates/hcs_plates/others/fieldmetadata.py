"""OME-Zarr 0.4 and 0.5 metadata of fields (multiscale images) that other tools wrote.

Pure: dictionaries in, descriptions out. Three liberties that plates in the wild take are allowed, since each
can mean one thing only: a path written as a number, a version that is not stated, and a unit that is none.
"""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from hcs_plates.ngff import channel_colour
from hcs_plates.others.metadata import MODELS, MetadataError, checked, plain_text, shown
from hcs_plates.readers.acquisition import Channel
from hcs_plates.readers.lengths import PIXEL_SIZES_UM

MOST_LEVELS = 32

_PREFIXES = {
    "yocto": -24, "zepto": -21, "atto": -18, "femto": -15, "pico": -12, "nano": -9, "micro": -6, "milli": -3,
    "centi": -2, "deci": -1, "": 0, "deca": 1, "hecto": 2, "kilo": 3, "mega": 6, "giga": 9, "tera": 12,
    "peta": 15, "exa": 18, "zetta": 21, "yotta": 24,
}  # fmt: skip
UNITS_UM = {
    **{f"{prefix}meter": 10.0 ** (power + 6) for prefix, power in _PREFIXES.items()},
    "angstrom": 1e-4,
    "inch": 25_400.0,
    "foot": 304_800.0,
    "yard": 914_400.0,
    "mile": 1_609_344_000.0,
    "parsec": 3.0856775814913673e22,
}
"""µm in each unit of length that OME-Zarr knows (specification 0.5, "axes")."""


@dataclass(frozen=True)
class FieldMetadata:
    """What a field says of itself.

    Parameters
    ----------
    axes
        What each axis is: t, c, z, y or x; ``other`` of one that has none of these meanings.
    paths
        Of the levels' arrays below the field, from the largest to the smallest.
    pixel_sizes_um
        Height and width of a pixel of each level, None where unknown.
    scales
        Height and width of a pixel of each level as written, in whatever unit.
    labels, colours
        Of the channels as the field names them; empty where it does not, "" where it leaves one out.
    notices
        What was left out or assumed.
    """

    axes: tuple[str, ...]
    paths: tuple[str, ...]
    pixel_sizes_um: tuple[tuple[float, float] | None, ...]
    scales: tuple[tuple[float, float], ...]
    labels: tuple[str, ...]
    colours: tuple[str, ...]
    notices: tuple[str, ...]

    def channels(self, count: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names and colours of so many channels, and names that differ: "GFP", "GFP (2)".

        Channels that the field does not name are "channel 1" and so on, in the colours of their places.
        """
        names: list[str] = []
        colours = []
        for place in range(count):
            label = self.labels[place] if place < len(self.labels) else ""
            name = label or f"channel {place + 1}"
            again = sum(other == name or other.startswith(f"{name} (") for other in names)
            names.append(f"{name} ({again + 1})" if name in names else name)
            colour = self.colours[place] if place < len(self.colours) else ""
            colours.append(colour or channel_colour(Channel(name), place))
        return tuple(names), tuple(colours)


def field_metadata(ome: Mapping[str, Any], version: str) -> FieldMetadata:
    """Read the metadata of a field.

    Parameters
    ----------
    ome
        The group's attributes of 0.4, or the key ``ome`` of 0.5's.
    version
        ``"0.4"`` or ``"0.5"``.

    Raises
    ------
    MetadataError
        They are not those of an image, or cannot be used.
    """
    notices: list[str] = []
    multiscales = ome.get("multiscales")
    if not isinstance(multiscales, list) or not multiscales or not isinstance(multiscales[0], dict):
        raise MetadataError(f"multiscales is {shown(multiscales)} (expected an image's levels)")
    if len(multiscales) > 1:
        notices.append(f"the first of {len(multiscales)} multiscale images is shown")
    image = deepcopy(multiscales[0])
    paths = _take_paths(image)
    units = _take_units(image, notices)
    checked(MODELS[version].Image, {"multiscales": [image]})
    axes = _axes(image["axes"], notices)
    labels, colours = _channels(ome.get("omero"), notices)
    whole = _scale(image.get("coordinateTransformations"), len(axes))
    y, x = axes.index("y"), axes.index("x")
    sizes: list[tuple[float, float] | None] = []
    scales: list[tuple[float, float]] = []
    for dataset in image["datasets"]:
        scale = _scale(dataset["coordinateTransformations"], len(axes))
        scale = [a * b for a, b in zip(scale, whole, strict=True)]
        sizes.append(_pixel_size(scale, axes, units))
        scales.append((scale[y], scale[x]))
    low, high = PIXEL_SIZES_UM
    if sizes[0] is not None and not all(low <= side <= high for side in sizes[0]):
        notices.append("its pixel size is none that a microscope has, and is not taken")
        sizes = [None] * len(sizes)
    return FieldMetadata(axes, tuple(paths), tuple(sizes), tuple(scales), labels, colours, tuple(notices))


def _take_paths(image: dict[str, Any]) -> list[str]:
    """Take the levels' paths; numbers stand in their stead, as yaozarrs warns of signs that are no fault."""
    datasets = image.get("datasets")
    if not isinstance(datasets, list) or not all(isinstance(one, dict) and "path" in one for one in datasets):
        raise MetadataError(f"multiscales.0.datasets is {shown(datasets)} (expected a list with paths)")
    if not 1 <= len(datasets) <= MOST_LEVELS:
        raise MetadataError(
            f"multiscales.0.datasets has {len(datasets)} levels (expected 1 to {MOST_LEVELS})"
        )
    paths = [str(one["path"]) for one in datasets]
    if len(set(paths)) < len(paths):
        raise MetadataError("multiscales.0.datasets names a path twice")
    for place, one in enumerate(datasets):
        one["path"] = str(place)
    return paths


def _take_units(image: dict[str, Any], notices: list[str]) -> list[float | None]:
    """Take the µm of each axis' unit; what is no unit of length goes, as yaozarrs would warn of it."""
    axes = image.get("axes")
    if not isinstance(axes, list) or not all(isinstance(axis, dict) for axis in axes):
        raise MetadataError(f"multiscales.0.axes is {shown(axes)} (expected a list of axes with their types)")
    units: list[float | None] = []
    for axis in axes:
        unit = axis.pop("unit", None)
        known = UNITS_UM.get(unit) if isinstance(unit, str) and axis.get("type") == "space" else None
        if known is None and unit is not None and axis.get("type") == "space":
            notices.append(f"the unit {shown(unit)} is no length that OME-Zarr knows")
        units.append(known)
    return units


def _axes(axes: Sequence[Mapping[str, Any]], notices: list[str]) -> tuple[str, ...]:
    """Say what each axis is, by its type; the spatial ones by their names."""
    kinds = [axis.get("type") for axis in axes]
    names = [str(axis["name"]).lower() for axis in axes]
    space = [place for place, kind in enumerate(kinds) if kind == "space"]
    spatial = [names[place] for place in space]
    if not {"y", "x"} <= set(spatial):
        notices.append(
            f"its axes {', '.join(map(shown, spatial))} are taken for {'z, y, x'[-3 * len(space) + 2 :]}"
        )
        spatial = list("zyx"[-len(space) :])
    found: list[str] = []
    for place, kind in enumerate(kinds):
        if kind == "space":
            name = spatial[space.index(place)]
            found.append(name if name in ("y", "x") else "z")
        else:
            known = {"time": "t", "channel": "c"}.get(str(kind))
            found.append(known or (names[place] if names[place] in ("t", "c") else "other"))
    if len({*found} - {"other"}) < sum(one != "other" for one in found):
        raise MetadataError(f"multiscales.0.axes has two of a kind ({', '.join(found)})")
    return tuple(found)


def _scale(transformations: Sequence[Mapping[str, Any]] | None, count: int) -> list[float]:
    """Take the scale of a list of transformations; ones where it has none."""
    for one in transformations or ():
        if one.get("type") == "scale":
            return [float(number) for number in one["scale"]]
    return [1.0] * count


def _pixel_size(
    scale: Sequence[float], axes: Sequence[str], units: Sequence[float | None]
) -> tuple[float, float] | None:
    """Height and width of a pixel, µm; None where an axis has no unit of length."""
    sides = []
    for axis in "yx":
        place = axes.index(axis)
        unit = units[place]
        if unit is None:
            return None
        sides.append(scale[place] * unit)
    return sides[0], sides[1]


def _channels(omero: object, notices: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Take the channels' labels and colours, as far as they are there."""
    if omero is None:
        return (), ()
    listed = omero.get("channels") if isinstance(omero, dict) else None
    if not isinstance(listed, list):
        notices.append("its display settings (omero) name no channels and are not taken")
        return (), ()
    entries = [one if isinstance(one, dict) else {} for one in listed]
    colours = [str(one.get("color") or "").lstrip("#").upper() for one in entries]
    return (
        tuple(plain_text(one.get("label")) for one in entries),
        tuple(colour if re.fullmatch("[0-9A-F]{6}", colour) else "" for colour in colours),
    )
