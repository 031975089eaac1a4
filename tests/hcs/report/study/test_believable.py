"""Tests of why to believe the answer and why not: every check that was made, with its place on the page."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from hcs.analysis.kept import KeptAnalyses, KeptFinding
from hcs.answer.verdict import named, verdict
from hcs.pages.page import Point, Why
from hcs.report.facts import ReportFacts
from hcs.report.study.believable import whys
from hcs.report.study.page import study_page

SVG = '<svg role="img" aria-label="a drawing"></svg>'


ASKED = ("probes", "passages", "covariates")
"""Analyses that are quoted."""


def laid_out(facts: ReportFacts) -> tuple[Why, ...]:
    """Reasons for and against a study's answer, and what else was asked."""
    return whys(verdict(facts), facts.analysed, facts.permuted)


def made(facts: ReportFacts) -> list[Point]:
    """Checks of a study as its page names them."""
    return [point for why in laid_out(facts) for point in why.points if point.anchor]


def kept(names: list[str], left_out: dict[str, str] | None = None) -> KeptAnalyses:
    """Findings that say their own name."""
    findings = {
        name: KeptFinding(
            name,
            f"Headline of {name} <b>&",
            f"Headline of {name} <b>& And more.",
            (),
            {name: pd.DataFrame({"a": [1]})},
            SVG,
        )
        for name in names
    }
    return KeptAnalyses(findings, left_out or {}, {"batch": "differentiation_batch", "model": "cnn"})


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("looks", ["", "It looks at neurites."])
def test_what_nobody_asked_is_named(neurons: ReportFacts, looks: str) -> None:
    """Also where something else was asked: analyses and permutations, each with its command."""
    facts = replace(neurons, looks=looks)
    said = verdict(facts)
    assert said.unchecked.count("hcs study") == 2
    assert said.summary().endswith(f"not checked yet: {said.unchecked}")
    text = study_page(facts)
    assert f"Not checked yet: {said.unchecked}" in text
    assert laid_out(facts)[1].points[-1].sentence == f"Not checked yet: {said.unchecked}"
    assert text.count("Not analysed yet") == 5
    assert ("Where the network looks</a>: It looks at neurites." in text) == bool(looks)
    assert not {"analysis-probes", "analysis-batches"} & {one.anchor for one in made(facts)}


@pytest.mark.usefixtures("undrawn")
def test_every_check_is_named_with_a_place_on_the_page(neurons: ReportFacts) -> None:
    """Headlines as they were kept; each anchor exists once; others say why in their section."""
    facts = replace(neurons, analysed=kept(list(ASKED[:2]), {"covariates": "No clinical table was given."}))
    found = {one.title: one for one in made(facts)}
    assert [found[named(name)].sentence for name in ASKED[:2]] == [
        f"Headline of {name} <b>&" for name in ASKED[:2]
    ]
    assert named(ASKED[2]) not in found
    text = study_page(facts)
    assert "Not made: No clinical table was given." in text
    for one in found.values():
        assert text.count(f'id="{one.anchor}"') == 1
        assert f'href="#{one.anchor}"' in text
    assert "Headline of probes <b>" not in text
    assert "Headline of probes &lt;b&gt;&amp;" in text


def test_batches_are_worded_as_in_their_own_report(neurons: ReportFacts) -> None:
    """Not the list of numbers, but whether the answer holds; it qualifies the yes."""
    table = pd.DataFrame(
        {
            "model": "cnn", "batch": ["B1", "B2"], "level": "clone", "measure": "accuracy", "method": "exact",
            "n": 12, "n_right": [12, 5], "value": [1.0, 5 / 12], "low": [0.7, 0.2], "high": [1.0, 0.7],
        }
    )  # fmt: skip
    tests = pd.DataFrame(
        [("cnn", "accuracy", 0.01, 0.001, "Permutation test", 12)],
        columns=["model", "measure", "p", "smallest_p", "test", "n"],
    )
    batches = KeptFinding(
        "batches", "Many numbers.", "Many numbers.", (), {"batches": table, "batches_tests": tests}, SVG
    )
    facts = replace(
        neurons, analysed=KeptAnalyses({"batches": batches}, {}, {"batch": "differentiation_batch"})
    )
    said = verdict(facts)
    assert said.cautions[-1] == (
        "The answer depends on the differentiation batch: "
        "the CNN calls 5 of 12 clones right in B2 and 12 of 12 in B1."
    )
    assert "Batch by batch" not in {one.title for one in made(facts)}
    against = laid_out(facts)[1]
    assert against.figure is not None
    assert "Many numbers." in str(against.figure.svg)
    assert said.headline.startswith("Yes, with reservations")
    assert said.headline.endswith("but it depends on the differentiation batch.")


@pytest.mark.usefixtures("undrawn")
def test_donors_that_are_clones_are_not_shown_twice(neurons: ReportFacts) -> None:
    """Where each donor gave one clone, the page draws nothing again."""
    table = pd.DataFrame({"model": "cnn", "level": ["donor", "clone"], "n": 12})
    table = table.assign(measure="accuracy", method="exact")
    donors = KeptFinding("donors", "CNN: 12 of 12.", "CNN: 12 of 12.", (), {"donors": table}, SVG)
    text = study_page(replace(neurons, analysed=KeptAnalyses({"donors": donors}, {}, {})))
    part = text[: text.index("</section>", text.index('id="analysis-donors"'))]
    part = part[part.rindex('<div class="finding">') :]
    assert "<svg" not in part
    assert "CNN: 12 of 12." in part


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("reason", ["A table is lacking.", "<script>alert(1)</script>"])
def test_an_analysis_that_failed_leaves_its_reason(neurons: ReportFacts, reason: str) -> None:
    """The report is made all the same; the reason stands where the finding would, escaped."""
    text = study_page(replace(neurons, analysed=KeptAnalyses({}, {"positions": reason}, {})))
    said = re.search(r'id="analysis-positions">.*?class="lead">(.*?)</span>', text, re.DOTALL)
    assert said is not None
    assert said[1] == "Not made: " + reason.replace("<", "&lt;").replace(">", "&gt;")
