"""How far time and z of a plate go: the numbers an export gives them, and what was never acquired.

A plate's fields are whole boxes of time, channel and z. What an export numbers 2 and 4 takes two places in
it, not five; and a place that no field has an image for is empty, which must be said.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from hcs_plates.errors import ReaderError
from hcs_plates.readers.acquisition import PlaneKey

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


def never_acquired(
    keys: Iterable[PlaneKey], channels: Sequence[str], n_times: int, n_z: int
) -> tuple[dict[PlaneKey, str], list[str]]:
    """Find places of fields that no field has an image for.

    Parameters
    ----------
    keys
        Planes that are there or missing.
    channels
        Names of the channels.
    n_times, n_z
        How many of each.

    Returns
    -------
    missing
        The planes of channels at times they were not taken at, with the reason: taken for data, an empty
        image is a wrong one.
    notes
        On channels with fewer z steps than others, which a projection over z does not notice.
    """
    fields: set[tuple[str, int]] = set()
    times: dict[int, set[int]] = defaultdict(set)
    steps: dict[int, set[int]] = defaultdict(set)
    for key in keys:
        fields.add((key.well, key.field))
        times[key.channel].add(key.time)
        steps[key.channel].add(key.z)
    missing: dict[PlaneKey, str] = {}
    notes = []
    for channel, name in enumerate(channels):
        taken = sorted(times[channel])
        if len(taken) < n_times:
            reason = f"not acquired: {name} was taken at time {_listed(taken)} only (counted from 0)"
            notes.append(f"{reason[0].upper()}{reason[1:]}.")
            missing |= {
                PlaneKey(well, field, channel, time, step): reason
                for well, field in fields
                for time in set(range(n_times)) - set(taken)
                for step in steps[channel]
            }
        if len(steps[channel]) < n_z:
            notes.append(
                f"{name} has {len(steps[channel])} of {n_z} z steps; the others were not acquired and are "
                "empty."
            )
    return missing, notes


def _listed(numbers: Iterable[int]) -> str:
    """Name a few numbers of many."""
    written = [str(number) for number in numbers]
    return ", ".join(written if len(written) < 8 else [*written[:3], "…", written[-1]])
