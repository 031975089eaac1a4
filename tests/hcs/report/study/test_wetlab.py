"""The wet-lab part of the methods: what is stated, what differs, what contradicts, and what nobody stated."""

from dataclasses import replace
from typing import Any

import pandas as pd

from hcs.report.facts import ReportFacts
from hcs.report.study.methods import methods_section
from hcs.report.study.wetlab import wetlab_paragraphs

FIXED = {"fixation": {"fixative": "PFA", "concentration": "4 %", "time": "15 min"}}
STAINED = {
    "antibodies": [
        {"target": "neurofilament H", "role": "primary", "host": "mouse", "dilution": "1:1,000"},
        {"target": "mouse IgG", "role": "secondary", "fluorophore": "Alexa Fluor 488", "channel": "FITC"},
    ]
}
WELLS = pd.DataFrame(
    {
        "plate": ["P1", "P1", "P2", "P2"],
        "well": ["A01", "A02", "A01", "A02"],
        "group": ["a", "b", "c", "d"],
        "label": ["ALS", "ALS", "control", "control"],
    }
)


def told(facts: ReportFacts, wells: pd.DataFrame = WELLS, **plates: Any) -> list[str]:
    """Write the paragraphs of a study of these wells and plates."""
    record = dict(facts.record) | {"plates": plates or {"P1": {}, "P2": {}}}
    return wetlab_paragraphs(replace(facts, wells=wells, record=record))


def test_what_nobody_stated_is_listed_once_and_nothing_is_made_up(neurons: ReportFacts) -> None:
    """A study of plates without columns, protocol or export's word says just that."""
    assert told(neurons) == [
        "Not stated: source tissue, reprogramming vector, passage, day of differentiation, seeding density, "
        "fixation, antibodies, dilutions, objective, exposure."
    ]


def test_a_screen_of_compounds_is_not_asked_for_its_lines(drugs: ReportFacts) -> None:
    """What no well has a clone of came from no donor's tissue."""
    assert (
        told(drugs)[-1]
        == "Not stated: seeding density, fixation, antibodies, dilutions, objective, exposure."
    )


def test_columns_are_summed_up_by_clone_and_class(neurons: ReportFacts) -> None:
    """Ranges of numbers, counts of clones for names; one value where the classes share it."""
    wells = WELLS.assign(
        passage=[22, 26, 20, 20],
        source_tissue=["PBMC", "fibroblast", "PBMC", "PBMC"],
        seeding_density=2e5,
        seeding_density_unit="cells/well",
        primary_antibody="SMI-32",
        primary_dilution=[1000.0, 1000.0, 500.0, 500.0],
    )
    text = told(neurons, wells)[0]
    assert "Passage numbers were 22–26 in ALS; 20 in control." in text
    assert "Clones came from PBMC (1 clone) and fibroblast (1 clone) in ALS; PBMC in control." in text
    assert "Cells were seeded at 200,000 cells/well." in text
    assert "Primary antibodies (platemap): SMI-32, 1:1,000 in ALS; SMI-32, 1:500 in control." in text
    assert told(neurons, wells)[-1].startswith("Not stated: reprogramming vector, day of differentiation,")
    bare = told(neurons, wells.drop(columns="seeding_density_unit"))[0]
    assert "Cells were seeded at 200,000 cells (per well or area is not stated)." in bare


def test_what_all_plates_share_is_said_once(neurons: ReportFacts) -> None:
    """With what the export says of objective and exposure."""
    exported = {"FITC exposure_ms": 300.0, "magnification": 20.0, "numerical_aperture": 0.75}
    one = {"protocol": FIXED | STAINED, "imaged_with": exported}
    paragraphs = told(neurons, P1=one, P2=one)
    assert paragraphs[0] == (
        "Cells were fixed with 4 % PFA for 15 min. Antibodies: anti-neurofilament H (primary, mouse, "
        "1:1,000); anti-mouse IgG (secondary, dilution not stated, Alexa Fluor 488, channel FITC). Images "
        "were taken with an objective of 20×, NA 0.75. Exposure times were 300 ms (FITC)."
    )
    assert paragraphs[-1] == (
        "Not stated: source tissue, reprogramming vector, passage, day of differentiation, seeding density."
    )


def test_plates_that_differ_are_told_apart(neurons: ReportFacts) -> None:
    """Each value with its plates; a plate of which it is not stated is named."""
    first = {"protocol": FIXED, "imaged_with": {"FITC exposure_ms": 300.0}}
    other = {"protocol": None, "imaged_with": {"FITC exposure_ms": 500.0}}
    assert told(neurons, P1=first, P2=other, P3=first)[0] == (
        "Plates P1 and P3: Cells were fixed with 4 % PFA for 15 min. Plate P2: fixation not stated. "
        "Plates P1 and P3: Exposure times were 300 ms (FITC). Plate P2: Exposure times were 500 ms (FITC)."
    )


def test_contradictions_follow_the_text(neurons: ReportFacts) -> None:
    """As the record has them, in a paragraph of their own; the section carries them all."""
    said = "Plate P1: the protocol says magnification 20, and the export 10."
    one = {"protocol": {"imaging": {"magnification": 20.0}}, "imaged_with": {"magnification": 10.0}}
    paragraphs = told(neurons, P1=one | {"contradictions": [said]})
    assert paragraphs[:2] == ["Images were taken with an objective of 20×.", said]
    record = dict(neurons.record) | {"plates": {"P1": one | {"contradictions": [said]}}}
    assert said in methods_section(replace(neurons, record=record)).paragraphs


def test_a_clone_of_which_it_is_not_known_is_counted(neurons: ReportFacts) -> None:
    """A range over some clones is not said of all."""
    wells = WELLS.assign(passage=[22, None, 22, 22])
    assert "Passage numbers were 22; not stated for 1 clone." in told(neurons, wells)[0]
