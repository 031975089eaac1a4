"""An xarray index by several columns of one dimension, each by one label or by a list of labels.

A plate's images are asked for by well, by field, or by both (``sel(well="B03", field=2)``). xarray's own
indexes answer one column a dimension and one place a label; its multi-index answers several but takes no
lists and cannot be saved.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from xarray.core.indexing import IndexSelResult

from hcs_plates.errors import ArgumentError, LookupRefusedError
from hcs_plates.wells import parse_well


class LabelIndex(xr.Index):
    """Places of a dimension by the labels of several columns.

    Parameters
    ----------
    columns
        The labels.
    dimension
        Name of the dimension.
    """

    def __init__(self, columns: pd.DataFrame, dimension: Hashable) -> None:
        self.columns = columns
        self.dimension = dimension

    @classmethod
    def from_variables(
        cls, variables: Mapping[Any, xr.Variable], *, options: Mapping[str, Any]
    ) -> "LabelIndex":
        """Make an index of coordinates along one dimension."""
        (dimension,) = {variable.dims[0] for variable in variables.values()}
        return cls(pd.DataFrame({name: one.values for name, one in variables.items()}), dimension)

    def create_variables(
        self, variables: Mapping[Any, xr.Variable] | None = None
    ) -> dict[Hashable, xr.Variable]:
        """Give the coordinates, with the attributes they had."""
        known = variables or {}
        return {
            name: xr.Variable(self.dimension, column.to_numpy(), known[name].attrs if name in known else None)
            for name, column in self.columns.items()
        }

    def sel(self, labels: dict[Any, Any], **options: Any) -> IndexSelResult:
        """Find the places where every column asked for has its label, or one of its labels, in stored order.

        One label of every column that tells places apart is still a selection of the dimension, not a drop
        of it: ``sel(well="B03", field=2)`` has one image.

        Raises
        ------
        LookupRefusedError
            A label that is not there.
        """
        if any(value is not None for value in options.values()):
            raise ArgumentError("Wells and fields are looked up as they are; there is no nearest one.")
        chosen = np.ones(len(self.columns), dtype=bool)
        for name, wanted in labels.items():
            values = self.columns[name]
            if isinstance(wanted, slice):
                raise ArgumentError(f"{name} takes a label or a list of labels, not a range.")
            listed = [_spelt(name, one) for one in np.atleast_1d(getattr(wanted, "values", wanted)).tolist()]
            absent = sorted(set(listed) - set(values), key=str)
            if absent:
                shown = ", ".join(map(str, pd.unique(values)[:6]))
                raise LookupRefusedError(f"There is no {name} {absent[0]!r} here; there are {shown} …")
            chosen &= values.isin(listed).to_numpy()
        return IndexSelResult({self.dimension: np.flatnonzero(chosen)})

    def isel(self, indexers: Mapping[Any, Any]) -> "LabelIndex | None":
        """Follow a selection by place; one place alone needs no index."""
        wanted = indexers[self.dimension]
        if isinstance(wanted, xr.Variable):
            if wanted.ndim != 1 or wanted.dims != (self.dimension,):
                return None
            wanted = wanted.values
        if np.ndim(wanted) == 0 and not isinstance(wanted, slice):
            return None
        return LabelIndex(self.columns.iloc[wanted].reset_index(drop=True), self.dimension)

    def equals(self, other: xr.Index, **_: Any) -> bool:
        """Whether two arrays have the same labels at the same places."""
        return isinstance(other, LabelIndex) and self.columns.equals(other.columns)

    @classmethod
    def concat(
        cls, indexes: Iterable["LabelIndex"], dim: Hashable, positions: Iterable[Iterable[int]] | None = None
    ) -> "LabelIndex":
        """Join the indexes of arrays that follow each other, or stand at the positions given."""
        columns = pd.concat([index.columns for index in indexes], ignore_index=True)
        if positions is not None:
            places = np.concatenate([np.asarray(list(one), dtype=int) for one in positions])
            columns = columns.iloc[np.argsort(places)].reset_index(drop=True)
        return cls(columns, dim)

    def rename(self, name_dict: Mapping[Any, Hashable], dims_dict: Mapping[Any, Hashable]) -> "LabelIndex":
        """Follow new names of columns and dimension."""
        columns = self.columns.rename(columns=dict(name_dict))
        return LabelIndex(columns, dims_dict.get(self.dimension, self.dimension))


def _spelt(name: Hashable, label: Any) -> Any:
    """Spell a well as plates do; what is no well stays what it is, and is not found."""
    if name != "well":
        return label
    try:
        return parse_well(label).name
    except ArgumentError:
        return label
