"""The statistics of a finding on a page: numbers with their interval, and no column that says nothing."""

from hcs.analysis.stated import Stated, statistics_table
from hcs.report.stated import statistics_part
from hcs.statistics.bootstrap import Interval
from hcs.statistics.pvalues import PValue


def test_rows_are_written_for_people() -> None:
    """Value with its interval, n with its noun, p beside the smallest there could be; a dash for nothing."""
    test = PValue(0.021, "permutation test of labels", 12, 0.0022, "clones", "one-sided")
    area = Stated("AUC of the CNN", "ROC AUC", 0.9, Interval(0.7, 1.0), "Newcombe", test)
    share = Stated(
        "share between plates", "share of variance", 0.25, Interval(-0.5, float("inf")), "bootstrap"
    )
    part = statistics_part(statistics_table([area, share]), "x")
    assert part is not None
    assert list(part.columns) == [
        "question", "estimate", "value (95 % interval)", "interval", "test", "n", "p (smallest possible)",
    ]  # fmt: skip
    assert list(part.rows[0]) == [
        "AUC of the CNN", "ROC AUC", "0.90 (0.70–1.00)", "Newcombe", "permutation test of labels, one-sided",
        "12 clones", "0.021 (0.0022)",
    ]  # fmt: skip
    assert list(part.rows[1][2:]) == ["0.25 (−0.50 or more)", "bootstrap", "–", "–", "–"]
    assert statistics_part(statistics_table([]), "x") is None
