"""A study under codes: what is made is what the run with names rests on, and nothing of it tells a name."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import zarr
from tests.conftest import MadeOnce
from tests.hcs.cli.test_measuring import run
from tests.hcs.conftest import STUDY, write_small_plate

from hcs.design.blinding import seal
from hcs.design.blinding.key import Key
from hcs.design.blinding.sealing import blind_table
from hcs.design.blinding.unblinding import unblind_plates
from hcs.measure.fields import MeasureSpec
from hcs.measure.measurements import measure_plate
from hcs.report.reported import Study
from hcs.study.claims import Claim
from hcs.study.codedwells import select_coded
from hcs.study.new import write_study_file
from hcs.study.prepared import Groundwork
from hcs.study.settings import DataSettings, read_config
from hcs.study.unblinded import CHANGED, UNCHANGED, unblinded
from hcs.tables.stored import box_digest
from hcs_plates.errors import ArgumentError, ConfigError, ExistsError
from hcs_plates.plate import Plate, open_plate
from hcs_plates.remapping import replace_platemap
from hcs_plates.tiles import create_tiles
from hcs_plates.tiling import TileSpec

NAMES = {f"a{i}": f"Aurora-{i}7" for i in range(4)} | {f"c{i}": f"Borealis-{i}7" for i in range(4)}
CLASSES = {"ALS": "amyotrophic", "control": "unaffected"}
PASSPHRASE = "correct horse battery"
SETTINGS = STUDY.replace("[tiles]", 'positive = "amyotrophic"\nnegative = "unaffected"\n[tiles]')


@dataclass(frozen=True)
class Blind:
    """A folder with two coded plates and their study, and the key beside it."""

    folder: Path
    key: Path

    @property
    def plates(self) -> list[Path]:
        """Give the plates."""
        return [self.folder / f"P{n}.ome.zarr" for n in (1, 2)]

    @property
    def study(self) -> Study:
        """Give the study."""
        return Study.from_toml(self.folder / "small.toml")


def code_plates(
    folder: Path, names: Mapping[str, str] = NAMES, classes: Mapping[str, str] = CLASSES
) -> Blind:
    """Blind a platemap of two small plates, and put the coded one on them."""
    rows = []
    for name in ("P1", "P2"):
        wells = write_small_plate(folder, name).wells
        own, label = wells["clone"].map(names), wells["diagnosis"].map(classes)
        rows.append(wells.assign(clone=own, donor="donor of " + own, diagnosis=label))
    named = pd.concat(rows, ignore_index=True)
    # The well whose clone is not known is of neither class.
    named.loc[named["clone"].isna(), ["donor", "diagnosis"]] = None
    beside = folder.with_name(f"{folder.name}-secret")
    beside.mkdir()
    named.to_csv(beside / "map.csv", index=False)
    kept = ["treatment", "dose"]
    blind_table(beside / "map.csv", beside / "study.key", folder / "coded.csv", lambda: PASSPHRASE, keep=kept)
    for name in ("P1", "P2"):
        replace_platemap(folder / f"{name}.ome.zarr", folder / "coded.csv")
    (folder / "small.toml").write_text(SETTINGS)
    return Blind(folder, beside / "study.key")


@pytest.fixture(scope="module", autouse=True)
def cheap() -> Iterator[None]:
    """Seal at no cost."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seal, "COST", seal.Cost(64, 1, 1))
        yield


@pytest.fixture(scope="module")
def prepared(made_once: MadeOnce) -> Blind:
    """Everything that can be made under codes was made; not to be changed."""

    def make(folder: Path) -> None:
        blind = code_plates(folder / "work")
        plate = open_plate(blind.plates[0])
        create_tiles([plate], plate.path / "tiles" / "64px", TileSpec(64))
        measure_plate(plate, MeasureSpec("FITC", None))
        assert run("study", "prepare", blind.folder / "small.toml") == 0

    folder = made_once("prepared", make)
    return Blind(folder / "work", folder / "work-secret" / "study.key")


@pytest.fixture
def copied(prepared: Blind, tmp_path: Path) -> Blind:
    """Give a copy to be changed."""
    shutil.copytree(prepared.folder, tmp_path / "work")
    shutil.copytree(prepared.key.parent, tmp_path / "work-secret")
    return Blind(tmp_path / "work", tmp_path / "work-secret" / "study.key")


def everything(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Read what a folder tells: names of its files, their bytes, and what is packed in tables and arrays."""
    for path in sorted(folder.rglob("*")):
        place = path.relative_to(folder).as_posix()
        yield place, place.encode()
        if path.name == "zarr.json" and json.loads(path.read_text())["node_type"] == "array":
            yield place, np.asarray(zarr.open_array(path.parent, mode="r")[:]).tobytes()
        if not path.is_file():
            continue
        yield place, path.read_bytes()
        if path.suffix == ".parquet":
            table = pq.read_table(path)
            yield place, str(table.schema.metadata).encode() + table.to_pandas().to_csv().encode()


def words_in(held: bytes, words: list[str]) -> list[str]:
    """Find words in bytes, in the ways that text is written, in any case."""
    low = held.lower()
    return [
        word
        for word in words
        if any(word.lower().encode(way) in low for way in ("utf-8", "utf-16-le", "utf-16-be"))
    ]


@pytest.mark.slow
def test_nothing_made_under_codes_tells_a_name(prepared: Blind) -> None:
    """No name, donor or class stands in any file, table or array; classes only as the study file asks."""
    names = [*NAMES.values(), *(f"donor of {name}" for name in NAMES.values()), "donor", "secret", "Aurora"]
    found, asked = [], []
    for place, held in everything(prepared.folder):
        found += [(place, word) for word in words_in(held, names) if not allowed(place, word)]
        asked += [place for word in words_in(held, list(CLASSES.values())) if word]
    assert found == []
    ours = {
        "small.toml",
        "small-results/study.toml",
        "small-results/settings.json",
        "small-results/prepared.json",
    }
    assert set(asked) == ours
    # The search finds what is there: codes stand in the tables, and in no file's name.
    codes = Key.open(prepared.key, PASSPHRASE).lines["code"].tolist()
    with_codes = {place for place, held in everything(prepared.folder) if words_in(held, codes)}
    assert {"coded.csv", "P1.ome.zarr/zarr.json", "P1.measurements/wells.parquet"} <= with_codes
    assert not [path for path in prepared.folder.rglob("*") if words_in(path.name.encode(), codes)]


def allowed(place: str, word: str) -> bool:
    """Whether a word is the study's own: a setting's name or description, as in any study."""
    return word == "donor" and place.endswith((".toml", "settings.json", "prepared.json"))


def test_sizes_and_orders_tell_nothing(tmp_path: Path) -> None:
    """Other names, longer ones, and classes exchanged leave files of the same names, sizes and orders."""
    turned = {"ALS": "unaffected", "control": "amyotrophic"}
    longer = {clone: f"{name} of the second collection" for clone, name in NAMES.items()}
    held = []
    for n, (names, classes) in enumerate(((NAMES, CLASSES), (longer, turned))):
        blind = code_plates(tmp_path / str(n), names, classes)
        files = sorted(path for path in blind.folder.rglob("*") if path.is_file())
        sizes = {path.relative_to(blind.folder).as_posix(): path.stat().st_size for path in files}
        held.append(sizes | {"key": blind.key.stat().st_size})
        coded = pd.read_csv(blind.folder / "coded.csv")
        assert coded[["plate", "well"]].to_numpy().tolist() == sorted(
            coded[["plate", "well"]].to_numpy().tolist()
        )
    assert held[0] == held[1]


@pytest.mark.slow
def test_the_run_with_names_rests_on_what_was_made(
    copied: Blind, small_study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is made again, scores are those of plates that never had codes, and the record tells it."""
    boxes = ["tiles.zarr", "features.zarr", "measurements/P1", "measurements/P2"]
    results = copied.folder / "small-results"
    stamps = {path: path.stat().st_mtime_ns for box in boxes for path in (results / box).rglob("*")}
    key = Key.open(copied.key, PASSPHRASE)
    made = unblind_plates(key, copied.plates, [results]).record.tables["made before"]
    assert {row["what"] for row in made} == {"images", "settings", "tiles", "features", "measurements"}
    study = copied.study.run()
    assert {path: path.stat().st_mtime_ns for box in boxes for path in (results / box).rglob("*")} == stamps
    ours, theirs = study.table("scores"), small_study.table("scores")
    assert ours["probability"].to_numpy() == pytest.approx(theirs["probability"].to_numpy(), abs=1e-6)
    assert ours["group"].dropna().tolist() == theirs["group"].dropna().map(NAMES).tolist()
    told = unblinded(study.record)
    assert told is not None
    assert (told.table["state"] == UNCHANGED).all()
    assert told.changed == ()
    assert told.sentences[0].startswith("Samples of 2 plates were unblinded on ")
    assert told.sentences[1].startswith(
        "Made before and unchanged since: images, settings, tiles, features and measurements of 2 plates ("
    )
    assert told.sentences[-1] == "Every setting of the study is as it was written down under codes."
    assert Claim.read(results) is not None
    record = study.record
    record["files"]["features.zarr"] = "0" * 32
    record["config"]["train"]["epochs"] = 7
    other = unblinded(record)
    assert other is not None
    assert set(other.table.loc[other.table["what"] == "features", "state"]) == {CHANGED}
    assert other.changed == ("features of P1 and P2", "setting [train] epochs: 6 → 7")
    # Once it has run, settings are kept as of any study.
    (copied.folder / "small.toml").write_text(SETTINGS.replace("epochs = 6", "epochs = 7"))
    with pytest.raises(ExistsError, match=r"\[train\] epochs: 6 → 7"):
        copied.study.run()


@pytest.mark.slow
def test_what_was_made_is_replaced_only_if_asked(copied: Blind) -> None:
    """Other settings under codes need --overwrite and make only what they act on; a run is never replaced."""
    results = copied.folder / "small-results"
    features = box_digest(results / "features.zarr")
    (copied.folder / "small.toml").write_text(SETTINGS + "\n[forest]\nmeasured = 'tiles'\n")
    with pytest.raises(ExistsError, match=r"\[forest\] measured"):
        copied.study.prepare()
    assert (results / "prepared.json").is_file()
    made = copied.study.prepare(overwrite=True)
    assert box_digest(results / "features.zarr") == features == made.files["features.zarr"]
    assert set(made.files) == {"tiles.zarr", "features.zarr", "measurements.parquet"}
    claim = Claim.read(results)
    assert claim is not None
    replace(claim, prepared=False).write(results)
    (copied.folder / "small.toml").write_text(SETTINGS)
    with pytest.raises(ExistsError, match="holds results of a run"):
        copied.study.prepare(overwrite=True)


@pytest.fixture(scope="module")
def unmade(tmp_path_factory: pytest.TempPathFactory) -> Blind:
    """Coded plates of which nothing was made; to be copied."""
    return code_plates(tmp_path_factory.mktemp("unmade") / "work")


@pytest.fixture
def blind(unmade: Blind, tmp_path: Path) -> Blind:
    """Give them to be changed."""
    shutil.copytree(unmade.folder.parent, tmp_path, dirs_exist_ok=True)
    return Blind(tmp_path / "work", tmp_path / "work-secret" / "study.key")


def test_what_cannot_be_done_under_codes(blind: Blind) -> None:
    """A run says what can be done; what depends on classes, donors or names is refused before it is made."""
    with pytest.raises(
        ConfigError, match="no plate says the diagnosis of its samples, which are under codes"
    ):
        blind.study.run()
    plates = [open_plate(path) for path in blind.plates]
    file = blind.folder / "small.toml"

    def selected(**settings: object) -> pd.DataFrame:
        return select_coded(plates, DataSettings.model_validate({"plates": ["P1"], **settings}), file).wells

    assert len(selected()) == 18
    code = Key.open(blind.key, PASSPHRASE).lines["code"][0]
    assert code not in set(selected(where=f"code != '{code}'")["group"])
    for settings, said in (
        ({"where": f"clone != '{code}'"}, "clone"),
        ({"where": "diagnosis == 'ALS'"}, "diagnosis"),
        ({"label": "treatment"}, "nothing is under codes"),
        ({"group": "donor", "images_per_clone": 3}, "draws tiles from each donor, which only the key tells"),
    ):
        with pytest.raises(ConfigError, match=said):
            selected(**settings)
    role = plates[0].wells.assign(role="negative_control")
    plates[0] = replace_wells(plates[0], role)
    with pytest.raises(ConfigError, match="role is 'negative_control' take part depends on their class"):
        selected()


def replace_wells(plate: Plate, wells: pd.DataFrame) -> Plate:
    """Give a plate with another wells table; nothing is written."""
    return Plate(plate.path, replace(plate.spec, wells=wells))


def test_the_same_tiles_are_drawn_under_codes_and_names(blind: Blind) -> None:
    """The draw of images_per_clone goes by the codes before and after, whatever the names and classes."""
    (blind.folder / "small.toml").write_text(SETTINGS.replace("[tiles]", "images_per_clone = 3\n[tiles]", 1))
    before = Groundwork.of_codes(read_config(blind.folder / "small.toml"), blind.folder / "small.toml").tiles
    unblind_plates(Key.open(blind.key, PASSPHRASE), blind.plates)
    after = blind.study.prepared().tiles
    assert after["tile_id"].tolist() == before["tile_id"].tolist()
    assert set(after["group"].dropna()) == set(NAMES.values())
    assert after.groupby("group").size().tolist() == [3] * 8


def test_some_plates_with_names_and_some_under_codes(blind: Blind) -> None:
    """A study of both is refused: a clone would go by two names."""
    unblind_plates(Key.open(blind.key, PASSPHRASE), blind.plates[:1])
    with pytest.raises(ConfigError, match="P2 has codes still, and others have their names back"):
        blind.study.prepared()
    with pytest.raises(ConfigError, match="nothing is under codes"):
        blind.study.prepare()


def test_settings_after_names_are_known(blind: Blind) -> None:
    """What tiles, measurements and features were made by must stay; what acts on later steps may change."""
    file = blind.folder / "small.toml"
    claim = replace(Groundwork.of_codes(read_config(file), file).claim, prepared=True)
    unblind_plates(Key.open(blind.key, PASSPHRASE), blind.plates)

    def differences(**changes: str) -> list[str]:
        text = SETTINGS
        for name, value in changes.items():
            text = re.sub(rf"(?m)^{name} = .*$", f"{name} = {value}", text)
        file.write_text(text)
        now = replace(claim, settings=read_config(file).model_dump(mode="json"), plates=named.plates)
        return sorted(claim.differences(replace(now, coded=named.coded)))

    named = blind.study.prepared().claim
    assert differences(epochs="7", n_sets="2", hidden="32") == []
    assert differences(views="3", size="32") == ["[tiles] size: 64 → 32", "[train] views: 2 → 3"]
    other = ["plate P1: another platemap", "plate P2: another platemap"]
    assert sorted(replace(claim, prepared=False).differences(named)) == other


def test_a_study_file_is_begun_under_codes(blind: Blind) -> None:
    """The classes are written down as they are named; without names the sentence asks for them."""
    out = blind.folder / "als.toml"
    data = {"label": "diagnosis", "positive": None, "negative": None, "group": None}
    with pytest.raises(ArgumentError, match="name the two classes as the key does"):
        write_study_file(blind.plates, out, data)
    chosen, said = write_study_file(blind.plates, out, data | {"positive": "ALS", "negative": "control"})
    assert (chosen["positive"], chosen["negative"], chosen["group"]) == ("ALS", "control", "clone")
    assert said[0].startswith("Samples are under codes")
    assert read_config(out).splits.n_sets > 1
