"""Analyses in a folder: what is read is what was kept, and what is damaged is refused in a sentence."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hcs.analysis.finding import Shown
from hcs.analysis.kept import SUMMARIES, KeptAnalyses, keep_analyses, read_analyses
from hcs.figures.panels import Panels
from hcs.figures.theme import empty_figure
from hcs_plates.errors import NotThereError, StoreError

ASKED = {"model": "cnn", "batch": "plate", "seed": 0, "clinical": False}


@dataclass(frozen=True)
class Found(Shown):
    """A finding with two tables more than its own, one of them without columns."""

    table: pd.DataFrame
    tests: pd.DataFrame
    nothing: pd.DataFrame
    said: str = "Two clones differ. A caveat <b>stands</b> here."
    caveats: tuple[str, ...] = ("A caveat <b>stands</b> here.",)

    def summary(self) -> str:
        """Say it."""
        return self.said

    def plot(self) -> Panels:
        """Draw nothing but words."""
        return Panels.of(empty_figure(self.said), self.table)


def found(value: float = 0.5) -> Found:
    """A finding whose main table holds this number."""
    table = pd.DataFrame({"batch": ["P1", "<P2>"], "value": [value, None]}, index=[5, 9])
    return Found(table, pd.DataFrame({"p": [0.03]}), pd.DataFrame())


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one finding and one that was left out; not to be changed."""
    folder = tmp_path_factory.mktemp("kept") / "analyses"
    return keep_analyses({"batches": found()}, {"drift": "No order is known."}, ASKED, folder)


def test_what_is_read_is_what_was_kept(kept: Path) -> None:
    """Tables cell by cell, sentences, picture, what was left out and how it was asked for."""
    read = read_analyses(kept)
    assert list(read.findings) == ["batches"]
    assert read.left_out == {"drift": "No order is known."}
    assert read.asked == ASKED
    one = read.findings["batches"]
    assert list(one.tables) == ["batches", "batches_tests"]
    pd.testing.assert_frame_equal(one.table, found().table.reset_index(drop=True), check_dtype=False)
    pd.testing.assert_frame_equal(one.tables["batches_tests"], found().tests)
    assert (one.headline, one.summary, one.caveats) == (
        "Two clones differ.",
        found().said,
        ("A caveat <b>stands</b> here.",),
    )
    assert one.svg.startswith("<svg")
    assert "<b>" not in one.svg
    assert {path.suffix for path in kept.iterdir()} == {".json", ".parquet", ".svg", ".pdf", ".png"}


def test_an_older_folder_is_replaced_only_by_a_whole_one(kept: Path, tmp_path: Path) -> None:
    """A finding that cannot be drawn leaves what was there; then a whole one takes its place, alone."""
    folder = tmp_path / "analyses"
    shutil.copytree(kept, folder)
    (folder / "old.parquet").write_text("of an earlier run")

    class Broken(Found):
        """Has no picture."""

        def plot(self) -> Panels:
            """Fail."""
            raise RuntimeError("no picture")

    one = found()
    with pytest.raises(RuntimeError, match="no picture"):
        keep_analyses({"mixing": Broken(one.table, one.tests, one.nothing)}, {}, ASKED, folder)
    assert list(read_analyses(folder).findings) == ["batches"]
    keep_analyses({"mixing": found(0.9)}, {}, ASKED, folder)
    assert read_analyses(folder).findings["mixing"].table["value"].iloc[0] == 0.9
    assert not (folder / "old.parquet").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["analyses"]


Damage = Callable[[Path, dict[str, Any]], object]


def rewritten(change: Callable[[dict[str, Any]], Any]) -> Damage:
    """Write another document."""

    def damage(folder: Path, told: dict[str, Any]) -> None:
        (folder / SUMMARIES).write_text(json.dumps(change(told)), encoding="utf-8")

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder, told: (folder / SUMMARIES).unlink(),
        lambda folder, told: (folder / SUMMARIES).write_text("{"),
        lambda folder, told: (folder / SUMMARIES).write_bytes(b"\xff\xfe"),
        lambda folder, told: (folder / "batches.parquet").unlink(),
        lambda folder, told: (folder / "batches.parquet").write_bytes(b"PAR1"),
        lambda folder, told: (folder / "batches.svg").unlink(),
        rewritten(lambda told: []),
        rewritten(lambda told: told | {"findings": ["batches"]}),
        rewritten(lambda told: told | {"findings": {"batches": "said"}}),
        rewritten(lambda told: {key: told[key] for key in told if key != "asked"}),
        rewritten(
            lambda told: told | {"findings": {"batches": told["findings"]["batches"] | {"tables": []}}}
        ),
    ],
)
def test_a_damaged_folder_is_refused(kept: Path, tmp_path: Path, damage: Damage) -> None:
    """A file gone, cut short or of another kind: one sentence with the folder and what to do."""
    folder = tmp_path / "analyses"
    shutil.copytree(kept, folder)
    damage(folder, json.loads((folder / SUMMARIES).read_text(encoding="utf-8")))
    with pytest.raises(StoreError, match="is damaged; make it again with `hcs study analyse`") as refused:
        read_analyses(folder)
    assert str(folder) in refused.value.message


def test_no_folder(tmp_path: Path) -> None:
    """Nothing there is another thing than something damaged."""
    with pytest.raises(NotThereError, match="does not exist; `hcs study analyse` makes it"):
        read_analyses(tmp_path / "analyses")


def test_an_older_summary_names_no_tables(kept: Path, tmp_path: Path) -> None:
    """Folders kept before tables were listed are read with the main table of each."""
    folder = tmp_path / "analyses"
    shutil.copytree(kept, folder)
    told = json.loads((folder / SUMMARIES).read_text(encoding="utf-8"))
    del told["findings"]["batches"]["tables"]
    (folder / SUMMARIES).write_text(json.dumps(told))
    read = read_analyses(folder)
    assert isinstance(read, KeptAnalyses)
    assert list(read.findings["batches"].tables) == ["batches"]
