"""Nothing is overwritten unless asked, and then only by a whole new thing of the same kind."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from hcs_plates.errors import ArgumentError, BusyError, ExistsError, HcsError, PlaceError
from hcs_plates.staging import RECEIPTS, Kind, Place, staging_path

BOX = Kind("a box", "box.json", ("box", "made"), r".*\.json|content|\..*")
Prepare = Callable[[Path], Path]


def made(folder: Path, content: str = "old") -> Path:
    """Make a box such as hcs makes."""
    folder.mkdir(parents=True)
    (folder / "box.json").write_text('{"box": {"made": 1}}')
    (folder / "content").write_text(content)
    return folder


def make(path: Path, content: str = "new", *, plan: str = "p", overwrite: bool = False) -> Path:
    """Make a box at a place."""
    place = Place(path, BOX, overwrite=overwrite)
    with place.claim():
        staged = place.start(plan)
        place.receipts.mkdir(exist_ok=True)
        (staged / "box.json").write_text('{"box": {"made": 1}}')
        (staged / "content").write_text(content)
        place.publish()
    return path


def cut_short(place: Place, plan: str, *files: str) -> None:
    """Begin a box at a place, and be interrupted."""
    with suppress(KeyboardInterrupt), place.claim():
        for name in files:
            (place.start(plan) / name).write_text("kept")
        raise KeyboardInterrupt


def names(folder: Path) -> list[str]:
    """Names of all that stands in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_new_thing_stands_alone(tmp_path: Path) -> None:
    """Under its name, its folder made, with nothing beside it or in it that was needed to make it."""
    place = make(tmp_path / "deep" / "B")
    assert names(place.parent) == ["B"]
    assert names(place) == ["box.json", "content"]


def test_what_is_there_is_replaced_when_asked(tmp_path: Path) -> None:
    """Not before the new is whole: as long as it is made, the old one stands."""
    path = made(tmp_path / "B")
    with pytest.raises(ExistsError, match="--overwrite"):
        make(path)
    place = Place(path, BOX, overwrite=True)
    cut_short(place, "p", "content")
    assert (path / "content").read_text() == "old"
    make(path, overwrite=True)
    assert (path / "content").read_text() == "new"
    assert names(tmp_path) == ["B"]


def folder_of_another(path: Path) -> Path:
    """Somebody's folder."""
    path.mkdir()
    (path / "thesis.docx").write_text("years of work")
    return path


def other_kind(path: Path) -> Path:
    """A folder that another tool wrote, with a document of the same name."""
    path.mkdir()
    (path / "box.json").write_text('{"box": {}}')
    return path


def a_file(path: Path) -> Path:
    """A file of that name."""
    path.write_text("mine")
    return path


def with_a_thesis(path: Path) -> Path:
    """A box that somebody keeps something in."""
    made(path)
    (path / "thesis.docx").write_text("years of work")
    return path


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (folder_of_another, "is not something hcs wrote as a box"),
        (other_kind, "is not something hcs wrote as a box"),
        (a_file, "is a file, not a box of hcs"),
        (with_a_thesis, r"also holds what hcs did not write \(thesis.docx\)"),
    ],
)
def test_what_hcs_did_not_make_is_never_replaced(prepare: Prepare, sentence: str, tmp_path: Path) -> None:
    """Not when asked either, and not a byte of it is touched."""
    path = prepare(tmp_path / "B")
    before = {one: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()}
    with pytest.raises(ArgumentError, match=sentence):
        make(path, overwrite=True)
    assert {one: one.read_bytes() for one in tmp_path.rglob("*") if one.is_file()} == before


def test_a_damaged_thing_can_be_made_anew(tmp_path: Path) -> None:
    """A document that is no JSON any more is no reason to keep it."""
    path = made(tmp_path / "B")
    (path / "box.json").write_text('{"box"')
    make(path, overwrite=True)
    assert (path / "content").read_text() == "new"


def below_a_file(folder: Path) -> Path:
    """A path on whose way a file stands."""
    (folder / "file").write_text("x")
    return folder / "file" / "deep" / "B"


def link_to_nowhere(folder: Path) -> Path:
    """A link whose target is not there."""
    (folder / "B").symlink_to(folder / "gone")
    return folder / "B"


def circle(folder: Path) -> Path:
    """A link to itself on the way."""
    (folder / "loop").symlink_to(folder / "loop")
    return folder / "loop" / "B"


def staging_is_a_file(folder: Path) -> Path:
    """A file stands where the thing would be made."""
    staging_path(folder / "B").write_text("x")
    return folder / "B"


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (below_a_file, "file is a file, not a folder"),
        (link_to_nowhere, "is a link to .*gone, which is not there"),
        (circle, "links lead in a circle|a file, not a folder|Symlink loop"),
        (staging_is_a_file, "where hcs keeps it until it is whole, is a file"),
        (lambda folder: folder / ("n" * 250), "the name is too long"),
        (lambda folder: folder / ("n" * 300), "the name is too long"),
        (lambda _: Path("/"), "is no place for a box"),
        (lambda _: Path("s3://bucket/B"), "is an address"),
        (lambda _: Path("/proc/B"), "cannot be written"),
    ],
)
def test_places_that_cannot_be_are_refused(prepare: Prepare, sentence: str, tmp_path: Path) -> None:
    """In one sentence, before anything is written."""
    path = prepare(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(HcsError, match=sentence) as refused:
        make(path)
    assert "\n" not in refused.value.message
    assert sorted(tmp_path.rglob("*")) == before


def test_a_link_is_followed(tmp_path: Path) -> None:
    """What it points to is replaced; the link stays a link."""
    real = made(tmp_path / "real" / "B")
    (tmp_path / "B").symlink_to(real)
    make(tmp_path / "B", overwrite=True)
    assert (tmp_path / "B").is_symlink()
    assert (real / "content").read_text() == "new"
    assert names(tmp_path) == ["B", "real"]
    assert names(tmp_path / "real") == ["B"]


def test_a_second_run_is_told(tmp_path: Path) -> None:
    """By whom and since when; the first is not disturbed."""
    place = Place(tmp_path / "B", BOX)
    with place.claim():
        (place.start("p") / "content").write_text("first")
        with pytest.raises(BusyError, match=rf"Another run is working in .*B \(process {os.getpid()} on"):
            make(tmp_path / "B", "second")
        place.publish()
    assert (tmp_path / "B" / "content").read_text() == "first"
    assert names(tmp_path) == ["B"]


def test_an_interrupted_run_goes_on(tmp_path: Path) -> None:
    """Of the same plan with what there is, of another from the start; half-written files go."""
    place = Place(tmp_path / "B", BOX)
    cut_short(place, "p", "content", ".box.json.12.part", "0.abc.partial")
    with place.claim():
        assert (place.start("p") / "content").read_text() == "kept"
        place.publish()
    assert names(tmp_path / "B") == ["content"]
    other = Place(tmp_path / "C", BOX)
    cut_short(other, "p", "content")
    with other.claim():
        assert not list(other.start("q").iterdir())


@pytest.mark.parametrize("cut", ["between the renames", "before the old is removed", "while it is removed"])
def test_a_replacement_that_was_cut_short(cut: str, tmp_path: Path) -> None:
    """Undone or completed by the next run, whatever moment a kill came at."""
    path, aside = tmp_path / "B", tmp_path / ".B.replaced"
    made(aside)
    if cut == "while it is removed":
        (aside / "box.json").unlink()
    if cut != "between the renames":
        made(path, "newer")
    (tmp_path / ".B.lock").write_text("")
    place = Place(path, BOX, overwrite=True)
    with place.claim():
        assert (path / "content").read_text() == ("old" if cut == "between the renames" else "newer")
        assert not aside.exists()
    make(path, "newest", overwrite=True)
    assert (path / "content").read_text() == "newest"
    assert names(tmp_path) == ["B"]


def test_cleaning_up_that_was_cut_short(tmp_path: Path) -> None:
    """What a killed run left beside the whole thing goes; another plan's unfinished work does not."""
    path = make(tmp_path / "B", plan="p")
    left = staging_path(path)
    (left / RECEIPTS).mkdir(parents=True)
    (left / "plan.json").write_text('{"plan": "p"}')
    made(tmp_path / ".B.replaced")
    place = Place(path, BOX)
    assert place.published("p")
    assert not place.published("q")
    place.staged.mkdir()
    place.tidy("q")
    assert left.exists()
    place.staged.rmdir()
    place.tidy("q")
    assert names(tmp_path) == ["B"]
    assert (path / "content").read_text() == "new"


def test_the_old_thing_comes_back_where_the_new_cannot_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system refuses the second of two renames: the place is as it was."""
    path = made(tmp_path / "B")
    rename = Path.rename

    def fails(self: Path, target: Path) -> Path:
        if self.name == "whole":
            raise OSError(5, "Input/output error", str(self))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(PlaceError, match="the disk or the network share fails"):
        make(path, overwrite=True)
    assert (path / "content").read_text() == "old"
