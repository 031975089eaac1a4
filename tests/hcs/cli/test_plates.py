"""Commands that make plates and tiles: what is chosen of an export's planes arrives, and is told."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from hcs.cli import main
from hcs_plates.plate import open_plate
from hcs_plates.readers.acquisition import Acquisition
from hcs_plates.readers.detect import scan
from hcs_plates.tiles import TileSet

Captured = pytest.CaptureFixture[str]
PATTERN = "{well}_f{field}_t{time}_z{z}_{channel}.tif"


def run(*words: str | Path) -> int:
    """Run the command as a process would; gives its exit code."""
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    code = left.value.code
    return code if isinstance(code, int) else 0 if code is None else 1


def picture(field: int, time: int, z: int) -> Any:
    """An image that only this plane has."""
    return np.random.default_rng([field, time, z]).integers(0, 60000, (24, 32), dtype="uint16")


@pytest.fixture
def stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A well of two fields side by side, two times, three steps; counts that disagree, and moments."""
    folder = tmp_path / "export"
    folder.mkdir()
    for field in (1, 2):
        for time in (0, 1):
            for z in range(3):
                tifffile.imwrite(folder / f"A01_f{field}_t{time}_z{z}_GFP.tif", picture(field, time, z))
    facts: dict[str, Any] = {
        "disagreements": ("5 planes in z are stated, 3 are there",),
        "positions_um": {("A01", 1): (0.0, 0.0), ("A01", 2): (16.0, 0.0)},
        "imaged_at": {("A01", 1): "2024-05-02T10:00:00", ("A01", 2): "2024-05-02T10:00:05"},
    }

    def told(*args: Any, **settings: Any) -> Acquisition:
        return replace(scan(*args, **settings), **facts)

    monkeypatch.setattr("hcs_plates.export.scan", told)
    return folder


def test_planes_and_places_are_chosen(stacks: Path, tmp_path: Path, capsys: Captured) -> None:
    """The mean of one time point, both fields as one; nothing is made before the disagreement is allowed."""
    out = tmp_path / "P1.ome.zarr"
    words: list[str | Path] = [
        "ingest",
        stacks,
        "--pattern",
        PATTERN,
        "--out",
        out,
        "--z",
        "mean",
        "--times",
        "1",
    ]
    assert run(*words) == 2
    assert "5 planes in z are stated, 3 are there (--allow-incomplete" in capsys.readouterr().err
    words += ["--allow-incomplete", "--stitch"]
    assert run(*words) == 2
    refused = capsys.readouterr().err
    assert "--pixel-size says it" in refused
    assert "--y-axis up or down says it" in refused
    assert not out.exists()
    assert run(*words, "--pixel-size", "0.5", "--y-axis", "down") == 0
    said = capsys.readouterr().out
    assert "note: 5 planes in z are stated, 3 are there" in said
    assert "note: Of each stack in z the plate has the mean." in said
    assert (
        "note: Of the export's 2 time points (counted from 0) the plate has 1, which are its time 0." in said
    )
    both = [np.mean([picture(field, 1, z) for z in range(3)], axis=0) for field in (1, 2)]
    assert np.array_equal(open_plate(out)["A01"][1].image("GFP"), np.floor(np.hstack(both) + 0.5))
    assert run("info", out) == 0
    assert "imaged: 2024-05-02T10:00:00, 2024-05-02T10:00:00" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--z", "median"), "z cannot be 'median'"),
        (("--times", "1-2"), "names no time points"),
        (("--times", "2"), "has 2 time points, 0 to 1"),
        (("--flat-field", "aply"), "did you mean 'apply'"),
        (("--flat-field", "apply"), "no flat field to apply"),
        (("--y-axis", "left"), "grows up or down"),
    ],
)
def test_what_cannot_be_chosen_is_a_sentence(
    stacks: Path, tmp_path: Path, capsys: Captured, words: tuple[str, ...], said: str
) -> None:
    """Exit code 2, one sentence, nothing written."""
    out = tmp_path / "P1.ome.zarr"
    assert run("ingest", stacks, "--pattern", PATTERN, "--out", out, "--allow-incomplete", *words) == 2
    assert said in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["export"]


def test_an_export_tells_what_disagrees_and_when_it_was_imaged(stacks: Path, capsys: Captured) -> None:
    """Before anything is made of it, and as JSON too."""
    assert run("info", stacks, "--pattern", PATTERN) == 0
    said = capsys.readouterr().out
    assert "disagrees: 5 planes in z are stated, 3 are there (hcs ingest --allow-incomplete" in said
    assert "imaged: 2024-05-02T10:00:00, 2024-05-02T10:00:05" in said


def test_tiles_of_a_kept_stack_say_what_they_show(stacks: Path, tmp_path: Path, capsys: Captured) -> None:
    """The projection is told, and other projections go into folders of their own."""
    out = tmp_path / "P1.ome.zarr"
    assert run("ingest", stacks, "--pattern", PATTERN, "--out", out, "--allow-incomplete") == 0
    for z in ("max", "best-focus"):
        capsys.readouterr()
        assert run("tile", out, "--size", "16", "--z", z) == 0
        shown = {"max": "the maximum", "best-focus": "the plane in best focus of each channel"}[z]
        assert f"tiles show {shown} (--z)." in capsys.readouterr().out
    assert sorted(one.name for one in (out / "tiles").iterdir() if one.name[0] != ".") == [
        "16px-grid1",
        "16px-grid1-best-focus",
    ]
    assert set(TileSet.open(out / "tiles" / "16px-grid1-best-focus").index["z"]) <= {"0", "1", "2"}
