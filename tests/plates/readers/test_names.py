"""From file names to plane keys."""

import errno
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs_plates.errors import ReaderError
from hcs_plates.readers.acquisition import PlaneKey
from hcs_plates.readers.names import NamedFile, channel_order, gaps, list_tiffs, planes_of

keys = st.sets(
    st.builds(
        PlaneKey,
        st.sampled_from(["A01", "A02", "B03"]),
        st.integers(1, 3),
        st.integers(0, 1),
        st.integers(0, 1),
        st.integers(0, 2),
    ),
    min_size=1,
)


@given(keys)
def test_gaps_fill_every_field_up(present: set[PlaneKey]) -> None:
    """There or missing: every field has what any field has, and nothing is both."""
    missing = set(gaps(present, "gone"))
    assert not missing & present
    everything = {key[2:] for key in present}
    for well, number in {key[:2] for key in present}:
        assert {key[2:] for key in present | missing if key[:2] == (well, number)} == everything
    assert {key[:2] for key in missing} <= {key[:2] for key in present}


@given(keys)
def test_gaps_of_whole_fields_fill_the_grid(present: set[PlaneKey]) -> None:
    """Every well has every field that any well has."""
    filled = present | set(gaps(present, "gone", whole_fields=True))
    wells = {key.well for key in present}
    numbers = {key.field for key in present}
    planes = {key[2:] for key in present}
    assert len(filled) == len(wells) * len(numbers) * len(planes)


@given(keys)
def test_names_give_the_keys_they_were_made_from(present: set[PlaneKey]) -> None:
    """Shown numbers become ranks: the same order, counted from 0."""
    files = [
        NamedFile(Path(f"{number}.tif"), key.well, key.field, f"w{key.channel}", 10 * key.time, 5 + 3 * key.z)
        for number, key in enumerate(sorted(present))
    ]
    named = planes_of(Path(), files)
    assert len(named.planes) == len(present)
    ranks = [sorted({key[place] for key in present}) for place in (2, 3, 4)]
    expected = {
        PlaneKey(key.well, key.field, *(rank.index(key[place + 2]) for place, rank in enumerate(ranks)))
        for key in present
    }
    assert set(named.planes) == expected
    assert (named.n_times, named.n_z) == (len(ranks[1]), len(ranks[2]))


def test_channels_sort_as_numbers_where_they_are() -> None:
    """2 comes before 10; names sort as text."""
    assert channel_order(["10", "2", "10"]) == ["2", "10"]
    assert channel_order(["w10", "w2"]) == ["w10", "w2"]


def test_links_that_lead_nowhere_are_listed(tmp_path: Path) -> None:
    """An unmounted share must not make a smaller plate; folders and other files are no images."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "folder.tif").mkdir()
    (tmp_path / "sub" / "b.TIFF").touch()
    (tmp_path / "a.tif").symlink_to(tmp_path / "gone.tif")
    (tmp_path / "._a.tif").touch()
    (tmp_path / "a.txt").touch()
    assert list_tiffs(tmp_path) == [tmp_path / "a.tif"]
    assert list_tiffs(tmp_path, below=True) == [tmp_path / "a.tif", tmp_path / "sub" / "b.TIFF"]


def test_a_large_folder_is_listed_and_not_asked_of_each_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the listing itself says of an entry is not asked again: on a share each question is a way."""
    for name in ("b/1.tif", "a.tif", "a b/2.tif", "a/3.tif"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    asked: list[object] = []
    monkeypatch.setattr("os.stat", lambda *given, **_: asked.append(given))
    found = list_tiffs(tmp_path, below=True)
    monkeypatch.undo()
    assert asked == []
    assert found == sorted(tmp_path.rglob("*.tif"))


def test_folders_that_cannot_be_listed_stop_the_scan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The images of a folder without permission must not vanish."""

    def fail(_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "sub")

    monkeypatch.setattr("os.scandir", fail)
    with pytest.raises(PermissionError):
        list_tiffs(tmp_path, below=True)


def test_a_named_plate_and_one_without_a_name_are_two() -> None:
    """Files of a plate that is named do not join those of one that is not."""
    files = [NamedFile(Path("A1.tif"), "A01"), NamedFile(Path("P2_B1.tif"), "B01", plate="P2")]
    with pytest.raises(ReaderError, match=r"1 file names name the plate 'P2' and 1 name none \(A1\.tif\)"):
        planes_of(Path("export"), files)
