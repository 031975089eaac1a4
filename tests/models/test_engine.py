"""TensorFlow is started once, late, and with settings that give the same numbers everywhere."""

import ast
import json
import os
import subprocess
import sys

import pytest

from hcs_models import engine
from hcs_models.engine import OWN_PROCESS, start_tensorflow


def run(code: str) -> str:
    """Run code in a fresh interpreter; its last line."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


def test_importing_the_floor_loads_no_heavy_library() -> None:
    """`import hcs_models` leaves TensorFlow, Keras, distributed and matplotlib alone."""
    heavy = ["tensorflow", "keras", "distributed", "matplotlib"]
    assert run(f"import sys, hcs_models; print([name for name in {heavy} if name in sys.modules])") == "[]"


def test_started_once() -> None:
    """The engine says what it runs on, in JSON, and starts once."""
    engine = start_tensorflow()
    assert start_tensorflow() is engine
    assert (engine.device, engine.notice) == ("CPU", "")
    assert json.loads(json.dumps(engine.record()))["version"] == engine.version


THREADS = """
import hashlib, sys
import numpy as np
import tensorflow as tf
from hcs_models import BackboneSpec, HeadBank, HeadSettings, load_backbone, resolve_weights
if sys.argv[1] != "0":
    tf.config.threading.set_intra_op_parallelism_threads(int(sys.argv[1]))
backbone = load_backbone(BackboneSpec(resolve_weights("packaged")))
features = backbone.features(np.random.default_rng(0).normal(0, 60, (8, 64, 64, 3)).astype(np.float32))
bank = HeadBank(features[:, None].astype(np.float16), hidden=(64,))
(head,) = bank.fit([(bank.rows(np.arange(8), np.arange(8) % 2), HeadSettings(epochs=4))])
bits = b"".join(array.tobytes() for array in (features, *head.weights))
print(tf.config.threading.get_intra_op_parallelism_threads(), backbone.engine.intra_op_threads,
      hashlib.sha256(bits).hexdigest())
"""


@pytest.mark.slow
def test_a_user_s_threads_stay_and_the_bits_do_not_depend_on_them() -> None:
    """A process's own setting stands, none included, before and after; hcs records it; one thread by ours."""
    found = {}
    for threads, own in (("0", {}), ("3", {}), ("0", OWN_PROCESS)):
        environment = {k: v for k, v in os.environ.items() if k not in OWN_PROCESS} | own
        words = [sys.executable, "-c", THREADS, threads]
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
        found[threads, bool(own)] = done.stdout.split()[-3:]
    assert [one[:2] for one in found.values()] == [["0", "0"], ["3", "3"], ["0", "1"]]
    assert len({one[2] for one in found.values()}) == 1


@pytest.mark.slow
def test_nothing_is_set_in_a_user_s_process() -> None:
    """TensorFlow started by a function of hcs: the environment is as it was, log level and allocator too."""
    environment = {k: v for k, v in os.environ.items() if k not in OWN_PROCESS}
    code = "import os; from hcs_models import start_tensorflow; start_tensorflow(); print(sorted(os.environ))"
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    assert not set(OWN_PROCESS) & set(ast.literal_eval(done.stdout.splitlines()[-1]))


def test_only_start_up_notes_are_hidden(capfd: pytest.CaptureFixture[str]) -> None:
    """What else is written to standard error while TensorFlow loads comes out, and so does an exception."""

    def fails_to_load() -> None:
        with engine._start_up_notes_hidden():
            os.write(2, b"I0000 cudart_stub.cc:31] Could not find cuda drivers\nsomething else\n")
            raise ImportError

    with pytest.raises(ImportError):
        fails_to_load()
    assert capfd.readouterr().err == "something else\n"
