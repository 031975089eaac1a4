"""The errors of hcs and their sentences."""

import pickle
from pathlib import Path

import pytest

from hcs_plates import errors
from hcs_plates.errors import SHOWN_FAULTS, HcsError, InputFileError, PlatemapError, nearest


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        ("ArgumentError", ValueError),
        ("InputFileError", ValueError),
        ("PlatemapError", ValueError),
        ("ReaderError", ValueError),
        ("StoreError", ValueError),
        ("ConfigError", ValueError),
        ("NotThereError", FileNotFoundError),
        ("ExistsError", FileExistsError),
        ("UnreachableError", OSError),
        ("ClusterError", RuntimeError),
        ("WeightsError", FileNotFoundError),
        ("LeakError", AssertionError),
    ],
)
def test_each_kind_is_also_the_builtin_it_stands_for(kind: str, builtin: type[Exception]) -> None:
    """Callers who know only Python's errors catch them too."""
    assert issubclass(getattr(errors, kind), HcsError)
    assert issubclass(getattr(errors, kind), builtin)


def test_one_fault_is_one_line() -> None:
    """The path, then the sentence."""
    assert PlatemapError(Path("map.csv"), "is empty").message == "map.csv: is empty"


def test_all_faults_are_shown_up_to_a_dozen() -> None:
    """A file with many faults shows the first, says how many more there are, and carries them all."""
    error = InputFileError("map.csv", [f"fault {number}" for number in range(20)])
    lines = error.message.splitlines()
    assert lines[0] == "map.csv: 20 faults:"
    assert lines[1] == "  - fault 0"
    assert len(lines) == 1 + SHOWN_FAULTS + 1
    assert lines[-1] == "  … and 8 more"
    assert len(error.faults) == 20


def test_errors_cross_processes() -> None:
    """A worker's refusal reaches the driver with its path and faults."""
    error = pickle.loads(pickle.dumps(PlatemapError(Path("map.csv"), ["a", "b"])))
    assert isinstance(error, PlatemapError)
    assert error.path == Path("map.csv")
    assert error.faults == ("a", "b")


@pytest.mark.parametrize(
    ("name", "known", "sentence"),
    [
        ("epoch", ["epochs", "seed"], "did you mean 'epochs'?"),
        ("zzz", ["epochs", "seed"], "known: epochs, seed"),
        ("zzz", [], "known: "),
    ],
)
def test_the_nearest_known_word_is_named(name: str, known: list[str], sentence: str) -> None:
    """A misspelt word is answered by the word that was meant."""
    assert nearest(name, known) == sentence
