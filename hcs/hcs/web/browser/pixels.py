"""Pixels for a browser that colours them itself: raw samples of one piece of one level."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hcs_plates.errors import ArgumentError, LookupRefusedError
from hcs_plates.viewing import ViewedField

TILE = 512
"""Side of a piece, pixels: as large as a chunk of our plates."""


@dataclass(frozen=True)
class Piece:
    """What is asked for.

    Parameters
    ----------
    level, row, column
        Where: a cell of the grid of `TILE` pixels on a level; those of the last row and column are smaller.
    channels, time, z
        Which planes; ``"max"`` is the maximum over z.
    """

    level: int
    row: int
    column: int
    channels: tuple[int, ...]
    time: int
    z: int | Literal["max"]

    def read(self, field: ViewedField) -> bytes:
        """Read it: samples of the field's type (uint8, uint16, else float32), little-endian, by channel.

        Raises
        ------
        LookupRefusedError
            The field has no such level, cell or plane.
        """
        self._check(field)
        level = field.levels[self.level]
        y0, x0 = self.row * TILE, self.column * TILE
        y1, x1 = min(y0 + TILE, level.height), min(x0 + TILE, level.width)
        pixels = field.region(self.level, self.channels, self.time, self.z, y0, y1, x0, x1)
        return np.ascontiguousarray(pixels, dtype=sample_type(field)).tobytes()

    def _check(self, field: ViewedField) -> None:
        """Refuse what the field does not have, before anything is made for it."""
        self._within("level", self.level, len(field.levels))
        level = field.levels[self.level]
        self._within("row of pieces", self.row, -(-level.height // TILE))
        self._within("column of pieces", self.column, -(-level.width // TILE))
        self._within("time point", self.time, field.n_times)
        if self.z != "max":
            self._within("step in z", self.z, field.n_z)
        for channel in self.channels:
            self._within("channel", channel, len(field.channels))

    def _within(self, what: str, number: int, count: int) -> None:
        if number >= count:
            raise LookupRefusedError(f"The field has no {what} {number}; it has {count}, counted from 0.")


def asked_piece(path: Mapping[str, str], query: Mapping[str, str]) -> Piece:
    """Read an address.

    Parameters
    ----------
    path
        level, row and column, as text.
    query
        ``c=0,2`` the channels, ``t`` and ``z`` (``max``), both 0 if left out.

    Raises
    ------
    ArgumentError
        Something else than numbers; a channel that is asked for twice.

    Examples
    --------
    >>> asked_piece({"level": "0", "row": "1", "column": "2"}, {"c": "0,2", "z": "max"})
    Piece(level=0, row=1, column=2, channels=(0, 2), time=0, z='max')
    """
    channels = tuple(whole("c", part) for part in query.get("c", "").split(","))
    if len(set(channels)) != len(channels):
        raise ArgumentError("c names a channel twice.")
    z = query.get("z", "0")
    return Piece(
        whole("level", path["level"]),
        whole("row", path["row"]),
        whole("column", path["column"]),
        channels,
        whole("t", query.get("t", "0")),
        "max" if z == "max" else whole("z", z),
    )


def whole(what: str, text: str) -> int:
    """Read a number of an address.

    Raises
    ------
    ArgumentError
        It is none.
    """
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        raise ArgumentError(f"{what} {text[:40]!r} is no number, counted from 0.")
    return int(text)


def sample_type(field: ViewedField) -> str:
    """Name the type in which a field's samples are sent."""
    return {"uint8": "|u1", "uint16": "<u2"}.get(np.dtype(field.dtype).name, "<f4")
