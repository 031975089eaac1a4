"""TensorFlow, started once per process in the way that gives the same numbers whatever the parallelism.

Measured on CPUs: with one intra-op thread VGG-16's features, in batches of one length, are bit-identical for
every number of Python threads that call it; with two they differ by 4e-7. Nothing is lost: threads of
Python, one per core, reach the throughput that intra-op threads reach.
"""

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

START_UP_NOTES = (
    b"absl::InitializeLog()",
    b"cudart_stub.cc",
    b"cuda_platform.cc",
    b"oneDNN custom operations are on",
)
_LOCK = threading.Lock()


@dataclass(frozen=True)
class Engine:
    """How TensorFlow runs in this process.

    Parameters
    ----------
    version, keras
        Versions of TensorFlow and Keras.
    device
        ``CPU`` or the GPUs' names.
    intra_op_threads
        Threads within one operation (0: TensorFlow's own choice).
    notice
        A sentence when the process runs otherwise than hcs would have it, else empty.
    """

    version: str
    keras: str
    device: str
    intra_op_threads: int
    notice: str = ""

    def record(self) -> dict[str, Any]:
        """JSON-ready facts for a study's record."""
        return asdict(self)


def start_tensorflow() -> Engine:
    """Import TensorFlow with one intra-op thread on CPUs and growing memory on GPUs.

    A process in which TensorFlow runs already with other settings is left as it is: `Engine.notice` says so.
    Calling it again costs nothing.
    """
    with _LOCK:
        return _start()


@contextmanager
def _start_up_notes_hidden() -> Iterator[None]:
    """Keep TensorFlow's notes on CUDA, which no setting of its own silences, from a user without a GPU.

    They are written by its shared library before any logging is set up, so the stream itself is watched; all
    else that is written to it meanwhile is passed on.
    """
    sys.stderr.flush()
    stream = os.dup(2)
    with tempfile.TemporaryFile() as written:
        os.dup2(written.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stream, 2)
            os.close(stream)
            written.seek(0)
            for line in written:
                if not any(note in line for note in START_UP_NOTES):
                    os.write(2, line)


@cache
def _start() -> Engine:
    """Do what `start_tensorflow` says, once."""
    # Read when TensorFlow's shared library loads; a user's own setting stands.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _start_up_notes_hidden():
        import keras
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
    notices = []
    try:
        if gpus:
            for gpu in gpus:
                tf.config.experimental.set_memory_growth(gpu, True)
        else:
            tf.config.threading.set_intra_op_parallelism_threads(1)
    # TensorFlow's own words for "too late".
    except RuntimeError:
        notices.append(
            "TensorFlow was already running with its own thread settings; features may differ in the "
            "last digits (about 4e-7) from those of other runs."
        )
    if keras.config.backend() != "tensorflow":
        notices.append(f"Keras runs on {keras.config.backend()}; hcs is tested on TensorFlow.")
    return Engine(
        version=str(tf.__version__),
        keras=str(keras.__version__),
        device=", ".join(gpu.name for gpu in gpus) or "CPU",
        intra_op_threads=int(tf.config.threading.get_intra_op_parallelism_threads()),
        notice=" ".join(notices),
    )
