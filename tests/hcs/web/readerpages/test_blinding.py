"""Blinding: nothing that reaches a reader's browser but the picture itself tells what it is a picture of."""

import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import rankdata
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.hcs.readerstudy.fabricated import write_study
from tests.hcs.web.readerpages.packs import MadePack, make_pack
from tests.hcs.web.readerpages.process import Reader

from hcs.readerstudy.key import Key
from hcs.readerstudy.pack import Pack
from hcs.readerstudy.packing import new_pack
from hcs.readerstudy.spec import PackSpec
from hcs.study.folder import StudyResults
from hcs.web.readerpages.serve import served_readers

TRAINING = 8
FORBIDDEN = {"etag", "last-modified", "date", "server", "age", "expires", "content-disposition"}


@dataclass
class Traffic:
    """All that one reader's browser was sent, in order: path, status, headers, body, seconds."""

    images: list[tuple[int, list[tuple[str, str]], bytes]] = field(default_factory=list)
    clicks: list[tuple[int, list[tuple[str, str]], bytes]] = field(default_factory=list)
    seconds: list[tuple[float, float]] = field(default_factory=list)
    about: str = ""


def session(port: int, reader: str, token: str) -> Traffic:
    """Go through a reader's whole order, clicking on one class after the other."""
    traffic, link = Traffic(), Reader(port, reader, token)
    traffic.about = json.dumps(link.about)
    for position in range(link.about["total"]):
        began = time.perf_counter()
        traffic.images.append(link.image())
        middle = time.perf_counter()
        traffic.clicks.append(link.answer(link.about["classes"][position % 2], sure=position % 3 == 0))
        traffic.seconds.append((middle - began, time.perf_counter() - middle))
    link.close()
    return traffic


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[MadePack, dict[str, Traffic]]:
    """Two readers, each through 8 training images and 80 of the test of which 16 come twice."""
    made = make_pack(tmp_path_factory.mktemp("blind") / "pack", images=80, training=TRAINING, repeats=16)
    with served_readers(made.pack.folder, port=0) as server, server:
        server.start()
        port = server.listening.socket.getsockname()[1]
        return made, {reader: session(port, reader, token) for reader, token in made.tokens.items()}


def test_all_images_come_alike(recorded: tuple[MadePack, dict[str, Traffic]]) -> None:
    """One status, one set of headers in one order, one length in bytes; nothing that a browser could keep."""
    _, readers = recorded
    images = [image for traffic in readers.values() for image in traffic.images]
    assert len(images) == 2 * (TRAINING + 96)
    (status, headers, length), *others = {
        (status, tuple(headers), len(content)) for status, headers, content in images
    }
    assert not others
    named = {name.lower(): value for name, value in headers}
    assert (status, named["content-type"], int(named["content-length"])) == (200, "image/png", length)
    assert named["cache-control"] == "no-store"
    assert FORBIDDEN.isdisjoint(named)
    assert {re.findall(rb"IHDR|IDAT|IEND|tEXt|tIME|iTXt|eXIf", content)[0] for *_, content in images} == {
        b"IHDR"
    }


def test_all_clicks_are_answered_alike(recorded: tuple[MadePack, dict[str, Traffic]]) -> None:
    """In the test: where the reader stands, never whether it was right. In training: the label."""
    made, readers = recorded
    for reader, traffic in readers.items():
        for position, (status, headers, content) in enumerate(traffic.clicks):
            state = {"revision": position + 1, "answered": position + 1}
            label = made.label(reader, position) if position < TRAINING else None
            assert (status, json.loads(content)) == (200, {"state": state, "label": label})
            assert FORBIDDEN.isdisjoint(name.lower() for name, _ in headers)
        # Counted in two digits each, as most are.
        after = {(tuple(headers), len(content)) for _, headers, content in traffic.clicks[9:99]}
        assert len(after) == 1


def test_the_page_is_told_nothing_of_single_images(recorded: tuple[MadePack, dict[str, Traffic]]) -> None:
    """What is asked, both classes, and how many; no id of an image, which could be compared."""
    made, readers = recorded
    for reader, traffic in readers.items():
        about = json.loads(traffic.about)
        assert set(about) == ABOUT
        sent = traffic.about + "".join(content.decode() for *_, content in traffic.clicks)
        assert not any(item.image in sent for item in made.pack.items(reader))
        assert made.tokens[reader] not in sent


ABOUT = {"reader", "title", "question", "classes", "told", "size", "enlarged", "training", "total"} | {
    "revision",
    "answered",
}


def features(traffic: Traffic) -> npt.NDArray[np.float64]:
    """What a reader could note of each image beside the picture: sizes, headers, order, latency."""
    rows = []
    for position, (image, click, seconds) in enumerate(
        zip(traffic.images, traffic.clicks, traffic.seconds, strict=True)
    ):
        sizes = [len(image[2]), len(click[2])]
        told = [len(image[1]), sum(map(len, map(str, image[1]))), len(str(click[1]))]
        rows.append([*sizes, *told, position, position % 2, *np.log(seconds)])
    return np.array(rows, dtype=float)


def chance(seen: npt.NDArray[np.float64], positive: npt.NDArray[np.bool_], draws: int = 9999) -> float:
    """Smaller p of two models, a logistic one and a forest: do they rank images of one class higher?

    Each scores the fifth of the images that it was not fitted on; the sum of ranks of one class is held
    against those of permuted labels (smallest p 0.0001), twice what the smaller one is.
    """
    models = (
        make_pipeline(StandardScaler(), LogisticRegression()),
        RandomForestClassifier(30, max_depth=4, random_state=0),
    )
    rng = np.random.default_rng(0)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    labels = np.stack([positive, *(rng.permutation(positive) for _ in range(draws))])
    found = []
    for model in models:
        scores = cross_val_predict(model, seen, positive, cv=folds, method="predict_proba")[:, 1]
        sums = labels @ rankdata(scores)
        found.append(float((sums >= sums[0]).mean()))
    return min(1.0, 2 * min(found))


@pytest.mark.slow
def test_no_classifier_tells_the_class_from_sizes_headers_order_and_latency(
    recorded: tuple[MadePack, dict[str, Traffic]],
) -> None:
    """It stays at chance; one byte, or a tenth of a second, that goes with the class is found."""
    made, readers = recorded
    noted = np.concatenate([features(traffic)[TRAINING:] for traffic in readers.values()])
    positive = np.array(
        [
            made.label(reader, position) == "ALS"
            for reader, traffic in readers.items()
            for position in range(TRAINING, len(traffic.images))
        ]
    )
    # At chance, one session in two thousand is as telling as this.
    assert chance(noted, positive) > 0.0005
    byte, late = noted.copy(), noted.copy()
    byte[:, 0] += positive
    late[:, -2] = np.log(np.exp(noted[:, -2]) + 0.1 * positive)
    assert chance(byte, positive) <= 0.0005
    assert chance(late, positive) <= 0.0005


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Pack, Key, str]:
    """A study's folder, a pack of it, its key, and all that a reader of the pack was sent, as text."""
    folder = tmp_path_factory.mktemp("real")
    study = StudyResults.open(write_study(folder))
    made = new_pack(study, folder / "pack", PackSpec(readers=1, per_reader=24, training=4, repeats=4, seed=1))
    (reader,) = made.pack.readers
    token = made.tokens.read_text(encoding="utf-8").splitlines()[1].rpartition(",")[2]
    with served_readers(folder / "pack", port=0) as server, server:
        server.start()
        traffic = session(server.listening.socket.getsockname()[1], reader, token)
    sent = traffic.about + "".join(f"{head}{body!r}" for _, head, body in traffic.images + traffic.clicks)
    return folder, made.pack, Key.open(made.key, made.pack), sent


@pytest.mark.slow
def test_no_name_of_the_study_is_sent(real: tuple[Path, Pack, Key, str]) -> None:
    """No clone, plate or well, no path of the study, no digest or seed of the key, no id of an image."""
    folder, pack, key, sent = real
    told = {name: set(map(str, key.images[name])) for name in ("group", "plate", "well", "image")}
    names = set.union(
        *told.values(), {str(folder), folder.name, pack.info.key, pack.info.pack, str(key.seed)}
    )
    assert min(len(one) for one in told.values()) > 1
    found = {name for name in names if re.search(rf"(?<![\w\\]){re.escape(name)}(?!\w)", sent)}
    # Two digits, as those of seed 1, stand in any picture.
    assert {name for name in found if len(name) > 2} == set()
