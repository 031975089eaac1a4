"""Training and search: what they say, with and without tables."""

from dataclasses import replace

import pandas as pd

from hcs.report.facts import ReportFacts
from hcs.report.study.training import search_section, training_section


def test_the_search_says_what_diverged(neurons: ReportFacts) -> None:
    """Counts, ranges and the trial that diverged; nothing at all where nothing was searched."""
    section = search_section(neurons)
    assert section is not None
    assert "Each of the 6 sets searched 5 trials" in section.paragraphs[0]
    assert "1 of 30 trials diverged" in section.paragraphs[0]
    assert search_section(replace(neurons, trials=pd.DataFrame())) is None


def test_overfitting_is_said_beside_the_curves(neurons: ReportFacts) -> None:
    """In how many sets the validation loss rises."""
    assert "in 0 of 6 sets" in training_section(neurons).paragraphs[0]
    assert training_section(replace(neurons, overfitting=pd.DataFrame())).paragraphs == []
