"""Models pair by pair: tests over clones alone."""

from dataclasses import replace

import pandas as pd

from hcs.pages.page import PageTable
from hcs.report.facts import ReportFacts
from hcs.report.study.models import pairing_section


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


def test_models_that_cannot_be_paired(neurons: ReportFacts) -> None:
    """Left out where there is nothing to compare; said where other groups were scored."""
    assert pairing_section(replace(neurons, paired=pd.DataFrame())) is None
    other = replace(neurons, groups=neurons.groups.query("model == 'cnn' or group != 'C01'"))
    section = pairing_section(other)
    assert section is not None
    assert "did not score the same groups" in section.missing[0]
