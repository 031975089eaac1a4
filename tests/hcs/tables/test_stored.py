"""Tables as files: what is read is what was written, or one sentence."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from hcs.tables.stored import box_digest, load_table, save_table
from hcs_plates.errors import NotThereError, StoreError

TABLE = pd.DataFrame({"well": ["A01", None], "value": [0.5, float("nan")], "n": pd.array([1, None], "Int64")})


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    """Cell by cell, missing ones too; an index if asked for; nothing else is left in the folder."""
    written = save_table(TABLE, tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(load_table(tmp_path / "t.parquet", written, "make it"), TABLE)
    indexed = TABLE.set_index("well")
    save_table(indexed, tmp_path / "i.parquet", index=True)
    pd.testing.assert_frame_equal(load_table(tmp_path / "i.parquet", None, "make it"), indexed)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["i.parquet", "t.parquet"]


def test_a_table_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    """A column of several kinds fails in the middle: the file stays as it was, and alone."""
    written = save_table(TABLE, tmp_path / "t.parquet")
    with pytest.raises(ValueError, match="object"):
        save_table(pd.DataFrame({"mixed": [object()]}), tmp_path / "t.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["t.parquet"]
    assert box_digest(tmp_path / "t.parquet") == written


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda held: held[: len(held) // 2], "is damaged and cannot be read"),
        (lambda held: b"", "is damaged and cannot be read"),
        (lambda held: b"PAR1" + bytes(40) + b"PAR1", "is damaged and cannot be read"),
    ],
)
def test_a_damaged_file_is_one_sentence(tmp_path: Path, damage: Callable[[bytes], bytes], said: str) -> None:
    """Cut short, empty or garbled, with a digest to hold it against and without."""
    path = tmp_path / "t.parquet"
    written = save_table(TABLE, path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(StoreError, match=f"t.parquet: {said}; make it again"):
        load_table(path, None, "make it again")
    with pytest.raises(StoreError, match="is not the table that hcs wrote"):
        load_table(path, written, "make it again")


def test_another_table_is_refused(tmp_path: Path) -> None:
    """One with a row less opens well, and is not the one whose digest was written down."""
    written = save_table(TABLE, tmp_path / "t.parquet")
    save_table(TABLE.head(1), tmp_path / "t.parquet")
    with pytest.raises(StoreError, match=r"its digest differs\); make it again"):
        load_table(tmp_path / "t.parquet", written, "make it again")
    with pytest.raises(NotThereError, match=r"u.parquet is not there; make it again\."):
        load_table(tmp_path / "u.parquet", None, "make it again")


def test_a_box_is_its_files(tmp_path: Path) -> None:
    """Names and bytes count, hidden files of a file system do not, and nothing has no digest."""
    assert box_digest(tmp_path / "box") is None
    (tmp_path / "box" / "c").mkdir(parents=True)
    (tmp_path / "box" / "c" / "0").write_bytes(b"shard")
    whole = box_digest(tmp_path / "box")
    (tmp_path / "box" / ".nfs01").write_bytes(b"")
    assert box_digest(tmp_path / "box") == whole
    (tmp_path / "box" / "c" / "0").rename(tmp_path / "box" / "c" / "1")
    assert box_digest(tmp_path / "box") not in (None, whole)
