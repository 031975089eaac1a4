"""Profiles as `hcs export` asks for them: of which plate, to which place, and what is told of them."""

from collections.abc import Callable
from pathlib import Path

from hcs.measure.exports.format import Asked
from hcs.wording import counted, listed
from hcs_plates.errors import ArgumentError, ExistsError
from hcs_plates.paths import local_path


def write_profiles(asked: Asked, write: Callable[..., Path]) -> list[str]:
    """Take the measurements beside the plate as profiles, write them, and say what was written."""
    from hcs.measure.measured import Measurements, default_place
    from hcs.measure.profiles import GROUPS, profiles

    found = profiles(Measurements.open(default_place(asked.plate), asked.plate), asked.level)
    made = write(found, asked.out, overwrite=asked.overwrite)
    rows = counted(len(found.metadata), "profile" if asked.level in GROUPS else asked.level[:-1])
    if asked.level in GROUPS:
        group = GROUPS[asked.level]
        rows += f" of {counted(found.metadata[group].nunique(), group)}"
    size = f"{rows}, {counted(len(found.features.columns), 'feature')}"
    return [
        f"{made}: profiles of plate {asked.plate.name}, {size}",
        *(f"note: {sentence}" for sentence in found.notices),
    ]


def free_place(out: Path | str, what: str, endings: tuple[str, ...], *, overwrite: bool) -> Path:
    """Take a place of a format's ending where nothing is, or what is may be replaced.

    Raises
    ------
    ArgumentError
        Another ending.
    ExistsError
        Something is there.

    Examples
    --------
    >>> free_place("p.csv", "Parquet", (".parquet",), overwrite=False)
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: Parquet is written to a name ending in .parquet; got 'p.csv'.
    """
    path = local_path(out)
    if path.suffix not in endings:
        told = listed(endings).replace(" and ", " or ")
        raise ArgumentError(f"{what} is written to a name ending in {told}; got {path.name!r}.")
    if path.exists() and not overwrite:
        raise ExistsError(f"{path} exists already; choose another name, or --overwrite.")
    return path
