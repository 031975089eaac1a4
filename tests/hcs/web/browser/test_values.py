"""Every value of a well stands in one table, told apart by its source, against tables written by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.hcs.web.browser.wells import EVIL, measure, study_scores, write_plate

from hcs.measure.measured import Measurements
from hcs.web.browser.values import SiteWells
from hcs_plates.errors import ArgumentError, LookupRefusedError
from hcs_plates.plate import Plate, open_plate
from hcs_plates.remapping import replace_platemap
from hcs_plates.viewing import open_view

COUNTS = {"A01": (10.0, 20.0), "A02": (30.0, 50.0), "B01": (1.0, 2.0)}


@pytest.fixture(scope="module")
def plate(tmp_path_factory: pytest.TempPathFactory) -> Plate:
    """A plate with measurements beside it; not to be changed."""
    made = write_plate(tmp_path_factory.mktemp("values"), stain="NF-H", cell_count_mean=[7.0] * 6)
    measure(made, COUNTS)
    return made


def site(*plates: Plate, **words: object) -> SiteWells:
    """Wells of plates as the browser sees them."""
    return SiteWells.of([open_view(one.path) for one in plates], **words)  # type: ignore[arg-type]


def column(wells: SiteWells, key: str) -> dict[str, object]:
    """Values of the first plate's wells, those that are missing left out."""
    own = wells.table[wells.table["plate"] == "0"].set_index("well")[key]
    return dict(own.dropna())


def test_each_source_has_its_own_values(plate: Plate) -> None:
    """A platemap's column that is called as a measurement stays apart; units are in the titles."""
    wells = site(plate)
    assert column(wells, "platemap.cell_count_mean") == dict.fromkeys(
        ["A01", "A02", "A03", "B01", "B02", "B03"], 7.0
    )
    assert column(wells, "measured.cell_count_mean") == {"A01": 15.0, "A02": 40.0, "B01": 1.5}
    assert column(wells, "measured.cell_soma_area_um2_median") == {"A01": 150.0, "A02": 400.0, "B01": 15.0}
    told = {value.key: (value.title, value.group) for value in wells.values}
    assert told["platemap.cell_count_mean"] == ("cell count mean", "Platemap")
    assert told["measured.cell_count_mean"] == ("cell count", "Measured by hcs measure: mean of fields")
    assert told["measured.cell_soma_area_um2_median"] == (
        "soma area (µm²)",
        "Measured by hcs measure: median of cells",
    )
    headings = wells.headings()
    assert headings["platemap.clone"] == "clone"
    assert headings["platemap.cell_count_mean"] == "platemap_cell_count_mean"
    assert headings["measured.cell_count_mean"] == "measured_cell_count_mean"
    assert len(set(headings.values())) == len(headings)


def test_wells_that_take_no_part_say_why(plate: Plate) -> None:
    """By the platemap, or left out by the study, whose reason stands."""
    wells = site(plate)
    assert column(wells, "well.reason") == {"B02": "not included (platemap)"}
    scores = study_scores(
        plate, left_out={"P1/A03": "does not meet where = 'x'", "P1/B02": "not included", "P2/A01": "no"}
    )
    both = site(plate, scores=scores)
    assert column(both, "well.reason") == {"A03": "does not meet where = 'x'", "B02": "not included"}
    assert {well for well, said in column(both, "well.included").items() if said == "left out"} == {
        "A03",
        "B02",
    }


def test_scores_are_of_the_well_and_of_its_clone(plate: Plate) -> None:
    """Score, call and whether it is right, of each model; nothing of wells that were not scored."""
    wells = site(plate, scores=study_scores(plate))
    assert column(wells, "clone_score.cnn") == {"A01": 0.9, "A02": 0.7, "A03": 0.2, "B01": 0.9}
    assert column(wells, "clone_call.cnn") == {"A01": "ALS", "A02": "ALS", "A03": "control", "B01": "ALS"}
    assert column(wells, "clone_right.cnn") == {
        "A01": "right",
        "A02": "wrong",
        "A03": "wrong",
        "B01": "right",
    }
    # The well's own score says otherwise.
    assert column(wells, "well_right.cnn")["A02"] == "right"
    assert set(column(wells, "clone_right.forest").values()) == {"right"}
    assert column(wells, "tiles.cnn") == dict.fromkeys(["A01", "A02", "A03", "B01"], 2)


def test_a_study_says_nothing_of_another_plate(plate: Plate, tmp_path: Path) -> None:
    """One of its name with other images, or one that it never saw; and what it left out there stays there."""
    scores = study_scores(plate, left_out={"P1/A01": "gone", "P3/A02": "gone"})
    other = replace(scores, digests={"P1": "of other images"})
    wells = site(plate, scores=other)
    assert not [value.key for value in wells.values if "score" in value.key]
    assert wells.notices == ("Plate P1 holds other images than the study saw: its scores are left out.",)
    third = write_plate(tmp_path, "P3")
    wells = site(plate, third, scores=scores)
    assert wells.table.loc[wells.table["plate"] == "1", "clone_score.cnn"].isna().all()
    assert "Plate P3 is not of the study: it has no scores." in wells.notices
    assert set(wells.table.loc[wells.table["plate"] == "1", "well.reason"].dropna()) == {
        "not included (platemap)"
    }


def test_codes_stay_codes(tmp_path: Path) -> None:
    """A plate under codes shows what it holds, whatever a study or old measurements say of its clones."""
    codes = {"c1": "K7QX", "c2": "M4CD", "c3": "N3FH"}
    named = ["c1", "c2", "c3", "c1", "c2", None]
    coded = write_plate(tmp_path, clone=[codes.get(str(one)) for one in named], diagnosis=None)
    place = measure(coded, COUNTS)
    old = pd.read_parquet(place / "wells.parquet").assign(diagnosis="ALS", bdnf_mean=3.0)
    front = ["plate", "well", "clone", "diagnosis", "bdnf_mean"]
    old[[*front, *(name for name in old if name not in front)]].to_parquet(
        place / "wells.parquet", index=False
    )
    wells = site(coded, scores=study_scores(coded))
    shown = wells.table.drop(columns=["plate", "name", "well"]).astype(str).to_numpy().ravel()
    assert "ALS" not in shown
    assert not [value.key for value in wells.values if "score" in value.key or "bdnf" in value.key]
    assert column(wells, "measured.cell_count_mean")["A01"] == 15.0
    assert any("holds codes" in said for said in wells.notices)


def test_measurements_of_another_platemap_are_left_out_and_told(tmp_path: Path) -> None:
    """Those beside the plate and those of the study alike; the platemap as it is now is shown."""
    plate = write_plate(tmp_path)
    measure(plate, COUNTS)
    by_study = {"P1": Measurements.read(measure(plate, COUNTS, folder=tmp_path / "of_study"))}
    both = site(plate, by_study=by_study)
    assert column(both, "study.cell_count_mean") == column(both, "measured.cell_count_mean")
    corrected = plate.wells.drop(columns=["plate"]).assign(diagnosis="control", clone="c9")
    corrected.to_csv(tmp_path / "map.csv", index=False)
    replace_platemap(plate.path, tmp_path / "map.csv")
    wells = site(open_plate(plate.path), by_study=by_study)
    assert not [value.key for value in wells.values if value.key.startswith(("measured.", "study."))]
    assert set(column(wells, "platemap.clone").values()) == {"c9"}
    assert len(wells.notices) == 2
    assert all("another platemap" in said for said in wells.notices)


def test_two_plates_of_one_name_are_told_apart(plate: Plate, tmp_path: Path) -> None:
    """And wells stand row by row, however the platemap lists them."""
    other = write_plate(tmp_path, clone=[EVIL] * 6)
    wells = site(plate, other)
    assert wells.names == ("P1", "P1 (2)")
    assert wells.table["well"].tolist() == 2 * ["A01", "A02", "A03", "B01", "B02", "B03"]
    assert wells.well("1", "A02")["platemap.clone"] == EVIL
    assert np.isnan(wells.well("1", "A02")["measured.cell_count_mean"])


def test_what_is_not_there_is_refused(plate: Plate) -> None:
    """In a sentence that names what was meant."""
    wells = site(plate)
    with pytest.raises(ArgumentError, match="did you mean"):
        wells.value("clone")
    with pytest.raises(LookupRefusedError, match="There is no plate '7'; there are 1"):
        wells.well("7", "A01")
    with pytest.raises(LookupRefusedError, match="Plate P1 has no well D06"):
        wells.well("0", "D06")
