"""Speed and memory of the study engine, as ratios taken in one run.

    python tests/bench/engine.py bank              # HeadBank against a loop of keras.fit
    python tests/bench/engine.py full              # the part after features of a study at full size
    python tests/bench/engine.py memory            # peak memory at 1 × and 8 × the tiles
    python tests/bench/engine.py mini TILES        # a mini study against Keras with live augmentation
    python tests/bench/engine.py views TILES       # how AUC moves with the number of stored views

TILES is the results folder of a study on simulated plates (`examples/reproduce_study.py`): its tiles, labels
and settings are used. Nothing here is a test: a table is printed, and a person reads it.
"""

import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import roc_auc_score

from hcs_models.headbank import HeadBank
from hcs_models.headspec import HeadRows, HeadSettings, draw_plan
from hcs_models.splits import clone_splits, split_parts
from hcs_models.trained import TrainedHead
from hcs_models.trainer import as_tensor, train_head

Array = npt.NDArray[Any]
COUNTS = {"train": 10, "validation": 3, "test": 2}
RATES = (1e-3, 3e-3, 5e-3, 1e-2)
"""Learning rates of the mini study's four trials."""


def drawn_study(images: int, views: int, width: int = 512) -> tuple[pd.DataFrame, Array]:
    """Tile table and features of 30 clones drawn at random, with clone effects and a small class effect."""
    rng = np.random.default_rng(0)
    clones = [f"{label}{number:02d}" for label in ("ALS", "C") for number in range(15)]
    tiles = pd.DataFrame({"group": np.repeat(clones, images)})
    tiles["label"] = tiles["group"].str[:-2]
    clone = rng.normal(0, 0.3, (30, width)) + 0.05 * (np.arange(30) < 15)[:, None]
    features = np.repeat(clone, images, axis=0)[:, None] + rng.normal(0, 1, (len(tiles), views, width))
    return tiles, features.astype(np.float16)


def head_rows(bank: HeadBank, tiles: pd.DataFrame, n_sets: int) -> tuple[list[HeadRows], list[Array]]:
    """Rows of every set's head, and its test rows."""
    plan = clone_splits(tiles[["group", "label"]], n_sets, COUNTS, 0)
    truth = (tiles["label"] == "ALS").to_numpy(dtype=int)
    rows, tests = [], []
    for split in plan.splits:
        part = split_parts(split, tiles)
        train, held, test = (np.flatnonzero(part == name) for name in COUNTS)
        rows.append(bank.rows(train, truth[train], held, truth[held]))
        tests.append(test)
    return rows, tests


def bank() -> None:
    """55 heads on the same features: the bank against `keras.Model.fit`, one after the other."""
    tiles, features = drawn_study(images=75, views=1)
    made = HeadBank(features)
    rows, _ = head_rows(made, tiles, 55)
    settings = HeadSettings(epochs=8)
    made.fit([(rows[0], replace(settings, epochs=1))])
    start = time.perf_counter()
    heads = made.fit([(one, settings) for one in rows])
    ours = time.perf_counter() - start
    table = features[:, 0].astype(np.float32)
    start = time.perf_counter()
    accuracies = []
    for one in rows:
        model = fresh_head(one, settings)
        told = model.fit(
            table[one.train],
            one.train_classes,
            batch_size=32,
            epochs=settings.epochs,
            validation_data=(table[one.validation], one.validation_classes),
            verbose=0,
        )
        accuracies.append(told.history["val_accuracy"][-1])
    theirs = time.perf_counter() - start
    mine = [head.kept()["validation_accuracy"] for head in heads]
    print(f"55 heads, {len(rows[0].train)} rows × {settings.epochs} epochs, 512 features, 128 hidden units")
    print(f"  bank {ours:.1f} s | keras.fit {theirs:.1f} s | × {theirs / ours:.1f}")
    print(f"  mean validation accuracy {np.mean(mine):.3f} | {np.mean(accuracies):.3f}")


def fresh_head(rows: HeadRows, settings: HeadSettings) -> Any:
    """The same layers as an ordinary Keras model, compiled, with weights of its own."""
    import keras

    widths = [(len(rows.mean), 128), (128,), (128, 2), (2,)]
    about = {"dropout": settings.dropout, "l2": settings.l2}
    blank = [np.zeros(width, dtype=np.float32) for width in widths]
    layers = TrainedHead(blank, rows.mean, rows.scale, about, pd.DataFrame(), 1).keras_layers()
    model = keras.Sequential([keras.Input((len(rows.mean),)), *layers])
    optimizer = keras.optimizers.SGD(settings.learning_rate, settings.momentum)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def full() -> None:
    """The part after features at the study's size; a sample of the sets is run, and the rest multiplied."""
    from hcs_models.forest import ForestClassifier
    from hcs_models.tuning import Search, SearchSpec

    sample, trials = 4, 20
    tiles, features = drawn_study(images=225, views=4)
    start = time.perf_counter()
    made = HeadBank(features)
    rows, tests = head_rows(made, tiles, 55)
    print(f"bank, 55 sets and their standardisation: {time.perf_counter() - start:6.1f} s (run in full)")
    made.fit([(rows[0], HeadSettings(epochs=1))])

    def one_set(number: int) -> float:
        search = Search(SearchSpec(trials=trials, seed=number))
        while (trial := search.ask()) is not None:
            (head,) = made.fit([(rows[number], HeadSettings(trial.learning_rate, trial.momentum))], workers=1)
            kept = head.kept()
            search.tell(
                trial.told(kept["validation_accuracy"], kept["validation_loss"], diverged=head.diverged)
            )
        best = search.best()
        settings = HeadSettings(learning_rate=best.learning_rate, momentum=best.momentum)
        (head,) = made.fit([(rows[number], settings)], workers=1)
        truth = (tiles["label"] == "ALS").to_numpy()[tests[number]]
        return float(roc_auc_score(truth, made.predict_proba(head, tests[number])[:, 1]))

    def one_forest(number: int) -> None:
        train = rows[number].train // made.features.shape[1]
        measured = np.random.default_rng(number).normal(size=(len(tiles), 22))
        ForestClassifier().fit(measured[train], rows[number].train_classes).predict_proba(measured)

    total = 0.0
    for name, work in (("20 trials and the final head", one_set), ("forest of 500 trees", one_forest)):
        start = time.perf_counter()
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(work, range(sample)))
        seconds = (time.perf_counter() - start) / sample * 55
        total += seconds
        print(f"{name}: {seconds / 60:6.1f} min for 55 sets ({sample} run, multiplied)")
    print(f"in all {total / 60:.1f} min on 2 threads")


def memory() -> None:
    """Peak memory of a process that tiles, extracts and trains, at 1 × and 8 × the fields."""
    with tempfile.TemporaryDirectory() as folder:
        for fields in (4, 32):
            words = [sys.executable, __file__, "once", folder, str(fields)]
            print(subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip())


def once(folder: str, fields: str) -> None:
    """Run one study in this process and print its peak memory."""
    from hcs_models import BackboneSpec, FeatureSpec, extract_features, resolve_weights
    from hcs_plates.description import PlateSpec
    from hcs_plates.ngff import FieldLayout
    from hcs_plates.plate import create_plate
    from hcs_plates.platemap import blank_wells
    from hcs_plates.readers.acquisition import Channel
    from hcs_plates.tiles import create_tiles
    from hcs_plates.tiling import TileSpec
    from hcs_plates.wells import FORMATS

    place, wells = Path(folder), FORMATS[96].wells()[:60]
    layout = FieldLayout(1, 1, 1, 256, 256, "uint16")
    numbers = tuple(range(1, int(fields) + 1))
    table = blank_wells("P", FORMATS[96], wells)
    spec = PlateSpec("P", FORMATS[96], (Channel("A"),), layout, dict.fromkeys(wells, numbers), table)
    image = np.random.default_rng(0).integers(0, 4000, layout.shape, dtype="uint16")
    plate = create_plate(place / f"P{fields}.ome.zarr", spec, lambda well, number: np.roll(image, number))
    tiles = create_tiles([plate], place / f"tiles{fields}", TileSpec(size=64))
    backbone = BackboneSpec(resolve_weights("auto"))
    features = extract_features(tiles, place / f"features{fields}", FeatureSpec(backbone), views=2)
    made = HeadBank(features.load(tiles.index))
    half = np.arange(0, len(tiles), 2)
    made.fit([(made.rows(half, half // 2 % 2), HeadSettings(epochs=2))] * 4)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(tiles)} tiles: peak {peak:.0f} MB")


def study_tiles(results: str) -> tuple[Any, pd.DataFrame, Any]:
    """Tiles of a study's results, their table of classes, and the study."""
    from hcs.study.folder import StudyResults

    study = StudyResults.open(results)
    tiles = pd.read_parquet(study.results / "tiles.parquet")
    return study.tiles, tiles[tiles["positive"].notna()], study


def network_inputs(tiles: Any) -> Array:
    """All tiles as the network takes them, shape (n, y, x, 3)."""
    from hcs_models.preprocessing import Preprocessing, network_input, rescale_intensity

    return np.asarray(network_input(rescale_intensity(tiles.read(0, len(tiles)), Preprocessing())))


def live_model(study: Any, images: Array, rate: float) -> Any:
    """The obvious way in Keras: augmentation layers, frozen VGG-16 and new layers, in one model."""
    import keras

    from hcs_models import BackboneSpec, load_backbone, resolve_weights

    model = study.config.model
    backbone = load_backbone(BackboneSpec(resolve_weights(model.weights), model.features_at)).model
    augment = [
        keras.layers.RandomFlip("horizontal"),
        keras.layers.RandomRotation(0.5, fill_mode="reflect"),
        keras.layers.RandomTranslation(0.1, 0.1, fill_mode="reflect"),
        keras.layers.RandomZoom((-0.1, 0.1), fill_mode="reflect"),
    ]
    standardise = keras.layers.Normalization()
    standardise.adapt(backbone.predict(images, batch_size=4, verbose=0))
    penalty = keras.regularizers.L2(model.l2)
    inputs = keras.Input(images.shape[1:])
    outputs = inputs
    for layer in augment:
        outputs = layer(outputs)
    outputs = standardise(backbone(outputs, training=False))
    for width in model.hidden:
        outputs = keras.layers.Dense(width, activation="relu", kernel_regularizer=penalty)(outputs)
        outputs = keras.layers.Dropout(model.dropout)(outputs)
    outputs = keras.layers.Dense(2, activation="softmax", kernel_regularizer=penalty)(outputs)
    whole = keras.Model(inputs, outputs)
    whole.compile(keras.optimizers.SGD(rate, 0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return whole


def mini(results: str) -> None:
    """8 splits × 4 trials × 8 epochs, 4 views: the engine in full; of Keras one head, multiplied."""
    from hcs_models import BackboneSpec, FeatureSpec, extract_features, resolve_weights

    tiles, table, study = study_tiles(results)
    truth = table["positive"].to_numpy(dtype=int)
    model, epochs = study.config.model, 8
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        network = BackboneSpec(resolve_weights(model.weights), model.features_at)
        spec = FeatureSpec(network)
        features = extract_features(tiles, Path(folder) / "features", spec, views=4)
        extracted = time.perf_counter() - start
        made = HeadBank(features.load(table), hidden=model.hidden)
    rows, tests = head_rows(made, table.assign(label=table["label"].astype(str)), 8)
    trials = [HeadSettings(rate, epochs=epochs) for rate in RATES]
    heads = made.fit([(one, settings) for one in rows for settings in trials])
    areas = [
        roc_auc_score(truth[test], made.predict_proba(heads[4 * number + 3], test)[:, 1])
        for number, test in enumerate(tests)
    ]
    ours = time.perf_counter() - start
    print(f"engine: {len(table)} tiles × 4 views, 32 heads × {epochs} epochs: {ours:.0f} s, of it features")
    print(f"  {extracted:.0f} s; test AUC of split 1 {areas[0]:.3f}, mean of 8 {np.mean(areas):.3f}")
    words = [sys.executable, __file__, "live", results]
    one, area = map(float, subprocess.run(words, check=True, capture_output=True, text=True).stdout.split())
    whole = one * 32
    print(
        f"Keras, live augmentation: one head of 32 run in full, {one:.0f} s; multiplied {whole / 3600:.1f} h"
    )
    print(f"  test AUC of split 1 {area:.3f}; ratio × {whole / ours:.0f}")


def live(results: str) -> None:
    """Train one head the obvious way, in a process with TensorFlow's own threads; print seconds and AUC."""
    import tensorflow as tf

    # Started before the engine can set one thread an operation, which would halve Keras' speed.
    tf.reduce_sum(tf.ones(4))
    tiles, table, study = study_tiles(results)
    truth = table["positive"].to_numpy(dtype=int)
    made = HeadBank(np.zeros((len(table), 4, 1), dtype=np.float16))
    rows, tests = head_rows(made, table.assign(label=table["label"].astype(str)), 8)
    images = network_inputs(tiles)
    train, held = rows[0].train // 4, rows[0].validation // 4
    start = time.perf_counter()
    model = live_model(study, images[train], RATES[3])
    model.fit(
        images[train],
        truth[train],
        batch_size=32,
        epochs=8,
        validation_data=(images[held], truth[held]),
        verbose=0,
    )
    seconds = time.perf_counter() - start
    probability = model.predict(images[tests[0]], batch_size=4, verbose=0)[:, 1]
    print(seconds, roc_auc_score(truth[tests[0]], probability))


def views(results: str) -> None:
    """Test AUC on 8 splits with K stored views against a fresh draw in every epoch."""
    from hcs_models import BackboneSpec, FeatureSpec, extract_features, resolve_weights

    tiles, table, study = study_tiles(results)
    truth = table["positive"].to_numpy(dtype=int)
    model, epochs = study.config.model, 8
    spec = FeatureSpec(BackboneSpec(resolve_weights(model.weights), model.features_at))
    stored = extract_features(tiles, Path(results) / "bench-views.zarr", spec, views=1 + epochs).load(table)
    for kept in (1, 2, 4, 8):
        made = HeadBank(np.ascontiguousarray(stored[:, :kept]), hidden=model.hidden)
        rows, tests = head_rows(made, table.assign(label=table["label"].astype(str)), 8)
        heads = made.fit([(one, HeadSettings(RATES[3], epochs=epochs)) for one in rows])
        areas = [
            roc_auc_score(truth[test], made.predict_proba(head, test)[:, 1])
            for head, test in zip(heads, tests, strict=True)
        ]
        print(f"K = {kept}: test AUC {np.mean(areas):.3f} ± {np.std(areas, ddof=1):.3f} (8 splits)")
    made = HeadBank(stored, hidden=model.hidden)
    rows, tests = head_rows(made, table.assign(label=table["label"].astype(str)), 8)
    areas = [
        roc_auc_score(truth[test], made.predict_proba(fresh_each_epoch(made, one, epochs), test)[:, 1])
        for one, test in zip(rows, tests, strict=True)
    ]
    print(f"live : test AUC {np.mean(areas):.3f} ± {np.std(areas, ddof=1):.3f} (a fresh draw every epoch)")


def fresh_each_epoch(made: HeadBank, rows: HeadRows, epochs: int) -> TrainedHead:
    """Train with view e in epoch e, so that no draw is ever seen twice, as live augmentation does."""
    settings = HeadSettings(RATES[3], epochs=epochs)
    plan = draw_plan(made.architecture, rows, settings)
    views = np.broadcast_to(np.arange(1, epochs + 1, dtype=np.int32)[:, None], plan.order.shape)
    flat = as_tensor(made.features.reshape(-1, made.features.shape[2]))
    return train_head(made.architecture, flat, rows, settings, replace(plan, views=views))


PARTS = {part.__name__: part for part in (bank, full, memory, once, mini, live, views)}

if __name__ == "__main__":
    PARTS[sys.argv[1]](*sys.argv[2:])
