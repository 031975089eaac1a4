"""How far time and z of a plate go: the numbers an export gives them, and what was never acquired.

A plate's fields are whole boxes of time, channel and z. What an export numbers 2 and 4 takes two places in
it, not five; and a place that no field has an image for is empty, which must be said.
"""

import itertools
from collections.abc import Collection, Iterable, Mapping, Sequence

from hcs_plates.errors import ReaderError
from hcs_plates.readers.acquisition import PlaneKey, Step

MOST_EMPTY = 50
"""Places of a field for each one that any field has an image for; beyond it the numbers are no numbering."""

_SMALL = 1000


def ranks(numbers: Iterable[int]) -> dict[int, int]:
    """Places, counted from 0, of the numbers that an export gives.

    Examples
    --------
    >>> ranks([4, 2, 4])
    {2: 0, 4: 1}
    """
    return {number: place for place, number in enumerate(sorted(set(numbers)))}


def renumbered(what: str, places: Mapping[int, int]) -> list[str]:
    """Note numbers that are not counted from 0 or 1 one by one.

    Examples
    --------
    >>> renumbered("Time points", {2: 0, 4: 1})
    ['Time points are numbered 2, 4 in the export and 0, 1 here.']
    >>> renumbered("Time points", {1: 0, 2: 1})
    []
    """
    numbers = list(places)
    if not numbers or (
        numbers[0] in (0, 1) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    ):
        return []
    return [f"{what} are numbered {_listed(numbers)} in the export and {_listed(places.values())} here."]


def check_places(source: object, keys: Iterable[PlaneKey], n_channels: int, n_times: int, n_z: int) -> None:
    """Refuse a numbering by which nearly all of a plate would be empty.

    Raises
    ------
    ReaderError
        Names the sizes.
    """
    places = n_channels * n_times * n_z
    taken = len({(key.channel, key.time, key.z) for key in keys})
    if places > max(_SMALL, MOST_EMPTY * taken):
        raise ReaderError(
            str(source),
            f"its images are numbered as {n_channels} channels, {n_times} time points and {n_z} z steps, "
            f"{places} planes a field, and there are {taken} of them; correct the numbers",
        )


def never_acquired(keys: Iterable[PlaneKey], n_channels: int, n_times: int, n_z: int) -> frozenset[Step]:
    """Find the combinations of channel, time and z that no field has an image for, there or missing.

    Examples
    --------
    >>> keys = [PlaneKey("A01", 1, 0, 0), PlaneKey("A01", 1, 0, 1), PlaneKey("A01", 1, 1, 1)]
    >>> never_acquired(keys, n_channels=2, n_times=2, n_z=1)
    frozenset({Step(channel=1, time=0, z=0)})
    """
    taken = {Step(*key[2:]) for key in keys}
    every = itertools.product(range(n_channels), range(n_times), range(n_z))
    return frozenset(Step(*one) for one in every if one not in taken)


def acquisition_notes(never: Collection[Step], channels: Sequence[str], n_times: int, n_z: int) -> list[str]:
    """Say of each channel that was not taken at every time and step in z at which it was.

    Parameters
    ----------
    never
        What `never_acquired` found.
    channels
        Names of the channels.
    n_times, n_z
        How many of each.

    Examples
    --------
    >>> acquisition_notes({Step(1, 0, 0)}, ["FITC", "DAPI"], 2, 1)
    ['DAPI was taken at time 1 only (counted from 0); the others were never acquired.']
    """
    notes = []
    for channel, name in enumerate(channels):
        taken = [
            (time, z)
            for time, z in itertools.product(range(n_times), range(n_z))
            if Step(channel, time, z) not in never
        ]
        if len(taken) == n_times * n_z:
            continue
        times, steps = sorted({time for time, _ in taken}), sorted({z for _, z in taken})
        said = []
        if len(times) < n_times:
            said.append(f"at time {_listed(times)} only")
        if len(steps) < n_z:
            said.append(f"at z {_listed(steps)} only")
        if len(taken) < len(times) * len(steps):
            said.append(f"in {len(taken)} of {len(times) * len(steps)} combinations of time and z")
        notes.append(f"{name} was taken {', '.join(said)} (counted from 0); the others were never acquired.")
    return notes


def _listed(numbers: Iterable[int]) -> str:
    """Name a few numbers of many."""
    written = [str(number) for number in numbers]
    return ", ".join(written if len(written) < 8 else [*written[:3], "…", written[-1]])
