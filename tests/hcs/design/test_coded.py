"""Layouts under codes: what lies on the bench's side tells nobody whose a code is."""

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs.design.blinding.blinded import blind_lines
from hcs.design.blinding.key import Key
from hcs.design.coded import coded_layout, named_lines, save_coded
from hcs.design.layouts.laying import layout_plates
from hcs.design.lines import read_lines
from hcs.design.maps.files import layout_files
from hcs.study.designrecord import DesignRecord
from hcs_plates.errors import ArgumentError, ExistsError
from hcs_plates.units import file_digest
from hcs_plates.wells import parse_well

PASSPHRASE = "seven green bottles on a wall"
LINES = pd.DataFrame(
    {
        "clone": [f"HPS{4000 + number}" for number in range(8)],
        "donor": [f"donor-{number // 2}" for number in range(8)],
        "diagnosis": ["sporadic", "healthy"] * 4,
        "pair": [f"pair-{number // 2}" for number in range(8)],
        "passage": [20 + number for number in range(8)],
    }
)
ASKED: dict[str, Any] = {"replicates": 6, "plates": 2, "wells": 24}


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the drawing out: its bytes are packed, and drawn of the same wells as the page."""
    monkeypatch.setattr("hcs.design.maps.files.maps_pdf", lambda plates, **words: b"%PDF")


def test_no_byte_of_the_layout_names_a_line_and_no_file_differs_in_size() -> None:
    """Names, donors, diagnoses, pairs, passages and the seed are in no file, no order and no length."""
    sizes = []
    for diagnoses in (["sporadic", "healthy"] * 4, ["healthy"] * 4 + ["sporadic"] * 4):
        layout, key = coded_layout(read_lines(LINES.assign(diagnosis=diagnoses)), ASKED)
        made = layout_files(layout)
        whole = b"".join(made.values())
        for told in (*LINES["clone"], "donor-", "sporadic", "healthy", "pair-", "passage", f"{key.seed:x}"):
            assert told.encode() not in whole, told
        assert str(key.seed).encode() not in whole
        assert set(layout.lines["clone"]) == set(key.lines["code"])
        rows = re.findall(rb"<strong>(\w{4})</strong>", made["layout.html"])
        assert rows == sorted(rows[:8]) * 2
        sizes.append({name: len(content) for name, content in made.items() if name.endswith("csv")})
    assert sizes[0]["P1.csv"] == sizes[1]["P1.csv"]
    assert sizes[0]["layout.csv"] == sizes[1]["layout.csv"]


def rank(wells: pd.DataFrame, truth: pd.Series) -> float:
    """Share of all ways to part the lines in halves that stand more evenly than the true classes do.

    Unevenness is the sum of squares of the classes' differences over rows and columns of each plate.
    """
    codes = sorted(truth.index)
    places = [parse_well(well) for well in wells["well"]]
    counts = np.concatenate(
        [
            pd.crosstab([wells["plate"], level], wells["clone"])[codes].to_numpy()
            for level in (pd.Series([one.row for one in places]), pd.Series([one.column for one in places]))
        ]
    )
    halves = [half for half in combinations(codes, len(codes) // 2) if codes[0] in half]
    ways = np.array([[1 if code in half else -1 for code in codes] for half in halves])
    squares = ((counts @ ways.T) ** 2).sum(axis=0)
    own = ((counts @ np.where(truth[codes], 1, -1)) ** 2).sum()
    return float(np.mean(squares < own))


@pytest.mark.slow
def test_a_search_for_balanced_classes_finds_nothing() -> None:
    """Of the 35 ways to part 8 codes, balanced diagnoses give the true one away; under codes it is any."""
    lines = read_lines(LINES[["clone", "diagnosis"]])
    classes = lines.set_index("clone")["diagnosis"] == "sporadic"
    known, coded = [], []
    for seed in range(6):
        open_wells = layout_plates(lines, **ASKED, seed=seed).lines.reset_index(drop=True)
        known.append(rank(open_wells, classes))
        layout, key = coded_layout(lines, ASKED, blind_lines(lines, seed=seed).key)
        hidden = key.lines.set_index("code")["diagnosis"] == "sporadic"
        coded.append(rank(layout.lines.reset_index(drop=True), hidden))
    assert known == [0] * 6
    assert 0.15 < np.mean(coded) < 0.85


def test_a_key_gives_its_codes_again_by_code_or_by_name() -> None:
    """A second layout has the codes of the first; a key of other lines is refused by name."""
    lines = read_lines(LINES)
    key = blind_lines(lines, seed=3).key
    by_name, _ = coded_layout(lines, ASKED, key)
    by_code, _ = coded_layout(read_lines(key.lines[["code"]].rename(columns={"code": "clone"})), ASKED, key)
    pd.testing.assert_frame_equal(by_name.wells, by_code.wells)
    assert named_lines(key, pd.Series(["HPS4001"]))["diagnosis"].tolist() == ["healthy"]
    with pytest.raises(ArgumentError, match="another donor of HPS4003 than"):
        coded_layout(lines.assign(donor=lines["donor"].where(lines.index != 3, "someone")), ASKED, key)
    with pytest.raises(ArgumentError, match="does not hold 'other'"):
        named_lines(key, pd.Series(["HPS4001", "other"]))


def test_lines_set_aside_are_counted_and_not_named() -> None:
    """The bench learns how many lines are left out, not which."""
    lines = read_lines(LINES.assign(eligibility=["not eligible", *["eligible"] * 7]))
    layout, key = coded_layout(lines, ASKED)
    assert layout.aside["clone"].tolist() == ["HPS4000"]
    assert len(key.lines) == 7
    assert "1 line is set aside." in layout.record().sentences


def test_key_and_layout_are_written_together_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new key goes with a layout that cannot be written; a key that stands is never replaced."""
    layout, key = coded_layout(read_lines(LINES), ASKED)
    seal = (tmp_path / "study.key", PASSPHRASE)

    def refuse(*words: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("hcs.design.coded.write_layout", refuse)
        with pytest.raises(OSError, match="No space"):
            save_coded(layout, tmp_path / "out", key, seal, overwrite=False)
    assert list(tmp_path.iterdir()) == []
    save_coded(layout, tmp_path / "out", key, seal, overwrite=False)
    assert Key.open(tmp_path / "study.key", PASSPHRASE).lines.equals(key.lines)
    told = DesignRecord.read(tmp_path / "out" / "layout.json").files["key"]
    assert told == key.fingerprint == file_digest(tmp_path / "study.key")
    with pytest.raises(ExistsError):
        save_coded(layout, tmp_path / "again", key, seal, overwrite=False)
    assert not (tmp_path / "again").exists()
