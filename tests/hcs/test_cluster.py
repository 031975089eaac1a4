"""Where long steps run."""

import pytest

from hcs.cluster import connect
from hcs_plates.errors import ArgumentError


def test_threads_by_default() -> None:
    """Without a scheduler or workers there is no client."""
    with connect() as client:
        assert client is None


@pytest.mark.parametrize(
    ("scheduler", "workers", "words"),
    [
        ("tcp://127.0.0.1:1", 2, "not both"),
        (None, 0, "fewer than one"),
        ("nonsense://x", None, "No Dask scheduler"),
    ],
)
def test_refusals(scheduler: str | None, workers: int | None, words: str) -> None:
    """Settings that cannot be are refused in a sentence."""
    with pytest.raises(ArgumentError, match=words), connect(scheduler, workers):
        pass


def test_a_running_scheduler(two_workers: object) -> None:
    """A scheduler that is already running is used, and left running."""
    address = two_workers.scheduler.address  # type: ignore[attr-defined]  # a distributed.Client
    with connect(address) as client:
        assert client.submit(sum, [1, 2]).result() == 3
    assert two_workers.submit(sum, [3, 4]).result() == 7  # type: ignore[attr-defined]  # as above
