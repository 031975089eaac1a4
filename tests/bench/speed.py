"""Speed and exactness of the ground floor and of feature extraction, as ratios taken in one run.

    python tests/bench/speed.py            # all
    python tests/bench/speed.py rescale    # one part

Each ratio pairs two ways of doing the same in turn, several times, and is the median of the pairs, so it
holds on a machine whose speed drifts. Nothing here is a test: a table is printed, and a person reads it.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

REPEATS = 9


def paired(ours: Callable[[], Any], other: Callable[[], Any]) -> tuple[float, float, float]:
    """Median seconds of both, and the median of other / ours over the pairs."""
    ours(), other()
    pairs = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        ours()
        middle = time.perf_counter()
        other()
        pairs.append((middle - start, time.perf_counter() - middle))
    return (
        statistics.median(pair[0] for pair in pairs),
        statistics.median(pair[1] for pair in pairs),
        statistics.median(pair[1] / pair[0] for pair in pairs),
    )


def show(name: str, times: tuple[float, float, float]) -> None:
    """Print one row."""
    print(f"{name:<64} {times[0] * 1e3:10.1f} ms {times[1] * 1e3:10.1f} ms   × {times[2]:.1f}")


def rescale() -> None:
    """Area average against scikit-image's local mean and dense float64 products, and how exact each is."""
    from skimage.transform import resize, resize_local_mean

    from hcs_plates.rescale import area_resize, area_weights

    for side in (1024, 1080, 2048):
        image = np.random.default_rng(0).integers(0, 65535, (side, side), dtype="uint16")
        weights = area_weights(side, 256)
        exact = weights @ image.astype(float) @ weights.T

        def dense(image: Any = image, weights: Any = weights) -> Any:
            return np.rint(weights @ image.astype(float) @ weights.T).astype("uint16")

        def local_mean(image: Any = image) -> Any:
            return resize_local_mean(image, (256, 256), preserve_range=True)

        def gaussian(image: Any = image) -> Any:
            return resize(image, (256, 256), anti_aliasing=True, preserve_range=True)

        error = np.abs(area_resize(image, (256, 256)) - exact).max()
        others = (
            ("dense float64", dense),
            ("skimage local mean", local_mean),
            ("skimage Gaussian", gaussian),
        )
        for name, other in others:
            off = np.abs(other() - exact).max()
            times = paired(partial(area_resize, image, (256, 256)), other)
            show(f"{side}² → 256²: hcs (off by {error:.3f}) | {name} (off by {off:.3f})", times)


def opening() -> None:
    """A plate of 384 wells × 9 fields × 4 channels: opening it; one channel against zarr's own reading."""
    import zarr

    from hcs_plates import store
    from hcs_plates.description import PlateSpec
    from hcs_plates.ngff import FieldLayout
    from hcs_plates.plate import open_plate
    from hcs_plates.platemap import blank_wells
    from hcs_plates.readers.acquisition import Channel
    from hcs_plates.wells import FORMATS

    wells = FORMATS[384].wells()
    layout = FieldLayout(1, 4, 1, 1080, 1080, "uint16")
    fields = dict.fromkeys(wells, tuple(range(1, 10)))
    channels = tuple(Channel(name) for name in ("DAPI", "FITC", "Cy3", "Cy5"))
    spec = PlateSpec("P", FORMATS[384], channels, layout, fields, blank_wells("P", FORMATS[384], wells))
    sums = {f"{well}/{number}": "0" * 32 for well, numbers in fields.items() for number in numbers}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "P.ome.zarr"
        start = time.perf_counter()
        store.allocate(path, spec)
        print(f"allocating 384 wells × 9 fields × 4 levels: {time.perf_counter() - start:.2f} s")
        pixels = np.random.default_rng(0).integers(0, 4000, layout.shape, dtype="uint16")
        sums["B03/1"] = store.write_field(path, layout, "B03", 1, pixels)
        store.rewrite_description(path, replace(spec, checksums=sums))
        document = path / "zarr.json"
        show(
            f"open it: hcs | parsing its JSON of {document.stat().st_size / 1000:.0f} kB alone",
            paired(lambda: open_plate(path), lambda: json.loads(document.read_text())),
        )
        field = open_plate(path)["B03"][1]
        show(
            "one of 4 channels of a field: hcs, proved | zarr",
            paired(lambda: field.image("FITC"), lambda: zarr.open_array(path / "B/03/1/0", mode="r")[1]),
        )


def simulator() -> None:
    """Fields of 1024² a second on one core."""
    import cv2

    from hcs_plates.simulate import FieldSpec, render_field

    cv2.setNumThreads(1)
    spec = FieldSpec(height=1024, width=1024)
    render_field(spec, seed=0, name="warm-up")
    start = time.process_time()
    for number in range(20):
        render_field(spec, seed=0, name=f"P/A01/{number}")
    print(f"simulator: {20 / (time.process_time() - start):.1f} fields of 1024² a second of one core")


def features() -> None:
    """Feature extraction end to end against the bare network on images that are ready in memory."""
    from concurrent.futures import ThreadPoolExecutor

    from hcs_models import BackboneSpec, FeatureSpec, extract_features, load_backbone, resolve_weights
    from hcs_plates.ingestion import ingest
    from hcs_plates.simulate import ExperimentSpec, FieldSpec, simulate_export
    from hcs_plates.tiles import create_tiles
    from hcs_plates.tiling import TileSpec

    spec = FeatureSpec(BackboneSpec(resolve_weights("auto")))
    backbone = load_backbone(spec.backbone)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        experiment = ExperimentSpec(
            clones_per_class=4, wells_per_clone=1, fields_per_well=4, field=FieldSpec(height=512, width=512)
        )
        (export,) = simulate_export(folder / "export", experiment)
        tiles = create_tiles([ingest(export, folder / "P.ome.zarr")], folder / "tiles", TileSpec())
        images = np.random.default_rng(0).random((len(tiles), 256, 256, 3), dtype=np.float32) * 255 - 120
        runs = iter(range(99))

        def bare() -> None:
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(backbone.features, np.array_split(images, 8)))

        times = paired(lambda: extract_features(tiles, folder / f"f{next(runs)}", spec, workers=2), bare)
        show(f"features of {len(tiles)} tiles: end to end | bare network", times)
        print(
            f"  = {times[2]:.2f} of the bare network's throughput, {len(tiles) / times[0]:.2f} tiles a second"
        )


def winograd() -> None:
    """Winograd's convolutions against direct ones, in processor seconds on one thread."""
    from hcs_models import BackboneSpec, load_backbone, resolve_weights

    weights = resolve_weights("auto")
    ways = {way: load_backbone(BackboneSpec(weights, convolution=way)) for way in ("direct", "winograd")}
    images = np.random.default_rng(0).normal(0, 60, (8, 256, 256, 3)).astype(np.float32)
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(1 + REPEATS):
        for way, backbone in ways.items():
            start = time.process_time()
            backbone.features(images)
            seconds[way].append((time.process_time() - start) / len(images))
    # The first run of each compiles, and is left out.
    direct, other = (statistics.median(one[1:]) for one in seconds.values())
    print(f"direct {direct:.3f}, Winograd {other:.3f} processor seconds an image, × {direct / other:.2f}")


PARTS = {part.__name__: part for part in (rescale, opening, simulator, features, winograd)}


def main(names: list[str]) -> None:
    """Run the parts named, or all."""
    for name in names or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
