"""Sections of the answers: what the tables show is what the comparison holds."""

from pathlib import Path

from tests.hcs.report.difference.fabricated import SCORES, write_results

from hcs.pages.page import PageFigure, PageTable
from hcs.report.difference.answers import clones_section, numbers_section
from hcs.report.difference.comparison import StudyComparison, compare_studies

WORSE = SCORES | {"a2": 0.35, "a3": 0.3, "c3": 0.65}


def compared(folder: Path, **change: object) -> StudyComparison:
    """A study against one with other CNN scores."""
    scores = {"cnn": WORSE, "forest": SCORES}
    other = write_results(folder / "other", scores=scores, **change)  # type: ignore[arg-type]
    return compare_studies(write_results(folder / "one"), other)


def test_numbers_in_words(tmp_path: Path) -> None:
    """Clones with their interval first, differences with their sign, none at all as 0."""
    section = numbers_section(compared(tmp_path))
    (table,) = section.parts
    assert isinstance(table, PageTable)
    assert table.columns == ["model", "number", "A", "B", "B − A"]
    assert table.rows[0] == [
        "CNN", "clones right", "8 of 8 (1.00; 0.68–1.00)", "5 of 8 (0.62; 0.31–0.86)", "-0.375",
    ]  # fmt: skip
    assert table.rows[4][:2] == ["CNN", "tile accuracy by set"]
    assert table.rows[6][-1] == "0"
    assert table.download is not None
    assert table.download.rows == 12
    assert section.paragraphs[0].startswith("CNN: clone-level ROC AUC over the 8 clones of both 1.00 in A")


def test_clones_by_what_changed_most(tmp_path: Path) -> None:
    """The figure, then a table a model; a model that changed nothing has a sentence and no table."""
    section = clones_section(compared(tmp_path))
    figure, table = section.parts
    assert isinstance(figure, PageFigure)
    assert isinstance(table, PageTable)
    assert table.columns[:6] == ["clone", "label", "score in A", "score in B", "B − A", "call in A"]
    assert [row[:5] for row in table.rows[:3]] == [
        ["a2", "ALS", "0.700", "0.350", "-0.350"],
        ["a3", "ALS", "0.600", "0.300", "-0.300"],
        ["c3", "control", "0.400", "0.650", "+0.250"],
    ]
    assert [row[5:9] for row in table.rows if row[0] == "c3"] == [["control", "ALS", "yes", "no"]]
    assert section.paragraphs == [
        "Called otherwise by the CNN: a2, a3 and c3.",
        "The random forest gives every clone the same score in A and B.",
    ]


def test_another_label_is_shown(tmp_path: Path) -> None:
    """A clone whose label changed has both in its row, and no difference."""
    labels = {"a0": "control", "a1": "ALS", "a2": "ALS", "a3": "ALS"} | {f"c{i}": "control" for i in range(4)}
    section = clones_section(compared(tmp_path, labels=labels))
    table = section.parts[1]
    assert isinstance(table, PageTable)
    (row,) = [row for row in table.rows if row[0] == "a0"]
    assert row[1] == "ALS in A, control in B"
    assert row[4] == "–"


def test_no_scores(tmp_path: Path) -> None:
    """Studies without a score say so in both sections."""
    one, other = write_results(tmp_path / "one"), write_results(tmp_path / "other")
    for study in (one, other):
        (study.results / "tables" / "groups.parquet").unlink()
    found = compare_studies(one, other)
    assert numbers_section(found).missing == ["Neither study has a clone-level score: there are no numbers."]
    assert clones_section(found).missing == ["Neither study has a clone-level score."]
