"""Plates made up for the tests of maps."""

from itertools import cycle

import pandas as pd

from hcs.design.maps.mapped import MappedPlate, map_plates
from hcs_plates.wells import FORMATS

CODES = ("K7QX", "C2HM", "W8QW", "D3FT", "M9WM")


def wells_of(size: int, names: tuple[str, ...] = CODES, *, controls: int = 2) -> pd.DataFrame:
    """One plate: names in turn, controls first, and the last well empty."""
    wells = FORMATS[size].wells()
    turn = cycle(names)
    rows = [
        ("P1", well, None, "negative_control", True)
        if at < controls
        else ("P1", well, None, "empty", False)
        if at == size - 1
        else ("P1", well, next(turn), "sample", True)
        for at, well in enumerate(wells)
    ]
    return pd.DataFrame(rows, columns=["plate", "well", "clone", "role", "included"])


def plate_of(size: int, names: tuple[str, ...] = CODES, *, controls: int = 2) -> MappedPlate:
    """The map of such a plate."""
    return map_plates(wells_of(size, names, controls=controls), size)[0]
