"""Where long steps run: threads of this process, local worker processes, or a Dask cluster.

The results are the same on each; a test holds that.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hcs_plates.errors import ArgumentError

ANSWER = "10s"
"""How long a scheduler is waited for."""


@contextmanager
def connect(scheduler: str | None = None, workers: int | None = None) -> Iterator[Any]:
    """Give a `distributed.Client`, or None for threads of this process.

    Parameters
    ----------
    scheduler
        Address of a running Dask scheduler, such as ``tcp://10.0.0.5:8786``.
    workers
        Without a scheduler: start this many local worker processes of one thread each, so that workers ×
        threads never exceed what was asked for.

    Raises
    ------
    ArgumentError
        Both given, fewer than one worker, or no scheduler answers at the address.
    """
    if scheduler is not None and workers is not None:
        raise ArgumentError("Give --scheduler or --workers, not both: a running cluster has its own workers.")
    if workers is not None and workers < 1:
        raise ArgumentError(f"--workers {workers} is fewer than one; leave it out to run on threads.")
    if scheduler is None and workers is None:
        yield None
        return
    from distributed import Client, LocalCluster

    if scheduler is not None:
        try:
            client = Client(scheduler, timeout=ANSWER, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise ArgumentError(
                f"No Dask scheduler answers at {scheduler!r} ({error}); start one with `dask scheduler`."
            ) from error
        with client:
            yield client
        return
    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client
