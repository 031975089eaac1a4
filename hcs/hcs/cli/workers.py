"""Where long steps run: threads of this process, local worker processes, or a Dask cluster.

The results are the same on each; a test holds that.
"""

import asyncio
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import Any

import typer

from hcs_plates.errors import ArgumentError
from hcs_plates.workplace import dashboard

ANSWER_S = 9.0
"""How long a scheduler is waited for, seconds."""
# Ctrl-C reaches every process of a terminal; the workers leave it to the one that closes them.
NO_INTERRUPT = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"


@contextmanager
def connect(scheduler: str | None = None, workers: int | None = None) -> Iterator[Any]:
    """Give a `distributed.Client`, or None for threads of this process.

    The dashboard is named on standard error: that of a running scheduler where it has one, that of local
    workers where Bokeh is there to draw it. What goes wrong is said in a sentence by what asks for the work;
    Dask's own logs stay silent.

    `scheduler` is the address of a running one. Without it so many `workers` are started as local processes
    of one thread each, so that workers × threads never exceed what was asked for.

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
    from distributed.utils import silence_logging_cmgr

    with silence_logging_cmgr(logging.CRITICAL):
        if scheduler is not None:
            _find_scheduler(scheduler)
            with Client(scheduler, timeout=ANSWER_S, set_as_default=False) as client:
                _tell_dashboard(client)
                yield client
            return
        _start_quiet_tracker()
        with (
            LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
                preload=NO_INTERRUPT,
            ) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            _tell_dashboard(client)
            yield client


def _tell_dashboard(client: Any) -> None:
    """Name the dashboard of a client's scheduler, where it has one."""
    if (link := dashboard(client)) is not None:
        typer.echo(f"dashboard: {link}", err=True)


def _start_quiet_tracker() -> None:
    """Start Python's tracker of semaphores so that it does not complain of workers that had to be killed."""
    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = "ignore:resource_tracker"
    try:
        resource_tracker.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before


def _find_scheduler(address: str) -> None:
    """Refuse an address where no Dask scheduler answers: a client would wait for ever for some of them."""
    try:
        kind = asyncio.run(asyncio.wait_for(_kind_at(address), ANSWER_S))
    except TimeoutError:
        raise ArgumentError(
            f"What answers at {address!r} is no Dask scheduler; give the address that `dask scheduler` shows."
        ) from None
    except Exception as error:  # whatever a scheme, or a server of another kind, makes of the greeting
        raise ArgumentError(
            f"No Dask scheduler answers at {address!r} ({error}); start one with `dask scheduler`."
        ) from error
    if kind != "Scheduler":
        raise ArgumentError(f"At {address!r} is a Dask {kind}; give the scheduler's own address.")


async def _kind_at(address: str) -> str:
    """Ask what of Dask listens at an address: ``Scheduler``, ``Worker``, ``Nanny``."""
    from distributed.core import connect as open_comm
    from distributed.security import Security

    comm = await open_comm(address, timeout=0.8 * ANSWER_S, **Security().get_connection_args("client"))
    try:
        await comm.write({"op": "identity", "reply": True})
        answer = await comm.read()
    finally:
        comm.abort()
    return str(answer["type"])
