"""Simulated experiments: the design is fair, null by default, and each effect acts where it says."""

from collections import Counter
from dataclasses import replace

import pytest

from hcs_plates.errors import ArgumentError
from hcs_plates.simulate import (
    DiseaseEffect,
    ExperimentSpec,
    FieldSpec,
    RandomEffects,
    clones,
    simulate_wells,
)

TWO = ExperimentSpec(plates=2, batches=2, seed=3)


def test_a_null_experiment_is_null() -> None:
    """Without effects asked for, every well of either class has one and the same field spec."""
    assert {well.field for well in simulate_wells(TWO)} == {TWO.field}


def test_every_clone_has_its_wells_on_every_plate() -> None:
    """Each plate holds every clone in as many wells as asked, no well twice, both classes evenly."""
    wells = simulate_wells(TWO)
    for plate in TWO.plate_names():
        here = [well for well in wells if well.plate == plate]
        assert len({well.well for well in here}) == len(here) == 24
        assert set(Counter(well.row["clone"] for well in here).values()) == {2}
        assert Counter(well.row["diagnosis"] for well in here) == {"control": 12, "ALS": 12}
        assert [well.well for well in here] == sorted(well.well for well in here)


def test_layout_differs_between_plates_and_seeds() -> None:
    """A clone's places are drawn anew for each plate and each seed, and are the same for the same spec."""

    def layout(spec: ExperimentSpec, plate: str) -> list[str]:
        return [well.row["clone"] for well in simulate_wells(spec) if well.plate == plate]

    assert layout(TWO, "sim-1") != layout(TWO, "sim-2")
    assert layout(TWO, "sim-1") != layout(replace(TWO, seed=4), "sim-1")
    assert simulate_wells(TWO) == simulate_wells(TWO)


def test_a_clone_has_one_donor_and_one_diagnosis_and_a_code_that_does_not_tell() -> None:
    """Codes of the two classes interleave."""
    lines = clones(ExperimentSpec(clones_per_class=12, wells=48))
    assert len({line.clone for line in lines}) == len({line.donor for line in lines}) == 24
    diagnoses = [line.diagnosis for line in lines]
    assert diagnoses.count("ALS") == 12
    assert len(set(diagnoses[:12])) == len(set(diagnoses[12:])) == 2


@pytest.mark.parametrize(
    ("effect", "attributes"),
    [
        (DiseaseEffect(beading=0.5), {"neurites.beading"}),
        (DiseaseEffect(soma=-0.2), {"cells.soma_area_um2"}),
        (DiseaseEffect(count=0.3), {"cells.per_mm2"}),
        (DiseaseEffect(length=-0.3), {"neurites.axon_um", "neurites.dendrite_um", "neurites.bundle_fibres"}),
    ],
)
def test_a_disease_effect_acts_on_its_trait_in_als_wells_only(
    effect: DiseaseEffect, attributes: set[str]
) -> None:
    """Control wells keep the base field; ALS wells differ from it in the named settings and no other."""
    spec = replace(TWO, disease=effect)
    for well in simulate_wells(spec):
        if well.row["diagnosis"] == "control":
            assert well.field == spec.field
        else:
            assert _differing(spec.field, well.field) == attributes


def _differing(one: FieldSpec, other: FieldSpec) -> set[str]:
    """Settings in which two field specs differ, ``part.setting``."""
    return {
        f"{part}.{setting}"
        for part in ("cells", "neurites", "camera")
        for setting, value in vars(getattr(one, part)).items()
        if getattr(getattr(other, part), setting) != value
    } | {
        key
        for key in ("height", "width", "channels", "pixel_size_um")
        if getattr(one, key) != getattr(other, key)
    }


@pytest.mark.parametrize(
    ("level", "column"),
    [("clone", "clone"), ("batch", "differentiation_batch"), ("plate", "plate"), ("position", "well")],
)
def test_a_random_effect_is_one_draw_per_item(level: str, column: str) -> None:
    """Wells of one clone (batch, plate, position) share their field spec; other items have others."""
    spec = replace(TWO, random=RandomEffects(**{level: 0.2}))
    fields: dict[str, set[FieldSpec]] = {}
    for well in simulate_wells(spec):
        fields.setdefault(well.row[column], set()).add(well.field)
    assert all(len(same) == 1 for same in fields.values())
    assert len(set.union(*fields.values())) == len(fields) > 1


def test_plate_and_position_effects_leave_the_form_of_neurons_alone() -> None:
    """A plate's or position's effect changes count and light, never soma, length or beading."""
    spec = replace(TWO, random=RandomEffects(plate=0.3, position=0.3))
    allowed = {"cells.per_mm2", "camera.photons", "camera.background"}
    assert {name for well in simulate_wells(spec) for name in _differing(spec.field, well.field)} == allowed


@pytest.mark.parametrize(("share", "following"), [(0.0, 0), (0.5, 3), (1.0, 6)])
def test_batch_by_label_is_the_share_of_confounded_clones(share: float, following: int) -> None:
    """That share of each class's clones is of its class's batch on both plates; the others of the plate's."""
    wells = simulate_wells(replace(TWO, batch_by_label=share))
    for diagnosis, own in (("control", "B1"), ("ALS", "B2")):
        batches: dict[str, set[str]] = {}
        for well in wells:
            if well.row["diagnosis"] == diagnosis:
                batches.setdefault(well.row["clone"], set()).add(well.row["differentiation_batch"])
        assert sum(seen == {own} for seen in batches.values()) == following
        assert sum(seen == {"B1", "B2"} for seen in batches.values()) == 6 - following


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"wells_per_clone": 3}, "12 clones in 3 wells each need 36 wells, but a plate of 24"),
        ({"plates": 0}, "plates is 0; give a whole number of 1 or more"),
        ({"fields_per_well": 1.5}, "fields_per_well is 1.5"),
        ({"wells": 25}, "There is no plate of 25 wells; did you mean '24'"),
        ({"name": "a/b"}, "'a/b' cannot name plates"),
        ({"name": ""}, "cannot name plates"),
        ({"seed": -1}, "seed is -1"),
        ({"batch_by_label": 1.2, "batches": 2}, "it is a share between 0 and 1"),
        ({"batch_by_label": 0.5}, "needs at least 2 batches"),
    ],
)
def test_refused_experiments(arguments: dict[str, object], message: str) -> None:
    """A design that cannot be is refused in a sentence."""
    with pytest.raises(ArgumentError, match=message):
        ExperimentSpec(**arguments)  # type: ignore[arg-type]  # wrong on purpose


def test_refused_effects() -> None:
    """Effects out of their range are refused by name."""
    with pytest.raises(ArgumentError, match="beading is 2; give a number from 0 to 1"):
        DiseaseEffect(beading=2)
    with pytest.raises(ArgumentError, match="change of count is -1; give a relative change above -1"):
        DiseaseEffect(count=-1)
    with pytest.raises(ArgumentError, match=r"SD of the clone effect is -0\.1"):
        RandomEffects(clone=-0.1)
