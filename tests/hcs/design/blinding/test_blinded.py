"""What may be shown of coded lines holds nothing but codes; the key holds all, and shows nothing."""

import traceback
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.hcs.design.blinding.conftest import PASSPHRASE, named_lines

from hcs.design.blinding.blinded import blind_lines
from hcs.design.blinding.key import Key
from hcs_plates.errors import ArgumentError, InputFileError


def test_only_codes_are_left() -> None:
    """The coded table has codes in their own order, and no other column unless it was to stay."""
    lines = named_lines()
    blinded = blind_lines(lines)
    assert list(blinded.coded) == ["clone"]
    assert blinded.coded["clone"].is_monotonic_increasing
    assert list(blinded.coded.index) == list(range(9))
    assert set(blinded.coded["clone"]) == set(blinded.key.lines["code"])
    pd.testing.assert_frame_equal(blinded.key.lines.drop(columns="code"), lines)
    kept = blind_lines(lines, keep=["passage"])
    passages = dict(zip(kept.key.lines["code"], kept.key.lines["passage"], strict=True))
    assert all(
        passages[code] is passage or passages[code] == passage
        for code, passage in kept.coded[["clone", "passage"]].itertuples(index=False)
    )


def test_the_coded_order_tells_no_class() -> None:
    """Over many draws, patients and controls stand equally far up in the coded table."""
    lines = pd.DataFrame({"clone": [f"n{i}" for i in range(12)], "diagnosis": ["ALS"] * 6 + ["control"] * 6})
    places = []
    for seed in range(100):
        blinded = blind_lines(lines, seed)
        of = dict(zip(blinded.key.lines["code"], blinded.key.lines["diagnosis"], strict=True))
        places.append(np.mean([at for at, code in enumerate(blinded.coded["clone"]) if of[code] == "ALS"]))
    # Mean of 6 of the places 0 to 11, drawn without return: 5.5, of variance 1 for one draw.
    assert abs(np.mean(places) - 5.5) < 4 * np.sqrt(143 / 12 / 6 * 6 / 11 / 100)


def test_a_seed_makes_the_codes_again_and_none_does_not() -> None:
    """Examples can be repeated; what is drawn by the system cannot, and its seed is as long as a key's."""
    lines = named_lines()
    first, again, free = (blind_lines(lines, seed).key for seed in (7, 7, None))
    assert first.lines.equals(again.lines)
    assert not free.lines["code"].equals(first.lines["code"])
    assert free.seed != blind_lines(lines).key.seed
    assert free.seed.bit_length() > 96


def test_the_key_comes_back_whole(tmp_path: Path, cheap: None) -> None:
    """Types, missing cells, seed and fingerprint survive the seal."""
    key = blind_lines(named_lines()).key
    fingerprint = key.seal(tmp_path / "study.key", PASSPHRASE)
    back = Key.open(tmp_path / "study.key", PASSPHRASE)
    pd.testing.assert_frame_equal(back.lines, key.lines)
    assert (back.seed, back.made, back.fingerprint) == (key.seed, key.made, fingerprint)
    assert key.fingerprint == fingerprint


def test_nothing_shows_the_key(tmp_path: Path, cheap: None) -> None:
    """Printed, or in a traceback of a refusal, it tells no name, no code, no seed and no passphrase."""
    key = blind_lines(named_lines()).key
    key.seal(tmp_path / "study.key", PASSPHRASE)
    shown = [repr(key), str(key), repr(blind_lines(named_lines()))]
    wrong = PASSPHRASE[::-1]
    try:
        Key.open(tmp_path / "study.key", wrong)
    except InputFileError as error:
        shown.append("".join(traceback.format_exception(error)))
    secret = [PASSPHRASE, wrong, "donor-", str(key.seed), *key.lines["code"], "ALS"]
    assert not [one for one in secret for text in shown if one in text]


@pytest.mark.parametrize(
    ("lines", "keep", "said"),
    [
        (pd.DataFrame({"line": ["a"]}), (), "no column 'clone'"),
        (pd.DataFrame({"clone": ["a", "a"]}), (), "one row a line"),
        (pd.DataFrame({"clone": ["a", None]}), (), "one row a line"),
        (pd.DataFrame({"clone": ["a"], "code": ["K7QX"]}), (), "a column 'code' already"),
        (pd.DataFrame({"clone": ["a"], "well": ["A01"]}), (), "says where wells stand"),
        (
            pd.DataFrame({"clone": ["a"], "diagnosis": ["ALS"]}),
            ["diagnosis"],
            "tells what the codes are to hide",
        ),
        (pd.DataFrame({"clone": ["a"], "passage": [3]}), ["passages"], "did you mean 'passage'?"),
    ],
)
def test_lines_that_cannot_be_blinded(lines: pd.DataFrame, keep: list[str], said: str) -> None:
    """What is wrong with them is said."""
    with pytest.raises(ArgumentError, match=said):
        blind_lines(lines, keep=keep)
