"""TensorFlow, started once per process, and a process's own settings left alone.

Threads within an operation are set for a process or not at all, so they are its owner's: the command line
asks for one (`OWN_PROCESS`), since threads of Python, one per core, reach the same throughput, and so does
the process of a Dask worker, unless its owner set them; in a notebook they stay. Measured on CPUs with
AVX2 and AVX-512: with 1, 2 and 5 of them, and however many threads of Python call, features in batches of one
length and trained heads are the same bits.
"""

import ctypes
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from hcs_plates.cluster import active_client

START_UP_NOTES = (
    b"absl::InitializeLog()",
    b"cudart_stub.cc",
    b"cuda_platform.cc",
    b"oneDNN custom operations are on",
)
OWN_PROCESS = {
    "TF_NUM_INTRAOP_THREADS": "1",
    # Where it is 3, what TensorFlow's libraries write before they know of it is hidden as well.
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # oneDNN's own keeps all the memory that was ever needed, rounded up to a power of 2.
    "TF_ONEDNN_USE_SYSTEM_ALLOCATOR": "1",
}
"""Environment of a process that is hcs' own, unless its user set these; never set in another's."""
M_ARENA_MAX = -8
"""The option of mallopt(3) that says how many pools threads may have."""
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
    """Import TensorFlow, with growing memory on GPUs unless it runs already.

    Calling it again costs nothing.
    """
    with _LOCK:
        return _start()


def release_memory() -> None:
    """Give memory that is free back to the system, where the C library can (glibc), so it does not add up.

    What threads free stays in pools of their own: after a tile's maps on two of them some 450 MB.
    """
    trim = _of_c("malloc_trim")
    if trim is not None:
        trim(0)


def share_memory_pool() -> None:
    """Let threads that begin from now on share the main thread's pool of memory, where glibc is there.

    Pools of their own grow by 64 MB at a time, into which pictures of 16 MB fit badly: a field of 2048²
    takes some 70 MB more to measure there. For a process that measures one field at a time.
    """
    option = _of_c("mallopt")
    if option is not None:
        option(M_ARENA_MAX, 1)


def _of_c(name: str) -> Any:
    """Find a function of the C library; None where it has none, or is another system's."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None


def _of_a_cluster() -> bool:
    """Whether this process is a Dask worker's alone, whose threads are one per core already."""
    distributed = sys.modules.get("distributed")
    if distributed is None or active_client() is not None:
        return False
    try:
        return not distributed.get_worker().address.startswith("inproc://")
    except ValueError:
        return False


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
    if "tensorflow" not in sys.modules and _of_a_cluster():
        for setting, value in OWN_PROCESS.items():
            os.environ.setdefault(setting, value)
    name = "TF_CPP_MIN_LOG_LEVEL"
    with _start_up_notes_hidden() if os.environ.get(name) == OWN_PROCESS[name] else nullcontext():
        import keras
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
    # A TensorFlow that runs already refuses; its memory is its owner's.
    with suppress(RuntimeError):
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
    notice = ""
    if keras.config.backend() != "tensorflow":
        notice = f"Keras runs on {keras.config.backend()}; hcs is tested on TensorFlow."
    return Engine(
        version=str(tf.__version__),
        keras=str(keras.__version__),
        device=", ".join(gpu.name for gpu in gpus) or "CPU",
        intra_op_threads=int(
            tf.config.threading.get_intra_op_parallelism_threads()
            or os.environ.get("TF_NUM_INTRAOP_THREADS", 0)
        ),
        notice=notice,
    )
