"""Verifying a plate of another tool: against the sums that were kept when it was adopted, if it was."""

from collections.abc import Iterator
from pathlib import Path

from hcs_plates.description import PlateSpec
from hcs_plates.display import count
from hcs_plates.errors import StoreError
from hcs_plates.others.adoption import open_adopted, places
from hcs_plates.others.describing import OtherFields, describe_other
from hcs_plates.staging import companion
from hcs_plates.verifying.fault import Fault, damaged, fault_of, missing
from hcs_plates.verifying.fields import OtherFieldPart
from hcs_plates.verifying.inspection import Inspection, busy

UNKEPT = (
    "Plate {} is of another tool and was never adopted: nothing was kept to hold its pixels against, so they "
    "were only decoded (hcs adopt PLATE keeps sums)."
)
SMALLER = "Smaller levels of plate {} were only decoded: no sums of them were kept."


def inspect_other(place: Path) -> Inspection:
    """See what of a plate of another tool is to be read: every level of every field that it has.

    Raises
    ------
    NotThereError, StoreError, UnreachableError
        Nothing there; nothing that was ever a plate; a disk or a share that fails.
    """
    again = "copy it again from where it is whole, or ask the tool that wrote it"
    try:
        spec = describe_other(place)
    except StoreError as error:
        if not any(one.is_file() for one in places(place)):
            raise
        faults = [damaged("metadata of the plate", place, said, again) for said in error.faults]
        return Inspection(f"plate {place.name}", place, faults=tuple(faults))
    faults, others = [], _fields_of(spec)
    faults += [missing("what its metadata list", place / absent, again) for absent in others.absent]
    faults += [damaged("a field", place, said, again) for said in others.left_out]
    adopted = any(one.is_file() for one in places(place))
    try:
        spec = open_adopted(place)
    except StoreError as error:
        faults.append(_of_adoption(error, place))
    parts = [
        OtherFieldPart(_fields_of(spec).stored(place, well, number, None), again)
        for well, numbers in spec.fields.items()
        for number in numbers
    ]
    kept = (SMALLER if adopted else UNKEPT).format(spec.name)
    notes = (*busy(companion(place, "lock")), kept, *known(spec))
    return Inspection(f"plate {spec.name}", place, parts, tuple(faults), notes)


def known(spec: PlateSpec) -> Iterator[str]:
    """Say what a plate lacks and lists, which is no fault."""
    if spec.missing:
        planes = count(len(spec.missing), "plane")
        yield f"Plate {spec.name} lists {planes} as missing: known, and no fault."
    if spec.never_acquired:
        steps = count(len(spec.never_acquired), "plane")
        yield f"Plate {spec.name} lists {steps} of each field as never acquired."


def _fields_of(spec: PlateSpec) -> OtherFields:
    if not isinstance(spec.other, OtherFields):
        raise TypeError("a plate of another tool has its fields elsewhere")
    return spec.other


def _of_adoption(error: StoreError, place: Path) -> Fault:
    standing = [one for one in places(place) if one.is_file()]
    return fault_of(error, "what was kept of the plate", standing[0], f"hcs adopt {place} --overwrite")
