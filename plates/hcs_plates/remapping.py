"""A corrected platemap, or a protocol, on a plate that stands: what is told changes, no pixel does."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from hcs_plates import store
from hcs_plates.description import PlateSpec
from hcs_plates.errors import ArgumentError, StoreError
from hcs_plates.files import flush_tree
from hcs_plates.plate import PLATE, Plate, open_plate
from hcs_plates.platemap import read_platemap
from hcs_plates.protocol import read_protocol
from hcs_plates.protocolchecks import with_protocol
from hcs_plates.staging import Place


@dataclass(frozen=True)
class MapChange:
    """What another platemap changed in a plate.

    Parameters
    ----------
    plate
        With the new wells table.
    columns
        In how many wells each column says something else, columns that came or went included.
    wells
        The wells that are told otherwise, in the plate's order.
    taking_part
        Those of them that take part now and did not before, or the other way round.
    protocol
        What the plate's protocol says now and did not before, or the other way round.
    """

    plate: Plate
    columns: Mapping[str, int]
    wells: tuple[str, ...]
    taking_part: tuple[str, ...]
    protocol: tuple[str, ...] = ()


def replace_platemap(
    plate: Path | str,
    platemap: Path | str | None = None,
    *,
    sheet: str | None = None,
    protocol: Path | str | None = None,
) -> MapChange:
    """Put another platemap, or a protocol, on a plate, whose images stay as they are.

    The plate's description is replaced in one step: a reader, or a kill, finds the old map or the new one.
    Measurements and studies carry the digest of the map they were made with, and say that it is another now.

    Parameters
    ----------
    plate
        The plate's folder.
    platemap
        The map, as `hcs_plates.platemap.read_platemap` takes it; None keeps the one that the plate has.
    sheet
        Sheet of a workbook.
    protocol
        `protocol.toml`, as `hcs_plates.protocol.read_protocol` takes it; None keeps what the plate has.

    Raises
    ------
    ArgumentError
        Neither a map nor a protocol.
    NotThereError, StoreError, BusyError
        No plate of hcs there, another run works on it, or names were put on its codes.
    PlatemapError, ConfigError
        The map or the protocol does not fit the plate, with all its faults; the plate keeps what it has.
    """
    if platemap is None and protocol is None:
        raise ArgumentError("There is nothing to put on the plate: give a platemap, a protocol, or both.")
    said = None if protocol is None else read_protocol(protocol)
    if open_plate(plate).spec.other is not None:
        raise ArgumentError(
            f"{plate} was written by another tool, and hcs changes nothing in it; hcs adopt PLATE "
            "--platemap MAP keeps a map of it."
        )
    place = Place(plate, PLATE, overwrite=True)
    place.recover()
    with place.claim():
        spec = open_plate(plate).spec
        new = spec
        if platemap is not None:
            keep_log(place.final, spec)
            imaged = {*spec.fields, *(key.well for key in spec.missing)}
            wells = read_platemap(platemap, plate=spec.name, format=spec.format, imaged=imaged, sheet=sheet)
            new = replace(spec, wells=wells, map_notices=tuple(wells.attrs["notices"]))
        if said is not None:
            new = with_protocol(new, said, Path(str(protocol)))
        if new != spec:
            store.rewrite_description(place.final, new)
            flush_tree(place.final)
    return _compared(spec, Plate(Path(plate), new))


def keep_log(path: Path, spec: PlateSpec) -> None:
    """Refuse (StoreError) another map for a plate whose description says when names were put on codes."""
    if spec.unblinding is not None:
        raise StoreError(
            path,
            f"had names put on its codes on {spec.unblinding.at[:10]}, and its platemap and that log belong "
            "together; to correct the map, ingest the plate again with the coded map and unblind it anew",
        )


def _compared(before_it: PlateSpec, plate: Plate) -> MapChange:
    """Compare the wells tables cell by cell, and the protocols; missing cells are equal to each other."""
    old, new = before_it.wells, plate.spec.wells
    told = [{} if one.protocol is None else one.protocol.stated() for one in (before_it, plate.spec)]
    wells = sorted({*old.index, *new.index}, key=plate.spec.format.parse)
    names = list(dict.fromkeys([*new.columns, *old.columns]))
    before, now = (table.reindex(index=wells, columns=names).astype(object) for table in (old, new))
    other = (before != now) & ~(before.isna() & now.isna())
    return MapChange(
        plate,
        {name: int(count) for name, count in other.sum().items() if count},
        tuple(other.index[other.any(axis=1)]),
        tuple(other.index[other["included"]]),
        tuple(name for name in dict.fromkeys([*told[1], *told[0]]) if told[0].get(name) != told[1].get(name)),
    )
