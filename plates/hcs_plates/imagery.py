"""All fields of a plate as one lazy xarray array: pixels are read by plane, when something asks for them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from hcs_plates.description import PlateSpec
from hcs_plates.errors import ArgumentError
from hcs_plates.labels import LabelIndex
from hcs_plates.ngff import FieldLayout
from hcs_plates.storedfield import Indices, StoredField
from hcs_plates.units import digest

AXES = {"t": "time", "c": "channel", "z": "z", "y": "y", "x": "x"}
RESERVED = frozenset(
    {"image", "tile", "well", "field", "tile_id", "grid_row", "grid_column", "y_um", "x_um", "acquired"}
)


class LazyFields(BackendArray):
    """Fields one after the other, each as one or more items of planes.

    Parameters
    ----------
    fields
        In the order of the first dimension.
    items
        Items each field gives (tiles), along the first dimension.
    planes
        Sizes of the axes between the first and the last two.
    sides
        Height and width.
    """

    def __init__(
        self, fields: Sequence[StoredField], items: int, planes: tuple[int, ...], sides: tuple[int, int]
    ) -> None:
        self.fields = tuple(fields)
        self.items = items
        self.shape = (len(self.fields) * items, *planes, *sides)
        self.dtype = np.dtype(self.fields[0].layout.dtype)

    def block(self, field: StoredField, planes: Sequence[Indices]) -> npt.NDArray[Any]:
        """Read some planes of one field: an array of shape (items, *planes asked for, height, width)."""
        raise NotImplementedError

    def __getitem__(self, key: indexing.ExplicitIndexer) -> npt.NDArray[Any]:
        outer = indexing.IndexingSupport.OUTER
        return np.asarray(indexing.explicit_indexing_adapter(key, self.shape, outer, self._read))

    def _read(self, key: tuple[Any, ...]) -> npt.NDArray[Any]:
        """Read what an orthogonal key asks for, field by field and no plane more."""
        wanted = [np.atleast_1d(np.arange(size)[one]) for size, one in zip(self.shape, key, strict=True)]
        items, *planes, rows, columns = wanted
        out = np.empty([len(one) for one in wanted], dtype=self.dtype)
        for place in np.unique(items // self.items):
            here = np.flatnonzero(items // self.items == place)
            block = self.block(self.fields[place], planes)[items[here] % self.items]
            out[here] = block[..., rows[:, None], columns]
        return out[
            tuple(0 if np.ndim(one) == 0 and not isinstance(one, slice) else slice(None) for one in key)
        ]

    def chunked(self, dimensions: Sequence[str], token: str) -> xr.DataArray:
        """Give the array in Dask chunks of one field and one plane, equally named at each call."""
        array = xr.DataArray(xr.Variable(dimensions, indexing.LazilyIndexedArray(self)))
        sizes = [self.items, *[1] * (len(dimensions) - 3), *self.shape[-2:]]
        return array.chunk(dict(zip(dimensions, sizes, strict=True)), name_prefix="hcs-", token=token)


class _Images(LazyFields):
    """Whole fields at a level, of all time points or of one."""

    def __init__(self, fields: Sequence[StoredField], level: int, time: int | None) -> None:
        layout = fields[0].layout
        self.level, self.time = level, time
        film = time is None and layout.n_times > 1
        sizes = layout.level_shape(level)[:-2]
        super().__init__(
            fields, 1, sizes if film or layout.n_times == 1 else sizes[1:], layout.plane_shapes[level]
        )

    def block(self, field: StoredField, planes: Sequence[Indices]) -> npt.NDArray[Any]:
        if self.time is None or field.layout.n_times == 1:
            return field.read(self.level, planes)[None]
        return field.read(self.level, [np.array([self.time]), *planes])


def alike(
    plate: PlateSpec, level: int, time: int | None, shape: tuple[int, int] | None
) -> list[tuple[str, int]]:
    """List the fields of which one array can be made, of one shape.

    Raises
    ------
    ArgumentError
        As `hcs_plates.plate.Plate.lazy_images`.
    """
    groups: dict[tuple[int, int], list[tuple[str, int]]] = {}
    for key in ((well, number) for well, numbers in plate.fields.items() for number in numbers):
        groups.setdefault(plate.shapes.get(key, (plate.layout.height, plate.layout.width)), []).append(key)
    if shape is None and len(groups) > 1:
        raise ArgumentError(
            f"{plate.shapes_told} One array has one shape: take one of them, such as "
            f"plate.lazy_images(shape={next(iter(groups))}), or field by field."
        )
    wanted = next(iter(groups)) if shape is None else (int(shape[0]), int(shape[1]))
    if wanted not in groups:
        known = ", ".join(f"{height} × {width}" for height, width in groups)
        raise ArgumentError(
            f"Plate {plate.name} has no fields of {wanted[0]} × {wanted[1]} pixels; it has {known}."
        )
    levels = [plate.layout_of(*key).plane_shapes for key in groups[wanted]]
    least = min(map(len, levels))
    if not 0 <= level < least:
        raise ArgumentError(f"Plate {plate.name} has no level {level}; levels are 0 to {least - 1}.")
    if len({sizes[level] for sizes in levels}) > 1:
        raise ArgumentError(
            f"Fields of plate {plate.name} have several sizes at level {level}; take level 0."
        )
    if time is not None and not 0 <= time < plate.layout.n_times:
        raise ArgumentError(f"Plate {plate.name} has {plate.layout.n_times} time points; got time {time}.")
    return groups[wanted]


def lazy_images(
    fields: Sequence[StoredField], plate: PlateSpec, level: int = 0, time: int | None = None
) -> xr.DataArray:
    """Fields of a plate as a Dask-backed DataArray of dimensions (image, [time,] channel, [z,] y, x).

    Parameters
    ----------
    fields
        Stored fields of one shape, in the plate's order.
    plate
        The description.
    level
        Resolution level; the plate has it.
    time
        One time point; all if None.
    """
    layout = fields[0].layout
    lazy = _Images(fields, level, time)
    axes = [axis for axis in layout.axes if axis != "t" or time is None]
    token = digest(str(fields[0].plate), dict(plate.checksums), level, time, *lazy.shape)
    array = lazy.chunked(["image", *(AXES[axis] for axis in axes)], token)
    wells = pd.Series([field.well for field in fields])
    coordinates = item_coordinates(plate, wells, "image")
    numbers = np.array([field.number for field in fields])
    coordinates["field"] = ("image", numbers)
    if plate.positions_um:
        places = [plate.positions_um.get((field.well, field.number), (np.nan,) * 2) for field in fields]
        for at, name in ((1, "y_um"), (0, "x_um")):
            about = {"units": "micrometer", "long_name": "stage position"}
            coordinates[name] = ("image", np.array([place[at] for place in places], dtype=float), about)
    # Text as objects, like pandas' own: NumPy's text of fixed length has no Zarr specification.
    coordinates["channel"] = np.array(plate.channel_names, dtype=object)
    for axis, size in (("time", layout.n_times), ("z", layout.n_z)):
        if axis in array.dims:
            coordinates[axis] = (axis, np.arange(size), {"long_name": f"{axis} index, counted from 0"})
    coordinates["acquired"] = (array.dims[:-2], _acquired(fields, plate, time))
    coordinates |= pixel_coordinates(layout, plate.pixel_size_um, layout.plane_shapes[level])
    return finished(array, coordinates, plate)


def _acquired(fields: Sequence[StoredField], plate: PlateSpec, time: int | None) -> npt.NDArray[np.bool_]:
    """Whether each plane holds pixels: an array of shape (image, [time,] channel, [z])."""
    layout = fields[0].layout
    there = np.ones((len(fields), layout.n_times, layout.n_channels, layout.n_z), dtype=bool)
    for step in plate.never_acquired:
        there[:, step.time, step.channel, step.z] = False
    places = {(field.well, field.number): place for place, field in enumerate(fields)}
    for key in plate.missing:
        place = places.get((key.well, key.field))
        if place is not None:
            there[place, key.time, key.channel, key.z] = False
    if time is not None:
        there = there[:, [time]]
    axes = [axis for axis in layout.axes[:-2] if axis != "t" or time is None]
    sizes = {"t": layout.n_times, "c": layout.n_channels, "z": layout.n_z}
    return there.reshape(len(fields), *(sizes[axis] for axis in axes))


def finished(array: xr.DataArray, coordinates: dict[str, Any], plate: PlateSpec) -> xr.DataArray:
    """Give an array its coordinates, its name, and an index by wells and fields."""
    named = array.assign_coords(coordinates).rename(plate.name)
    if plate.pixel_size_um is not None:
        named.attrs["pixel_size_um"] = list(plate.pixel_size_um)
    if plate.z_step_um is not None:
        named.attrs["z_step_um"] = plate.z_step_um
    return named.set_xindex(["well", "field"], LabelIndex)


def item_coordinates(plate: PlateSpec, wells: pd.Series, dimension: str) -> dict[str, Any]:
    """Wells table spread over a dimension, as xarray coordinates.

    A column of the platemap that is called like a coordinate of ours (`field`, `channel`, `y`) keeps its
    values under ``platemap_field``.

    Parameters
    ----------
    plate
        The description.
    wells
        The well of every entry along the dimension.
    dimension
        Its name.
    """
    rows = plate.wells.loc[wells]
    taken = {*RESERVED, *AXES.values()}
    coordinates: dict[str, Any] = {"well": (dimension, wells.to_numpy(dtype=object))}
    for column in rows.columns:
        values = rows[column]
        # xarray has no nullable integers; whole numbers with gaps become floats with NaN.
        if pd.api.types.is_numeric_dtype(values) and values.isna().any():
            values = values.astype(float)
        name = column
        while name in taken:
            name = f"platemap_{name}"
        taken.add(name)
        coordinates[name] = (dimension, values.to_numpy())
    return coordinates


def pixel_coordinates(
    layout: FieldLayout, pixel_size_um: tuple[float, float] | None, sides: tuple[int, int]
) -> dict[str, Any]:
    """Give where pixels lie along y and x, from the first one, in µm or, without a size, in full-size pixels.

    Parameters
    ----------
    layout, pixel_size_um
        Of the plate.
    sides
        Pixels that the whole field has along y and x at the resolution shown.
    """
    unit = "pixel" if pixel_size_um is None else "micrometer"
    steps = pixel_size_um or (1.0, 1.0)
    return {
        axis: (axis, np.arange(size) * (step * full / size), {"units": unit})
        for axis, size, step, full in zip("yx", sides, steps, (layout.height, layout.width), strict=True)
    }
