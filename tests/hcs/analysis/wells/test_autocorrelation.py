"""Tests of Moran's I: the formula written out, hand-worked grids, gaps, calibration."""

import numpy as np
import pandas as pd
import pytest

from hcs.analysis.finding import Finding
from hcs.analysis.wells.autocorrelation import morans_i, neighbour_weights, spatial_autocorrelation
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import FORMATS


def direct(values: np.ndarray, rows: np.ndarray, columns: np.ndarray, queen: bool) -> float:
    """Moran's I as the double sum of the paper, weights standardised by row."""
    apart, n = values - values.mean(), len(values)
    upper, total = 0.0, 0.0
    for i in range(n):
        near = []
        for j in range(n):
            down, along = abs(rows[i] - rows[j]), abs(columns[i] - columns[j])
            if i != j and ((max(down, along) == 1) if queen else (down + along == 1)):
                near.append(j)
        for j in near:
            upper += apart[i] * apart[j] / len(near)
            total += 1 / len(near)
    return float(n / total * upper / (apart**2).sum())


@pytest.mark.parametrize("queen", [False, True])
@pytest.mark.parametrize("missing", [0, 40])
def test_against_the_double_sum(queen: bool, missing: int) -> None:
    """Whole and gappy plates, wells without neighbours too."""
    rng = np.random.default_rng(0)
    rows, columns = np.divmod(np.sort(rng.permutation(96)[missing:]), 12)
    values = rng.normal(size=96 - missing) + rows
    weights = neighbour_weights(rows, columns, "queen" if queen else "rook")
    assert morans_i(values[None], weights)[0] == pytest.approx(
        direct(values, rows, columns, queen), abs=1e-12
    )


def whole(cells: object, size: int = 24) -> pd.DataFrame:
    """One plate of these values."""
    return pd.DataFrame({"plate": "P", "well": FORMATS[size].wells(), "cells": cells})


def test_chequerboard_is_minus_one() -> None:
    """Every side neighbour is the other colour."""
    rows, columns = np.divmod(np.arange(24), 6)
    found = spatial_autocorrelation(whole((rows + columns) % 2), "cells", neighbours="rook", draws=199)
    assert found.table["moran_i"][0] == pytest.approx(-1)
    assert found.table["p"][0] == 1 / 200
    assert isinstance(found, Finding)


def test_expectation_is_the_mean_over_arrangements() -> None:
    """−1 / (n − 1), whatever the gaps."""
    table = whole([1.0, 5, 2, 8, 3, 9] + [np.nan] * 18)
    found = spatial_autocorrelation(table, "cells", neighbours="rook")
    assert found.table["expected"][0] == pytest.approx(-0.2)
    weights = neighbour_weights(np.zeros(6, dtype=int), np.arange(6), "rook")
    rng = np.random.default_rng(0)
    drawn = rng.permuted(np.tile([1.0, 5, 2, 8, 3, 9], (20_000, 1)), axis=1)
    assert morans_i(drawn, weights).mean() == pytest.approx(-0.2, abs=0.01)
    assert "Left out: 18 wells without cells." in found.caveats


def test_smooth_plates_among_noise() -> None:
    """Gradients on 3 of 6 plates are called alike."""
    rng = np.random.default_rng(2)
    parts = [
        whole(rng.normal(size=96) + (np.arange(96) // 12 if place < 3 else 0), 96).assign(plate=f"P{place}")
        for place in range(6)
    ]
    found = spatial_autocorrelation(pd.concat(parts), "cells", draws=499)
    size = found.table["moran_i"][:3].median()
    headline = f"Neighbouring wells resemble each other in cells on 3 of 6 plates (Moran's I {size:.2f})."
    assert found.headline() == headline
    assert found.statistics["p"].tolist()[:6] == found.table["p"].tolist()
    colours = whole(np.add(*np.divmod(np.arange(24), 6)) % 2)
    chequered = spatial_autocorrelation(colours, "cells", neighbours="rook", draws=199)
    assert "no more than by chance on the plate; they differ more than by chance" in chequered.headline()
    assert found.plot() is not None


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (whole(5.0), "1 plate cannot be tested"),
        (whole(5.0).iloc[:0], "No well is left with a cells"),
        (whole(np.arange(24.0)).iloc[[0, 2, 4]], "1 plate cannot be tested"),
        (whole(np.arange(24.0)).iloc[[0, 1, 2, 5]], "1 well has no neighbour (queen)."),
    ],
)
def test_degenerate_plates_are_answered_in_words(table: pd.DataFrame, sentence: str) -> None:
    """Constant, empty, scattered plates."""
    found = spatial_autocorrelation(table, "cells", draws=99)
    assert sentence in found.summary()
    assert found.plot() is not None


def test_refusals() -> None:
    """Other neighbours and no draws."""
    with pytest.raises(ArgumentError, match=r"Neighbours cannot be 'bishop'; give rook or queen\."):
        spatial_autocorrelation(whole(1.0), "cells", neighbours="bishop")
    with pytest.raises(ArgumentError, match="draws is True"):
        spatial_autocorrelation(whole(1.0), "cells", draws=True)
