"""Soma, neurite, background: what of every pixel of a tile belongs to which, from the measured field."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hcs.measure.fields import MeasuredField, MeasureSpec, measure_field
from hcs.measure.gaps import covered_part
from hcs.measure.illumination import Illumination
from hcs.measure.measured import square_pixel
from hcs.measure.measurements import planes
from hcs.study.folder import StudyResults
from hcs.study.measured import field_specs
from hcs_plates.errors import ArgumentError
from hcs_plates.members import Field
from hcs_plates.rescale import tile_field

COMPARTMENTS = ("soma", "neurite", "background")

Shares = npt.NDArray[np.float32]


def field_compartments(found: MeasuredField) -> Shares:
    """Compartments of a measured field's pixels, in order: array of shape (3, y, x), one of them 1 at each.

    What a soma covers is soma; of a neurite, its centre-line widened to its measured width
    (`hcs.measure.neurites.Neurites.covered`).

    Raises
    ------
    ArgumentError
        Neurites and somas were not looked for.
    """
    if found.somas is None or found.neurites is None:
        raise ArgumentError("Compartments need somas and neurites; measure a channel that shows neurites.")
    soma = found.somas > 0
    neurite = found.neurites.covered() & ~soma
    return np.stack([soma, neurite, ~(soma | neurite)]).astype(np.float32)


def tile_compartments(found: MeasuredField, size: int, grid: int) -> Shares:
    """Compartments of the tiles of a field.

    Parameters
    ----------
    found
        The measured field.
    size, grid
        As the tiles were cut (`hcs_plates.tiling.TileSpec`).

    Returns
    -------
    array of shape (grid², size, size, 3)
        Share of every pixel of a tile that each of `COMPARTMENTS` covers; they sum to 1.
    """
    return np.asarray(tile_field(field_compartments(found), size, grid), dtype=np.float32)


class CompartmentSource:
    """Finds the compartments of a study's tiles on its plates.

    Parameters
    ----------
    study
        A finished study.

    Raises
    ------
    NotThereError, StoreError
        A plate is not where the study found it, or is another one now.
    ArgumentError
        No channel shows neurites.
    """

    def __init__(self, study: StudyResults) -> None:
        settings = study.config.forest
        self._plates = {name: study.plate(name) for name in study.record["plates"]}
        measured = {one.record["plate"]: one for one in study.measurements()}
        self._specs: dict[str, MeasureSpec] = {}
        self._light: dict[str, dict[str, Illumination]] = {}
        cells = settings.model_copy(update={"measured": "cells"})
        for name, plate in self._plates.items():
            (self._specs[name],) = field_specs(cells, [plate], study.config.data.time)
            if self._specs[name].neurites is None:
                raise ArgumentError(f"No channel of plate {name} shows neurites; there are no compartments.")
            self._light[name] = measured[name].illumination() if name in measured else {}
        self._size, self._grid = study.tiles.size, study.config.tiles.grid

    def of_tiles(self, places: Sequence[tuple[str, str, int, int]]) -> Shares:
        """Compartments of tiles by plate, well, field and number: array of shape (n, size, size, 3)."""
        fields: dict[tuple[str, str, int], Shares] = {}
        for plate, well, number, _ in places:
            key = (plate, well, number)
            if key not in fields:
                fields[key] = self._of_field(self._plates[plate][well][number], plate)
        return np.stack([fields[plate, well, number][tile] for plate, well, number, tile in places])

    def _of_field(self, field: Field, plate: str) -> Shares:
        spec = self._specs[plate]
        channels = planes(field, spec.channels, spec.time)
        covered = covered_part(field, channels)
        found = measure_field(channels, square_pixel(field.plate)[0], spec, self._light[plate], covered)
        return tile_compartments(found, self._size, self._grid)
