"""Nothing is overwritten unless asked, and then only by a whole new thing."""

from pathlib import Path

import pytest

from hcs_plates.errors import ArgumentError, ExistsError
from hcs_plates.staging import check_free, publish, staging_path


def made(path: Path, content: str) -> Path:
    """Make a folder such as hcs writes."""
    path.mkdir()
    (path / "zarr.json").write_text(content)
    return path


def test_taken_places_are_refused(tmp_path: Path) -> None:
    """What exists stays, unless its replacement was asked for."""
    place = made(tmp_path / "P", "old")
    with pytest.raises(ExistsError, match="--overwrite"):
        check_free(place, overwrite=False)
    check_free(place, overwrite=True, marker="zarr.json")
    check_free(tmp_path / "free", overwrite=False)


def test_foreign_folders_are_never_replaced(tmp_path: Path) -> None:
    """A folder of something else is refused even with --overwrite."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "me.jpg").write_text("x")
    with pytest.raises(ArgumentError, match="not something hcs wrote"):
        check_free(tmp_path / "photos", overwrite=True, marker="zarr.json")


def test_publishing_replaces_whole(tmp_path: Path) -> None:
    """The new thing stands under its name and nothing else is left."""
    place = made(tmp_path / "P", "old")
    made(staging_path(place), "new")
    publish(staging_path(place), place)
    assert (place / "zarr.json").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["P"]
