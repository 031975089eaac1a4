"""One side of a comparison: names that tell folders apart, and what cannot be read is told."""

from pathlib import Path

import pytest
from tests.hcs.report.difference.fabricated import TABLES, write_results

from hcs.report.difference.sides import folder_names, read_sides


def test_names_tell_folders_apart(tmp_path: Path) -> None:
    """As much of the path as is needed and no more; the same folder twice has its name twice."""
    assert folder_names(Path("/s/x/r"), Path("/s/y/r")) == ("x/r", "y/r")
    assert folder_names(tmp_path, tmp_path) == (tmp_path.name, tmp_path.name)


@pytest.mark.parametrize("broken", [False, True])
def test_tables_that_cannot_be_read(tmp_path: Path, broken: bool) -> None:
    """Each is told with the study's letter; the others are read all the same."""
    one, other = write_results(tmp_path / "one"), write_results(tmp_path / "other")
    for name in TABLES:
        path = other.results / "tables" / f"{name}.parquet"
        if broken:
            path.write_bytes(b"no parquet")
        else:
            path.unlink()
    a, b = read_sides(one, other)
    assert a.missing == ()
    assert [text[0] for text in b.missing] == ["B"] * len(TABLES)
    assert len(a.facts.scores) == 64
    assert b.facts.scores.empty


def test_sentences_that_cannot_be_read(tmp_path: Path) -> None:
    """A summary file that is none is told."""
    one, other = write_results(tmp_path / "one"), write_results(tmp_path / "other", analyses={"x": 1})
    a, b = read_sides(one, other)
    assert (a.facts.analysed, a.missing) == (None, ())
    (said,) = b.missing
    assert said.startswith("B: The analyses are left out:")
    assert said.endswith("is damaged; make it again with `hcs study analyse`.")
