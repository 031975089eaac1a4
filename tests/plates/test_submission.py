"""Calls on their way through a scheduler: how many at once, where they go, and what is said of slow ones."""

import time
from collections.abc import Iterator
from functools import partial
from operator import methodcaller
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, LocalCluster, get_worker

from hcs_plates import submission
from hcs_plates.cluster import run_on_cluster
from hcs_plates.submission import LEAST
from hcs_plates.units import GPU, Unit

MADE = methodcaller("payload")


@pytest.fixture
def cluster() -> Iterator[Any]:
    """Client of a scheduler and one worker in this process, whose tasks can be counted."""
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0"
        ) as here,
        Client(here, set_as_default=False) as client,
    ):
        yield client


def test_a_screen_is_never_at_the_scheduler_whole(cluster: Any, tmp_path: Path) -> None:
    """Of 2,000 calls the scheduler has a few at any time, and units are made only as they are due."""
    made, most = 0, 0

    def units() -> Iterator[Unit]:
        nonlocal made
        for made in range(1, 2001):
            yield Unit(f"u{made}", "", partial(abs, -made))

    found = []
    for ended, one in enumerate(run_on_cluster(cluster, MADE, units(), tmp_path), start=1):
        found.append(one)
        most = max(most, len(cluster.cluster.scheduler.tasks))
        assert made - ended <= LEAST
    assert sorted(found) == list(range(1, 2001))
    # What was let go of takes a moment to be forgotten.
    assert most <= 3 * LEAST
    assert len(cluster.cluster.scheduler.task_prefixes) < LEAST


def test_what_prefers_a_gpu_goes_where_one_is(cluster: Any, tmp_path: Path) -> None:
    """Without such a worker it runs where there is room; with one, what prefers it runs there alone."""
    where = partial(lambda _: get_worker().name, None)
    units = [Unit(f"u{place}", "", where, GPU) for place in range(6)]
    assert set(run_on_cluster(cluster, MADE, units, tmp_path)) == {0}
    with_gpu = cluster.cluster.worker_spec[0]
    cluster.cluster.worker_spec["gpu"] = {
        **with_gpu,
        "options": {**with_gpu["options"], "resources": {GPU: 1}},
    }
    cluster.sync(cluster.cluster._correct_state)
    cluster.wait_for_workers(2, timeout=10)
    assert set(run_on_cluster(cluster, MADE, units, tmp_path)) == {"gpu"}


def test_what_hangs_is_named(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """While nothing ends, it is said what is waited for and where; the run goes on."""
    monkeypatch.setattr(submission, "LOOK_S", 0.05)
    monkeypatch.setattr(submission, "SLOW_S", 0.3)
    units = [Unit("A01-1", "", partial(time.sleep, 0.6)), Unit("A02-1", "", partial(abs, -1))]
    assert sorted(run_on_cluster(cluster, MADE, units, tmp_path), key=str) == [1, None]
    said, *_ = [one.getMessage() for one in caplog.records if one.name == "hcs_plates.submission"]
    assert said.startswith("No unit of work has ended for 0.0")
    assert "minutes; begun are A01-1 on inproc://" in said
