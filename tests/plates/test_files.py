"""A file is the old one or the new one, never half of it, and nothing is left of writing it."""

import os
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd
import pytest

from hcs_plates.errors import PlaceError
from hcs_plates.files import flush_tree, remove, sweep, write_file, write_files, write_table


def test_written_whole(tmp_path: Path) -> None:
    """Bytes or what writes them; the folder is made."""
    file = write_file(tmp_path / "a" / "x.txt", b"one")
    assert file.read_bytes() == b"one"
    write_file(file, lambda stream: stream.write(b"two"))
    assert file.read_bytes() == b"two"
    table = pd.DataFrame({"a": [1, 2]})
    pd.testing.assert_frame_equal(pd.read_parquet(write_table(tmp_path / "a" / "t.parquet", table)), table)
    assert sorted(path.name for path in file.parent.iterdir()) == ["t.parquet", "x.txt"]


def full(stream: BinaryIO) -> Any:
    """Write some, then find the disk full."""
    stream.write(b"half")
    raise OSError(28, "No space left on device")


def test_all_or_none(tmp_path: Path) -> None:
    """Where the second of two cannot be written, the first is as it was."""
    first = write_file(tmp_path / "first", b"old")
    with pytest.raises(PlaceError, match=r"second cannot be written: the disk is full"):
        write_files({first: b"new", tmp_path / "second": full})
    assert first.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["first"]


def test_what_stands_in_the_way(tmp_path: Path) -> None:
    """A folder of that name, a file where its folder should be."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(PlaceError, match="folder cannot be written: a folder stands where a file should be"):
        write_file(tmp_path / "folder", b"")
    with pytest.raises(PlaceError, match="a file stands where a folder should be"):
        write_file(tmp_path / "file" / "x", b"")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_what_killed_runs_left(tmp_path: Path) -> None:
    """The next writing of the file clears it; what a run that is alive is writing stays, and other files."""
    dead = 2**22 + 1
    names = [f".x.{dead}.part", f".x.{dead}-5.part", f".x.{os.getppid()}-1.part", f".xy.{dead}.part"]
    for name in names:
        (tmp_path / name).touch()
    write_file(tmp_path / "x", b"")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names[2:], "x"])


def test_sweeping(tmp_path: Path) -> None:
    """Below a folder all half-written files go, of hcs and of zarr, and nothing else."""
    (tmp_path / "c").mkdir()
    (tmp_path / ".T.partial").mkdir()
    kept = ["c/0", "a.part", ".T.partial/x"]
    for name in [*kept, "c/0.1f.partial", ".a.json.7.part"]:
        (tmp_path / name).touch()
    sweep(tmp_path)
    assert sorted(
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()
    ) == sorted(kept)


def test_removing(tmp_path: Path) -> None:
    """Files, folders, links (not what they point to), and what is not there."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "x").touch()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    for name in ("link", "folder", "nothing"):
        remove(tmp_path / name)
    assert [path.name for path in tmp_path.rglob("*")] == ["real", "x"]


def test_flushing_reports_what_the_disk_says(tmp_path: Path) -> None:
    """A folder that is there is brought to the disk; one that is not is an error."""
    flush_tree(tmp_path)
    with pytest.raises(FileNotFoundError):
        flush_tree(tmp_path / "no")
