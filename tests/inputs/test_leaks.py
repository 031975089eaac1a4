"""A sample of the bench of planted leaks: none gets past a verdict, and clean tables raise no alarm."""

from pathlib import Path

import numpy as np
import pytest
from tests.bench.leaks import LEAKS, alarmed, clean, judged, let_through


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(LEAKS)))
def test_no_leak_gets_past_the_verdict(number: int, tmp_path: Path) -> None:
    """Each kind of leak is named, or the model's calls do not stand."""
    case = LEAKS[number](np.random.default_rng(500 + number))
    found = judged(case, tmp_path)
    assert not let_through(case, found), (case.kind, found.headline)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(12))
def test_clean_tables_raise_no_alarm(number: int, tmp_path: Path) -> None:
    """Batches, days and properties dealt at random, with and without an effect."""
    case = clean(np.random.default_rng(20_000 + number))
    assert alarmed(judged(case, tmp_path)) == "", case.kind
