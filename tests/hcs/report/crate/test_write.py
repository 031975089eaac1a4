"""A study as an RO-Crate: whole or not there, its files and digests true, nobody named who need not be."""

import hashlib
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.hcs.conftest import replace_table

from hcs.cli.app import main
from hcs.report.crate import write
from hcs.report.crate.spec import CrateSpec
from hcs.report.crate.terms import UNITS
from hcs.report.crate.write import METADATA, write_crate
from hcs.report.reported import Study
from hcs.study.folder import StudyResults
from hcs_plates.errors import ArgumentError, ExistsError, StoreError
from hcs_plates.plate import open_plate
from hcs_plates.quantities import UNITS as READ

SPEC = CrateSpec(
    "CC-BY-4.0",
    ("A. Author <https://orcid.org/0000-0000-0000-0000>", "B. Author"),
    "Some Laboratory <https://example.org>",
    published=datetime(2026, 1, 2, tzinfo=UTC),
)
PROTOCOL = {
    "culture": {"seeding_density": 200_000.0, "seeding_density_unit": "cells/well"},
    "fixation": {"fixative": "PFA", "time": "15 min"},
    "antibodies": [{"target": "NF-H", "role": "primary", "dilution": "1:1,000"}],
}


@pytest.fixture
def results(small_study: Study, tmp_path: Path) -> StudyResults:
    """Copy the small study, give its plates a protocol and its clones donors and tissues."""
    folder = tmp_path / "small-results"
    shutil.copytree(small_study.results, folder, ignore=shutil.ignore_patterns("tiles.zarr", "features.zarr"))
    wells = pd.read_parquet(folder / "tables/wells.parquet")
    wells = wells.assign(donor="Jane Doe", source_tissue="PBMC", passage=range(len(wells)))
    replace_table(folder, "tables/wells.parquet", wells)
    record = json.loads((folder / "record.json").read_text())
    for kept in record["plates"].values():
        kept |= {"protocol": PROTOCOL, "imaged_with": {"FITC exposure_ms": 300.0, "magnification": 20.0}}
    (folder / "record.json").write_text(json.dumps(record))
    (folder / "report.html").write_text("<html></html>")
    return StudyResults.open(folder)


def graph(crate: Path) -> dict[str, dict[str, Any]]:
    """Entities of a crate by their identifier."""
    return {one["@id"]: one for one in json.loads((crate / METADATA).read_text())["@graph"]}


def test_files_are_those_described_with_their_digests(results: StudyResults, tmp_path: Path) -> None:
    """Every file on the disk is an entity and the other way round; columns of tables are described."""
    made = write_crate(results, tmp_path / "crate", SPEC)
    entities = graph(made.path)
    there = {path.relative_to(made.path).as_posix(): path for path in made.path.rglob("*") if path.is_file()}
    files = {name: one for name, one in entities.items() if one["@type"] == "File"}
    assert set(files) == set(there) - {METADATA}
    assert made.files == len(files)
    assert {"report.html", "record.json", "settings.json", "tables/groups.parquet"} <= set(files)
    for name, one in files.items():
        assert one["sha256"] == hashlib.sha256(there[name].read_bytes()).hexdigest()
        assert one["contentSize"] == str(there[name].stat().st_size)
    parts = {one["@id"] for one in entities["./"]["hasPart"]}
    assert parts == set(files)
    columns = [entities[one["@id"]]["name"] for one in files["tables/groups.parquet"]["variableMeasured"]]
    assert columns == list(results.table("groups"))


def test_the_root_says_what_it_is(results: StudyResults, tmp_path: Path) -> None:
    """Name, answer, license, authors with their organization, date; and the run with what went in and out."""
    entities = graph(write_crate(results, tmp_path / "crate", SPEC).path)
    root, action = entities["./"], entities["#run"]
    assert root["name"] == "Study small"
    assert root["datePublished"] == "2026-01-02"
    assert root["license"] == {"@id": "https://spdx.org/licenses/CC-BY-4.0"}
    assert [one["@id"] for one in root["author"]] == [
        "https://orcid.org/0000-0000-0000-0000",
        "#person-B.%20Author",
    ]
    assert entities["#person-B.%20Author"]["affiliation"] == {"@id": "https://example.org"}
    assert entities["https://example.org"]["name"] == "Some Laboratory"
    assert entities[action["instrument"]["@id"]]["softwareVersion"] == results.record["hcs"]
    assert (action["startTime"], action["endTime"]) == (results.record["begun"], results.record["finished"])
    objects = {one["@id"] for one in action["object"]}
    assert {"study.toml", "#plate-P1", "#plate-P2", "#weights"} <= objects
    assert {"report.html", "tables/metrics.parquet"} <= {one["@id"] for one in action["result"]}
    every = json.dumps(list(entities.values()))
    for name in {one["@id"] for one in _references(json.loads(every))}:
        assert name in entities or name.startswith("https://w3id.org/ro/crate"), name


def _references(value: Any) -> list[dict[str, str]]:
    """Find every reference to an entity."""
    if isinstance(value, list):
        return [found for one in value for found in _references(one)]
    if isinstance(value, dict):
        own = [value] if set(value) == {"@id"} else []
        return own + [found for one in value.values() for found in _references(one)]
    return []


def test_the_protocol_has_units_and_samples_have_no_donor(results: StudyResults, tmp_path: Path) -> None:
    """Amounts as numbers with terms of the unit ontology; names of donors stand nowhere in the metadata."""
    made = write_crate(results, tmp_path / "crate", SPEC)
    entities = graph(made.path)
    time = entities["#plate-P1-fixation%20time%20%28protocol%29"]
    assert (time["value"], time["unitText"]) == (15.0, "min")
    assert time["unitCode"].endswith("UO_0000031")
    exposure = entities["#plate-P1-exposure%20of%20FITC%20%28export%29"]
    assert (exposure["value"], exposure["unitCode"][-10:]) == (300.0, "UO_0000028")
    density = entities["#plate-P1-seeding%20density%20%28protocol%29"]
    assert (density["value"], density["unitText"]) == (200_000, "cells/well")
    assert entities["#plate-P1-NF-H%20primary%20antibody%20dilution%20%28protocol%29"]["value"] == "1:1,000"
    assert entities["#plate-P1-magnification%20%28export%29"]["value"] == 20.0
    sample = [one for one in entities.values() if one["@type"] == "Sample"]
    assert {one["name"] for one in sample} == set(results.table("groups")["group"])
    tissue = entities[sample[0]["@id"] + "-source_tissue"]
    assert tissue["valueReference"]["@id"].endswith("CL_2000001")
    assert "Jane Doe" not in (made.path / METADATA).read_text()
    assert any("donor" in sentence for sentence in made.said)


def test_the_same_study_gives_the_same_bytes(results: StudyResults, tmp_path: Path) -> None:
    """No identifier is drawn, and nothing but the date depends on the clock."""
    first, second = (write_crate(results, tmp_path / name, SPEC).path for name in ("one", "two"))
    assert (first / METADATA).read_bytes() == (second / METADATA).read_bytes()


def test_places_are_written_as_addresses(results: StudyResults, tmp_path: Path) -> None:
    """A space in a name is %20 wherever the file is referred to."""
    (results.results / "analyses").mkdir(exist_ok=True)
    (results.results / "analyses" / "a b.svg").write_text("<svg/>")
    entities = graph(write_crate(results, tmp_path / "crate", SPEC).path)
    assert entities["analyses/a%20b.svg"]["name"] == "analyses/a b.svg"
    assert {"@id": "analyses/a%20b.svg"} in entities["#run"]["result"]
    assert {"@id": "analyses/a%20b.svg"} in entities["./"]["hasPart"]


def test_plates_are_copied_when_asked_for(results: StudyResults, tmp_path: Path) -> None:
    """They open from the crate, are parts of it, and bring no tiles."""
    made = write_crate(results, tmp_path / "crate", replace(SPEC, with_plates=True))
    copy = open_plate(made.path / "plates/P1.ome.zarr")
    assert copy.digest == results.record["plates"]["P1"]["digest"]
    assert (copy["A01"][1].read() == results.plate("P1")["A01"][1].read()).all()
    entities = graph(made.path)
    assert {"@id": "plates/P1.ome.zarr/"} in entities["./"]["hasPart"]


def test_only_crates_of_hcs_are_replaced(results: StudyResults, tmp_path: Path) -> None:
    """One that stands there stays unless asked, and so does what holds somebody's own file."""
    out = tmp_path / "crate"
    write_crate(results, out, SPEC)
    with pytest.raises(ExistsError):
        write_crate(results, out, SPEC)
    write_crate(results, out, CrateSpec("CC0-1.0"), overwrite=True)
    assert graph(out)["./"]["license"] == {"@id": "https://spdx.org/licenses/CC0-1.0"}
    (out / "mine.txt").write_text("mine")
    with pytest.raises(ArgumentError, match=r"mine\.txt"):
        write_crate(results, out, SPEC, overwrite=True)
    other = tmp_path / "other"
    other.mkdir()
    (other / METADATA).write_text('{"@graph": [{"@id": "./"}]}')
    with pytest.raises(ArgumentError, match="not something hcs wrote"):
        write_crate(results, other, SPEC, overwrite=True)


def test_a_crate_is_whole_or_not_there(
    results: StudyResults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that is not the run's, or a fault on the way, leaves nothing."""
    path = results.results / "tables/metrics.parquet"
    pd.read_parquet(path).assign(accuracy=1.0).to_parquet(path)
    with pytest.raises(StoreError, match=r"metrics\.parquet"):
        write_crate(results, tmp_path / "crate", SPEC)
    monkeypatch.setattr(write, "_checked", lambda *_: None)
    monkeypatch.setattr(write, "_write_metadata", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_crate(results, tmp_path / "crate", SPEC)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["small-results"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Say what to export"),
        (["--crate", "--set", "1"], "Say what to export"),
        (["--crate", "--model", "cnn"], "--model goes with --set"),
        (["--set", "1", "--license", "CC0-1.0"], "go with --crate"),
        (["--crate", "--license", "do what you like"], "no SPDX identifier"),
        (["--crate", "--author", "<https://orcid.org/0>"], "neither a name"),
    ],
)
def test_options_that_contradict_are_refused(
    results: StudyResults, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    """In one sentence, and nothing is written."""
    with pytest.raises(SystemExit) as left:
        main(["study", "export", str(results.results), "--out", str(tmp_path / "crate"), *words])
    assert left.value.code == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "crate").exists()


def test_the_command_says_what_the_crate_holds(
    results: StudyResults, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names, folders of the machine, what is left out, and that no license is stated."""
    with pytest.raises(SystemExit) as left:
        main(["study", "export", str(results.results), "--crate", "--out", str(tmp_path / "crate")])
    assert left.value.code == 0
    out = capsys.readouterr().out
    assert all(
        word in out for word in ("Left out: tiles", "record.json", "states no license", "RO-Crate 1.1")
    )


def test_every_unit_of_a_protocol_has_a_term() -> None:
    """So that none is written without one."""
    assert set(UNITS) == set(READ)
