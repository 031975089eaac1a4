"""The report's section on readers: clones before images, the model beside them, and names escaped."""

from dataclasses import replace

import numpy as np
import pandas as pd
from tests.hcs.report.fabricated import as_kept

from hcs.analysis.clones.reader_calls import reader_calls
from hcs.analysis.kept import KeptAnalyses
from hcs.answer.check import Outcome
from hcs.answer.verdict import verdict
from hcs.report.facts import ReportFacts
from hcs.report.study.analysed import PageFinding
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
    calls = pd.DataFrame(rows, columns=["reader", "group", "label", "call", "right", "tile"])
    models = facts.class_groups
    found = reader_calls(
        calls,
        positive=facts.classes.positive,
        negative=facts.classes.negative,
        models=models[models["model"] == "cnn"],
    )
    return replace(facts, readers=KeptAnalyses(as_kept({"readers": found})))


def test_without_calls_the_section_says_how_to_add_them(neurons: ReportFacts) -> None:
    """A plain paragraph: nothing is missing, nobody was asked."""
    section = readers_section(neurons)
    assert (section.ident, section.title) == ("readers", "Human readers")
    assert list(section.paragraphs) == [NONE_KEPT]
    assert "`hcs study report RESULTS --readers CALLS.csv`" in NONE_KEPT
    assert not section.parts
    assert not section.missing


def test_the_section_leads_with_clones(neurons: ReportFacts) -> None:
    """Headline first, clones before images; the CNN stands beside, in words and in the table."""
    (part,) = readers_section(with_readers(neurons)).parts
    assert isinstance(part, PageFinding)
    assert part.headline.startswith("10 readers call ")
    assert "of the clones right" in part.headline
    assert part.rest.startswith("Share of the clones that each reader called right")
    assert "by all test images of each, the CNN" in part.rest
    assert "(95 % interval over readers and clones " in part.headline
    shares = part.tables[0]
    assert [[row[0], *row[2:5]] for row in shares.rows][-3:] == [
        ["all readers", "clone", "reader", "10"],
        ["all readers", "image", "reader", "10"],
        ["CNN", "clone", "clone", "10"],
    ]
    for above, row in zip(shares.rows, shares.rows[1:], strict=False):
        if row[2] == "image":
            assert (above[0], above[2]) == (row[0], "clone")
    assert [row[0] for row in part.tables[2].rows] == ["clone", "clone", "image", "image"]


def test_names_are_escaped_on_the_page(neurons: ReportFacts) -> None:
    """A reader's name runs nothing, in table, figure or text."""
    names = [f"<script>alert({number})</script>" for number in range(10)]
    page = study_page(with_readers(neurons, names))
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(3)&lt;/script&gt;") >= 2


def test_calls_that_do_not_fit_are_said(neurons: ReportFacts) -> None:
    """What was left out when calls were kept: a sentence and no broken report."""
    section = readers_section(replace(neurons, readers=KeptAnalyses({}, {"readers": "They do not fit."})))
    assert list(section.missing) == ["They do not fit."]
    assert not section.parts


def test_page_one_tells_how_people_did(neurons: ReportFacts) -> None:
    """Beside the answer, which it does not change; nothing where no calls are kept."""
    before, after = verdict(neurons), verdict(with_readers(neurons))
    assert (after.kind, after.headline) == (before.kind, before.headline)
    (told,) = [check for check in after.checks if check.name == "readers"]
    assert told.outcome is Outcome.TOLD
    assert told.sentence.startswith("10 readers call ")
    assert all(check.name != "readers" for check in before.checks)
    assert '<a href="#readers">' in study_page(with_readers(neurons))


def test_simulated_readers_are_told_at_once(neurons: ReportFacts) -> None:
    """Before everything else of the section."""
    names = [f"R{number} (simulated)" for number in range(10)]
    assert list(readers_section(with_readers(neurons, names)).paragraphs) == [
        "All 10 readers are simulated, not people."
    ]
    assert not readers_section(with_readers(neurons)).paragraphs
