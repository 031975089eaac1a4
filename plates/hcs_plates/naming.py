"""Names put on plates whose samples were under codes: on all of them or on none, and no pixel is read."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path

import pandas as pd

from hcs_plates import store
from hcs_plates.coding import CLONE, CODE, Made, Unblinding, meant, named_wells
from hcs_plates.description import PlateSpec
from hcs_plates.errors import ArgumentError
from hcs_plates.files import flush_tree
from hcs_plates.plate import PLATE, Plate, open_plate
from hcs_plates.staging import Place
from hcs_plates.wells import PlateFormat


def name_plates(
    paths: Sequence[Path],
    lines: pd.DataFrame,
    key: str,
    at: datetime,
    made: Mapping[str, Sequence[Made]],
) -> list[Plate]:
    """Put names on plates, and write down when and what had been made of each before.

    Parameters
    ----------
    paths
        The plates' folders.
    lines
        `code`, `clone` and whatever else is known of each line.
    key
        SHA-256 of the sealed key that the lines are from.
    at
        When, UTC.
    made
        What had been made of each plate, by its name.

    Raises
    ------
    NotThereError, StoreError, BusyError
        No plate there, or another run works on it.
    ArgumentError
        With all faults: a plate named twice, names that are there already, codes that the key does not know.
    """
    if len({Path(path).resolve() for path in paths}) < len(paths):
        raise ArgumentError("A plate is named twice; name it once.")
    with ExitStack() as held:
        places = [Place(path, PLATE, overwrite=True) for path in paths]
        for place, path in zip(places, paths, strict=True):
            place.recover()
            open_plate(path)
            held.enter_context(place.claim())
        plates = [open_plate(path) for path in paths]
        if faults := [fault for plate in plates for fault in naming_faults(plate, lines)]:
            raise ArgumentError(f"No plate was given names: {'; '.join(faults)}.")
        log = partial(Unblinding, at.isoformat(), version("hcs"), key)
        new = [_named(plate, lines, log, made.get(plate.name, ())) for plate in plates]
        try:
            for place, spec in zip(places, new, strict=True):
                store.rewrite_description(place.final, spec)
                flush_tree(place.final)
        except BaseException:
            for place, plate in zip(places, plates, strict=True):
                store.rewrite_description(place.final, plate.spec)
            raise
    return [Plate(Path(path), spec) for path, spec in zip(paths, new, strict=True)]


def _named(
    plate: Plate, lines: pd.DataFrame, log: Callable[..., Unblinding], made: Sequence[Made]
) -> PlateSpec:
    """Describe a plate with its names, and the log of how it got them."""
    wells, columns = named_wells(plate.spec.wells, lines)
    return replace(plate.spec, wells=wells, unblinding=log(columns, plate.digest, tuple(made)))


def naming_faults(plate: Plate, lines: pd.DataFrame) -> list[str]:
    """Say why a plate cannot be given names."""
    spec, known = plate.spec, set(lines[CODE])
    if spec.unblinding is not None:
        return [f"plate {plate.name} has its names since {spec.unblinding.at[:10]}"]
    if CLONE not in spec.wells:
        return [f"the wells of plate {plate.name} have no column {CLONE!r}, which holds the codes"]
    if CODE in spec.wells:
        return [f"the wells of plate {plate.name} have a column {CODE!r} already, which is to keep the codes"]
    codes = spec.wells[CLONE].dropna().astype(str)
    if len(codes) and not known & set(codes):
        return [f"plate {plate.name} holds none of the key's codes, but {_places(codes, spec.format)}"]
    unknown = codes[~codes.isin(known)]
    if unknown.empty:
        return []
    near = {typed: likely for typed in unknown.unique() if (likely := meant(typed, sorted(known)))}
    hints = [f"; {' or '.join(likely)} is one typing error from {typed}" for typed, likely in near.items()]
    said = _places(unknown, spec.format) + "".join(hints[:3])
    return [f"plate {plate.name} holds what is no code of the key: {said}"]


def _places(codes: pd.Series, plate_format: PlateFormat, most: int = 6) -> str:
    """Name codes and the wells they are in."""
    wells = {code: sorted(own.index, key=plate_format.parse) for code, own in codes.groupby(codes, sort=True)}
    said = [f"{code!r} ({', '.join(own[:3])}{' …' if len(own) > 3 else ''})" for code, own in wells.items()]
    more = f" and {len(said) - most} more" if len(said) > most else ""
    return ", ".join(said[:most]) + more
