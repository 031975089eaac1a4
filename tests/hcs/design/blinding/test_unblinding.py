"""Names come back to all plates or to none, and each says what had been made of it by then."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from tests.hcs.design.blinding.conftest import CLONES, PASSPHRASE, Coded, named_lines

from hcs.design.blinding.blinded import blind_lines
from hcs.design.blinding.key import Key
from hcs.design.blinding.unblinding import unblind_plates
from hcs.heatmaps.heatmap import heatmap
from hcs.measure.fields import MeasureSpec
from hcs.measure.measured import Measurements, default_place
from hcs.measure.measurements import measure_plate
from hcs.study.designrecord import DesignRecord
from hcs.study.preparation import Preparation
from hcs.tables.stored import box_digest
from hcs_plates import store
from hcs_plates.errors import ArgumentError, BusyError, NotThereError, StoreError
from hcs_plates.plate import PLATE, Plate, open_plate
from hcs_plates.remapping import replace_platemap
from hcs_plates.staging import Place
from hcs_plates.tiles import create_tiles
from hcs_plates.tiling import TileSpec


def test_names_come_back(coded: Coded, write_plate: Callable[..., Plate]) -> None:
    """Clones, donors and diagnoses are the key's; codes stay; pixels and other columns are untouched."""
    before = [open_plate(path) for path in coded.plates]
    found = unblind_plates(Key.open(coded.folder / "study.key", PASSPHRASE), coded.plates)
    named = write_plate(coded.folder / "named", "P1").wells
    wells = open_plate(coded.plates[0]).wells
    assert wells["clone"].fillna("").tolist() == named["clone"].fillna("").tolist()
    assert wells["diagnosis"].dropna().tolist() == named["diagnosis"].dropna().tolist()
    assert wells["code"].tolist()[:2] == before[0].wells["clone"].tolist()[:2]
    assert wells["donor"].iloc[0] == "donor-a0"
    assert str(wells["passage"].dtype) == "Int64"
    assert "line_notes" in wells
    assert "notes" not in wells
    for old, path in zip(before, coded.plates, strict=True):
        now = open_plate(path)
        assert now.digest == old.digest
        assert now.spec.processed_wells.equals(old.spec.wells)
        assert replace(now.spec, wells=old.spec.wells, unblinding=None) == old.spec
    assert found.record.headline.startswith("2 plates were unblinded on ")
    assert "1 line of the key is on no plate." in found.record.sentences


def test_the_log_stays_in_the_plate(coded: Coded) -> None:
    """When, by which version and key, and the digests of what stood in and beside each plate."""
    plate = open_plate(coded.plates[0])
    create_tiles([plate], plate.path / "tiles" / "64px", TileSpec(64))
    measure_plate(plate, MeasureSpec("FITC", None))
    made = {
        "tiles": box_digest(plate.path / "tiles" / "64px"),
        "measurements": box_digest(default_place(plate)),
    }
    found = unblind_plates(coded.key, coded.plates)
    log = open_plate(coded.plates[0]).spec.unblinding
    assert log is not None
    assert (log.key, log.images) == (coded.key.fingerprint, plate.digest)
    assert {one.what: one.digest for one in log.made} == made
    assert {one.what: one.place for one in log.made} == {
        "tiles": "tiles/64px",
        "measurements": "../P1.measurements",
    }
    other = open_plate(coded.plates[1]).spec.unblinding
    assert other is not None
    assert other.made == ()
    found.record.write(coded.folder / "unblinding.json")
    rows = DesignRecord.read(coded.folder / "unblinding.json").tables["made before"]
    assert [(row["plate"], row["what"]) for row in rows] == [
        ("P1", "images"), ("P2", "images"), ("P1", "tiles"), ("P1", "measurements"),
    ]  # fmt: skip
    stored = json.loads((coded.plates[0] / "zarr.json").read_text())["attributes"]["hcs"]
    assert stored["version"] == 4


def test_measurements_under_codes_stay_valid(coded: Coded) -> None:
    """They open with the plate that has names now, give these names, and are not made again."""
    plate = open_plate(coded.plates[0])
    before = measure_plate(plate, MeasureSpec("FITC", None))
    digest = box_digest(before.path)
    assert set(before.wells["clone"].dropna()) <= set(coded.key.lines["code"])
    unblind_plates(coded.key, coded.plates)
    now = open_plate(coded.plates[0])
    again = measure_plate(now, MeasureSpec("FITC", None))
    assert box_digest(again.path) == digest
    wells = Measurements.open(before.path, now).wells
    expected = now.wells.set_index("well").loc[wells["well"]]
    for column in ("clone", "code", "donor", "diagnosis"):
        assert wells[column].fillna("").tolist() == expected[column].fillna("").tolist()
    assert set(Measurements.open(before.path).groups()["clone"]) == set(CLONES)
    assert len(heatmap(now, "cell_count").table) == len(now)
    # Another map is another map still.
    other = now.spec.wells.assign(included=False)
    with pytest.raises(StoreError, match="another platemap"):
        Measurements.open(before.path, Plate(now.path, replace(now.spec, wells=other)))


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ({"a1": "{a1}X"}, r"no code of the key: '.*X' \(A02\); .* is one typing error from"),
        ({"a1": "clone 12"}, r"holds what is no code of the key: 'clone 12' \(A02\)"),
        (dict.fromkeys(CLONES, "C5"), r"holds none of the key's codes, but 'C5' \(A01, A02, A03 …\)"),
    ],
)
def test_codes_that_the_key_does_not_know(coded: Coded, codes: dict[str, str], said: str) -> None:
    """Named with their wells and what may be meant; no plate is changed, the right one neither."""
    of = dict(zip(coded.key.lines["clone"], coded.key.lines["code"], strict=True))
    spec = open_plate(coded.plates[1]).spec
    typed = {of[clone]: code.format(**of) for clone, code in codes.items()}
    wells = spec.wells.assign(clone=spec.wells["clone"].replace(typed))
    store.rewrite_description(coded.plates[1], replace(spec, wells=wells))
    held = [(path / "zarr.json").read_bytes() for path in coded.plates]
    with pytest.raises(ArgumentError, match=said):
        unblind_plates(coded.key, coded.plates)
    assert [(path / "zarr.json").read_bytes() for path in coded.plates] == held


def test_all_plates_or_none(coded: Coded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the second plate cannot be written, the first has its codes again."""
    held = [(path / "zarr.json").read_bytes() for path in coded.plates]
    write = store.rewrite_description

    def fails(path: Path, spec: object) -> None:
        if path == coded.plates[1] and getattr(spec, "unblinding", None):
            raise OSError(28, "No space left on device", str(path))
        write(path, spec)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "rewrite_description", fails)
    with pytest.raises(OSError, match="the disk is full"):
        unblind_plates(coded.key, coded.plates)
    assert [(path / "zarr.json").read_bytes() for path in coded.plates] == held


def test_plates_that_get_no_names(coded: Coded) -> None:
    """Those that have names, are named twice, are gone or busy; and a study that is none of theirs."""
    first, second = coded.plates
    with pytest.raises(ArgumentError, match="named twice"):
        unblind_plates(coded.key, [first, first])
    with pytest.raises(NotThereError):
        unblind_plates(coded.key, [first, coded.folder / "P9.ome.zarr"])
    with pytest.raises(NotThereError, match="no such folder"):
        unblind_plates(coded.key, [first], [coded.folder / "als-results"])
    with pytest.raises(ArgumentError, match="holds nothing that was made of these plates"):
        unblind_plates(coded.key, [first], [coded.folder])
    with pytest.raises(ArgumentError, match="never sealed"):
        unblind_plates(blind_lines(named_lines()).key, [first])
    with Place(second, PLATE, overwrite=True).claim(), pytest.raises(BusyError):
        unblind_plates(coded.key, coded.plates)
    assert open_plate(first).spec.unblinding is None
    unblind_plates(coded.key, [first])
    with pytest.raises(ArgumentError, match=r"plate P1 has its names since \d{4}-\d\d-\d\d"):
        unblind_plates(coded.key, coded.plates)
    assert open_plate(second).spec.unblinding is None


def test_no_plate_of_a_study_is_left_out(coded: Coded) -> None:
    """Names on one of its plates tell those on the others, named later as if blind till then."""
    opened, paths = [open_plate(path) for path in coded.plates], [str(path) for path in coded.plates]
    study = coded.folder / "results"
    study.mkdir()
    digests = {plate.name: plate.digest for plate in opened}
    Preparation(config={"data": {"plates": paths}}, plates=digests, files={}).write(study)
    key = Key.open(coded.folder / "study.key", PASSPHRASE)
    with pytest.raises(ArgumentError, match="was made of plate P2 too, under codes still; name all plates"):
        unblind_plates(key, coded.plates[:1], [study])
    assert open_plate(coded.plates[0]).spec.unblinding is None
    made = unblind_plates(key, coded.plates, [study]).record
    assert "Made under codes before: settings, each with its digest." in made.sentences


def test_the_log_is_not_lost_with_another_map(coded: Coded) -> None:
    """A platemap is not put on a plate that has its names back: the log would say what is not so."""
    coded_map = coded.folder / "map.csv"
    wells = open_plate(coded.plates[0]).wells
    wells.assign(treatment="none").to_csv(coded_map, index=False)
    assert replace_platemap(coded.plates[0], coded_map).wells
    unblind_plates(coded.key, coded.plates)
    with pytest.raises(StoreError, match="its platemap and that log belong together"):
        replace_platemap(coded.plates[0], coded_map)


def test_what_the_plate_says_stays(coded: Coded) -> None:
    """A column that the coded map kept is the plate's own, whatever the key holds of the line."""
    spec = open_plate(coded.plates[0]).spec
    kept = spec.wells.assign(passage=pd.array([40] * len(spec.wells), dtype="Int64"))
    store.rewrite_description(coded.plates[0], replace(spec, wells=kept))
    unblind_plates(coded.key, coded.plates)
    assert set(open_plate(coded.plates[0]).wells["passage"]) == {40}
    log = open_plate(coded.plates[0]).spec.unblinding
    assert log is not None
    assert "passage" not in log.columns


def test_a_coded_plate_says_so(coded: Coded) -> None:
    """What a plate tells of itself says that samples are under codes, or since when no more."""
    assert (
        "under codes; `hcs unblind` puts the names on it" in open_plate(coded.plates[0]).info()["notes"][-1]
    )
    unblind_plates(coded.key, coded.plates)
    assert "was under codes until" in open_plate(coded.plates[0]).info()["notes"][-1]
