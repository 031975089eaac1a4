"""What had been made of plates by now: tiles, measurements, and what studies made under codes."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from hcs.measure.measured import RECORD as MEASURED_RECORD
from hcs.measure.measured import default_place
from hcs.study.places import FEATURES, MEASURED, MEASUREMENTS, PREPARED, RECORD, TILE_SET
from hcs.study.preparation import Preparation
from hcs.study.record import read_record
from hcs.tables.stored import box_digest
from hcs.wording import listed, plural
from hcs_plates.coding import Made, are_coded
from hcs_plates.errors import ArgumentError, NotThereError
from hcs_plates.plate import Plate, open_plate
from hcs_plates.tiles import tiles_folder

KINDS = {TILE_SET: "tiles", FEATURES: "features", MEASUREMENTS: "measurements", MEASURED: "measurements"}
"""What stands at a place of a study's results."""


def made_before(plates: Sequence[Plate], studies: Sequence[Path]) -> dict[str, list[Made]]:
    """List what was made of each plate, with digests of what stands there now.

    Parameters
    ----------
    plates
        Under codes still.
    studies
        Results folders of `hcs study prepare`.

    Raises
    ------
    NotThereError, ArgumentError
        A folder that is not there, in which nothing was made of these plates, or something of others whose
        names these would give away.
    """
    made = {plate.name: list(_beside(plate)) for plate in plates}
    for study in studies:
        if not study.is_dir():
            raise NotThereError(f"--study {study}: there is no such folder of hcs study prepare.")
        found = {plate.name: list(_of_study(plate, study)) for plate in plates}
        if not any(found.values()):
            raise ArgumentError(
                f"--study {study} holds nothing that was made of these plates; expected a results folder of "
                "hcs study prepare."
            )
        if left := _left_out(study, set(found)):
            raise ArgumentError(
                f"--study {study} was made of {plural('plate', len(left))} {listed(left)} too, under codes "
                "still; name all plates of the study: names on some tell those on the others."
            )
        for name, own in found.items():
            made[name] += own
    return made


def _left_out(study: Path, named: set[str]) -> list[str]:
    """Name the plates of a prepared study that are under codes and are to stay so."""
    prepared = Preparation.read(study)
    paths = prepared.config.get("data", {}).get("plates", []) if prepared else []
    others = [open_plate(path) for path in paths if Path(path).is_dir()]
    return [one.name for one in others if one.name not in named and are_coded(one.spec.wells)]


def _beside(plate: Plate) -> Iterator[Made]:
    """List what `hcs tile` and `hcs measure` left in and beside a plate."""
    folder = tiles_folder(plate)
    if folder.is_dir():
        for tiles in sorted(path for path in folder.iterdir() if path.name[0] != "."):
            yield _made("tiles", tiles, plate)
    measured = default_place(plate)
    if (measured / MEASURED_RECORD).is_file():
        yield _made("measurements", measured, plate)


def _of_study(plate: Plate, study: Path) -> Iterator[Made]:
    """List what a study made of a plate under codes; of one that ran to its end, its record."""
    if (study / RECORD).is_file():
        if read_record(study).get("plates", {}).get(plate.name, {}).get("digest") == plate.digest:
            yield _made("results", study / RECORD, plate)
        return
    prepared = Preparation.read(study)
    if prepared is None or prepared.plates.get(plate.name) != plate.digest:
        return
    yield _made("settings", study / PREPARED, plate)
    for name in prepared.files:
        box, _, of = name.partition("/")
        if of in ("", plate.name):
            yield _made(KINDS[box], study / name, plate)


def _made(what: str, place: Path, plate: Plate) -> Made:
    seen = Path(os.path.relpath(place.resolve(), plate.path.resolve())).as_posix()
    return Made(what, seen, str(box_digest(place)))
