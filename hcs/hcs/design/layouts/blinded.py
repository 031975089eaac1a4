"""Layouts under codes: lines placed without regard to their diagnosis, and no number that tells it."""

import numpy as np
import pandas as pd

from hcs.design.layouts.factors import counts, factors
from hcs.design.layouts.place import Placed, place_lines
from hcs.design.layouts.request import Request
from hcs.statistics.arrays import Codes, Floats

POSITIONS = ("edge", "row", "column")
KEPT = 0.8
"""Share of draws that is kept, the least uneven ones: what a search of a layout learns of that is a third of
a bit of all it would have to know."""
EXCHANGES, MOST_DRAWS = 199, 20


def place_codes(lines: pd.DataFrame, dealt: Codes, request: Request, rng: np.random.Generator) -> Placed:
    """Choose the well of every line as if lines differed in nothing but their names.

    Where diagnoses are balanced within plates, a search for the classes that are balanced there finds the
    class of every code (28 of 28 lines on two plates of 96 wells, in a minute). So chance alone places them;
    only a draw in which diagnoses are more associated with edge, rows and columns than in `KEPT` of the
    exchanges of diagnoses among the same lines is drawn again.

    Parameters
    ----------
    lines, dealt, request, rng
        As `hcs.design.layouts.place.place_lines` takes them.
    """
    each = np.arange(len(lines))
    alike = lines.assign(diagnosis=0, donor=each, unit=each)
    diagnosis = lines["diagnosis"].to_numpy()
    draws: list[tuple[float, Placed]] = []
    while not draws or (draws[-1][0] > KEPT and len(draws) < MOST_DRAWS):
        placed = place_lines(alike, dealt, request, rng)
        draws.append((_unevenness(placed, diagnosis, request, rng), placed))
    return min(draws, key=lambda one: one[0])[1]


def telling_nothing(measured: pd.DataFrame) -> pd.DataFrame:
    """Leave out how diagnoses, donors and pairs go with wells: a search finds the classes of such numbers."""
    plates = measured["factor"].isin(["plate", "batch"]) & (measured["of"] == "diagnosis")
    told = measured[plates | (measured["of"] == "clone")].reset_index(drop=True)
    # At its least a value is that of the counts; above it, its digits would tell of which lines.
    return told.assign(value=told["value"].where(told["reached"], told["value"].round(2)))


def _unevenness(placed: Placed, diagnosis: Codes, request: Request, rng: np.random.Generator) -> float:
    """Share of exchanges of diagnoses among the lines that are less associated with position than they are.

    Associations with several factors are added, each χ² in units of its mean over the exchanges.
    """
    taken = placed.line >= 0
    places = placed.places[taken].reset_index(drop=True)
    found = factors(places, dict.fromkeys(request.plates, request.format)).only(POSITIONS)
    labels = np.vstack([diagnosis, rng.permuted(np.tile(diagnosis, (EXCHANGES, 1)), axis=1)])
    members = (labels[:, :, None] == np.arange(int(diagnosis.max()) + 1)).astype(float)
    total = np.zeros(len(labels))
    for name in found.names:
        squares = _chi_squares(np.einsum("pnd,nl->pdl", members, counts(placed.line[taken], found.of(name))))
        total += squares / max(float(squares.mean()), np.finfo(float).tiny)
    return float(np.mean(total[1:] < total[0] * (1 - 1e-9)))


def _chi_squares(tables: Floats) -> Floats:
    """Pearson's χ² of tables of shape (n, labels, levels)."""
    sums = tables.sum(axis=2, keepdims=True) * tables.sum(axis=1, keepdims=True)
    expected = sums / tables.sum(axis=(1, 2), keepdims=True)
    squares = np.divide((tables - expected) ** 2, expected, out=np.zeros_like(tables), where=expected > 0)
    return np.asarray(squares.sum(axis=(1, 2)))
