"""Records of an experiment's design are read back as they were written, or refused in one sentence."""

from hashlib import sha256
from pathlib import Path

import pytest

from hcs.study.designrecord import DesignRecord, digests
from hcs_plates.errors import NotThereError, StoreError


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """Every field of a record survives the file, and the digests are those of the files' bytes."""
    table = tmp_path / "lines.csv"
    table.write_bytes(b"clone\nA\n")
    record = DesignRecord(
        kind="layout",
        headline="Diagnosis is balanced over plates.",
        settings={"seed": 3},
        tables={"imbalance": [{"factor": "row", "association": 0.0, "least": None}]},
        files=digests({"lines.csv": table}),
    )
    assert DesignRecord.read(record.write(tmp_path / "layout.json")) == record
    assert record.files == {"lines.csv": sha256(b"clone\nA\n").hexdigest()}
    assert record.made.utcoffset() is not None


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"kind": "dream", "headline": "x"}', '{"kind": "layout", "format": 9}'],
)
def test_what_is_no_record_is_refused(tmp_path: Path, text: str) -> None:
    """Empty files, other JSON, unknown kinds and later formats are refused by the file's name."""
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(StoreError, match="no design record"):
        DesignRecord.read(tmp_path / "r.json")


def test_a_record_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A file that is not there names the commands that write one."""
    with pytest.raises(NotThereError, match="hcs variants"):
        DesignRecord.read(tmp_path / "none.json")
