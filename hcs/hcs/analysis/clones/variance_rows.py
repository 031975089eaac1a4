"""Rows that a variance is split of: one per image or well, every factor known, values as numbers."""

from collections.abc import Iterator, Sequence

import pandas as pd

from hcs.statistics.anova import RESIDUAL
from hcs.statistics.frames import as_numbers, well_names
from hcs.wording import counted, listed, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names

METHODS = ("auto", "reml", "anova")
IMAGE = ("plate", "well", "field", "tile")


def check_columns(
    method: str, values: tuple[str, ...], factors: tuple[str, ...], fixed: tuple[str, ...]
) -> None:
    """Refuse an unknown method, and columns that are named twice or not at all."""
    if method not in METHODS:
        raise ArgumentError(f"No method {method!r} for variance components; give {', '.join(METHODS)}.")
    every = [*factors, *fixed, *values]
    doubled = [name for name in every if every.count(name) > 1]
    if doubled or RESIDUAL in factors or not values or not factors:
        wrong = repr(doubled[0]) if doubled else "a name"
        raise ArgumentError(f"Values, factors and fixed effects need one column each; {wrong} does not fit.")


def known_together(rows: pd.DataFrame, values: Sequence[str]) -> Iterator[tuple[pd.DataFrame, list[str]]]:
    """Rows and the values that are known for just these, which are split together."""
    together: dict[bytes, list[str]] = {}
    for name in values:
        together.setdefault(rows[name].notna().to_numpy().tobytes(), []).append(name)
    for columns in together.values():
        yield rows[rows[columns[0]].notna()], columns


def as_columns(columns: str | Sequence[str] | None) -> tuple[str, ...]:
    """Take one name or several."""
    return (columns,) if isinstance(columns, str) else tuple(columns or ())


def image_rows(
    table: pd.DataFrame, values: Sequence[str], factors: Sequence[str], fixed: Sequence[str], noun: str
) -> tuple[pd.DataFrame, list[str]]:
    """Rows with every factor known, one per image, values as numbers."""
    made = table.assign(**{name: as_numbers(table, name) for name in values})
    known = made[[*factors, *fixed]].notna().all(axis=1)
    said = []
    if not known.all():
        left = counted(int((~known).sum()), noun)
        said.append(f"{left} without {listed(map(spaced, [*factors, *fixed]))} left out.")
    made = made[known]
    if "well" in factors and "plate" in made:
        made = made.assign(well=as_names(made["plate"]) + "\t" + well_names(made["well"]))
    if set(IMAGE) <= set(made) and made.duplicated([*IMAGE, *factors, *fixed]).any():
        if "model" in made and made["model"].nunique() > 1:
            models = listed(sorted(made["model"].astype(str).unique()))
            raise ArgumentError(f"The table holds the same images for several models ({models}); give one's.")
        keys = list(dict.fromkeys([*IMAGE, *factors, *fixed]))
        before = len(made)
        made = made.groupby(keys, sort=False, dropna=False, observed=True)[list(values)].mean().reset_index()
        said.append(f"{before:,} rows are {counted(len(made), noun)}: the rows of each are averaged.")
    return made, said
