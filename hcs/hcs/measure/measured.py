"""Stored measurements, read: held against the plate that they are of and the digests of their tables."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from hcs.display import preview
from hcs.measure.gaps import has_gaps
from hcs.measure.illumination import Illumination
from hcs.measure.summary import group_table
from hcs.tables.stored import Unchanged, load_table
from hcs.tables.workbook import write_workbook
from hcs.wording import counted
from hcs_plates.coding import CLONE, CODE
from hcs_plates.errors import NotThereError, StaleError, StoreError
from hcs_plates.objects import as_place
from hcs_plates.paths import local_path
from hcs_plates.plate import Plate, open_plate
from hcs_plates.units import digest

RECORD = "measurements.json"
WORKBOOK = "measurements.xlsx"
"""The tables once more, for a spreadsheet, where that was asked for."""
TABLES = ("cells", "fields", "wells")


class _Record(BaseModel):
    """What readers of `measurements.json` rely on; earlier versions wrote less."""

    model_config = ConfigDict(extra="allow")
    version: int
    recipe: str
    plate: str
    spec: dict[str, Any]
    illumination: dict[str, Any]
    notices: list[str]
    left_out: list[dict[str, str]]
    files: dict[str, str] = {}
    images: str = ""
    place: str | None = None


@dataclass(frozen=True, repr=False)
class Measurements:
    """Stored measurements of one plate.

    Parameters
    ----------
    path
        The folder.
    record
        Settings, units, illumination, notices, and what made them.
    """

    path: Path
    record: dict[str, Any]
    _read: Unchanged = field(default_factory=Unchanged, init=False, compare=False)

    @classmethod
    def open(cls, path: Path | str, plate: Plate | None = None) -> "Measurements":
        """Open stored measurements, and hold them against the plate.

        Parameters
        ----------
        path
            The folder.
        plate
            The plate; the one that was measured, if it is where it was then, without it.

        Raises
        ------
        NotThereError, StoreError
            Nothing there, not measurements, or the plate is another one now.
        """
        found = cls.read(path)
        measured = found.plate() if plate is None else plate
        if measured is not None:
            found.check(measured)
        return found

    @classmethod
    def read(cls, path: Path | str) -> "Measurements":
        """Open stored measurements, whatever has become of the plate; refused as `open` does."""
        folder = local_path(path)
        if not folder.exists():
            raise NotThereError(f"{folder} does not exist; measure a plate with `hcs measure PLATE`.")
        try:
            record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            _Record.model_validate(record)
        except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError) as error:
            raise StoreError(folder, "holds no measurements; make them with `hcs measure PLATE`") from error
        return cls(folder, record)

    def __repr__(self) -> str:
        return f"<{self._said()}>"

    def _said(self) -> str:
        return f"Measurements of plate {self.record['plate']} in {self.path}"

    def _repr_html_(self) -> str:
        fields = self.fields
        kept = int(fields["included"].sum())
        return preview(f"{self._said()}: {kept} of {counted(len(fields), 'field')} count", fields)

    def check(self, plate: Plate) -> None:
        """Refuse (StoreError) a plate that is not the one that was measured, as it was then."""
        if self.record["recipe"] != measuring_recipe(plate, self.record["spec"], self.record["version"]):
            same = self.record.get("images") == plate.digest
            what = "another platemap, other channels or another pixel size" if same else "other images"
            if same and has_gaps(plate):
                what += ", or by an earlier hcs that took gaps of stitched wells for background,"
            raise StaleError(
                self.path,
                f"was measured when plate {plate.name} had {what} than now; measure it again with "
                f"`hcs measure {plate.path} --overwrite`",
            )

    def plate(self) -> Plate | None:
        """Open the plate that was measured, where it lay beside these measurements; None if it is gone."""
        place = self.record.get("place")
        try:
            return None if place is None else open_plate(as_place(place) or self.path.parent / place)
        except (NotThereError, StoreError):
            return None

    def table(self, name: str) -> pd.DataFrame:
        """Read a stored table: ``cells``, ``fields`` or ``wells``.

        Raises
        ------
        NotThereError, StoreError
            It is gone; it is damaged or not the table that was written.
        """
        return load_table(
            self.path / f"{name}.parquet", self.record.get("files", {}).get(name), "measure the plate again"
        )

    @property
    def cells(self) -> pd.DataFrame:
        """One row per cell, of all fields, with plate, well, field and whether the field is included."""
        return self.table("cells")

    @property
    def fields(self) -> pd.DataFrame:
        """One row per field: measurements, quality, ``included`` and the ``reason`` if not."""
        read: pd.DataFrame = self._read.once(
            self.path.absolute() / "fields.parquet", lambda: self.table("fields")
        )
        return read.copy()

    @property
    def wells(self) -> pd.DataFrame:
        """One row per well (`hcs.measure.summary.well_table`) with the plate's wells table.

        Wells that were measured under codes have their names, where the plate is at hand and has them now.
        """
        return self._named(self.table("wells"))

    def groups(self, group: str = "clone") -> pd.DataFrame:
        """One row per clone, or per value of another column of the wells (`group_table`)."""
        return group_table(self.wells, group)

    def save_tables(self, path: Path | str, *, overwrite: bool = False) -> tuple[Path, tuple[str, ...]]:
        """Write wells, fields and cells as one workbook (`hcs.tables.workbook.write_workbook`)."""
        tables = {name: getattr(self, name) for name in reversed(TABLES)}
        return write_workbook(tables, path, overwrite=overwrite)

    def _named(self, wells: pd.DataFrame) -> pd.DataFrame:
        """Put the plate's names on wells that were measured under its codes."""
        plate = None if CODE in wells else self.plate()
        if plate is None or plate.spec.unblinding is None or plate.digest != self.record.get("images"):
            return wells
        names = plate.spec.wells[[CLONE, CODE, *plate.spec.unblinding.columns]]
        taken = {name: f"platemap_{name}" for name in names if name in wells and name != CLONE}
        place = list(wells.columns).index(CLONE)
        own = wells.drop(columns=CLONE).join(names.rename(columns=taken), on="well")
        order = [*wells.columns[:place], *own.columns[-len(names.columns) :], *wells.columns[place + 1 :]]
        return own[order]

    def illumination(self) -> dict[str, Illumination]:
        """Give the fall-off of light that was taken out, by channel.

        Raises
        ------
        StoreError
            What is written of it is damaged.
        """
        try:
            return {name: Illumination.from_record(one) for name, one in self.record["illumination"].items()}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreError(self.path, f"{RECORD} is damaged; measure the plate again") from error

    @property
    def notices(self) -> list[str]:
        """Sentences that belong beside the numbers."""
        return list(self.record["notices"])


def measuring_recipe(plate: Plate, spec: Mapping[str, Any], version: int) -> str:
    """Digest of all that measurements depend on; names put on codes are not of it."""
    wells = plate.spec.processed_wells.reset_index().to_json()
    metadata = [list(plate.channels), square_pixel(plate)[0], wells]
    if has_gaps(plate):
        # Earlier versions took gaps for background.
        metadata.append("gaps are left out")
    return digest(version, plate.digest, spec, metadata)


def default_place(plate: Plate) -> Path:
    """Beside the plate: ``P1.ome.zarr`` gives ``P1.measurements``, of ``P1.rep1`` it is another one."""
    name = plate.path.name.removesuffix(".zarr").removesuffix(".ome")
    return plate.path.with_name(f"{name}.measurements")


def square_pixel(plate: Plate) -> tuple[float | None, list[str]]:
    """Side of the plate's pixels, µm, or None with the reason where lengths can only be told in pixels."""
    size = plate.spec.pixel_size_um
    if size is None:
        return None, ["The pixel size is not known, so lengths are in pixels and areas in square pixels."]
    down, right = size
    if not np.isclose(down, right, rtol=0.01):
        return None, [
            f"Pixels are not square ({down:g} × {right:g} µm), so lengths are in pixels and areas in "
            "square pixels."
        ]
    return float((down + right) / 2), []
