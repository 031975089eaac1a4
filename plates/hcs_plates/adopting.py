"""Adopting a plate of another tool: a wells table and sums of its pixels are kept, no pixel is touched."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hcs_plates.description import PlateSpec
from hcs_plates.errors import ArgumentError, reachable
from hcs_plates.files import remove
from hcs_plates.others.adoption import (
    Adoption,
    document,
    fingerprint,
    places,
    read_adoption,
    standing,
    with_adoption,
)
from hcs_plates.others.describing import OtherFields, describe_other
from hcs_plates.others.field import OtherField
from hcs_plates.paths import local_path
from hcs_plates.plate import Plate
from hcs_plates.platemap import blank_wells, read_platemap
from hcs_plates.proof import plane_sums
from hcs_plates.protocol import read_protocol
from hcs_plates.protocolchecks import with_protocol
from hcs_plates.store import is_ours
from hcs_plates.units import Output, Progress, Unit, digest, pixel_digest, run_units, write_json


@dataclass(frozen=True)
class Adopted:
    """A plate that was adopted, and the file in which what hcs knows of it is kept.

    Parameters
    ----------
    plate, file
        Both.
    replaced
        The file in the plate that `file` takes the place of, since it may not be written any more, or None.
    """

    plate: Plate
    file: Path
    replaced: Path | None = None


def adopt(  # noqa: PLR0913 – where and how it runs stands beside what is made
    path: Path | str,
    platemap: Path | str | None = None,
    *,
    sheet: str | None = None,
    protocol: Path | str | None = None,
    overwrite: bool = False,
    client: Any = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Adopted:
    """Keep a wells table, a protocol, and sums of every plane of a plate that another tool wrote.

    Every pixel is read once; afterwards each read is held against the sums. A run that was killed goes on
    where it was. Adopting again with another map keeps the sums; `overwrite` reads all anew.

    Parameters
    ----------
    path
        An OME-Zarr 0.4 or 0.5 plate of another tool.
    platemap, sheet, protocol
        As `hcs_plates.ingestion.ingest` takes them; what was kept before stays where they are not given.
    overwrite
        Sum all planes again: the plate's pixels were changed on purpose.
    client, workers, progress
        As in `hcs_plates.units.run_units`.

    Returns
    -------
    Adopted
        The file is ``adopted.json`` in the plate's folder, or ``NAME.adopted.json`` beside it where that may
        not be written.

    Raises
    ------
    ArgumentError
        A plate of hcs, which needs none; neither place can be written.
    StoreError, PlatemapError, ConfigError
        The plate, the map or the protocol cannot be read; nothing is written.
    """
    plate = local_path(path)
    if is_ours(plate):
        raise ArgumentError(
            f"{plate} is a plate of hcs, which needs no adopting; hcs platemap puts a map on it."
        )
    spec = describe_other(plate)
    kept = None if overwrite else read_adoption(plate, spec)
    others = spec.other
    if not isinstance(others, OtherFields):
        raise TypeError("a plate of another tool has its fields elsewhere")
    if platemap is not None:
        imaged = {*spec.fields, *(key.well for key in spec.missing)}
        wells = read_platemap(platemap, plate=spec.name, format=spec.format, imaged=imaged, sheet=sheet)
    else:
        wells = kept.wells if kept is not None else blank_wells(spec.name, spec.format, spec.fields)
    notices = tuple(wells.attrs.get("notices", kept.map_notices if kept is not None else ()))
    said = kept.protocol if kept is not None else None
    if protocol is not None:
        said = read_protocol(protocol)
        with_protocol(spec, said, Path(str(protocol)))
    file, replaced = _place(plate)
    if kept is None:
        receipts = file.with_name(f"{file.name}.partial")
        if overwrite and receipts.exists():
            remove(receipts)
        units = _units(plate.absolute(), spec, others)
        summary = run_units(_sums, units, receipts, client=client, workers=workers, progress=progress)
        summary.check()
        outputs = {name.replace("-", "/"): output for name, output in summary.outputs.items()}
        sums = {name: tuple(output["sums"]) for name, output in outputs.items()}
        digests = {name: str(output["checksum"]) for name, output in outputs.items()}
        remove(receipts)
        adoption = Adoption(wells, notices, said, sums, digests)
    else:
        adoption = Adoption(wells, notices, said, kept.sums, kept.digests)
    with reachable("keeping what is known of the plate", file):
        write_json(file, document(spec, adoption, replaced), indent=None)
    return Adopted(Plate(plate, with_adoption(plate, spec, adoption)), file, replaced)


def _units(plate: Path, spec: PlateSpec, others: OtherFields) -> list[Unit]:
    """List the fields to sum; one whose files changed after a run that was killed is summed again."""
    whole = fingerprint(spec)
    with reachable("looking at the plate's files", plate):
        return [
            Unit(
                f"{well}-{number}",
                digest(whole, place.kind.axes, others.stamp(plate, well, number)),
                others.stored(plate, well, number, None),
            )
            for (well, number), place in others.places.items()
        ]


def _place(plate: Path) -> tuple[Path, Path | None]:
    """Find where to keep: the file that holds if it can be written, else the first place that can.

    Beside a plate that holds a file and may not be written, with the file that is replaced.
    """
    inside, beside = places(plate)
    held = standing(plate)
    for place in (beside,) if held == beside else (inside, beside):
        try:
            probe = place.with_name(f".{place.name}.probe")
            probe.touch()
            probe.unlink()
        except OSError:
            continue
        return place, inside if place == beside and inside.is_file() else None
    if held == beside:
        raise ArgumentError(
            f"{beside} holds for the plate and cannot be replaced, since {beside.parent} cannot be written; "
            "ask for the right to write there."
        )
    raise ArgumentError(
        f"Neither {plate} nor {plate.absolute().parent} can be written, so nothing can be kept of the plate; "
        "copy it or ask for the right to write beside it. Without a platemap it opens as it is."
    )


def _sums(field: OtherField) -> Output:
    """Sum every full-resolution plane of a field."""
    pixels = field.read()
    return {"checksum": pixel_digest(pixels), "sums": plane_sums(pixels)}
