"""Speed and memory of Grad-CAM: hcs' network against tf-keras-vis, in one run.

    pip install -r tests/interop/requirements-saliency.txt
    python tests/bench/saliency.py

Every way is a process of its own, so that each has its own threads and its own peak of memory. They take
turns, several times; a ratio is the median of the rounds', so it holds on a machine whose speed drifts, and
that of processor time holds on one that others use as well.
Maps are of block 3, for heads on features of block 4, of tiles of 256 × 256. Nothing here is a test: a table
is printed, and a person reads it.
"""

import resource
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import IO, Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs_models.backbone import BackboneSpec
from hcs_models.features import FeatureSpec
from hcs_models.headgradient import score_gradient
from hcs_models.saliency import AT_ONCE
from hcs_models.trained import TrainedHead
from hcs_models.weights import load_arrays, resolve_weights

Array = npt.NDArray[Any]
TILES, SIDE, HEADS, ROUNDS = 8, 256, 8, 3
BLOCK, LAYER, FEATURES = "block3", "block3_conv3", 512


def images() -> list[Array]:
    """Tiles as the network takes them, in batches."""
    drawn = np.random.default_rng(0).normal(0, 60, (TILES, SIDE, SIDE, 3)).astype(np.float32)
    return [drawn[first : first + AT_ONCE] for first in range(0, TILES, AT_ONCE)]


def heads(n: int) -> list[TrainedHead]:
    """Heads of one hidden layer, drawn at random."""
    rng = np.random.default_rng(1)
    made = []
    for _ in range(n):
        shapes = [(FEATURES, 128), (128,), (128, 2), (2,)]
        weights = [rng.normal(0, 0.1, shape).astype(np.float32) for shape in shapes]
        ones = np.ones(FEATURES, dtype=np.float32)
        made.append(TrainedHead(weights, ones, ones, {"dropout": 0.5, "l2": 1e-4}, pd.DataFrame(), 1))
    return made


def network() -> BackboneSpec:
    """Give VGG-16 to block 4, in the weights of this machine."""
    return BackboneSpec(resolve_weights("auto"), ("block4",))


def ours(
    convolution: Literal["direct", "winograd"], n_heads: int = 1, anew: bool = False
) -> Callable[[], Any]:
    """Two threads of Python; the way forward once for all heads, or anew for each."""
    from hcs_models.saliency import SaliencyNetwork

    spec = network()
    net = SaliencyNetwork(load_arrays(spec.weights), spec.features_at, spec.pool, convolution=convolution)
    explained = heads(n_heads)

    def batch(tiles: Array) -> None:
        passed = net.forward(tiles, BLOCK)
        for place, head in enumerate(explained):
            if anew and place:
                passed = net.forward(tiles, BLOCK)
            passed.maps(score_gradient(head, passed.features, 1))

    pool, batches = ThreadPoolExecutor(2), images()
    return lambda: list(pool.map(batch, batches))


def keras_model() -> Any:
    """Join the model in a process with TensorFlow's own threads, which are Keras' best."""
    import tensorflow as tf

    # Started before the engine can set one thread an operation.
    tf.reduce_sum(tf.ones(4))
    from hcs_models.saved import joined_model

    return joined_model(heads(1)[0], FeatureSpec(network()))


def other() -> Callable[[], Any]:
    """`Gradcam` of tf-keras-vis on the joined model, before it enlarges maps."""
    model, batches = keras_model(), images()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from tf_keras_vis.gradcam import Gradcam
    import keras

    shown = Gradcam(keras.Model(model.inputs, model.get_layer("logits").output), clone=False)
    wanted = {"penultimate_layer": LAYER, "expand_cam": False, "normalize_cam": False}
    return lambda: [shown(lambda logits: logits[:, 1] - logits[:, 0], tiles, **wanted) for tiles in batches]


WAYS: dict[str, Callable[[], Callable[[], Any]]] = {
    "Winograd, 2 threads": partial(ours, "winograd"),
    "direct, 2 threads": partial(ours, "direct"),
    "tf-keras-vis, TensorFlow's threads": other,
    f"Winograd, {HEADS} heads on one way forward": partial(ours, "winograd", HEADS),
    f"Winograd, {HEADS} heads, each its own": partial(ours, "winograd", HEADS, True),
}


def work(name: str) -> None:
    """Run one way whenever a line comes in; print its seconds, the processor's, and peak memory in MB."""
    way = WAYS[name]()
    way()
    for _ in sys.stdin:
        start, before = time.perf_counter(), time.process_time()
        way()
        seconds, busy = time.perf_counter() - start, time.process_time() - before
        print(seconds, busy, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)


def main() -> None:
    """Have all ways take turns, and print a table."""
    workers = {}
    for name in WAYS:
        words = [sys.executable, __file__, name]
        workers[name] = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        # One after the other, so that each compiles alone.
        ask(workers[name])
    rounds = [{name: ask(worker) for name, worker in workers.items()} for _ in range(ROUNDS)]
    print(f"{TILES} tiles of {SIDE} × {SIDE}, maps of {BLOCK}; {ROUNDS} rounds")
    first, *_, shared, anew = WAYS
    for name in WAYS:
        seconds = statistics.median(one[name][0] for one in rounds)
        peak = max(one[name][2] for one in rounds)
        base = shared if name in (shared, anew) else first
        longer, busier = (
            statistics.median(one[name][kind] / one[base][kind] for one in rounds) for kind in (0, 1)
        )
        print(
            f"{name:<50} {TILES / seconds:5.2f} tiles/s   time × {longer:.2f}   processor × {busier:.2f}   "
            f"peak {peak:.0f} MB"
        )
    for worker in workers.values():
        stream(worker.stdin).close()
        worker.wait()


def ask(worker: "subprocess.Popen[str]") -> tuple[float, float, float]:
    """Have a worker run once."""
    stream(worker.stdin).write("go\n")
    stream(worker.stdin).flush()
    seconds, busy, peak = map(float, stream(worker.stdout).readline().split())
    return seconds, busy, peak


def stream(end: IO[str] | None) -> IO[str]:
    """Give a worker's end of a pipe, which is there."""
    assert end is not None
    return end


if __name__ == "__main__":
    if len(sys.argv) > 1:
        work(sys.argv[1])
    else:
        main()
