"""The images of a study that people can judge: which there are, whose they are, and their pixels."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.study.folder import StudyResults
from hcs.study.pixelsize import tile_pixels
from hcs.tables.independence import DONOR
from hcs.wording import are, counted, noted, plural, spaced
from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.plate import Plate
from hcs_plates.projection import project
from hcs_plates.rescale import area_resize
from hcs_plates.storedfield import stored_field

TILES, FIELDS = "tiles", "fields"
KINDS = (TILES, FIELDS)
BATCH = "differentiation_batch"
LARGEST = 1024
"""Side that whole fields are made smaller to, pixels: 1 MB a grey image, as PNG without compression."""


@dataclass(frozen=True, eq=False)
class Images:
    """Images of the two classes.

    Parameters
    ----------
    table
        One row an image: row (of the tile in the study's tiles), plate, well, field, tile (None of whole
        fields), group, label, unit (donor, or the group where donors tell nothing more), batch.
    read
        Gives the pixels of a row of the table, array of shape (y, x, channel).
    noun
        What a group is called, such as clone.
    pixel_um
        Side of a pixel where it is the same on all plates, else None.
    cautions
        What was left out.
    """

    table: pd.DataFrame
    read: Callable[[pd.Series], npt.NDArray[np.generic]]
    noun: str
    pixel_um: float | None
    cautions: tuple[str, ...]

    @classmethod
    def of(cls, study: StudyResults, kind: str = TILES) -> "Images":
        """List a study's images: its tiles, as the network saw them, or the whole fields that they are of.

        Groups of both labels are left out, since no call of theirs is right or wrong; and so are images with
        the same pixels as another.

        Raises
        ------
        ArgumentError
            Another kind; fields of several sizes; a class that has no image.
        """
        if kind not in KINDS:
            raise ArgumentError(f"--images {kind!r} is not known; {nearest(kind, KINDS)}")
        data, noun = study.config.data, spaced(study.config.data.group)
        wells = study.table("wells").astype({"label": object})
        wells = wells[wells["positive"].notna() & wells["group"].notna()]
        both = wells.groupby("group")["label"].nunique()
        mixed = list(both.index[both > 1])
        wells = wells[~wells["group"].isin(mixed)]
        wells = wells.assign(unit=_units(wells), batch=_batches(wells))
        index = study.tiles.index
        listed = index.assign(row=np.arange(len(index)))
        if kind == FIELDS:
            listed = listed.drop_duplicates(["plate", "well", "field"]).assign(tile=None)
        own = ["plate", "well", "group", "label", "unit", "batch"]
        table = listed.merge(wells[own].astype({"group": str, "label": str}), on=["plate", "well"])
        single = table.drop_duplicates("digest")
        for label in (data.positive, data.negative):
            if not (single["label"] == label).any():
                raise ArgumentError(
                    f"{study.results} has no image of {label} that can be judged, and readers tell "
                    f"{data.positive} from {data.negative}."
                )
        cautions = noted(
            (mixed, f"{counted(len(mixed), noun)} of both labels {are(len(mixed))} left out."),
            (len(table) > len(single), f"{counted(len(table) - len(single), 'image')} with the pixels of "
             "another left out."),
        )  # fmt: skip
        columns = ["row", "plate", "well", "field", "tile", "group", "label", "unit", "batch"]
        read = _tiles(study) if kind == TILES else _fields(study, sorted(single["plate"].unique()))
        return cls(
            single[columns].reset_index(drop=True), read, noun, _pixel(study, kind, single), tuple(cautions)
        )

    def groups(self, n: int) -> str:
        """Say so many groups, such as ``12 clones``."""
        return f"{n:,} {plural(self.noun, n)}"


def _units(wells: pd.DataFrame) -> pd.Series:
    """Who is independent: donors where they are known and each has one label, else groups."""
    if DONOR in wells and wells[DONOR].notna().all():
        donors = wells[DONOR].astype(str)
        if (wells.groupby(donors)["label"].nunique() == 1).all():
            return donors
    return wells["group"].astype(str)


def _batches(wells: pd.DataFrame) -> pd.Series:
    """Differentiation batches as text; one where none are known."""
    known = wells[BATCH] if BATCH in wells else pd.Series(index=wells.index, dtype=object)
    return known.astype("string").fillna("").astype(object)


def _pixel(study: StudyResults, kind: str, table: pd.DataFrame) -> float | None:
    """Side of an image's pixel, µm, where all plates have the same."""
    sizes = tile_pixels(study)
    own = [sizes.get(str(name)) for name in table["plate"].unique()]
    known = [size for size in own if size is not None]
    if len(known) < len(own) or not np.allclose(known, known[0], rtol=0.01):
        return None
    if kind == TILES:
        return known[0]
    plate = study.plate(str(table["plate"].iloc[0]))
    height, width = plate.spec.field_shape or (0, 0)
    if height != width or height == 0:
        return None
    across = study.config.tiles.size * study.config.tiles.grid
    return known[0] * across / _shown((height, width))[0]


def _tiles(study: StudyResults) -> Callable[[pd.Series], npt.NDArray[np.generic]]:
    """Read tiles."""
    tiles = study.tiles

    def read(row: pd.Series) -> npt.NDArray[np.generic]:
        pixels: npt.NDArray[np.generic] = tiles.read(int(row["row"]), int(row["row"]) + 1)[0]
        return pixels

    return read


def _shown(shape: tuple[int, int]) -> tuple[int, int]:
    """Height and width of a field as it is shown."""
    factor = min(1.0, LARGEST / max(shape))
    return max(1, round(shape[0] * factor)), max(1, round(shape[1] * factor))


def _fields(study: StudyResults, names: list[str]) -> Callable[[pd.Series], npt.NDArray[np.generic]]:
    """Read whole fields, made smaller by area where they are larger than `LARGEST`."""
    plates: dict[str, Plate] = {name: study.plate(name) for name in names}
    shapes = {shape for plate in plates.values() for shape in plate.spec.field_shapes}
    if len(shapes) > 1:
        sizes = ", ".join(f"{height} × {width}" for height, width in sorted(shapes))
        raise ArgumentError(
            f"The fields have different sizes ({sizes} pixels), which would tell them apart; show "
            "tiles instead (--images tiles)."
        )
    wanted, time = study.tiles.channels, study.config.data.time

    @cache
    def places(name: str) -> tuple[int, ...]:
        return tuple(plates[name].channel_index(channel) for channel in wanted)

    def read(row: pd.Series) -> npt.NDArray[np.generic]:
        plate = plates[str(row["plate"])]
        field = stored_field(plate.path, plate.spec, str(row["well"]), int(row["field"]))
        planes = project(
            field, time, places(plate.name), study.config.tiles.z, plate.spec.never_acquired
        ).pixels
        shape = _shown((planes.shape[1], planes.shape[2]))
        return np.stack([area_resize(plane, shape) for plane in planes], axis=-1)

    return read
