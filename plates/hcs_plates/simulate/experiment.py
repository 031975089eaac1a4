"""Experiments: which clone stands in which well of which plate, and what each well's fields are to look like.

Everything that could tell patients from controls is zero unless asked for: a null experiment gives every well
the same field spec, so that its labels are exchangeable by construction.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import exp, isfinite
from typing import Any

import numpy as np

from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.simulate.field import FieldSpec, generator
from hcs_plates.wells import FORMATS, PlateFormat

CONTROL, DISEASE = "control", "ALS"
TRAITS = ("count", "soma", "length", "brightness", "background", "beading")
"""What an effect can act on: the first five by a factor, beading by a sum."""
ACTS_ON = {
    "clone": ("count", "soma", "length", "brightness", "beading"),
    "batch": TRAITS,
    "plate": ("count", "brightness", "background"),
    "position": ("count", "brightness", "background"),
}
"""What each random effect acts on: a plate or a position does not change how neurons are built."""


@dataclass(frozen=True)
class DiseaseEffect:
    """How ALS wells differ from control wells.

    Parameters
    ----------
    beading
        Added to the neurites' beading, 0 to 1 (texture only).
    soma, count, length
        Relative change of soma area, number of neurons and neurite length: -0.2 is a fifth less.
    """

    beading: float = 0.0
    soma: float = 0.0
    count: float = 0.0
    length: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.beading <= 1:
            raise ArgumentError(f"The disease's beading is {self.beading}; give a number from 0 to 1.")
        for trait in ("soma", "count", "length"):
            change = getattr(self, trait)
            if not (isfinite(change) and -1 < change <= 4):
                raise ArgumentError(
                    f"The disease's change of {trait} is {change}; give a relative change above -1 "
                    "(and at most 4), such as -0.2 for a fifth less."
                )


@dataclass(frozen=True)
class RandomEffects:
    """SDs of what differs between clones, differentiation batches, plates and well positions.

    Each clone (batch, plate, position) draws a normal deviate for every trait it acts on (`ACTS_ON`): the
    trait is multiplied by its exponential; to beading half the deviate is added (and the sum kept within 0
    and 1). A position's effect is the same on every plate.
    """

    clone: float = 0.0
    batch: float = 0.0
    plate: float = 0.0
    position: float = 0.0

    def __post_init__(self) -> None:
        for level in ACTS_ON:
            sd = getattr(self, level)
            if not 0 <= sd <= 1:
                raise ArgumentError(f"The SD of the {level} effect is {sd}; give a number from 0 to 1.")


def check_whole(setting: str, number: object, least: int) -> None:
    """Refuse a setting that is no whole number from `least`."""
    if isinstance(number, bool) or not isinstance(number, int) or number < least:
        raise ArgumentError(f"{setting} is {number!r}; give a whole number of {least} or more.")


def check_imaging(fields_per_well: int, wells: int, seed: int) -> None:
    """Refuse fields, a format or a seed that no plate can be simulated with."""
    check_whole("fields_per_well", fields_per_well, 1)
    check_whole("seed", seed, 0)
    if wells not in FORMATS:
        raise ArgumentError(f"There is no plate of {wells} wells; {nearest(str(wells), map(str, FORMATS))}.")


@dataclass(frozen=True)
class ExperimentSpec:
    """A simulated experiment.

    Parameters
    ----------
    name
        Plates are called ``NAME-1``, ``NAME-2``, …
    plates, batches
        How many. Plate 1 is of differentiation batch 1, plate 2 of batch 2 and so on, from 1 again when all
        batches were used.
    clones_per_class
        Control clones, and as many ALS clones; each is a line of its own donor, under a code that does not
        tell its diagnosis.
    wells_per_clone
        Wells of every clone on every plate, at places drawn anew for each plate.
    fields_per_well
        Fields of view imaged in a well.
    wells
        Size of the plates' format: 6, 12, 24, 48, 96, 384 or 1536.
    field
        What the field of a control well looks like, its shape and channels.
    disease, random
        Effects, none unless asked for.
    batch_by_label
        Confounding, 0 to 1: this share of each class's clones come from batches of their class alone
        (controls the first half of the batches, ALS the other), whatever plate they stand on.
    seed
        Fixes everything that is drawn.

    Raises
    ------
    ArgumentError
        A number out of its range, or more wells than the plate has.

    Examples
    --------
    >>> ExperimentSpec(plates=2, batches=2).plate_names()
    ['sim-1', 'sim-2']
    >>> ExperimentSpec(clones_per_class=6, wells_per_clone=3)
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: 12 clones in 3 wells each need 36 wells, but a plate of 24 was asked \
for; give fewer clones or wells per clone, or a larger format.
    """

    name: str = "sim"
    plates: int = 1
    batches: int = 1
    clones_per_class: int = 6
    wells_per_clone: int = 2
    fields_per_well: int = 4
    wells: int = 24
    field: FieldSpec = dataclasses.field(default_factory=FieldSpec)
    disease: DiseaseEffect = dataclasses.field(default_factory=DiseaseEffect)
    random: RandomEffects = dataclasses.field(default_factory=RandomEffects)
    batch_by_label: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for setting in ("plates", "batches", "clones_per_class", "wells_per_clone"):
            check_whole(setting, getattr(self, setting), 1)
        check_imaging(self.fields_per_well, self.wells, self.seed)
        if not self.name or not self.name.replace("-", "").replace("_", "").isalnum():
            raise ArgumentError(
                f"{self.name!r} cannot name plates, since files are named by it; "
                "use letters, digits, '-' and '_'."
            )
        if not 0 <= self.batch_by_label <= 1:
            raise ArgumentError(f"batch_by_label is {self.batch_by_label}; it is a share between 0 and 1.")
        if self.batch_by_label > 0 and self.batches < 2:
            raise ArgumentError("batch_by_label needs at least 2 batches to confound with; set batches to 2.")
        if 2 * self.clones_per_class * self.wells_per_clone > self.wells:
            raise ArgumentError(
                f"{2 * self.clones_per_class} clones in {self.wells_per_clone} wells each need "
                f"{2 * self.clones_per_class * self.wells_per_clone} wells, but a plate of {self.wells} "
                "was asked for; give fewer clones or wells per clone, or a larger format."
            )

    @property
    def format(self) -> PlateFormat:
        """The plates' grid of wells."""
        return FORMATS[self.wells]

    def plate_names(self) -> list[str]:
        """Names of the plates."""
        return [f"{self.name}-{number}" for number in range(1, self.plates + 1)]


@dataclass(frozen=True)
class Clone:
    """A line: its code, its donor's code, its diagnosis, its passage in the first batch."""

    clone: str
    donor: str
    diagnosis: str
    passage: int


@dataclass(frozen=True)
class SimulatedWell:
    """A well of a simulated plate: its row of the wells table, and what its fields are to look like.

    Channels that are `unstained` have no light, since their first antibody was left out.
    """

    plate: str
    well: str
    row: dict[str, Any]
    field: FieldSpec
    unstained: tuple[str, ...] = ()


def clones(spec: ExperimentSpec) -> list[Clone]:
    """Lines of an experiment, in the order of their codes.

    Examples
    --------
    >>> [clone.clone for clone in clones(ExperimentSpec(clones_per_class=2))]
    ['C01', 'C02', 'C03', 'C04']
    """
    rng = generator(spec.seed, spec.name, "clones")
    n = 2 * spec.clones_per_class
    diagnoses = rng.permutation([CONTROL] * spec.clones_per_class + [DISEASE] * spec.clones_per_class)
    donors = rng.permutation(n) + 1
    passages = rng.integers(18, 40, n)
    return [
        Clone(f"C{number + 1:02d}", f"D{donors[number]:02d}", str(diagnoses[number]), int(passages[number]))
        for number in range(n)
    ]


def simulate_wells(spec: ExperimentSpec) -> list[SimulatedWell]:
    """Lay the clones out on the plates.

    Returns
    -------
    list of SimulatedWell
        Plate by plate, in the order of the wells' names row by row; a function of the spec alone.
    """
    lines = clones(spec)
    confounded = _confounded(spec, lines)
    simulated = []
    for number, plate in enumerate(spec.plate_names()):
        rng = generator(spec.seed, plate, "layout")
        names = spec.format.wells()
        places = np.sort(rng.choice(len(names), len(lines) * spec.wells_per_clone, replace=False))
        order = rng.permutation(np.repeat(np.arange(len(lines)), spec.wells_per_clone))
        for place, line in zip(places, order, strict=True):
            clone = lines[line]
            batch = number % spec.batches
            if clone.clone in confounded:
                batch = _batch_of_class(spec, clone.diagnosis, number)
            simulated.append(_well(spec, plate, names[place], clone, batch))
    return simulated


def _confounded(spec: ExperimentSpec, lines: list[Clone]) -> set[str]:
    """Clones whose batch follows their class, the asked share of each class."""
    share = round(spec.batch_by_label * spec.clones_per_class)
    return {
        line.clone
        for diagnosis in (CONTROL, DISEASE)
        for line in [line for line in lines if line.diagnosis == diagnosis][:share]
    }


def _batch_of_class(spec: ExperimentSpec, diagnosis: str, plate: int) -> int:
    """Batch of a confounded clone on a plate: one of its class's half of the batches."""
    half = spec.batches // 2
    return plate % half if diagnosis == CONTROL else half + plate % (spec.batches - half)


def _well(spec: ExperimentSpec, plate: str, well: str, clone: Clone, batch: int) -> SimulatedWell:
    """One well with all effects on it."""
    levels = {"clone": clone.clone, "batch": f"B{batch + 1}", "plate": plate, "position": well}
    row = {
        "well": well,
        "plate": plate,
        "clone": clone.clone,
        "donor": clone.donor,
        "diagnosis": clone.diagnosis,
        "passage": clone.passage + 2 * batch,
        "differentiation_batch": levels["batch"],
        "role": "sample",
        "stain": "NF-H",
        "included": True,
    }
    disease = spec.disease if clone.diagnosis == DISEASE else DiseaseEffect()
    stream = (spec.seed, spec.name)
    return SimulatedWell(plate, well, row, grown_field(spec.field, spec.random, disease, levels, stream))


def grown_field(
    base: FieldSpec,
    random: RandomEffects,
    disease: DiseaseEffect,
    levels: Mapping[str, str],
    stream: tuple[int, str],
) -> FieldSpec:
    """Put the effects of a well's disease, clone, batch, plate and position on its field.

    Parameters
    ----------
    base
        The field of a control well without random effects.
    random, disease
        The effects.
    levels
        Which clone, batch, plate and position it is (keys of `ACTS_ON`, those that are known).
    stream
        Seed and name of the random numbers: with them a level's name fixes its effect.
    """
    seed, named = stream
    logs = dict.fromkeys(TRAITS, 0.0)
    for level, item in levels.items():
        sd = getattr(random, level)
        rng = generator(seed, f"{named} {level} {item}", "effect")
        for trait, deviate in zip(ACTS_ON[level], rng.standard_normal(len(ACTS_ON[level])), strict=True):
            logs[trait] += sd * float(deviate)
    beading = disease.beading + 0.5 * logs.pop("beading")
    factors = {trait: exp(log) for trait, log in logs.items()}
    for trait in ("count", "soma", "length"):
        factors[trait] *= 1 + getattr(disease, trait)
    return _changed(base, factors, beading)


def _changed(base: FieldSpec, factors: dict[str, float], beading: float) -> FieldSpec:
    """Change the traits of a field spec."""
    cells = replace(
        base.cells,
        per_mm2=base.cells.per_mm2 * factors["count"],
        soma_area_um2=base.cells.soma_area_um2 * factors["soma"],
    )
    neurites = replace(
        base.neurites,
        axon_um=base.neurites.axon_um * factors["length"],
        dendrite_um=base.neurites.dendrite_um * factors["length"],
        # Fascicles have the length of their track: more or fewer fibres make their neurites longer in all.
        bundle_fibres=base.neurites.bundle_fibres * factors["length"],
        beading=min(1.0, max(0.0, base.neurites.beading + beading)),
    )
    camera = replace(
        base.camera,
        photons=base.camera.photons * factors["brightness"],
        background=base.camera.background * factors["background"],
    )
    return replace(base, cells=cells, neurites=neurites, camera=camera)
