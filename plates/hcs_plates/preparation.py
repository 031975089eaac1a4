"""What becomes of an export's planes in the plate: which are chosen, projected, corrected, put together.

Nothing is read here: an `Acquisition` comes in, and out goes the acquisition that describes the plate, with
the recipe of each of its fields.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from hcs_plates.errors import ArgumentError, ReaderError, nearest
from hcs_plates.fieldpixels import Planes, Recipe
from hcs_plates.made import Made
from hcs_plates.projection import KEEP, PROJECTIONS, check_projection
from hcs_plates.readers.acquisition import Acquisition, PlaneFile, PlaneKey, Step
from hcs_plates.stitching import Places, canvas, covered, stitched_places

FieldKey = tuple[str, int]
APPLY = "apply"
FARTHEST_UM = 1e9
"""Beyond a kilometre no stage moves; such a position, or none that is a number, is not believed."""


@dataclass(frozen=True)
class Prepared:
    """An acquisition as the plate will have it, and how its fields are made of the export's planes.

    Parameters
    ----------
    acquisition
        What describes the plate.
    made
        What is done, as the plate keeps it.
    planes
        The export's planes that are there, by field of the plate.
    recipes
        How, by field of the plate; planes as they are where there is none.
    """

    acquisition: Acquisition
    made: Made
    planes: Mapping[FieldKey, Planes]
    recipes: Mapping[FieldKey, Recipe] = field(default_factory=dict)


def agreed(found: Acquisition, *, allow_incomplete: bool) -> Acquisition:
    """Refuse an export whose counts disagree with what it states, or note that they do.

    Raises
    ------
    ReaderError
        All disagreements.
    """
    if not found.disagreements:
        return found
    if not allow_incomplete:
        remedy = "--allow-incomplete takes what is there"
        raise ReaderError(found.source, [*found.disagreements[:-1], f"{found.disagreements[-1]} ({remedy})"])
    return replace(found, notes=(*found.notes, *found.disagreements), disagreements=())


def with_y_axis(found: Acquisition, y_axis: str) -> Acquisition:
    """Take the direction of the stage's y that was given, and say so where the export states another."""
    known: dict[str, Literal["up", "down"]] = {"up": "up", "down": "down"}
    if y_axis not in known:
        raise ArgumentError(f"The stage's y grows up or down as images are shown; got {y_axis!r}.")
    notes = found.notes
    if found.y_axis not in (None, y_axis):
        notes += (f"The export states that the stage's y grows {found.y_axis}; {y_axis}, as given, is used.",)
    return replace(found, y_axis=known[y_axis], notes=notes)


def with_times(found: Acquisition, times: tuple[int, ...]) -> Acquisition:
    """Keep some time points, which count from 0 again.

    Raises
    ------
    ArgumentError
        A time point that the export has not, or none.
    """
    wanted = sorted(set(times))
    if not wanted or wanted[0] < 0 or wanted[-1] >= found.n_times:
        said = ", ".join(map(str, times)) or "none"
        raise ArgumentError(
            f"{found.source} has {found.n_times} time points, 0 to {found.n_times - 1}; got {said}."
        )
    now = {time: place for place, time in enumerate(wanted)}
    if len(now) == found.n_times:
        return found

    def chosen(keys: Mapping[PlaneKey, Any]) -> dict[PlaneKey, Any]:
        return {key._replace(time=now[key.time]): held for key, held in keys.items() if key.time in now}

    planes, missing = chosen(found.planes), chosen(found.missing)
    if not planes:
        raise ArgumentError(f"{found.source} has no plane of time {', '.join(map(str, wanted))}.")
    _check_channels(found, {key.channel for key in (*planes, *missing)}, wanted)
    fields = {(key.well, key.field) for key in planes}
    note = (
        f"Of the export's {found.n_times} time points (counted from 0) the plate has "
        f"{', '.join(map(str, wanted))}, which are its times 0 to {len(wanted) - 1}."
    )
    return replace(
        found,
        planes=planes,
        missing=missing,
        n_times=len(wanted),
        shapes={key: shape for key, shape in found.shapes.items() if key in fields},
        never_acquired=frozenset(
            step._replace(time=now[step.time]) for step in found.never_acquired if step.time in now
        ),
        notes=(*found.notes, note if len(wanted) > 1 else note.replace("times 0 to 0", "time 0")),
    )


def _check_channels(found: Acquisition, there: Collection[int], wanted: Sequence[int]) -> None:
    """Refuse time points at which a channel was never imaged: a plate has all of its channels."""
    for channel, one in enumerate(found.channels):
        if channel not in there:
            keys = (*found.planes, *found.missing)
            imaged = sorted({key.time for key in keys if key.channel == channel})
            raise ArgumentError(
                f"{found.source}: {one.name} was not imaged at time {', '.join(map(str, wanted))}, only at "
                f"{', '.join(map(str, imaged))} (counted from 0); take one of these too (--times)."
            )


def prepare(
    found: Acquisition,
    *,
    z: str = KEEP,
    flat_field: str = KEEP,
    stitch: bool = False,
    times: tuple[int, ...] | None = None,
) -> Prepared:
    """Plan what becomes of an export's planes.

    Parameters
    ----------
    found
        What the export holds; of its time points, those that were chosen.
    z
        ``keep``, ``max``, ``mean`` or ``best-focus``.
    flat_field
        ``keep`` illumination profiles beside the pixels, or ``apply`` them.
    stitch
        Whether the fields of a well become one, by the places of the stage.
    times
        The export's time points that were chosen.

    Raises
    ------
    ArgumentError
        No such choice, or no profile to correct by.
    ReaderError
        A profile that no light has, or nothing to place fields by.
    """
    check_projection(z, (KEEP, *PROJECTIONS))
    if flat_field not in (KEEP, APPLY):
        raise ArgumentError(f"A flat field cannot be {flat_field!r}; {nearest(flat_field, (KEEP, APPLY))}")
    places = found.positions_um.items()
    known = {key: place for key, place in places if all(abs(length) < FARTHEST_UM for length in place)}
    found = replace(found, positions_um=known)
    applied = flat_field == APPLY
    if applied:
        _check_profiles(found)
    z = z if found.n_z > 1 else KEEP
    recipe = Recipe(z, dict(found.flat_fields) if applied else {})
    numbers = defaultdict(set)
    for key in found.planes.keys() - found.missing.keys():
        numbers[key.well].add(key.field)
    placed: dict[str, Places] = {}
    if stitch:
        one_z = found if z == KEEP else replace(found, n_z=1)
        placed = stitched_places(one_z, {well: sorted(own) for well, own in numbers.items()})

    lowest = min((key.field for key in found.planes), default=0)

    def stored(key: PlaneKey) -> PlaneKey:
        return key._replace(field=lowest if stitch else key.field, z=key.z if z == KEEP else 0)

    now, lacking = _stored(found, stored, z) if stitch or z != KEEP else (found, {})
    planes: dict[FieldKey, list[tuple[PlaneKey, PlaneFile]]] = defaultdict(list)
    for key, file in sorted(found.planes.items()):
        if key not in found.missing:
            planes[key.well, stored(key).field].append((key, file))
    made = Made(
        times=None if times is None else tuple(sorted(set(times))),
        z=z,
        flat_fields=_profiles(found),
        flat_field_applied=applied,
        stitched=tuple(
            (well, number, *where)
            for well, places in placed.items()
            for number, where in sorted(places.items())
        ),
        lacking=tuple((*key, reason) for key, reason in sorted(lacking.items())),
    )
    if placed:
        now = _of_wells(now, placed, lowest)
    if recipe == Recipe() and not placed:
        return Prepared(now, made, planes)
    recipes = {key: replace(recipe, places=placed.get(key[0], {})) for key in planes}
    return Prepared(now, made, planes, recipes)


def _stored(
    found: Acquisition, stored: Callable[[PlaneKey], PlaneKey], z: str
) -> tuple[Acquisition, dict[PlaneKey, str]]:
    """Describe the planes that the plate will have, and name the export's planes that they lack."""
    planes = {stored(key): file for key, file in found.planes.items() if key not in found.missing}
    missing: dict[PlaneKey, str] = {}
    lacking: dict[PlaneKey, str] = {}
    for key, reason in sorted(found.missing.items()):
        if stored(key) in planes:
            lacking[key] = reason
        else:
            missing.setdefault(stored(key), reason)
    if z == KEEP:
        return replace(found, planes=planes, missing=missing), lacking
    steps = Counter((step.channel, step.time) for step in found.never_acquired)
    never = frozenset(Step(*place, 0) for place, n in steps.items() if n == found.n_z)
    return replace(
        found, planes=planes, missing=missing, n_z=1, z_step_um=None, never_acquired=never
    ), lacking


def _of_wells(found: Acquisition, placed: Mapping[str, Places], lowest: int) -> Acquisition:
    """Describe stitched wells: one field each, all of the size of the largest, first row and column alike."""
    height, width = shape = canvas([one for places in placed.values() for one in places.values()])
    positions, moments = {}, {}
    for well, places in placed.items():
        number, first = min(places.items())
        x, y = found.positions_um[well, number]
        assert found.pixel_size_um is not None
        down = found.pixel_size_um[0] * ((height - first.height) / 2 - first.row)
        right = found.pixel_size_um[1] * ((width - first.width) / 2 - first.column)
        positions[well, lowest] = (x + right, y - down if found.y_axis == "up" else y + down)
        if known := [found.imaged_at[well, one] for one in places if (well, one) in found.imaged_at]:
            moments[well, lowest] = min(known)
    empty = 1 - sum(map(covered, placed.values())) / (height * width * len(placed))
    note = (
        "The fields of each well were put together by the places of the stage, to whole pixels; where they "
        f"overlap, the one of the lowest number is seen. {empty:.1%} of the area has no field, and is zero."
    )
    return replace(
        found,
        shape=shape,
        shapes={},
        positions_um=positions,
        imaged_at=moments,
        notes=(*found.notes, note),
    )


def _check_profiles(found: Acquisition) -> None:
    """Refuse to correct without profiles, or by one that is no light."""
    if not found.flat_fields:
        raise ArgumentError(
            f"{found.source} has no flat field to apply: its export states no illumination profile."
        )
    shapes = {found.shape, *found.shapes.values()}
    for channel, light in found.flat_fields.items():
        for shape in shapes:
            profile = light.profile(shape)
            if profile.shape != shape or not (np.isfinite(profile).all() and (profile > 0).all()):
                raise ReaderError(
                    found.source,
                    f"the flat field of {found.channels[channel].name} is no illumination (it is zero, "
                    "negative or not a number somewhere); ingest without --flat-field apply",
                )


def _profiles(found: Acquisition) -> dict[str, Any]:
    """Profiles by channel name, as JSON gives them back."""
    stated = {found.channels[channel].name: light.to_json() for channel, light in found.flat_fields.items()}
    return dict(json.loads(json.dumps(stated)))
