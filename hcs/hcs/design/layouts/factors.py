"""What a well's position is made of: plate, batch, edge, row, column, and the last three of each plate."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hcs.statistics.arrays import Codes, Floats
from hcs_plates.wells import PlateFormat, parse_well

OVERALL = ("plate", "batch", "edge", "row", "column")
"""Over all plates together: balanced first."""
OF_EACH = ("edge of each plate", "row of each plate", "column of each plate")
"""Of one plate at a time: balanced as far as those over all plates leave free."""
NAMES = (*OVERALL, *OF_EACH)


@dataclass(frozen=True)
class Factors:
    """Levels of every factor that has more than one.

    Parameters
    ----------
    names
        Of the factors, in the order of `NAMES`.
    codes
        Level of each well, array of shape (n_factors, n_wells); levels of different factors differ.
    starts
        First level of each factor, and after the last one the number of all; array of shape (n_factors + 1,).
    """

    names: tuple[str, ...]
    codes: Codes
    starts: Codes

    def of(self, name: str) -> Codes:
        """Levels of one factor, from 0."""
        at = self.names.index(name)
        return np.asarray(self.codes[at] - self.starts[at])

    def only(self, names: tuple[str, ...]) -> "Factors":
        """Keep some factors."""
        kept = [name for name in self.names if name in names]
        return _numbered({name: self.of(name) for name in kept})

    @property
    def n_levels(self) -> int:
        """Levels of all factors."""
        return int(self.starts[-1])


def factors(places: pd.DataFrame, formats: Mapping[str, PlateFormat]) -> Factors:
    """Read the factors of wells.

    Parameters
    ----------
    places
        One row a well: plate, well, and batch (missing where there are none).
    formats
        Of every plate.
    """
    positions = [parse_well(well) for well in places["well"]]
    at_edge = [formats[plate].at_edge(at) for plate, at in zip(places["plate"], positions, strict=True)]
    plate = pd.factorize(places["plate"])[0]
    batch = places["batch"] if "batch" in places else pd.Series(None, index=places.index, dtype=object)
    columns = {
        "plate": plate,
        "batch": pd.factorize(batch)[0] if batch.notna().all() else np.zeros(len(places), dtype=np.intp),
        "edge": np.array(at_edge, dtype=np.intp),
        "row": np.array([at.row for at in positions], dtype=np.intp),
        "column": np.array([at.column for at in positions], dtype=np.intp),
    }
    for name in OF_EACH if len(set(plate)) > 1 else ():
        within = columns[name.removesuffix(" of each plate")]
        if len(set(within)) > 1:
            columns[name] = plate * (int(within.max()) + 1) + within
    return _numbered(columns)


def _numbered(columns: Mapping[str, Codes]) -> Factors:
    """Count the levels of all factors one after the other; factors of one level fall away."""
    coded = {name: np.unique(levels, return_inverse=True)[1] for name, levels in columns.items()}
    kept = {name: levels for name, levels in coded.items() if levels.size and levels.max() > 0}
    sizes = [int(levels.max()) + 1 for levels in kept.values()]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp)
    codes = [levels + start for levels, start in zip(kept.values(), starts, strict=False)]
    n_wells = len(next(iter(columns.values()), ()))
    return Factors(tuple(kept), np.array(codes, dtype=np.intp).reshape(len(kept), n_wells), starts)


def counts(labels: Codes, levels: Codes) -> Floats:
    """Cross two columns of codes: array of shape (n_labels, n_levels)."""
    table = np.zeros((int(labels.max()) + 1, int(levels.max()) + 1))
    np.add.at(table, (labels, levels), 1)
    return table
