"""Readers of other packages: found, told of where they fail, and never taken silently."""

import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from hcs.cli.app import app
from hcs_plates.errors import ArgumentError, ReaderError
from hcs_plates.ingestion import ingest
from hcs_plates.readers.detect import scan
from hcs_plates.readers.plugins import added_readers

EXAMPLE = Path(__file__).parents[3] / "examples" / "lab_reader"


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Installs packages with readers, as pip leaves them: a module and its entry points."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    added_readers.cache_clear()

    def install(package: str, name: str, code: str) -> None:
        module = package.replace("-", "_")
        (site / f"{module}.py").write_text(code)
        info = site / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[hcs.readers]\n{name} = {module}:READER\n")

    yield install
    added_readers.cache_clear()
    for module in [
        name for name, one in sys.modules.items() if str(site) in str(getattr(one, "__file__", ""))
    ]:
        del sys.modules[module]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """An export of the example's microscope; one listed image is not there."""
    folder = tmp_path / "P1"
    folder.mkdir()
    rows = ["file,well,site,stain"]
    for number, (well, stain) in enumerate([("B03", "GFP"), ("B03", "DNA"), ("B04", "GFP"), ("B04", "DNA")]):
        tifffile.imwrite(folder / f"{number}.tif", np.full((8, 8), number + 1, "uint16"))
        rows.append(f"{number}.tif,{well},1,{stain}")
    (folder / "3.tif").unlink()
    (folder / "planes.csv").write_text("\n".join(rows))
    return folder


def example() -> str:
    """The example's module as it is shown."""
    return (EXAMPLE / "lab_reader.py").read_text(encoding="utf-8")


def test_the_example_is_short_and_installs_a_reader() -> None:
    """As README says: at most forty lines, and three of an entry point."""
    assert len(example().splitlines()) <= 40
    entry = '[project.entry-points."hcs.readers"]\nmicroscope-3 = "lab_reader:READER"'
    assert entry in (EXAMPLE / "pyproject.toml").read_text(encoding="utf-8")


def test_a_labs_own_reader(packages: Any, export: Path, tmp_path: Path) -> None:
    """Installed and nothing else: found, its export becomes a plate, pixels and gaps under their keys."""
    packages("lab-reader", "microscope-3", example())
    plate = ingest(export, tmp_path / "P1.ome.zarr")
    assert (plate.spec.reader, plate.channels) == ("microscope-3", ("DNA", "GFP"))
    assert plate["B03"][1].read()[:, 0, 0].tolist() == [2, 1]
    assert plate["B04"][1].read()[:, 0, 0].tolist() == [0, 3]
    assert [(key.well, key.channel) for key in plate.spec.missing] == [("B04", 0)]
    assert plate.info()["notes"][0] == "Read as Microscope 3 (planes.csv)."
    assert "microscope-3" in CliRunner().invoke(app, ["info", "--readers"]).output


def test_nothing_is_imported_before_a_scan(packages: Any) -> None:
    """A package with a slow import slows no other command."""
    packages("slow-lab", "slow", example())
    assert "slow" in {point.name for point in entry_points(group="hcs.readers")}
    assert "slow_lab" not in sys.modules
    assert "slow" in added_readers()[0]
    assert "slow_lab" in sys.modules


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (
            "import no_such",
            "The reader 'bad' of package bad-lab cannot be loaded (Module",
        ),
        ("READER = 1", "The reader 'bad' of package bad-lab is no hcs_plates.readers.reader.Reader"),
        (
            example().replace('return "planes.csv"', "1 / 0"),
            "the reader 'bad' of package bad-lab fails (ZeroD",
        ),
    ],
)
def test_a_broken_one_is_told_and_the_others_go_on(
    packages: Any, export: Path, code: str, sentence: str
) -> None:
    """One sentence among the notes."""
    packages("bad-lab", "bad", code)
    packages("lab-reader", "microscope-3", example())
    found = scan(export)
    assert found.reader == "microscope-3"
    assert [note for note in found.notes if sentence in note]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("    stains = sorted(", "    stains = 1 / 0, (", "fails (ZeroDivisionError"),
        ("return Acquisition(", "return print(", "gives a NoneType, and no Acquisition"),
        (
            "first.dtype.name",
            "'float32'",
            "gives pixels of float32; expected uint8 or uint16",
        ),
        ("tuple(map(Channel, stains))", "(Channel('a'), Channel('a'))", "names its channels 'a', 'a'"),
        ("tuple(map(Channel, stains))", "(Channel('a'),)", "of (channel, time, z) there are (1, 1, 1)"),
        ("{key.well for key in [*planes, *missing]}", "{'A01' for _ in planes}", "'B04'"),
    ],
)
def test_a_plate_that_is_none_is_refused(
    packages: Any, export: Path, old: str, new: str, sentence: str
) -> None:
    """What a reader of others gives is held against what a plate is, before anything is written."""
    assert old in example()
    packages("lab-reader", "microscope-3", example().replace(old, new))
    with pytest.raises(ReaderError) as refusal:
        scan(export)
    assert "reader 'microscope-3' of package lab-reader" in refusal.value.message
    assert sentence in refusal.value.message


def test_names_that_clash_are_refused(packages: Any, export: Path) -> None:
    """With a reader of hcs and among packages: neither is taken."""
    packages("lab-one", "microscope-3", example())
    packages("lab-two", "microscope-3", example())
    with pytest.raises(ArgumentError, match="Two installed packages add a reader 'microscope-3'"):
        scan(export)


def test_a_name_of_ours_is_refused(packages: Any, export: Path) -> None:
    """A reader cannot replace one of hcs."""
    packages("lab-one", "incell", example())
    with pytest.raises(ArgumentError, match="adds a reader 'incell', which hcs has itself"):
        scan(export)
