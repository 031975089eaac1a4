"""Commands on a plate of another tool whose folder may not be written: outputs go beside, nothing into it."""

from pathlib import Path

import pytest
from tests.hcs.cli.test_measuring import Captured, pixels, run
from tests.inputs.otherplates import other_plate


def state(folder: Path) -> dict[Path, tuple[bytes, int]]:
    """Bytes and times of change of all that lies in a folder, and of the folder."""
    found = [folder, *folder.rglob("*")]
    return {one: (one.read_bytes() if one.is_file() else b"", one.stat().st_mtime_ns) for one in found}


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of a plate that may not be written, as far as whoever asks first is told."""
    folder, touch = tmp_path / "facility" / "P.zarr", Path.touch

    def asked(self: Path, *args: object) -> None:
        if self.is_relative_to(folder):
            raise PermissionError(13, "Permission denied", str(self))
        touch(self)

    monkeypatch.setattr(Path, "touch", asked)
    return folder


@pytest.mark.slow
def test_nothing_is_written_into_it(refused: Path, tmp_path: Path, capsys: Captured) -> None:
    """What commands make stands beside it or where they are told; those that would change it refuse."""
    labels = [{"label": "FITC"}, {"label": "DAPI"}]
    wells = {f"A/{column}": {"1": [pixels(f"A0{column}", 1)]} for column in (1, 2)}
    plate = other_plate(refused, wells, omero=labels)
    (tmp_path / "P.csv").write_text("well,clone,diagnosis\nA1,c1,ALS\nA2,c2,control\n")
    before, beside = state(plate), plate.parent
    measured, made = beside / "P.measurements", tmp_path / "made"
    commands: list[tuple[int, Path | None, tuple[str | Path, ...]]] = [
        (0, None, ("info", plate)),
        (2, None, ("study", "init", plate, "--out", made / "study.toml")),
        (0, beside / "P.zarr.adopted.json", ("adopt", plate, "--platemap", tmp_path / "P.csv")),
        (0, measured, ("measure", plate, "--neurites", "FITC", "--nuclei", "DAPI", "--overlay", "1")),
        (0, beside / "P.tiles", ("tile", plate, "--size", "64")),
        (0, made / "P.csv", ("positives", measured, "--marker", "FITC_soma_mean", "--rule", "otsu", "--out")),
        (0, made / "cells.html", ("heatmap", plate, "--value", "cell_count", "--out")),
        (0, made / "screen", ("wells", plate, "--value", "n_cells", "--out")),
        (0, made / "Q.zarr", ("export", plate, "--out")),
        (0, made / "P.parquet", ("export", plate, "--to", "parquet", "--out")),
        (2, None, ("labels", plate)),
        (2, None, ("platemap", plate, tmp_path / "P.csv")),
    ]
    made.mkdir()
    for code, output, words in commands:
        assert run(*words, *([output] if output and words[-1] == "--out" else [])) == code, words
        said = capsys.readouterr().err
        assert words[0] in ("study", "platemap", "labels") or not said.startswith("hcs:")
        assert "hcs adopt PLATE --platemap MAP" in said or words[0] not in ("study", "platemap")
        assert output is None or output.exists()
        assert state(plate) == before, words
    assert run("info", plate) == 0
    assert "take part: 2 of 2 wells" in capsys.readouterr().out
