"""How many wells each line has on each plate: an integer programme, solved before any well is chosen.

Diagnoses are balanced over plates and batches, every line is spread over both, and isogenic lines stand on
the same plates in the same numbers.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from hcs.statistics.arrays import Bools, Codes, Floats
from hcs_plates.errors import ArgumentError

PLATES, DIAGNOSES, CLONES, DONORS, CHANCE = 400.0, 100.0, 1.0, 0.1, 0.01
"""What weighs how much: equally full plates, diagnoses, clones, donors. Chance decides the rest."""
NODES = 500
"""Of the search tree: a bound that does not depend on the machine, so that a seed gives one layout."""
OUT_OF_NODES = 1
"""Status of a programme that was ended by the bound."""
GAP = 1e-6
"""Within which a plan counts as the best one, relative to its cost."""


@dataclass(frozen=True)
class Shelves:
    """The plates that lines are dealt to.

    Parameters
    ----------
    room
        Wells of each that are free for lines; array of shape (n_plates,).
    batches
        Code of the batch of each; array of shape (n_plates,).
    step, most
        Wells of a line come to a plate in such numbers, and at most so many times.
    """

    room: Codes
    batches: Codes
    step: int
    most: int


def deal_to_plates(lines: pd.DataFrame, shelves: Shelves, allowed: Bools, rng: np.random.Generator) -> Codes:
    """Say how many wells each line has on each plate.

    Counts are costed by the square of their distance from even shares, as straight pieces between whole
    numbers, which an integer programme minimises exactly (next to even; further off it is linear).

    Parameters
    ----------
    lines
        One row a line: `unit` (isogenic lines share one), `diagnosis` and `donor`, all codes, and `wells`,
        equal within a unit and a multiple of the step.
    shelves
        The plates.
    allowed
        Whether a line may stand on a plate; array of shape (n_lines, n_plates).
    rng
        Chance, among the plans that are equally balanced.

    Returns
    -------
    numpy.ndarray
        Wells, shape (n_lines, n_plates).

    Raises
    ------
    ArgumentError
        No plan has room for all.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    codes = lines["unit"].to_numpy()
    n_units, n_plates = int(codes.max()) + 1, len(shelves.room)
    first = np.unique(codes, return_index=True)[1]
    wells = lines["wells"].to_numpy()[first] / shelves.step
    may = np.array([allowed[codes == unit].all(axis=0) for unit in range(n_units)])
    what, target, price = _wanted(lines, shelves, wells, may)
    # Of every count: how far it is below its floor, from there to the next whole number, and above that.
    low = np.floor(target + 1e-9)
    slopes = [2 * (target - low) + 1, 2 * (low - target) + 1, 2 * (low - target) + 3]
    cost = np.concatenate([rng.uniform(0, CHANCE, n_units * n_plates), *(price * slope for slope in slopes)])
    one, n_counts = sparse.eye_array(len(target)), len(target)
    sizes = sparse.csr_array(np.bincount(codes)[None, :].astype(float))
    room = np.floor(shelves.room / shelves.step)
    limits = [
        LinearConstraint(sparse.hstack([what, one, -one, -one]), low, low),
        LinearConstraint(
            _padded(sparse.kron(sparse.eye_array(n_units), _ones(n_plates)), n_counts), wells, wells
        ),
        LinearConstraint(_padded(sparse.kron(sizes, sparse.eye_array(n_plates)), n_counts), 0, room),
    ]
    most = np.minimum(may * wells[:, None], shelves.most).ravel()
    top = np.concatenate([most, np.full(n_counts, np.inf), np.ones(n_counts), np.full(n_counts, np.inf)])
    whole = np.concatenate([np.ones(n_units * n_plates), np.zeros(3 * n_counts)])
    options = {"node_limit": NODES, "mip_rel_gap": GAP}
    found = milp(cost, constraints=limits, bounds=Bounds(0, top), integrality=whole, options=options)
    if found.x is None and found.status == OUT_OF_NODES:
        raise ArgumentError(
            f"No plan that puts all lines on the plates was found among {NODES:,} tried: the design leaves "
            "next to no choice. Ask for fewer replicates or more plates."
        )
    if found.x is None:
        raise ArgumentError(
            "The lines do not fit on the plates as asked: no plan keeps isogenic lines together, lines on "
            "the plates of their differentiation batch, and each plate within its wells. Ask for fewer "
            "replicates or more plates."
        )
    dealt = np.rint(found.x[: n_units * n_plates]).reshape(n_units, n_plates) * shelves.step
    return np.asarray(dealt[codes], dtype=np.intp)


def _wanted(
    lines: pd.DataFrame, shelves: Shelves, wells: Floats, may: Bools
) -> tuple[sparse.csr_array, Floats, Floats]:
    """List what is to be even: sums of units' wells by plate, even shares, and what a distance costs."""
    n_plates = len(shelves.room)
    plates, batches = np.eye(n_plates), np.eye(int(shelves.batches.max()) + 1)[:, shelves.batches]
    units = np.eye(len(wells))
    diagnoses, donors = _members(lines, "diagnosis"), _members(lines, "donor")
    families = [(diagnoses.sum(axis=0, keepdims=True), plates, PLATES), (diagnoses, plates, DIAGNOSES)]
    families += [(units, plates, CLONES)]
    if len(donors) < len(wells):
        families.append((donors, plates, DONORS))
    if len(batches) > 1:
        families += [(diagnoses, batches, DIAGNOSES), (units, batches, CLONES)]
    sums, targets, prices = [], [], []
    for who, where, price in families:
        sums.append(sparse.kron(sparse.csr_array(who), sparse.csr_array(where)))
        shares = may / may.sum(axis=1, keepdims=True) if who is units else np.full(may.shape, 1 / n_plates)
        targets.append((who @ (wells[:, None] * shares) @ where.T).ravel())
        prices.append(np.full(len(targets[-1]), price))
    return sparse.vstack(sums).tocsr(), np.concatenate(targets), np.concatenate(prices)


def _members(lines: pd.DataFrame, column: str) -> Floats:
    """How many lines of each value each unit has; array of shape (n_values, n_units)."""
    table = np.zeros((int(lines[column].max()) + 1, int(lines["unit"].max()) + 1))
    np.add.at(table, (lines[column].to_numpy(), lines["unit"].to_numpy()), 1)
    return table


def _ones(number: int) -> sparse.csr_array:
    """One row of ones."""
    return sparse.csr_array(np.ones((1, number)))


def _padded(matrix: sparse.sparray, n_counts: int) -> sparse.sparray:
    """Add columns of zeros for the pieces of the counts."""
    return sparse.hstack([matrix, sparse.csr_array((matrix.shape[0], 3 * n_counts))])
