"""Tests of the verdict's words: what it may say, and what must stand beside it."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hcs.answer.answer import Kind
from hcs.answer.facts import StudyFacts
from hcs.answer.verdict import verdict


def with_right(facts: StudyFacts, right: int) -> StudyFacts:
    """The study with so many of its twelve clones right in every model."""
    groups = facts.groups.copy()
    order = groups.groupby("model").cumcount()
    sure = np.where(groups["label"] == "ALS", 0.9, 0.1)
    return replace(facts, groups=groups.assign(probability=np.where(order < right, sure, 1 - sure)))


@pytest.mark.parametrize(
    ("right", "opening"),
    [
        (12, "Yes, in these plates"),
        (10, "Yes"),
        (8, "Not shown"),
        (6, "Not shown"),
        (1, "No: the CNN calls 1 of 12 clones right (95 % interval 0.01–0.35), worse than chance"),
    ],
)
def test_yes_needs_an_interval_above_chance(neurons: StudyFacts, right: int, opening: str) -> None:
    """10 of 12 (0.55–0.95) is a yes; 8 of 12 (0.39–0.86) is not, however good the tiles look."""
    assert verdict(with_right(neurons, right)).headline.startswith(opening)


def test_n_is_clones_and_sets_are_not_observations(neurons: StudyFacts) -> None:
    """The paragraph gives n in clones and says why neither sets nor tiles count."""
    text = " ".join(verdict(neurons).sentences)
    assert "n = 12 clones: 6 ALS, 6 control" in text
    assert "The sample size is 12 clones: sets are not independent observations" in text
    assert text.index("clones right") < text.index("For single image tiles")


def test_without_group_scores_no_tile_number_is_said(neurons: StudyFacts) -> None:
    """Tile-level numbers never stand alone."""
    alone = verdict(replace(neurons, groups=pd.DataFrame()))
    assert alone.headline == "No verdict."
    assert not any(digit in " ".join(alone.sentences) for digit in "0123456789")


def test_one_class_gives_no_verdict(neurons: StudyFacts) -> None:
    """With only patients scored there is nothing to tell apart."""
    groups = neurons.groups[neurons.groups["label"] == "ALS"]
    assert verdict(replace(neurons, groups=groups)).headline.startswith(
        "No verdict: every scored clone is ALS"
    )


def test_words_come_from_the_study(drugs: StudyFacts) -> None:
    """Rows are called rows, and labels lose their underscores."""
    said = verdict(drugs)
    text = said.headline + " ".join(said.sentences)
    assert "clone" not in text
    assert "8 of 8 rows right" in text
    assert "positive control" in text
    assert "positive_control" not in text


def test_faults_of_the_design_are_cautions(neurons: StudyFacts) -> None:
    """Notices, leaks and plates of one class stand beside the verdict."""
    leak = neurons.splits[neurons.splits["part"] == "test"].head(1).assign(part="train")
    wells = neurons.wells.assign(plate=neurons.wells["diagnosis"].fillna("control"))
    facts = replace(neurons, splits=pd.concat([neurons.splits, leak]), wells=wells)
    cautions = verdict(facts).cautions
    assert cautions[0].startswith("These plates are simulated")
    assert cautions[1].startswith("Leak: clone C02 is in test + train of set 0 (1 such case).")
    assert cautions[2].startswith("On plate ALS every well of the two classes is ALS")
    assert verdict(facts).headline == "No verdict: clones are in more than one part of a set."


@pytest.mark.parametrize("column", ["differentiation_batch", "day_of_imaging", "column", "passage"])
def test_a_tied_label_gives_no_verdict(neurons: StudyFacts, column: str) -> None:
    """Where the label is one with a batch, a property or a position, the headline says so."""
    design = neurons.design.assign(column=[column, "plate"], tied=[True, False])
    found = verdict(replace(neurons, design=design))
    name = column.replace("_", " ")
    assert found.kind == Kind.NONE
    assert found.headline.startswith(f"No verdict: diagnosis is fully confounded with {name}, so no score")
    assert any(
        caution.startswith(f"Diagnosis is fully confounded with {name}:") for caution in found.cautions
    )


def test_it_is_the_same_for_machines(neurons: StudyFacts) -> None:
    """Answer, sentences and every check with its table as JSON; consoles show the headline."""
    found = verdict(neurons)
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert told["answer"] == "yes"
    assert told["headline"] == found.headline == found.summary().splitlines()[0]
    assert found.headline in repr(found)
    scores = told["checks"][0]
    assert (scores["name"], scores["outcome"], scores["table"]) == ("scores", "holds", "groups")
    assert scores["numbers"]["right"] == neurons.group_result("cnn").right
