"""OME-Zarr 0.5 metadata of a high-content screening plate (specification: NGFF 0.5, "HCS layout").

Pure: descriptions in, JSON-ready dictionaries out. The dictionaries are built and checked with yaozarrs'
models; what those leave out and readers of the field expect is added here, with the reason beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np

from hcs_plates.readers.acquisition import Channel
from hcs_plates.wells import PlateFormat, parse_well, row_name

MAX_CHUNK = 512
SMALLEST_LEVEL = 256
# Of channels whose emission is not known, by place: white, green, blue, red, magenta, cyan, yellow.
COLOURS = ("FFFFFF", "00FF00", "0000FF", "FF0000", "FF00FF", "00FFFF", "FFFF00")
# Longest emission (nm) that is shown in each colour: the eye's, and magenta for what it does not see.
EMISSIONS = ((490, "0000FF"), (510, "00FFFF"), (565, "00FF00"), (590, "FFFF00"), (690, "FF0000"))
BEYOND = "FF00FF"


@dataclass(frozen=True)
class FieldLayout:
    """Sizes, type and cut into chunks that every field of a plate has.

    Parameters
    ----------
    n_times, n_channels, n_z, height, width
        Sizes; time and z appear as axes only where there is more than one.
    dtype
        NumPy name of the pixel type.
    levels
        Height and width of every level of a plate of another tool; None of plates of hcs, which halve.
    factors
        Height and width of a pixel of each of these, in pixels of the first; None where their shapes say it.
    """

    n_times: int
    n_channels: int
    n_z: int
    height: int
    width: int
    dtype: str
    levels: tuple[tuple[int, int], ...] | None = None
    factors: tuple[tuple[float, float], ...] | None = None

    @property
    def axes(self) -> tuple[str, ...]:
        """Axis names in the order of the specification: t, c, z, y, x."""
        return (("t",) if self.n_times > 1 else ()) + ("c",) + (("z",) if self.n_z > 1 else ()) + ("y", "x")

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the full-resolution array."""
        return self._with((self.height, self.width))

    def _with(self, plane: tuple[int, int]) -> tuple[int, ...]:
        sizes = {"t": self.n_times, "c": self.n_channels, "z": self.n_z, "y": plane[0], "x": plane[1]}
        return tuple(sizes[axis] for axis in self.axes)

    @property
    def plane_shapes(self) -> list[tuple[int, int]]:
        """Height and width of every level: halved until both are at most 256 pixels."""
        if self.levels is not None:
            return list(self.levels)
        shapes = [(self.height, self.width)]
        while max(shapes[-1]) > SMALLEST_LEVEL:
            height, width = shapes[-1]
            shapes.append((ceil(height / 2), ceil(width / 2)))
        return shapes

    @property
    def level_factors(self) -> list[tuple[float, float]]:
        """Height and width of a pixel of every level, in full-resolution pixels."""
        if self.factors is not None:
            return list(self.factors)
        return [(self.height / height, self.width / width) for height, width in self.plane_shapes]

    def level_shape(self, level: int) -> tuple[int, ...]:
        """Shape of a level's array."""
        return self._with(self.plane_shapes[level])

    def chunks(self, level: int) -> tuple[int, ...]:
        """Inner chunks of a level: one plane deep, even cuts of at most 512 pixels a side."""
        plane = tuple(ceil(n / ceil(n / MAX_CHUNK)) for n in self.plane_shapes[level])
        return (1,) * (len(self.axes) - 2) + plane

    def shards(self, level: int) -> tuple[int, ...]:
        """One shard a field and level: the level's shape, rounded up to whole chunks."""
        pairs = zip(self.level_shape(level), self.chunks(level), strict=True)
        return tuple(ceil(n / chunk) * chunk for n, chunk in pairs)


def plate_attributes(name: str, format: PlateFormat, fields: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """Attributes of the plate's root group.

    Parameters
    ----------
    name
        The plate's name.
    format
        Its grid.
    fields
        Field numbers by well name.
    """
    from yaozarrs import v05

    wells = []
    for well in fields:
        position = parse_well(well)
        path = f"{row_name(position.row)}/{position.column + 1:02d}"
        wells.append(v05.PlateWell(path=path, rowIndex=position.row, columnIndex=position.column))
    most = max((len(numbers) for numbers in fields.values()), default=1)
    definition = v05.PlateDef(
        name=name,
        rows=[v05.Row(name=row_name(row)) for row in range(format.rows)],
        columns=[v05.Column(name=f"{column + 1:02d}") for column in range(format.columns)],
        wells=wells,
        field_count=most,
        acquisitions=[v05.Acquisition(id=0, name=name, maximumfieldcount=most)],
    )
    ome = v05.Plate(plate=definition).model_dump(mode="json", exclude_none=True, by_alias=True)
    # yaozarrs keeps the version beside the plate only; ome-zarr-models looks for it inside as well.
    ome["plate"]["version"] = "0.5"
    return ome


def well_attributes(fields: Sequence[int]) -> dict[str, Any]:
    """Attributes of a well's group: its fields, each under its own number."""
    from yaozarrs import v05

    images = [v05.FieldOfView(path=str(number), acquisition=0) for number in fields]
    ome = v05.Well(well=v05.WellDef(images=images)).model_dump(mode="json", exclude_none=True, by_alias=True)
    ome["well"]["version"] = "0.5"
    return ome


def image_attributes(
    layout: FieldLayout,
    channels: Sequence[Channel],
    pixel_size_um: tuple[float, float] | None,
    z_step_um: float | None = None,
) -> dict[str, Any]:
    """Attributes of a field's group: axes, levels with their scales, channel names and colours.

    Without a pixel size the axes carry no unit and the scale is in pixels; the axis of z likewise. How the
    levels were made is said of those of hcs alone.
    """
    from yaozarrs import v05

    unit = None if pixel_size_um is None else "micrometer"
    kinds: dict[str, v05.TimeAxis | v05.ChannelAxis | v05.SpaceAxis | v05.CustomAxis] = {
        "t": v05.TimeAxis(name="t"),
        "c": v05.ChannelAxis(name="c"),
        "z": v05.SpaceAxis(name="z", unit=None if z_step_um is None else "micrometer"),
        "y": v05.SpaceAxis(name="y", unit=unit),
        "x": v05.SpaceAxis(name="x", unit=unit),
    }
    height_um, width_um = pixel_size_um or (1.0, 1.0)
    datasets = []
    for level, (down, across) in enumerate(layout.level_factors):
        scales = {"z": z_step_um or 1.0, "y": height_um * down, "x": width_um * across}
        scale = [scales.get(axis, 1.0) for axis in layout.axes]
        datasets.append(
            v05.Dataset(path=str(level), coordinateTransformations=[v05.ScaleTransformation(scale=scale)])
        )
    method = {"method": "area average, halved from the level above", "version": "1"}
    multiscale = v05.Multiscale(
        name="field",
        axes=[kinds[axis] for axis in layout.axes],
        datasets=datasets,
        **({"type": "mean", "metadata": method} if layout.levels is None else {}),
    )
    kind = np.dtype(layout.dtype)
    limit = float(np.iinfo(kind).max) if np.issubdtype(kind, np.integer) else 1.0
    window = v05.OmeroWindow(start=0, end=limit, min=0, max=limit)
    shown = [
        v05.OmeroChannel(label=channel.name, color=channel_colour(channel, i), window=window, active=True)
        for i, channel in enumerate(channels)
    ]
    image = v05.Image(multiscales=[multiscale], omero=v05.Omero(channels=shown))
    return dict(image.model_dump(mode="json", exclude_none=True, by_alias=True))


def placed(attributes: dict[str, Any], corner_um: tuple[float, float]) -> dict[str, Any]:
    """Give attributes of a field's group where its upper left corner lies, (y, x) in µm, at every level."""
    (multiscale,) = attributes["multiscales"]
    places = dict(zip("yx", corner_um, strict=True))
    translation = [places.get(axis["name"], 0.0) for axis in multiscale["axes"]]
    move = {"type": "translation", "translation": translation}
    datasets = [
        {**dataset, "coordinateTransformations": [*dataset["coordinateTransformations"], move]}
        for dataset in multiscale["datasets"]
    ]
    return {**attributes, "multiscales": [{**multiscale, "datasets": datasets}]}


def channel_colour(channel: Channel, place: int) -> str:
    """Colour in which viewers show a channel first, ``RRGGBB``: of its emission, or else of its place.

    Examples
    --------
    >>> channel_colour(Channel("FITC", emission_nm=525.0), 0), channel_colour(Channel("GFP"), 0)
    ('00FF00', 'FFFFFF')
    """
    if channel.emission_nm is None:
        return COLOURS[place % len(COLOURS)]
    return next((colour for longest, colour in EMISSIONS if channel.emission_nm <= longest), BEYOND)


def shown_range(attributes: dict[str, Any], ranges: Sequence[tuple[int, int]]) -> None:
    """Enter the grey levels that each channel of a field has: else viewers show 12 bits of 16 as black."""
    for channel, (low, high) in zip(attributes["ome"]["omero"]["channels"], ranges, strict=True):
        channel["window"].update(start=float(low), end=float(max(high, low + 1)))
