"""Whether labels in a plate still are those of its measurements, and which fields have none."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hcs.wording import are, counted, have, listed
from hcs_plates.errors import NotThereError, StoreError
from hcs_plates.plate import Plate
from hcs_plates.storedlabels import ORIGIN, StoredLabel, listed_labels, stored_labels

if TYPE_CHECKING:
    from hcs.measure.measured import Measurements


@dataclass(frozen=True)
class LabelStanding:
    """Label images of a plate, held against measurements.

    Parameters
    ----------
    plate
        The plate's folder.
    current
        Those that hcs wrote, and nothing says that they are stale.
    stale
        Those whose measurements were made again since, with other settings or of another platemap.
    unknown
        Those of `current` whose measurements are not where they were.
    bare
        Fields without labels of hcs, in a plate that has some: ``A03 field 2``, with the reason.
    foreign
        Labels of other tools, ``cells in A01 field 1``.
    """

    plate: Path
    current: tuple[StoredLabel, ...]
    stale: tuple[StoredLabel, ...]
    unknown: tuple[StoredLabel, ...]
    bare: dict[str, str]
    foreign: tuple[str, ...]

    @property
    def n_fields(self) -> int:
        """Number of fields that have labels of hcs."""
        return len(_fields([*self.current, *self.stale]))

    def stale_sentence(self) -> str:
        """Say which labels are stale; empty where none is."""
        if not self.stale:
            return ""
        return (
            f"labels of {_told(self.stale)} are stale: the measurements that they are of were made again "
            f"since; hcs labels {self.plate} writes them anew"
        )

    def sentences(self) -> list[str]:
        """Say which labels are stale or cannot be told, which fields have none, and what is not of hcs."""
        said = [self.stale_sentence()]
        if self.unknown:
            said.append(
                f"the measurements that labels of {_told(self.unknown)} are of are not where they were, so "
                "it is not known whether they are the last ones"
            )
        if self.bare:
            n, why = len(self.bare), (f"{name}: {reason}" for name, reason in self.bare.items())
            said.append(f"{counted(n, 'field')} {have(n)} no labels ({listed(why)})")
        if self.foreign:
            n = len(self.foreign)
            said.append(f"{counted(n, 'label image')} {are(n)} not of hcs ({listed(self.foreign)})")
        return [sentence for sentence in said if sentence]


def label_standing(plate: Plate) -> LabelStanding:
    """Hold the labels of a plate against the measurements that they say they belong to.

    Nothing of the pixels is read. What is said is empty for a plate without labels.

    Raises
    ------
    StoreError
        A document of labels that cannot be read.
    """
    # Measurements come with all that measures, which `hcs info` of a plate without labels does not need.
    from hcs.measure.measured import Measurements, default_place

    beside = default_place(plate)

    @cache
    def measurements(at: str) -> Measurements | None:
        try:
            return Measurements.read(plate.path.resolve().parent / at)
        except (NotThereError, StoreError):
            return None

    current, stale, unknown = [], [], []
    stored = stored_labels(plate)
    for one in stored:
        found = measurements(str(one.attributes[ORIGIN].get("at", beside.name)))
        if found is not None and found.record["recipe"] != one.measurements:
            stale.append(one)
            continue
        current.append(one)
        if found is None:
            unknown.append(one)
    ours = {(one.well, one.number, one.name) for one in stored}
    foreign = tuple(
        f"{name} in {_place(well, number)}"
        for (well, number), names in listed_labels(plate).items()
        for name in names
        if (well, number, name) not in ours
    )
    bare = _bare(plate, measurements(beside.name), {one[:2] for one in ours}) if ours else {}
    return LabelStanding(plate.path, tuple(current), tuple(stale), tuple(unknown), bare, foreign)


def info_with_labels(plate: Plate) -> dict[str, Any]:
    """Give the facts of `Plate.info`, with what labels lie in the plate, and notes on them."""
    facts = plate.info()
    # At an address each field would be a request.
    if not isinstance(plate.path, Path) or not listed_labels(plate):
        return facts
    found = label_standing(plate)
    names = dict.fromkeys(one.name for one in (*found.current, *found.stale))
    said = {"labels": f"{listed(names)} of {counted(found.n_fields, 'field')}"} if names else {}
    return {**facts, **said, "notes": [*facts["notes"], *found.sentences()]}


def _bare(plate: Plate, measured: "Measurements | None", have: set[tuple[str, int]]) -> dict[str, str]:
    """Fields without labels, with the reason that their measurements give."""
    left_out = {row["where"]: row["reason"] for row in measured.record["left_out"]} if measured else {}
    return {
        _place(well, number): left_out.get(_place(well, number)) or left_out.get(well, "none were written")
        for well, numbers in plate.spec.fields.items()
        for number in numbers
        if (well, number) not in have
    }


def _fields(labels: Iterable[StoredLabel]) -> list[str]:
    """Name fields of labels, each once."""
    return list(dict.fromkeys(_place(one.well, one.number) for one in labels))


def _told(labels: Iterable[StoredLabel]) -> str:
    """Count and name fields of labels."""
    fields = _fields(labels)
    return f"{counted(len(fields), 'field')} ({listed(fields)})"


def _place(well: str, number: int) -> str:
    return f"{well} field {number}"
