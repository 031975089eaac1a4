"""Blinding: nothing that reaches a reader's browser, but the picture itself, tells what it is a picture of."""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, permutation_test_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.hcs.web.readerpages.packs import MadePack, make_pack
from tests.hcs.web.readerpages.process import Reader

from hcs.readerstudy.key import Key
from hcs.readerstudy.pack import Pack
from hcs.readerstudy.packing import new_pack
from hcs.readerstudy.spec import PackSpec
from hcs.report.reported import Study
from hcs.web.readerpages.serve import served_readers

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
    """Two readers, each through 8 training images and 120 of the test of which 20 come twice."""
    made = make_pack(tmp_path_factory.mktemp("blind") / "pack", images=120, training=8, repeats=20)
    with served_readers(made.pack.folder, port=0) as server, server:
        server.start()
        port = server.listening.socket.getsockname()[1]
        return made, {reader: session(port, reader, token) for reader, token in made.tokens.items()}


def test_all_images_come_alike(recorded: tuple[MadePack, dict[str, Traffic]]) -> None:
    """One status, one set of headers in one order, one length in bytes; nothing that a browser could keep."""
    _, readers = recorded
    images = [image for traffic in readers.values() for image in traffic.images]
    assert len(images) == 2 * 148
    (status, headers, length), *others = {
        (status, tuple(headers), len(content)) for status, headers, content in images
    }
    assert not others
    named = {name.lower(): value for name, value in headers}
    assert (status, named["content-type"], int(named["content-length"])) == (200, "image/png", length)
    assert named["cache-control"] == "no-store"
    assert FORBIDDEN.isdisjoint(named)
    assert {re.findall(rb"IHDR|IDAT|IEND|tEXt|tIME|iTXt|eXIf", content)[0] for *_, content in images} == {b"IHDR"}


def test_all_clicks_are_answered_alike(recorded: tuple[MadePack, dict[str, Traffic]]) -> None:
    """In the test: where the reader stands, and not whether it was right. In training the label, afterwards."""
    made, readers = recorded
    for reader, traffic in readers.items():
        for position, (status, headers, content) in enumerate(traffic.clicks):
            state = {"revision": position + 1, "answered": position + 1}
            label = made.label(reader, position) if position < 8 else None
            assert (status, json.loads(content)) == (200, {"state": state, "label": label})
            assert FORBIDDEN.isdisjoint(name.lower() for name, _ in headers)
        after = {tuple(headers) for _, headers, content in traffic.clicks[8:] if len(content) == 60}
        assert len(after) == 1


def test_the_page_is_told_nothing_of_single_images(recorded: tuple[MadePack, dict[str, Traffic]]) -> None:
    """What is asked, both classes, and how many; no id of an image, which a reader could look up or compare."""
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


def chance(seen: npt.NDArray[np.float64], labels: list[str]) -> dict[str, float]:
    """Cross-validated accuracy against permuted labels: p of a logistic model and of a forest."""
    models = {
        "logistic": (make_pipeline(StandardScaler(), LogisticRegression()), 199),
        "forest": (RandomForestClassifier(20, max_depth=4, random_state=0), 99),
    }
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    return {
        name: float(
            permutation_test_score(model, seen, labels, cv=folds, n_permutations=times, random_state=0)[2]
        )
        for name, (model, times) in models.items()
    }


@pytest.mark.slow
def test_no_classifier_tells_the_class_from_sizes_headers_order_and_latency(
    recorded: tuple[MadePack, dict[str, Traffic]],
) -> None:
    """It stays at chance, and would not: one byte, or 1 ms, that goes with the class is found."""
    made, readers = recorded
    seen, labels = [], []
    for reader, traffic in readers.items():
        seen.append(features(traffic)[8:])
        labels += [made.label(reader, position) for position in range(8, 148)]
    noted = np.concatenate(seen)
    honest = chance(noted, labels)
    # The smallest p that can be reached is 0.005 and 0.01; at chance one in 50 is as small as this.
    assert min(honest.values()) > 0.01, honest
    patient = np.array(labels) == "ALS"
    byte, late = noted.copy(), noted.copy()
    byte[:, 0] += patient
    late[:, -2] = np.log(np.exp(noted[:, -2]) + 0.02 * patient)
    for planted in (byte, late):
        assert max(chance(planted, labels).values()) <= 0.01


@pytest.fixture(scope="module")
def real(small_study: Study, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Pack, Key, str]]:
    """A pack of a study, its key, and all that a reader of it was sent, as text."""
    out = tmp_path_factory.mktemp("real") / "pack"
    spec = PackSpec(readers=1, per_reader=8, training=4, repeats=1, seed=1)
    made = new_pack(small_study.results, out, spec)
    token = made.tokens.read_text(encoding="utf-8").split("#")[-1].split(",")[-1].strip()
    with served_readers(out, port=0) as server, server:
        server.start()
        traffic = session(server.listening.socket.getsockname()[1], made.pack.readers[0], token)
    sent = traffic.about + "".join(f"{head}{body!r}" for _, head, body in traffic.images + traffic.clicks)
    yield made.pack, Key.open(made.key), sent


def test_no_name_of_the_study_is_sent(real: tuple[Pack, Key, str], small_plates: Path) -> None:
    """No clone, plate, well, field, no path of the study, no digest or seed of the key, no id of an image."""
    pack, key, sent = real
    names = set(map(str, key.images["group"])) | set(map(str, key.images["plate"])) | set(key.images["well"])
    names |= {str(small_plates), small_plates.name, pack.info.key, pack.info.pack, "key.json", *key.images.index}
    assert len(names) > 20
    found: Callable[[str], bool] = lambda name: re.search(rf"(?<![\w\\]){re.escape(name)}(?!\w)", sent) is not None
    assert {name for name in names if found(name)} == set()
