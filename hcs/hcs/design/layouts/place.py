"""Which well of its plate each line stands in: first diagnoses and controls, then lines of each diagnosis.

Both steps exchange wells within a plate from a random start. Exchanging lines of one diagnosis leaves the
diagnoses as they are, so that nothing of their balance is given up for that of the lines.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hcs.design.layouts.factors import OF_EACH, OVERALL, Factors, counts, factors
from hcs.design.layouts.request import Request
from hcs.design.layouts.swaps import Kinds, Lines, anneal
from hcs.statistics.arrays import Codes, Floats, Places
from hcs.statistics.margins import least_v, margins_v

OF_EACH_OF_KINDS, OF_EACH_OF_LINES = 1.5, 0.5
CONTROLS, FREE, DONORS = 0.03, 0.01, 0.2
"""What the search pays for factors of each plate (1: over all), controls, free wells (1: diagnoses), donors.

Which state is kept is decided in order of importance, not by these.
"""
SCARCE = 0.05
"""Counts at independence below it are priced as it is."""
SWEEPS, FEWEST, LOOKS = 192, 24, 36_000
"""How often each well is looked at, at most and at least; between them as often as makes so many looks."""
ENOUGH = 96
"""Sweeps where controls or free wells are placed too: what can be reached then is not known beforehand."""


@dataclass(frozen=True)
class Placed:
    """What stands in the open wells of all plates.

    Parameters
    ----------
    places
        One row a well: plate, well, batch.
    line
        Number of the line, -1 where there is none; array of shape (n_wells,).
    role
        Of a control at a random place; empty text elsewhere.
    """

    places: pd.DataFrame
    line: Codes
    role: list[str]


def place_lines(lines: pd.DataFrame, dealt: Codes, request: Request, rng: np.random.Generator) -> Placed:
    """Choose the well of every line and of every control at a random place.

    Parameters
    ----------
    lines
        One row a line: codes `diagnosis`, `donor` and `unit`.
    dealt
        Wells of each line on each plate; array of shape (n_lines, n_plates).
    request
        Plates, controls and empty wells.
    rng
        Chance.
    """
    n_plates, size = dealt.shape[1], len(request.open)
    places = pd.DataFrame(
        {
            "plate": np.repeat(list(request.plates), size),
            "well": request.open * n_plates,
            "batch": np.repeat(np.array(list(request.plates.values()), dtype=object), size),
        }
    )
    found = factors(places, dict.fromkeys(request.plates, request.format))
    within = found.only(tuple(name for name in found.names if name not in ("plate", "batch")))
    blocks = list(np.arange(n_plates * size).reshape(n_plates, size))
    diagnosis = lines["diagnosis"].to_numpy()
    kinds = _kinds(diagnosis, dealt, request, rng)
    n_diagnoses = int(diagnosis.max()) + 1
    _balance_kinds(kinds, n_diagnoses, len(request.drawn), within, blocks, rng)
    line = np.full(len(kinds), -1, dtype=np.intp)
    pools: list[Places] = []
    for plate, block in enumerate(blocks):
        for one in range(n_diagnoses):
            pool = block[kinds[block] == one]
            own = np.flatnonzero(diagnosis == one)
            line[pool] = rng.permutation(np.repeat(own, dealt[own, plate]))
            pools.append(pool)
    _spread_lines(line, lines, within, pools, rng)
    roles = [*[""] * n_diagnoses, *request.drawn, ""]
    return Placed(places, line, [roles[kind] for kind in kinds])


def _kinds(diagnosis: Codes, dealt: Codes, request: Request, rng: np.random.Generator) -> Codes:
    """Kind of every open well at random: diagnoses, then roles of controls, then free."""
    n_diagnoses, drawn = int(diagnosis.max()) + 1, list(request.drawn.values())
    kinds = []
    for plate in range(dealt.shape[1]):
        of_lines = np.bincount(diagnosis, weights=dealt[:, plate], minlength=n_diagnoses).astype(int)
        free = len(request.open) - int(of_lines.sum()) - sum(drawn)
        numbers = [*of_lines, *drawn, free]
        kinds.append(rng.permutation(np.repeat(np.arange(len(numbers)), numbers)))
    return np.concatenate(kinds)


def _balance_kinds(
    kinds: Codes,
    n_diagnoses: int,
    n_controls: int,
    within: Factors,
    blocks: Sequence[Places],
    rng: np.random.Generator,
) -> None:
    """Exchange wells until diagnoses are as balanced as the counts allow, then controls; in place."""
    n_kinds = n_diagnoses + n_controls + 1
    wells = np.bincount(kinds, minlength=n_kinds).astype(float)
    coefficients = np.eye(n_kinds)
    coefficients[:n_diagnoses, :n_diagnoses] -= (wells[:n_diagnoses] / wells[:n_diagnoses].sum())[:, None]
    # The contrasts of two diagnoses mirror each other.
    kept = (wells > 0) & ~((np.arange(n_kinds) == 1) & (n_diagnoses == 2))
    coefficients = coefficients[kept]
    share = np.bincount(within.codes.ravel(), minlength=within.n_levels) / len(kinds)
    wanted = np.outer(wells[kept], share)
    price = np.repeat([float(n_diagnoses > 1), CONTROLS, FREE], [n_diagnoses, n_kinds - n_diagnoses - 1, 1])
    weights = _prices(within, wanted, OF_EACH_OF_KINDS) * price[kept, None]
    wanted[np.flatnonzero(kept) < n_diagnoses] = 0
    state = Kinds(kinds, within.codes, coefficients, wanted, weights)
    others = np.flatnonzero(wells[n_diagnoses:]) + n_diagnoses
    levels = {name: within.of(name) for name in within.names}
    zero = dict.fromkeys(within.names, 0.0)
    least = zero if others.size else _squares(kinds, levels, least=True)
    least_others = [_squares((kinds == other).astype(np.intp), levels, least=True) for other in others]

    def done() -> tuple[float, ...]:
        own = state.held < n_diagnoses
        of_lines = {name: level[own] for name, level in levels.items()}
        away = [*_above(_squares(state.held[own], of_lines), least)]
        for other, known in zip(others, least_others, strict=True):
            away += _above(_squares((state.held == other).astype(np.intp), levels), known)
        return tuple(away)

    sweeps = min(ENOUGH, _sweeps(len(kinds))) if others.size else _sweeps(len(kinds))
    anneal(state, list(blocks), done, rng, sweeps)


def _spread_lines(
    line: Codes, lines: pd.DataFrame, within: Factors, pools: Sequence[Places], rng: np.random.Generator
) -> None:
    """Exchange lines of a diagnosis on a plate until each is spread as the counts allow; in place."""
    taken = np.flatnonzero(line >= 0)
    found = list(groupings(lines).values())
    starts = np.cumsum([0, *(int(grouping.max()) + 1 for grouping in found)])
    groups = np.array([grouping + start for grouping, start in zip(found, starts, strict=False)])
    number = np.bincount(groups[:, line[taken]].ravel(), minlength=int(starts[-1]))
    per_level = np.bincount(within.codes[:, taken].ravel(), minlength=within.n_levels)
    wanted = np.outer(number, per_level) / len(taken)
    weights = _prices(within, wanted, OF_EACH_OF_LINES)
    weights[int(starts[1]) :] *= DONORS
    names = {int(well): place for place, well in enumerate(taken)}
    state = Lines(line[taken], within.codes[:, taken], groups, wanted, weights)
    levels = {name: within.of(name)[taken] for name in within.names}
    least = [_squares(grouping[state.held], levels, least=True) for grouping in found]

    def done() -> tuple[float, ...]:
        away: list[float] = []
        for grouping, known in zip(found, least, strict=True):
            away += _above(_squares(grouping[state.held], levels), known)
        return tuple(away)

    blocks = [np.array([names[int(well)] for well in pool], dtype=np.intp) for pool in pools]
    anneal(state, blocks, done, rng, _sweeps(len(taken)))
    line[taken] = state.held


def groupings(lines: pd.DataFrame) -> dict[str, Codes]:
    """Codes of lines, and of their donors and isogenic pairs where several lines share one.

    Examples
    --------
    >>> lines = pd.DataFrame({"donor": [0, 0, 1, 2], "unit": [0, 0, 1, 2]})
    >>> {name: codes.tolist() for name, codes in groupings(lines).items()}
    {'clone': [0, 1, 2, 3], 'donor': [0, 0, 1, 2]}
    """
    found = {"clone": np.arange(len(lines), dtype=np.intp)}
    for column, name in (("donor", "donor"), ("unit", "pair")):
        codes = pd.factorize(lines[column])[0]
        if not any(np.array_equal(codes, other) for other in found.values()):
            found[name] = codes
    return found


def _prices(within: Factors, wanted: Floats, of_each: float) -> Floats:
    """Price the square of what each count is off: as chi-square does within a factor, alike between factors.

    Chi-square divides by the count at independence, so that a well too many at the edge, where wells are
    many, would count next to nothing beside one too many in a row.
    """
    made = np.zeros_like(wanted)
    for name, start, end in zip(within.names, within.starts, within.starts[1:], strict=False):
        inverse = 1 / np.maximum(wanted[:, start:end], SCARCE)
        weight = 1.0 if name in OVERALL else of_each
        made[:, start:end] = weight * inverse / inverse.mean()
    return made


def _squares(labels: Codes, levels: Mapping[str, Codes], *, least: bool = False) -> dict[str, float]:
    """Squared Cramér's V of labels with every factor, or the least that the counts allow."""
    measure = least_v if least else margins_v
    return {name: measure(counts(labels, level)) ** 2 for name, level in levels.items()}


def _above(squares: Mapping[str, float], least: Mapping[str, float]) -> tuple[float, float]:
    """Sum what is above the least: of the factors over all plates, and of those of each plate."""
    sums = [sum(squares[one] - least[one] for one in names if one in squares) for names in (OVERALL, OF_EACH)]
    return round(max(0.0, sums[0]), 9), round(max(0.0, sums[1]), 9)


def _sweeps(n_wells: int) -> int:
    """How often each well is looked at, at most."""
    return int(np.clip(LOOKS // max(1, n_wells), FEWEST, SWEEPS))
