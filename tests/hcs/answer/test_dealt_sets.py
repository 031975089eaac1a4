"""Tests of the design's account: leaks, covering, counts."""

from dataclasses import replace

import pandas as pd
import pytest

from hcs.answer.dealt_sets import class_table, covering, one_sided_plates, split_table
from hcs.answer.facts import StudyFacts
from hcs.tables.compared import Classes


def test_covering_of_the_reference_design() -> None:
    """15 + 15 clones, 3 + 3 in validation and 2 + 2 in test: eight sets are enough for the rule."""
    rows = []
    for number in range(55):
        for label in ("ALS", "control"):
            for place in range(15):
                part = "test" if place < 2 else "validation" if place < 5 else "train"
                rows.append((number, part, f"{label}{(place + 2 * number) % 15}", label))
    splits = pd.DataFrame(rows, columns=["set", "part", "group", "label"])
    facts = StudyFacts("t", Classes("ALS", "control"), "clone", True, splits=splits)
    cover = covering(facts)
    assert cover is not None
    assert (cover.used, cover.needed, cover.never_tested, cover.never_validated) == (55, 8, (), ())


def test_groups_never_tested_are_named(neurons: StudyFacts) -> None:
    """One set tests four of twelve clones."""
    cover = covering(replace(neurons, splits=neurons.splits[neurons.splits["set"] == 0]))
    assert cover is not None
    assert len(cover.never_tested) == 8
    assert covering(replace(neurons, splits=pd.DataFrame())) is None


def test_split_table_names_groups_by_class(neurons: StudyFacts, drugs: StudyFacts) -> None:
    """Nested groups stand under their label, crossed ones alone."""
    assert split_table(neurons)["test"][0] == "ALS: C02, C04; control: C01, C03"
    assert split_table(drugs)["test"][0] == "A, B"


def test_class_table_counts_included_wells(neurons: StudyFacts, drugs: StudyFacts) -> None:
    """The excluded well is not counted; wells of neither class are."""
    assert class_table(neurons)["wells"].sum() == 47
    assert class_table(drugs)[["role", "class", "wells"]].to_numpy().tolist() == [
        ["positive_control", "positive", 8],
        ["negative_control", "negative", 16],
        ["dose_series", "neither", 72],
    ]


@pytest.mark.parametrize(("moved", "expected"), [(False, {}), (True, {"ALS": "ALS", "control": "control"})])
def test_plates_of_one_class_are_found(neurons: StudyFacts, moved: bool, expected: dict[str, str]) -> None:
    """All patients on one plate and all controls on the other: label and plate are one."""
    wells = neurons.wells.dropna(subset=["diagnosis"])
    wells = wells.assign(plate=wells["diagnosis"]) if moved else wells
    assert one_sided_plates(replace(neurons, wells=wells)) == expected
