"""Where work runs: on which thread or worker, and on which cluster, as a log or a terminal tells it."""

import sys
import threading
from contextlib import suppress
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit, urlunsplit


def worker_name() -> str:
    """Name who runs this: a worker of a cluster by its address, a thread by its name."""
    distributed = sys.modules.get("distributed")
    if distributed is not None:
        with suppress(ValueError):
            return str(distributed.get_worker().address)
    return threading.current_thread().name


def where_it_runs(client: Any, workers: int | None) -> dict[str, Any]:
    """Say where units run: how many threads or workers, and of a cluster its scheduler and dashboard."""
    if client is None:
        from dask.system import CPU_COUNT

        return {"workers": workers or CPU_COUNT}
    # A scheduler that is gone is told of by what asks it for work.
    with suppress(Exception):
        told = client.scheduler_info(n_workers=-1)
        return {
            "workers": len(told["workers"]),
            "scheduler": without_credentials(client.scheduler.address),
            "dashboard": dashboard(client),
        }
    return {}


def dashboard(client: Any) -> str | None:
    """Address of the dashboard of a client's scheduler; None where it has none, or cannot be asked.

    That of a cluster of this process needs Bokeh here to be drawn.
    """
    with suppress(Exception):
        if client.cluster is not None and find_spec("bokeh") is None:
            return None
        if "dashboard" in client.scheduler_info(n_workers=0)["services"]:
            return without_credentials(str(client.dashboard_link))
    return None


def without_credentials(address: str) -> str:
    """Give an address without what logs somebody in.

    Examples
    --------
    >>> without_credentials("https://me:secret@hub.lab:8787/status?token=x")
    'https://hub.lab:8787/status'
    """
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
