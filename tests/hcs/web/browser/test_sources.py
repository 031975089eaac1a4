import shutil
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tests.hcs.web.browser.wells import write_plate

from hcs.study.folder import StudyResults
from hcs.study.settings import StudyConfig
from hcs.web.browser import sources
from hcs.web.browser.sources import find_plates
from hcs_plates.errors import HcsError, NotThereError
from hcs_plates.plate import open_plate


@pytest.fixture(scope="module")
def plates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with plates P2 and P10, a table, and a folder that is no plate."""
    folder = tmp_path_factory.mktemp("plates")
    for name in ("P10", "P2"):
        write_plate(folder, name)
    (folder / "P2.csv").write_text("well\n")
    (folder / "P2.measurements").mkdir()
    (folder / "empty").mkdir()
    return folder


def names(*asked: Path | str) -> list[str]:
    """Names of the plates that are found."""
    return [path.name for path in find_plates(asked).plates]


def test_plates_and_folders_of_them(plates: Path) -> None:
    """Plates stand in the order given, those of a folder 2 before 10; one that is meant twice stands once."""
    two, ten = plates / "P2.ome.zarr", plates / "P10.ome.zarr"
    assert names(ten, two) == ["P10.ome.zarr", "P2.ome.zarr"]
    assert names(plates) == ["P2.ome.zarr", "P10.ome.zarr"]
    assert names(ten, plates, str(two)) == ["P10.ome.zarr", "P2.ome.zarr"]
    assert find_plates([plates]).study is None


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ([], "There is nothing to show; give plates"),
        (["gone.zarr"], "There is no '.*gone.zarr'; give plates"),
        (["empty"], "is no plate and holds none; give plates"),
        (["P2.csv"], "P2.csv is a file; give a plate"),
        (["als.toml"], "als.toml is a file; give its results folder"),
        (["predicted"], "holds predictions; give the plates that they are of"),
        (["study", "P2.ome.zarr"], "study is a study, whose plates are found by themselves: give it alone"),
        (["study", "study"], "give it alone, or plates alone"),
        (["study"], "holds no finished study"),
        (["s3://bucket/P1.zarr"], "is an address"),
    ],
)
def test_what_cannot_be_shown(plates: Path, tmp_path: Path, asked: list[str], said: str) -> None:
    """Anything else is refused in a sentence."""
    shutil.copytree(plates, tmp_path, dirs_exist_ok=True)
    (tmp_path / "als.toml").touch()
    for folder, file in (("predicted", "predictions.json"), ("study", "record.json")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / file).touch()
    with pytest.raises(HcsError, match=said):
        find_plates([name if "://" in name else tmp_path / name for name in asked])


class TestStudy:
    """A study knows its plates."""

    @pytest.fixture
    def study(self, plates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Give a study of P2, of P10 with other images than it has now, and of P3, which is gone."""
        digest = open_plate(plates / "P2.ome.zarr").digest
        self.kept = {
            "P3": {"path": str(plates / "P3.ome.zarr"), "digest": digest},
            "P2": {"path": str(plates / "P2.ome.zarr"), "digest": digest},
            "P10": {"path": str(plates / "P10.ome.zarr"), "digest": "another"},
        }

        class Results(StudyResults):
            """What a study left, but for its record."""

            _record: ClassVar[Any] = {"plates": self.kept}

            @classmethod
            def open(cls, results: Path | str) -> "Results":
                settings = StudyConfig.model_validate({"data": {"plates": ["P2.ome.zarr"]}})
                return cls(settings, Path("als.toml"), Path(results))

        monkeypatch.setattr(sources, "StudyResults", Results)
        (tmp_path / "record.json").touch()
        return tmp_path

    def test_its_plates(self, study: Path) -> None:
        """Plates of a study are found; what is gone, or is another plate now, is left out and told."""
        found = find_plates([study])
        assert [path.name for path in found.plates] == ["P2.ome.zarr"]
        assert found.study is not None
        assert found.study.title == "als"
        gone, other = found.notices
        assert gone.startswith("Plate P3 is left out: Plate P3 is not at ")
        assert other.startswith("Plate P10 is left out: ")
        assert "other images" in other

    def test_no_plate_left(self, study: Path) -> None:
        """A study of which no plate is there cannot be shown."""
        del self.kept["P2"], self.kept["P10"]
        with pytest.raises(NotThereError, match=r"^No plate of .* can be shown\. Plate P3 is left out: "):
            find_plates([study])
