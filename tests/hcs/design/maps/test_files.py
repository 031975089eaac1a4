"""The folder of a layout: platemaps as ingest reads them, one record of all, and nothing replaced unasked."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from hcs.design.layouts.laying import layout_plates
from hcs.design.layouts.layout import PlateLayout
from hcs.design.maps import files
from hcs.design.maps.files import layout_files, save_layout
from hcs.study.designrecord import DesignRecord
from hcs_plates.errors import ArgumentError, ExistsError
from hcs_plates.platemap import read_platemap
from hcs_plates.wells import FORMATS

LINES = pd.DataFrame(
    {
        "clone": ["01", "1.10", "=c3", "<b>c4</b>"],
        "diagnosis": ["ALS", "ALS", "control", "control"],
        "eligibility": ["eligible"] * 4,
    }
)


@pytest.fixture(scope="module")
def made() -> PlateLayout:
    """Four lines on two plates of six wells, two of which hold a control."""
    return layout_plates(
        LINES, replicates=2, plates=2, wells=6, controls={"negative_control": ["A01"]}, seed=1
    )


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the drawing out, which has its own tests."""
    monkeypatch.setattr(files, "maps_pdf", lambda plates, **words: b"%PDF")


@pytest.mark.usefixtures("undrawn")
def test_every_platemap_is_read_as_it_was_laid_out(made: PlateLayout, tmp_path: Path) -> None:
    """Names keep their text, formula signs and all; empty wells are left out, controls have their role."""
    folder = save_layout(made, tmp_path / "layout")
    for plate in ("P1", "P2"):
        read = read_platemap(
            folder / f"{plate}.csv", plate=plate, format=FORMATS[6], imaged=FORMATS[6].wells()
        )
        own = made.wells[made.wells["plate"] == plate].set_index("well")
        for name in ("clone", "diagnosis", "role", "included"):
            assert read[name].astype(object).where(read[name].notna(), None).to_dict() == (
                own[name].astype(object).where(own[name].notna(), None).to_dict()
            )
        assert read.loc["A01", "role"] == "negative_control"
        assert not read.loc[own["role"] == "empty", "included"].any()


@pytest.mark.usefixtures("undrawn")
def test_the_record_names_every_file_by_its_digest(made: PlateLayout, tmp_path: Path) -> None:
    """A study that keeps the record can tell which platemaps were meant; lines set aside are named in it."""
    aside = pd.DataFrame({"clone": ["c9"], "reason": ["not eligible: SOD1 p.A5V"]})
    folder = replace(made, aside=aside).save(tmp_path / "layout")
    record = DesignRecord.read(folder / "layout.json")
    others = {path.name for path in folder.iterdir()} - {"layout.json"}
    assert set(record.files) == others
    assert others == {"P1.csv", "P2.csv", "layout.csv", "layout.html", "layout.pdf", "imbalances.csv"}
    for name, digest in record.files.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert record.tables["set aside"] == [{"clone": "c9", "reason": "not eligible: SOD1 p.A5V"}]
    assert record.headline == made.headline()


@pytest.mark.usefixtures("undrawn")
def test_the_page_shows_names_as_they_are_and_diagnoses_only_if_asked(made: PlateLayout) -> None:
    """Markup in a name is text; no diagnosis stands on the maps unless it was wanted."""
    for shown in (False, True):
        page = layout_files(made, show_diagnosis=shown)["layout.html"].decode()
        maps = page[page.index('class="bench"') :]
        assert "&lt;b&gt;c4&lt;/b&gt;" in maps
        assert "<b>c4" not in maps
        assert ("ALS" in maps) == shown
        assert made.headline() in page


@pytest.mark.usefixtures("undrawn")
def test_nothing_is_replaced_unless_asked_and_never_what_was_changed(
    made: PlateLayout, tmp_path: Path
) -> None:
    """With overwrite a layout's plates go; a map that somebody corrected, or a file of theirs, stays."""
    folder = save_layout(made, tmp_path / "layout")
    with pytest.raises(ExistsError):
        save_layout(made, folder)
    one = layout_plates(LINES, replicates=1, wells=6, seed=1)
    save_layout(one, folder, overwrite=True)
    assert not (folder / "P2.csv").exists()
    corrected = (folder / "P1.csv").read_text().replace("sample", "trt", 1)
    (folder / "P1.csv").write_text(corrected)
    with pytest.raises(ArgumentError, match=r"P1\.csv is not as hcs wrote it"):
        save_layout(made, folder, overwrite=True)
    assert (folder / "P1.csv").read_text() == corrected
    other = save_layout(one, tmp_path / "other")
    (other / "notes.txt").write_text("mine")
    with pytest.raises(ArgumentError, match=r"notes\.txt"):
        save_layout(one, other, overwrite=True)


@pytest.mark.parametrize("name", ["a/b", "layout", ".p", "imbalances", "p?"])
def test_plates_whose_names_are_no_files_are_refused(name: str) -> None:
    """Each platemap is a file of its plate's name, on every system, and none of the layout's own files."""
    with pytest.raises(ArgumentError, match="name the plate with letters"):
        layout_files(layout_plates(LINES, replicates=1, plates=[name], wells=6, seed=1))
