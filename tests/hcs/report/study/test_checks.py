"""Sections on calibration, pairs, overfitting and the search: what they say, with and without tables."""

from dataclasses import replace

import pandas as pd

from hcs.pages.page import PageTable
from hcs.report.facts import ReportFacts
from hcs.report.study.account import methods_section
from hcs.report.study.checks import calibration_section, pairing_section, search_section
from hcs.report.study.models import training_section

NOTHING = pd.DataFrame()


def test_groups_stand_before_tiles(neurons: ReportFacts) -> None:
    """Brier scores and calls give clones first, with intervals that tiles do not have."""
    section = calibration_section(neurons)
    tables = [part for part in section.parts if isinstance(part, PageTable)]
    for table in tables:
        assert [row[1] for row in table.rows] == ["clone", "clone", "tile", "tile"]
    assert tables[1].rows[0][-1].endswith(")")
    assert "(" not in tables[1].rows[2][-1]
    assert tables[1].columns[2] == "ALS called ALS"


def test_pairs_are_tested_over_clones_only(neurons: ReportFacts) -> None:
    """Tests name themselves, n and the smallest p; over sets there is no test."""
    section = pairing_section(neurons)
    assert section is not None
    assert "12 clones (sign-flip permutation test over clones, all sign patterns" in section.paragraphs[0]
    assert "smallest possible 0.00049" in section.paragraphs[0]
    (table,) = section.parts
    assert isinstance(table, PageTable)
    assert "no test over them" in table.caption
    assert [row[:2] for row in table.rows][:1] == [["random forest", "clone accuracy"]]


def test_the_search_says_what_diverged(neurons: ReportFacts) -> None:
    """Counts, ranges and the trial that diverged; nothing at all where nothing was searched."""
    section = search_section(neurons)
    assert section is not None
    assert "Each of the 6 sets searched 5 trials" in section.paragraphs[0]
    assert "1 of 30 trials diverged" in section.paragraphs[0]
    assert search_section(replace(neurons, trials=NOTHING)) is None


def test_overfitting_is_said_beside_the_curves(neurons: ReportFacts) -> None:
    """In how many sets the validation loss rises."""
    assert "in 0 of 6 sets" in training_section(neurons).paragraphs[0]
    assert training_section(replace(neurons, overfitting=NOTHING)).paragraphs == []


def test_missing_tables_are_named(neurons: ReportFacts) -> None:
    """Each section says what it lacks, or is left out where there is nothing to compare."""
    assert calibration_section(replace(neurons, brier=NOTHING)).missing == [
        "The tables of calibration are missing."
    ]
    assert calibration_section(replace(neurons, confusion=NOTHING)).missing == [
        "The table of calls is missing."
    ]
    assert pairing_section(replace(neurons, paired=NOTHING)) is None
    other = replace(neurons, groups=neurons.groups.query("model == 'cnn' or group != 'C01'"))
    section = pairing_section(other)
    assert section is not None
    assert "did not score the same groups" in section.missing[0]


def test_methods_word_the_search_the_draw_and_the_scheme(neurons: ReportFacts) -> None:
    """Settings that are more than a number stand in sentences."""
    config = {name: dict(part) for name, part in neurons.record["config"].items()}
    config["tuning"] = {"sampler": "tpe", "trials": 20, "learning_rate": [1e-4, 1e-2], "momentum": [0.7, 1.0]}
    config["data"] = {"images_per_clone": 225}
    config["splits"] = dict(config.get("splits", {})) | {"scheme": "leave-one-batch-out"}
    record = dict(neurons.record) | {"config": config, "arithmetic": "The frozen network ran in float32."}
    text = " ".join(methods_section(replace(neurons, record=record)).paragraphs)
    assert "(tpe, 20 trials) on the accuracy of its validation tiles" in text
    assert "225 tiles were drawn from every clone" in text
    assert "Sets leave one batch out at a time" in text
    assert "The frozen network ran in float32." in text
