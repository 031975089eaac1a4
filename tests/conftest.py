"""What all tests share: where the real plates are, and one small Dask cluster."""

import fcntl
import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# How long an example takes is the machine's.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
# Read by dask wherever it starts: workers that wait would take their own pulse a hundred times a second.
os.environ |= {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "60s",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "5s",
}
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
MadeOnce = Callable[[str, Callable[[Path], object]], Path]
# Made once a process and dear: a network, a finished study, a cluster.
DEAR = {"backbone", "small_study", "two_workers", "weights"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long tests first in each of two halves, and what shares dear things together in the first one.

    Two processes begin at the two halves' beginnings. A long test that began last would run alone.
    """
    first = {item.path for item in items if not DEAR.isdisjoint(getattr(item, "fixturenames", ()))}
    models = Path(__file__).with_name("models")
    items.sort(key=lambda item: item.path not in first and models not in item.path.parents)
    long = [item for item in items if item.get_closest_marker("timeout") is not None]
    others = [item for item in items if item.get_closest_marker("timeout") is None]
    half = len(items) // 2 - len(long[::2])
    items[:] = [*long[::2], *others[:half], *long[1::2], *others[half:]]


def pytest_collection_finish() -> None:
    """Set what is imported by now apart from the garbage collector, which would look it over all the time."""
    gc.freeze()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real plates beside the checkout; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"the real plates are not here ({SHARED} does not exist)")
    return SHARED


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    """Have a folder filled by the first process of this run that needs it; each gets a copy of its own."""
    base = tmp_path_factory.getbasetemp()
    common = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def made(name: str, make: Callable[[Path], object]) -> Path:
        folder, whole = common / f"once-{name}", common / f"once-{name}.whole"
        with (common / f"once-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not whole.exists():
                folder.mkdir()
                make(folder)
                whole.touch()
        return Path(shutil.copytree(folder, tmp_path_factory.mktemp(name) / name))

    return made


@pytest.fixture(scope="session")
def two_workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Client of two worker processes, started once: what runs on it must not depend on what ran before.

    The workers stand in a folder of their own, as those of a real cluster do.
    """
    from distributed import Client, LocalCluster

    elsewhere = str(tmp_path_factory.mktemp("elsewhere"))

    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            preload=f"import os; os.chdir({elsewhere!r})",
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client
