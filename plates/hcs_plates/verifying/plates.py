"""Verifying a plate of hcs: every field against the description, every document and file by its name."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hcs_plates.box import INDEX
from hcs_plates.errors import StoreError
from hcs_plates.others.adoption import places
from hcs_plates.paths import local_path
from hcs_plates.plate import Plate
from hcs_plates.staging import companion
from hcs_plates.store import is_ours, read_description
from hcs_plates.storedfield import METADATA, field_path
from hcs_plates.verifying.boxes import inspect_tiles
from hcs_plates.verifying.fault import Fault, damaged, document_fault, fault_of, missing, strange, strangers
from hcs_plates.verifying.fields import FieldPart
from hcs_plates.verifying.inspection import Inspection, busy
from hcs_plates.verifying.otherplates import inspect_other, known

TILES = "tiles"


def inspect_plate(path: Path | str) -> Inspection:
    """See what of a plate is to be read: every plane of every level, its documents, and tiles that lie in it.

    What cannot be opened at all is one fault.

    Raises
    ------
    NotThereError, StoreError, UnreachableError
        Nothing there; nothing that was ever a plate; a disk or a share that fails.
    """
    place = local_path(path).absolute()
    if place.exists() and not is_ours(place) and not _was_ours(place):
        return inspect_other(place)
    try:
        plate = Plate(place, read_description(place))
    except StoreError as error:
        again, file = f"hcs ingest EXPORT --platemap MAP --out {place} --overwrite", place / METADATA
        what = "description of the plate"
        fault = fault_of(error, what, file, again) if file.is_file() else missing(what, file, again)
        return Inspection(
            f"plate {place.name}",
            place,
            faults=(fault,),
            notes=("Its fields were not read: what they are held against stands in the description.",),
        )
    again = f"hcs ingest {plate.spec.source or 'EXPORT'} --platemap MAP --out {place} --overwrite"
    parts = [FieldPart(field.stored, again) for well in plate.values() for field in well.values()]
    found = Inspection(
        f"plate {plate.name}",
        place,
        parts,
        (*_documents(plate, again), *_strange(plate)),
        (*busy(companion(place, "lock")), *known(plate.spec)),
    )
    for folder in _in_tiles(place):
        if not any((folder / name).is_file() for name in (METADATA, INDEX)):
            found = replace(found, faults=(*found.faults, strange(folder)))
            continue
        tiles = inspect_tiles(folder, [plate])
        found = replace(
            found,
            parts=[*found.parts, *tiles.parts],
            faults=(*found.faults, *tiles.faults),
            notes=(*found.notes, *(note for note in tiles.notes if note not in found.notes)),
        )
    return found


def _was_ours(place: Path) -> bool:
    """Whether a plate whose document is gone or no JSON was of hcs: fields hold levels of their own."""
    try:
        json.loads((place / METADATA).read_bytes())
    except FileNotFoundError:
        return any(place.glob(f"[A-Z]*/*/*/0/{METADATA}")) and not (place / ".zattrs").is_file()
    except ValueError:
        return not any(one.is_file() for one in places(place))
    return False


def _in_tiles(place: Path) -> list[Path]:
    """List what stands in the plate's folder of tile sets."""
    return sorted(one for one in (place / TILES).glob("*") if not one.name.startswith("."))


def _documents(plate: Plate, again: str) -> Iterator[Fault]:
    """Look at the documents of the plate's groups, by which other tools find its wells and fields."""
    path, wells = plate.path, {}
    for well, numbers in plate.spec.fields.items():
        row, column, _ = field_path(well, 0).split("/")
        wells[f"{row}/{column}"] = numbers
    root = json.loads((path / METADATA).read_bytes())["attributes"]["ome"]["plate"]
    if _paths(root, "wells") != set(wells):
        yield damaged("description of the plate", path / METADATA, "other wells in its OME metadata", again)
    for row in dict.fromkeys(name.split("/")[0] for name in wells):
        if fault := document_fault(f"document of row {row}", path / row / METADATA, again):
            yield fault
    for name, numbers in wells.items():
        what, file = f"document of well {name.replace('/', '')}", path / name / METADATA
        if fault := document_fault(what, file, again):
            yield fault
            continue
        try:
            listed = _paths(json.loads(file.read_bytes())["attributes"]["ome"]["well"], "images")
        except (LookupError, TypeError):
            listed = set()
        if listed != set(map(str, numbers)):
            yield damaged(what, file, "other fields in its OME metadata", again)


def _paths(ome: object, key: str) -> set[str]:
    """Paths of what a group's OME metadata list; empty where they are none."""
    listed = ome.get(key) if isinstance(ome, dict) else None
    if not isinstance(listed, list):
        return set()
    return {str(one.get("path")) for one in listed if isinstance(one, dict)}


def _strange(plate: Plate) -> list[Fault]:
    """List what stands in the plate and is not of it; fields and tile sets look into themselves."""
    fields = [field_path(well, number) for well, numbers in plate.spec.fields.items() for number in numbers]
    groups = {parent.as_posix() for name in fields for parent in list(Path(name).parents)[:-1]}
    files = [METADATA, *(f"{group}/{METADATA}" for group in groups)]
    return strangers(plate.path, files, (*fields, TILES))
