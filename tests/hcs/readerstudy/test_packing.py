"""A pack as it is written: nothing in it tells a class, and the key stands apart."""

import json
import os
import re
import stat
from collections import Counter
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.hcs.readerstudy.leaks import chance, of_name
from tests.hcs.readerstudy.test_pictures import chunks
from typer.testing import CliRunner

from hcs.cli.app import app
from hcs.readerstudy.dealing import deal_readers
from hcs.readerstudy.images import Images
from hcs.readerstudy.key import Key
from hcs.readerstudy.pack import Pack
from hcs.readerstudy.packing import STAMP, NewPack, new_pack, open_named
from hcs.readerstudy.pictures import Scale
from hcs.readerstudy.spec import PackSpec
from hcs.readerstudy.telling import record
from hcs.study.folder import StudyResults
from hcs_plates.errors import ArgumentError, ExistsError, HcsError, StoreError

SPEC = PackSpec(readers=4, per_reader=40, training=8, repeats=6, seed=81052349917720461)


@pytest.fixture(scope="module")
def made(coded_study: StudyResults, tmp_path_factory: pytest.TempPathFactory) -> NewPack:
    """A pack for four readers; not to be changed."""
    return new_pack(coded_study, tmp_path_factory.mktemp("made") / "reading", SPEC)


def test_nothing_is_named(made: NewPack) -> None:
    """No byte of the pack, pixels apart, names clone, plate, well, batch, study, token, seed or key."""
    tokens = [line.split(",")[1] for line in made.tokens.read_text().splitlines()[1:]]
    words = [
        "line-K",
        "donor-Q",
        "screen-V",
        "batch-",
        "secret",
        "coded",
        str(SPEC.seed),
        *tokens,
    ]
    words += [str(made.pack.folder.parent), made.key.name, made.tokens.name]
    searched = 0
    for path in made.pack.folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        if path.suffix == ".png":
            content = b"".join(kind + body for kind, body in chunks(content) if kind != b"IDAT")
        place = path.relative_to(made.pack.folder).as_posix().encode()
        searched += 1
        for word in words:
            assert word.encode() not in content + place, (path, word)
        assert not re.search(rb"\b[A-H](0[1-9]|1[0-2])\b", content + place)
    assert searched == 3 + len(Key.open(made.key).images)


def test_labels_stand_at_training_items_alone(made: NewPack) -> None:
    """What is judged has no answer in the schedule, and what is shown in training has the right one."""
    key = Key.open(made.key, made.pack).images.set_index("image")
    document = json.loads((made.pack.folder / "schedule.json").read_text())
    for reader in document["readers"]:
        assert set(reader) == {"name", "token_sha256", "items"}
        assert [item["training"] for item in reader["items"]] == [True] * 8 + [False] * 46
        for item in reader["items"]:
            assert set(item) == {"image", "training", "answer"}
            assert item["answer"] == (key.at[item["image"], "label"] if item["training"] else None)


def test_files_are_alike(made: NewPack) -> None:
    """Size, time of change and permissions are the same of all."""
    facts = [path.stat() for path in sorted((made.pack.folder / "images").iterdir())]
    assert len({fact.st_size for fact in facts}) == 1
    assert {fact.st_mtime_ns for fact in facts} == {STAMP * 10**9}
    assert {stat.S_IMODE(fact.st_mode) for fact in facts} == {0o644}
    assert [path.stat().st_mtime for path in made.pack.folder.rglob("*")] == [STAMP] * (len(facts) + 3)


def test_sizes_would_tell(coded_study: StudyResults) -> None:
    """Compressed, the same images tell their classes by size: so the test above is about something."""
    images, scale = Images.of(coded_study), Scale.of(coded_study, "plate")
    sizes, positive = [], []
    for _, row in images.table.iloc[::4].iterrows():
        _, coded = cv2.imencode(".png", scale.picture(images.read(row), row))
        sizes.append(len(coded))
        positive.append(row["label"] == "ALS")
    assert chance(np.array(sizes, dtype=float)[:, None], np.array(positive)) < 0.01


def test_names_and_positions_tell_nothing(coded_study: StudyResults, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over packs: no byte or bit of a name, no position, no class of the image before goes with the class."""
    rng = np.random.default_rng(11)
    monkeypatch.setattr("hcs.readerstudy.dealing.secrets.token_hex", lambda n: rng.bytes(n).hex())
    images, named, placed = Images.of(coded_study), [], []
    for seed in range(5):
        dealt = deal_readers(images, replace(SPEC, readers=2, seed=seed))
        label = dealt.files.set_index("image")["label"] == "ALS"
        order = {name: place for place, name in enumerate(sorted(label.index))}
        named += [(*of_name(name), order[name], label[name]) for name in label.index]
        for items in dealt.items.values():
            for place, item in enumerate(items[8:]):
                placed.append((place, place % 2, place % 3, place % 4, label[item.image]))
    for rows in (np.array(named, dtype=float), np.array(placed, dtype=float)):
        assert chance(rows[:, :-1], rows[:, -1] == 1) > 0.01
    told = np.array(named, dtype=float)
    told[:, 0] += 100 * told[:, -1]
    assert chance(told[:, :-1], told[:, -1] == 1) == 0.001


@pytest.mark.nightly
def test_a_forest_learns_nothing(coded_study: StudyResults, tmp_path: Path) -> None:
    """Over 30 packs, a forest of other packs tells no class from size, times, names, places or positions."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import GroupKFold, cross_val_predict

    rows, positive, packs = [], [], []
    for number in range(30):
        made = new_pack(coded_study, tmp_path / str(number), replace(SPEC, seed=None))
        labels = Key.open(made.key, made.pack).images.set_index("image")["label"]
        folder = made.pack.folder / "images"
        listed = [path.stem for path in folder.iterdir()]
        facts = {name: (folder / f"{name}.png").stat() for name in listed}
        ranks = [
            {name: place for place, name in enumerate(order)}
            for order in (
                listed,
                sorted(listed, key=lambda name: facts[name].st_ctime_ns),
                sorted(listed, key=lambda name: facts[name].st_ino),
            )
        ]
        for place, item in enumerate(made.pack.items("reader 1")):
            if not item.training:
                fact = facts[item.image]
                rows.append(
                    [*of_name(item.image), fact.st_size, fact.st_mtime, place]
                    + [rank[item.image] for rank in ranks]
                )
                positive.append(labels[item.image] == "ALS")
                packs.append(number)
    truth = np.array(positive)
    forest = RandomForestClassifier(200, min_samples_leaf=5, random_state=0)
    found = cross_val_predict(
        forest, np.array(rows), truth, groups=packs, cv=GroupKFold(10), method="predict_proba"
    )
    # SD of the area by chance (Mann and Whitney 1947).
    n, m = int(truth.sum()), int((~truth).sum())
    assert abs(roc_auc_score(truth, found[:, 1]) - 0.5) < 4 * np.sqrt((n + m + 1) / (12 * n * m))


def test_images_are_those_of_the_key(made: NewPack, coded_study: StudyResults) -> None:
    """Every file is the tile that the key says, by the scale that the key says."""
    key, tiles = Key.open(made.key, made.pack), coded_study.tiles
    rows = {identity: row for row, identity in enumerate(tiles.index["tile_id"])}
    for one in key.images.itertuples():
        place = rows[f"{one.plate}/{one.well}/{one.field}/{one.tile}"]
        ((low, high),) = key.scale["windows"][one.plate]
        pixels = tiles.read(place, place + 1)[0, ..., 0].astype(float)
        shown = cv2.imdecode(np.frombuffer(made.pack.image(one.image), np.uint8), cv2.IMREAD_UNCHANGED)
        assert shown is not None
        assert np.abs(shown - np.clip(255 * (pixels - low) / (high - low), 0, 255)).max() <= 0.51


def test_what_each_reader_is_shown(made: NewPack) -> None:
    """All see the same images, balanced, in other orders; second showings bear names of their own."""
    key, pack = Key.open(made.key, made.pack), made.pack
    images = key.images.set_index("image")
    orders, shown, training = set(), set(), []
    for reader in pack.readers:
        items = pack.items(reader)
        first = [i for i, item in enumerate(items) if not item.training and i not in key.repeats[reader]]
        names = [items[i].image for i in first]
        assert Counter(images.loc[names, "label"]) == {"ALS": 20, "control": 20}
        assert len(key.repeats[reader]) == 6
        for position in key.repeats[reader]:
            same = [i for i in first if pack.image(items[i].image) == pack.image(items[position].image)]
            assert len(same) == 1
            assert position - same[0] >= pack.info.record.apart
            assert items[same[0]].image != items[position].image
        second = images.loc[[items[position].image for position in key.repeats[reader]], "label"]
        assert Counter(second) == {"ALS": 3, "control": 3}
        orders.add(tuple(names))
        shown.add(frozenset(names))
        training.append(tuple(item.image for item in items[:8]))
    assert len(orders) == 4
    assert len(shown) == 1
    assert len(set(training)) > 1
    assert len(set(map(frozenset, training))) == 1
    assert not set(images.loc[list(training[0]), "group"]) & set(images.loc[list(*shown), "group"])


def test_own_images_are_counted(coded_study: StudyResults) -> None:
    """Where readers have images of their own, it is told how many two of them judge."""
    images, spec = Images.of(coded_study), replace(SPEC, same_images=False)
    dealt = deal_readers(images, spec)
    judges = Counter(row for reader in spec.names for row in set(dealt.judged(reader)["row"]))
    told = record(images, spec, dealt, ("ALS", "control"))
    several = sum(n > 1 for n in judges.values())
    assert told.sentences == (f"Two readers or more judge {several} images; agreement rests on these alone.",)
    assert told.headline.startswith("4 readers judge 40 images of 12 clones (20 ALS and 20 control), 6 of")


def test_tokens(made: NewPack) -> None:
    """Each reader's token opens that reader's items and no other's; the pack has digests alone."""
    lines = made.tokens.read_text().splitlines()
    assert lines[0] == "reader,token"
    for line in lines[1:]:
        name, token = line.split(",")
        assert made.pack.reader_of(token) == name
        assert made.pack.reader_of(token[:-1]) is None
        assert len(token) >= 32
    for file in (made.key, made.tokens):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert made.pack.folder not in file.parents


@pytest.mark.slow
def test_seed_is_the_draw(coded_study: StudyResults, made: NewPack, tmp_path: Path) -> None:
    """The same seed deals the same images in the same orders under other names; another seed does not."""
    place = ["plate", "well", "field", "tile"]

    def dealt(one: NewPack) -> list[list[tuple[object, ...]]]:
        images = Key.open(one.key, one.pack).images.set_index("image")
        return [
            [tuple(images.loc[item.image, place]) for item in one.pack.items(reader)]
            for reader in one.pack.readers
        ]

    again = new_pack(coded_study, tmp_path / "again", SPEC)
    other = new_pack(coded_study, tmp_path / "other", replace(SPEC, seed=None))
    assert dealt(again) == dealt(made) != dealt(other)
    assert not {item.image for item in again.pack.items("reader 1")} & {
        item.image for item in made.pack.items("reader 1")
    }
    assert Key.open(again.key).seed == SPEC.seed != Key.open(other.key).seed > 2**64


def test_nothing_is_overwritten(coded_study: StudyResults, tmp_path: Path) -> None:
    """A pack, a key or tokens that stand there are kept, and nothing is written beside them."""
    for name in ("reading", "reading.key.json", "reading.tokens.csv"):
        folder = tmp_path / name.replace(".", "-")
        (folder / name).mkdir(parents=True)
        with pytest.raises(ExistsError, match="exists already"):
            new_pack(coded_study, folder / "reading", SPEC)
        assert [path.name for path in folder.iterdir()] == [name]
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "pack")
    for key in (tmp_path / "pack" / "key.json", tmp_path / "pack", link / "deep" / "key.json"):
        with pytest.raises(ArgumentError, match="lies in the pack"):
            new_pack(coded_study, tmp_path / "pack", SPEC, key=key)
    (tmp_path / "by-link").symlink_to(tmp_path)
    with pytest.raises(ArgumentError, match="lies in the pack"):
        new_pack(coded_study, tmp_path / "by-link" / "pack", SPEC, key=tmp_path / "pack" / "key.json")
    with pytest.raises(ArgumentError, match="tokens"):
        new_pack(coded_study, tmp_path / "pack", SPEC, key=tmp_path / "pack.tokens.csv")


def test_no_pack_in_another(coded_study: StudyResults, made: NewPack, tmp_path: Path) -> None:
    """Key and tokens would lie where readers of the other one look."""
    for out, key in ((made.pack.folder / "deep" / "pack", None), (tmp_path / "p", made.pack.folder / "k")):
        with pytest.raises(ArgumentError, match="would lie in the pack"):
            new_pack(coded_study, out, SPEC, key=key)
    assert not list(made.pack.folder.glob("[!prsi]*"))


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["png", "schedule_content", "_stamp"])
def test_whole_or_not_at_all(
    coded_study: StudyResults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """Whatever fails on the way, neither pack nor key nor tokens are left."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"hcs.readerstudy.packing.{broken}", fail)
    with pytest.raises(HcsError, match="the disk is full"):
        new_pack(coded_study, tmp_path / "reading", SPEC)
    assert list(tmp_path.iterdir()) == []


BROKEN = [
    ("pack.json", lambda text: text[:-9], "is no pack"),
    ("pack.json", lambda text: text.replace('"format": 1', '"format": 2'), "is no pack"),
    ("schedule.json", lambda text: text.replace('"reader 2"', '"reader 1"'), "two readers of one name"),
    ("schedule.json", lambda text: text.replace('"answer": null', '"answer": "ALS"', 1), "has labels"),
    ("schedule.json", lambda text: text.replace('"answer": "ALS"', '"answer": "x"'), "has labels"),
    ("schedule.json", lambda text: re.sub(r'"image": "\w{8}', '"image": "../../..', text), "is no pack"),
    ("schedule.json", lambda text: re.sub(r'"image": "\w{4}', '"image": "dead', text, count=1), "are gone"),
]


@pytest.mark.parametrize(("name", "edit", "said"), BROKEN)
def test_broken_packs(made: NewPack, tmp_path: Path, name: str, edit: object, said: str) -> None:
    """A pack that lacks something or was changed is refused with what is wrong."""
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "images").symlink_to(made.pack.folder / "images")
    for file in ("pack.json", "schedule.json"):
        text = (made.pack.folder / file).read_text()
        changed = edit(text) if file == name else text  # type: ignore[operator]
        assert file != name or changed != text
        (folder / file).write_text(changed)
    with pytest.raises(StoreError, match=said):
        Pack.open(folder)


def test_images_by_id_alone(made: NewPack) -> None:
    """No other file is read by a name that somebody made up."""
    for name in ("../pack", "../../reading.key", "0" * 32, ""):
        with pytest.raises(HcsError, match="no such image"):
            made.pack.image(name)


@pytest.mark.slow
def test_key_of_another_pack(coded_study: StudyResults, made: NewPack, tmp_path: Path) -> None:
    """A key is held against its pack, and shows nothing when printed."""
    other = new_pack(coded_study, tmp_path / "other", SPEC)
    with pytest.raises(StoreError, match="of another pack"):
        Key.open(other.key, made.pack)
    (tmp_path / "changed").write_text(other.key.read_text().replace("ALS", "als"))
    with pytest.raises(StoreError, match="was changed"):
        Key.open(tmp_path / "changed", other.pack)
    with pytest.raises(StoreError, match="no key"):
        Key.open(made.tokens)
    with pytest.raises(HcsError, match="There is no key"):
        Key.open(tmp_path)
    assert "line-K" not in repr(Key.open(made.key))


def test_command(coded_study: StudyResults, tmp_path: Path) -> None:
    """The command says what was dealt, where the key is and what comes next."""
    out = tmp_path / "reading"
    asked = ["readers", "new", str(coded_study.results), "--out", str(out), "--seed", "1", "--training", "8"]
    asked += ["--per-reader", "24", "--repeats", "4", "--reader", "R. Mori", "--reader", "Zoë"]
    ran = CliRunner().invoke(app, asked)
    assert ran.exit_code == 0, ran.output
    said = (
        "2 readers judge the same 24 images of 12 clones (12 ALS and 12 control), 4 of them twice, after 8 "
        "labelled images of 4 other clones."
    )
    assert f"{out}: {said}" in ran.output
    assert len(said.split()) <= 30
    pack = Pack.open(out)
    assert pack.readers == ("R. Mori", "Zoë")
    assert pack.info.record.summary().startswith(said)
    assert os.fspath(out) + ".key.json" in ran.output
    assert pack.info.told == (
        "You will see 28 images of cells, one at a time. Say of each whether the cells are ALS or control, "
        "and whether you are sure.",
        "Before that come 8 images with their class, to learn from.",
        "Both classes occur, in an order drawn by chance.",
        "The images show FITC.",
        "Some images may come twice.",
    )


def test_fewer_than_usual(coded_study: StudyResults, tmp_path: Path) -> None:
    """Numbers that nobody asked for fit what there is; they are told, and readers too."""
    made = new_pack(coded_study, tmp_path / "pack", PackSpec(readers=2, seed=3))
    info = made.pack.info
    assert (info.record.images, info.record.training, info.record.repeats) == (96, 20, 10)
    assert info.record.sentences == (
        "There are 96 images to judge, and not 100: as many as can be dealt evenly over classes and clones.",
    )
    assert "You will see 106 images" in info.told[0]
    assert Key.open(made.key).chosen["per_reader"] == 96
    with pytest.raises(ArgumentError, match="--repeats 97: no more than all 96"):
        new_pack(coded_study, tmp_path / "other", PackSpec(readers=2, repeats=97))


def test_under_codes(tmp_path: Path) -> None:
    """A study whose classes only a key tells has nothing that a reader could be right about."""
    (tmp_path / "prepared.json").write_text("{}")
    with pytest.raises(StoreError, match="under codes"):
        open_named(tmp_path)


ASKED = [
    ({"readers": 0}, "--readers 0"),
    ({"readers": ["A", "a"]}, "would be two readers"),
    ({"readers": ["A", "A"]}, "would be two readers"),
    ({"readers": ["=1+1"]}, "--reader '=1"),
    ({"readers": ["A,B"]}, "--reader 'A,B'"),
    ({"readers": ["x" * 61]}, "up to 60"),
    ({"readers": []}, "0 readers"),
    ({"per_reader": 1}, "--per-reader 1"),
    ({"training": 1}, "one class alone"),
    ({"training": -1}, "--training -1"),
    ({"per_reader": 100, "repeats": 101}, "--repeats 101"),
    ({"seed": -3}, "--seed -3"),
]


@pytest.mark.parametrize(("asked", "said"), ASKED)
def test_spec(asked: dict[str, object], said: str) -> None:
    """Numbers and names that make no study are refused."""
    with pytest.raises(ArgumentError, match=re.escape(said)):
        PackSpec(**asked)  # type: ignore[arg-type]
