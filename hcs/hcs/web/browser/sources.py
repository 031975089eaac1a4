"""What is asked to be looked at: plates, folders of plates, or one study with its plates."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hcs.design.maps.mapped import natural
from hcs.study.folder import StudyResults
from hcs.study.places import PREDICTED, RECORD
from hcs_plates.errors import ArgumentError, HcsError, NotThereError
from hcs_plates.paths import local_path

PLATE_MARKS = ("zarr.json", ".zattrs", ".zgroup")
"""One of these files stands in a plate's folder, of OME-Zarr 0.5 and 0.4."""
WANTED = "give plates, folders of plates, or a study's results"


@dataclass(frozen=True)
class Asked:
    """What was asked for.

    Parameters
    ----------
    plates
        Folders of plates, in order, each once.
    study
        The study that they are of, if one was named.
    notices
        Sentences on plates that were left out.
    """

    plates: tuple[Path, ...]
    study: StudyResults | None = None
    notices: tuple[str, ...] = ()


def find_plates(sources: Sequence[Path | str]) -> Asked:
    """Find the plates that are meant.

    Parameters
    ----------
    sources
        Plates, folders that hold plates, or one results folder of a study.

    Raises
    ------
    ArgumentError, NotThereError, StoreError
        Nothing, a study beside other things, or a folder with no plate; none of a study's plates is there.
    """
    paths = [local_path(source) for source in sources]
    for path in paths:
        if not path.exists():
            raise NotThereError(f"There is no '{path}'; {WANTED}.")
    studies = [path for path in paths if (path / RECORD).is_file()]
    if studies and len(paths) > 1:
        raise ArgumentError(
            f"{studies[0]} is a study, whose plates are found by themselves: give it alone, or plates alone."
        )
    if studies:
        return _of_study(StudyResults.open(studies[0]))
    found = [plate for path in paths for plate in _within(path)]
    if not found:
        raise ArgumentError(f"There is nothing to show; {WANTED}.")
    # A plate that is named twice, or by a link too, is one plate.
    return Asked(tuple({plate.resolve(): plate for plate in reversed(found)}.values())[::-1])


def _of_study(study: StudyResults) -> Asked:
    """Find a study's plates where they were or are now; what is gone, or is another plate now, is told."""
    plates, notices = [], []
    for name in study.record["plates"]:
        try:
            plates.append(study.plate(name).path)
        except HcsError as error:
            notices.append(f"Plate {name} is left out: {error.message}")
    if not plates:
        raise NotThereError(f"No plate of {study.results} can be shown. {notices[0]}")
    return Asked(tuple(plates), study, tuple(notices))


def _within(path: Path) -> list[Path]:
    """Give a plate itself, or the plates that a folder holds, 2 before 10."""
    if _marked(path):
        return [path]
    if not path.is_dir():
        remedy = "its results folder" if path.suffix == ".toml" else "a plate, or a study's results folder"
        raise ArgumentError(f"{path} is a file; give {remedy}.")
    if (path / PREDICTED).is_file():
        raise ArgumentError(f"{path} holds predictions; give the plates that they are of.")
    found = [one for one in path.iterdir() if not one.name.startswith(".") and _marked(one)]
    if not found:
        raise ArgumentError(f"{path} is no plate and holds none; give plates, or a study's results folder.")
    return sorted(found, key=lambda one: natural(one.name))


def _marked(path: Path) -> bool:
    return any((path / mark).is_file() for mark in PLATE_MARKS)
