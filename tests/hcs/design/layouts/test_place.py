"""Chance is even: every best layout is as likely as any other, and every line goes everywhere."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from hcs import layout_plates
from hcs.design.layouts.factors import OVERALL
from hcs.design.layouts.place import place_lines
from hcs.design.layouts.request import Request
from hcs.statistics.arrays import Bools, Codes
from hcs_plates.wells import FORMATS

SEEDS = 360


def _grids() -> Codes:
    """Lay out 12 lines of two diagnoses on 12 wells, over and over: array of shape (seeds, 3, 4)."""
    request = Request({"P1": None}, FORMATS[12], 1, False, {}, {}, frozenset())
    one = np.arange(12)
    lines = pd.DataFrame({"diagnosis": one % 2, "donor": one, "unit": one})
    dealt = np.ones((12, 1), dtype=np.intp)
    placed = (place_lines(lines, dealt, request, np.random.default_rng(seed)) for seed in range(SEEDS))
    return np.array([found.line.reshape(3, 4) for found in placed])


def _best() -> list[Bools]:
    """Every grid with 2 of 4 wells in each row, 1 or 2 of 3 in each column, and 1 of the 2 inner wells."""
    found = []
    for picked in combinations(range(12), 6):
        wells = np.zeros(12, dtype=bool)
        wells[list(picked)] = True
        grid = wells.reshape(3, 4)
        even = (grid.sum(axis=1) == 2).all() and set(grid.sum(axis=0)) <= {1, 2}
        if even and grid[1, 1:3].sum() == 1:
            found.append(grid)
    return found


def _unlike(grid: Bools) -> int:
    """Neighbours of different diagnoses: 17 on a checkerboard of 12 wells."""
    return int((grid[:, 1:] != grid[:, :-1]).sum() + (grid[1:] != grid[:-1]).sum())


@pytest.mark.slow
def test_every_best_layout_is_as_likely_as_any_other() -> None:
    """60 layouts of 12 wells are best, all are met, none by far too often; no checkerboard is preferred."""
    grids, best = _grids(), _best()
    assert len(best) == 60
    place = {grid.tobytes(): at for at, grid in enumerate(best)}
    met = np.bincount([place[(grid % 2 == 0).tobytes()] for grid in grids], minlength=60)
    chi_square = float(((met - SEEDS / 60) ** 2 / (SEEDS / 60)).sum())
    assert chi_square < 59 + 5 * np.sqrt(2 * 59)
    of_best = np.array([_unlike(grid) for grid in best])
    found = np.mean([_unlike(grid % 2 == 0) for grid in grids])
    assert abs(found - of_best.mean()) < 4 * of_best.std() / np.sqrt(SEEDS)
    every = (grids.reshape(SEEDS, 12, 1) == np.arange(12)).sum(axis=0)
    assert abs(every - SEEDS / 12).max() < 5 * np.sqrt(SEEDS / 12)
    inner = (grids[:, 1, 1:3][..., None] == np.arange(12)).sum(axis=(0, 1))
    assert abs(inner - SEEDS / 6).max() < 4 * np.sqrt(SEEDS / 6)


@pytest.mark.parametrize(
    ("diagnoses", "asked"),
    [
        ((15, 15), {"replicates": 8, "batches": 2}),
        ((20, 10), {"replicates": 4, "plates": 6}),
        ((9, 8), {"replicates": 3, "plates": 3}),
        ((6, 6), {"replicates": 4, "wells": 96, "empty": "edge"}),
    ],
)
@pytest.mark.nightly
def test_over_a_thousand_seeds_the_diagnosis_is_at_the_least(
    diagnoses: tuple[int, int], asked: dict[str, object]
) -> None:
    """Plate, batch, edge, row and column, in each of 1,000 layouts of four designs."""
    labels = [f"d{kind}" for kind, n in enumerate(diagnoses) for _ in range(n)]
    lines = pd.DataFrame({"clone": [f"c{at}" for at in range(len(labels))], "diagnosis": labels})
    for seed in range(1000):
        found = layout_plates(lines, seed=seed, **asked).imbalances  # type: ignore[arg-type]
        own = found[(found["of"] == "diagnosis") & found["factor"].isin(OVERALL)]
        assert own["reached"].all(), seed
