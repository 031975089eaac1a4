"""Study files that fit their plates."""

from pathlib import Path

import pytest

from hcs.study.new import write_study_file
from hcs_plates.errors import ArgumentError, ExistsError

DATA = {"label": "diagnosis", "positive": None, "negative": None, "group": "clone"}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"label": "diagnoses"}, "--label diagnoses: no plate has this column"),
        # Never a place: 'Group' is more like 'row' than like anything that may be a label.
        ({"label": "Group"}, "in its wells table; known: clone"),
        ({"group": "klone"}, "did you mean 'clone'?"),
        ({"label": "clone", "group": "plate"}, "name the two to tell apart with --positive and --negative"),
        ({"positive": "als", "negative": "control"}, "No row has diagnosis 'als'"),
    ],
)
def test_refusals(small_plates: Path, tmp_path: Path, changes: dict[str, str], sentence: str) -> None:
    """Columns and values that the plates have not are refused with those they have; no file is written."""
    with pytest.raises(ArgumentError) as caught:
        write_study_file([small_plates / "P1.ome.zarr"], tmp_path / "s.toml", {**DATA, **changes})
    assert sentence in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_only_when_asked(small_plates: Path, tmp_path: Path) -> None:
    """A study file somebody edited stays."""
    file = tmp_path / "s.toml"
    file.write_text("mine")
    with pytest.raises(ExistsError):
        write_study_file([small_plates / "P1.ome.zarr"], file, DATA)
    assert file.read_text() == "mine"
    chosen, _ = write_study_file([small_plates / "P1.ome.zarr"], file, DATA, overwrite=True)
    assert (chosen["positive"], chosen["negative"]) == ("ALS", "control")
    assert '\nneurites = "FITC"' in file.read_text()
