"""TensorFlow is started once, late, and with settings that give the same numbers everywhere."""

import json
import os
import subprocess
import sys

import pytest

from hcs_models import engine
from hcs_models.engine import start_tensorflow


def run(code: str) -> str:
    """Run code in a fresh interpreter; its last line."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]


def test_importing_the_floor_loads_no_heavy_library() -> None:
    """`import hcs_models` leaves TensorFlow, Keras, distributed and matplotlib alone."""
    heavy = ["tensorflow", "keras", "distributed", "matplotlib"]
    assert run(f"import sys, hcs_models; print([name for name in {heavy} if name in sys.modules])") == "[]"


def test_one_thread_within_an_operation() -> None:
    """On a CPU the engine runs with one intra-op thread, says so, and starts once."""
    engine = start_tensorflow()
    assert start_tensorflow() is engine
    assert (engine.device, engine.intra_op_threads, engine.notice) == ("CPU", 1, "")
    assert json.loads(json.dumps(engine.record()))["version"] == engine.version


@pytest.mark.slow
def test_a_tensorflow_that_runs_already_is_left_alone_and_noted() -> None:
    """With another thread setting in force hcs goes on and the record says so."""
    code = (
        "import tensorflow as tf\n"
        "tf.config.threading.set_intra_op_parallelism_threads(2); tf.constant(1) + 1\n"
        "from hcs_models.engine import start_tensorflow\n"
        "engine = start_tensorflow(); print(engine.intra_op_threads, engine.notice)"
    )
    assert run(code).startswith("2 TensorFlow was already running with its own thread settings")


def test_only_start_up_notes_are_hidden(capfd: pytest.CaptureFixture[str]) -> None:
    """What else is written to standard error while TensorFlow loads comes out, and so does an exception."""

    def fails_to_load() -> None:
        with engine._start_up_notes_hidden():
            os.write(2, b"I0000 cudart_stub.cc:31] Could not find cuda drivers\nsomething else\n")
            raise ImportError

    with pytest.raises(ImportError):
        fails_to_load()
    assert capfd.readouterr().err == "something else\n"
