"""One side of a comparison: names that tell folders apart, and what cannot be read is told."""

from pathlib import Path

import pytest
from tests.hcs.report.difference.fabricated import TABLES, write_results

from hcs.report.difference.sides import flat, folder_names, read_sides


def test_names_tell_folders_apart(tmp_path: Path) -> None:
    """As much of the path as is needed and no more; the same folder twice has its name twice."""
    assert folder_names(Path("/s/x/r"), Path("/s/y/r")) == ("x/r", "y/r")
    assert folder_names(tmp_path, tmp_path) == (tmp_path.name, tmp_path.name)


def test_flat_names_every_entry() -> None:
    """Nothing gets lost, and of a path only the name is kept."""
    record = {"a": {"b": 1, "c": [1, 2]}, "d": [{"e": None}], "f": "/x/y.toml", "g": r"C:\x\z.h5", "h": []}
    assert flat(record) == {
        "a.b": "1",
        "a.c": "1, 2",
        "d.1.e": "–",
        "f": "y.toml",
        "g": "z.h5",
        "h": "none",
    }


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
    assert [text.split()[0] for text in b.missing] == ["B"] * len(TABLES)
    assert a.tiles.shape[0] == 32
    assert b.tiles.empty


def test_sentences_that_cannot_be_read(tmp_path: Path) -> None:
    """A summary file that is none is told."""
    one, other = write_results(tmp_path / "one"), write_results(tmp_path / "other", analyses={"x": 1})
    a, b = read_sides(one, other)
    assert (a.analyses, a.missing) == ({}, ())
    assert b.missing == (
        "B's analyses are left out: the folder is damaged; make it again with `hcs study analyse`.",
    )
