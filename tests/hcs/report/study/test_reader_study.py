"""The report's section on readers: clones before images, the model beside them, and names escaped."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hcs.pages.page import PageFigure, PageTable
from hcs.report.facts import ReportFacts
from hcs.report.study.page import study_page
from hcs.report.study.reader_study import NONE_KEPT, readers_section

RIGHT = [66, 64, 60, 56, 56, 52, 52, 48, 44, 42]
"""Of 100 images each: 0.54 ± 0.08."""


def with_readers(facts: ReportFacts, names: list[str] | None = None) -> ReportFacts:
    """Ten readers who judged ten images of each of ten clones, five of either class."""
    rng, rows = np.random.default_rng(0), []
    truth = facts.class_groups.drop_duplicates("group").set_index("group")["label"]
    clones = [
        name
        for label in (facts.classes.positive, facts.classes.negative)
        for name in sorted(truth.index[truth == label])[:5]
    ]
    other = {facts.classes.positive: facts.classes.negative, facts.classes.negative: facts.classes.positive}
    for number, hits in enumerate(RIGHT):
        reader = names[number] if names else f"Reader {number + 1}"
        for place, hit in enumerate(rng.permutation(np.arange(100) < hits)):
            label = truth[clones[place // 10]]
            call = label if hit else other[label]
            rows.append((reader, clones[place // 10], label, call, bool(hit), place % 10))
    columns = ["reader", "group", "label", "call", "right", "tile"]
    return replace(facts, readers=pd.DataFrame(rows, columns=columns))


def test_without_calls_the_section_says_how_to_add_them(neurons: ReportFacts) -> None:
    """A plain paragraph: nothing is missing, nobody was asked."""
    section = readers_section(neurons)
    assert (section.ident, section.title) == ("readers", "Human readers")
    assert list(section.paragraphs) == [NONE_KEPT]
    assert "`hcs study report RESULTS --readers CALLS.csv`" in NONE_KEPT
    assert not section.parts
    assert not section.missing


def test_the_section_leads_with_clones(neurons: ReportFacts) -> None:
    """Headline first, clones before images; the figure carries its numbers; the CNN stands beside."""
    section = readers_section(with_readers(neurons))
    first = section.paragraphs[0]
    assert first.startswith("10 readers call ")
    assert first.index("of the clones right") < first.index("of single images: 0.54 ± 0.08")
    assert "t(9) = 1.58" in first
    assert "the CNN calls" in section.paragraphs[1]
    assert "10 clones that readers judged" in section.paragraphs[1]
    assert "no independent evidence about clones" in section.paragraphs[2]
    figure, shares, tests = section.parts
    assert isinstance(figure, PageFigure)
    assert figure.download is not None
    assert figure.download.filename == "readers.csv"
    assert "n = 10 readers, 10 clones." in figure.caption
    assert isinstance(shares, PageTable)
    assert list(shares.columns) == [
        "reader",
        "level",
        "unit",
        "n",
        "right",
        "share right",
        "SD",
        "low",
        "high",
    ]
    assert [row[:4] for row in shares.rows][-3:] == [
        ["all readers", "clone", "reader", "10"],
        ["all readers", "image", "reader", "10"],
        ["CNN", "clone", "clone", "10"],
    ]
    assert isinstance(tests, PageTable)
    assert [row[0] for row in tests.rows] == ["clone", "clone", "image", "image"]
    assert [row[-1] for row in tests.rows[2:]] == ["none", "0.002"]


def test_a_reader_s_clones_stand_before_the_images(neurons: ReportFacts) -> None:
    """No image-level row without a clone-level one right above it."""
    (shares,) = [part for part in readers_section(with_readers(neurons)).parts if part.kind == "table"][:1]
    assert isinstance(shares, PageTable)
    for above, row in zip(shares.rows, shares.rows[1:], strict=False):
        if row[1] == "image":
            assert (above[0], above[1]) == (row[0], "clone")


def test_names_are_escaped_on_the_page(neurons: ReportFacts) -> None:
    """A reader's name runs nothing, in table, figure or text."""
    names = [f"<script>alert({number})</script>" for number in range(10)]
    page = study_page(with_readers(neurons, names))
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(3)&lt;/script&gt;") >= 2


def test_calls_that_do_not_fit_are_said(neurons: ReportFacts) -> None:
    """Calls of other classes, as after a study was run again: a sentence and no broken report."""
    facts = with_readers(neurons)
    section = readers_section(replace(facts, readers=facts.readers.assign(call="sick")))
    (said,) = section.missing
    assert "'sick'" in said
    assert not section.parts


@pytest.mark.parametrize("models", [True, False])
def test_only_the_first_model_is_shown(neurons: ReportFacts, models: bool) -> None:
    """The CNN; none where there is no score."""
    facts = with_readers(neurons)
    section = readers_section(facts if models else replace(facts, groups=pd.DataFrame()))
    (shares, _) = [part for part in section.parts if isinstance(part, PageTable)]
    names = {row[0] for row in shares.rows}
    assert ("CNN" in names) == models
    assert "random forest" not in names
