"""Calls on a Dask cluster: whether its workers can make them, and what is said when they cannot.

A call travels as bytes that only `pickle.loads` opens. Dask drops a message that it cannot unpickle and then
waits for ever; this way a process without hcs fails at the call itself, and says why.
"""

import hashlib
import logging
import os
import pickle
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import Any, Protocol, TypeVar
from uuid import uuid4

from hcs_plates.errors import ArgumentError, ClusterError, HcsError, UnreachableError
from hcs_plates.submission import Submission

N = TypeVar("N", bound="Named")
T = TypeVar("T")
R = TypeVar("R")

PACKAGES = ("hcs_plates", "hcs_models", "hcs")
WITHOUT_WORKERS_S = 300.0
"""How long a cluster that has no worker is waited for, seconds."""
APPEARS_S = 5.0
"""How long a new file may take to show on a worker's side of a shared disk, seconds."""
MARK = ".seen-"
SHOWN_WORKERS = 3
DEEP = 50
"""Frames of a traceback that travel: one of hundreds does not pickle."""
GOES_ON = "What is done is kept: run the same command again to go on"


def active_client() -> Any:
    """Give the `distributed.Client` that is current in this process, or None."""
    distributed = sys.modules.get("distributed")
    if distributed is None:
        return None
    try:
        return distributed.default_client()
    except ValueError:
        return None


@cache
def source_digest() -> str:
    """Digest of the source files of hcs, as they stood when first asked for in this process.

    Versions alone do not tell a changed copy from the one that was installed.
    """
    state = hashlib.blake2b(digest_size=16)
    for name in PACKAGES:
        found = find_spec(name)
        for place in (found and found.submodule_search_locations) or ():
            for file in sorted(Path(place).rglob("*.py")):
                state.update(f"{name}/{file.relative_to(place).as_posix()}".encode() + b"\x1f")
                state.update(hashlib.blake2b(file.read_bytes()).digest())
    return state.hexdigest()


@cache
def _installed() -> str:
    try:
        return version("hcs")
    except PackageNotFoundError:
        return "that is not installed"


class _Call:
    """A call that is made where its pickle is loaded."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.function, self.arguments


@dataclass(frozen=True)
class Terms:
    """What a worker must have in common with the process that it works for.

    Parameters
    ----------
    version, sources
        Of hcs: the installed version, and `source_digest`.
    mark
        A file that only who sees the same folder can see.
    appears_s
        How long that file may take to appear, seconds.
    """

    version: str
    sources: str
    mark: Path
    appears_s: float

    def fault(self, _: object = None) -> str | None:
        """Say what this process lacks, as the end of a sentence; None if nothing.

        Parameters
        ----------
        _
            The work itself: unpickling it imports what it needs.
        """
        if _installed() != self.version:
            return f"has hcs {_installed()} and not {self.version}, as here"
        if source_digest() != self.sources:
            return f"has an hcs {self.version} whose source files are not those here"
        end = time.monotonic() + self.appears_s
        while not self.mark.exists():
            if time.monotonic() > end:
                return f"does not see the folder {self.mark.parent}"
            time.sleep(0.1)
        return None


class Named(Protocol):
    """A payload that says what it is called in sentences, and the resource of workers it prefers, if any."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def prefers(self) -> str | None: ...  # noqa: D102


def run_on_cluster(
    client: Any, function: Callable[[N], R], payloads: Iterable[N], folder: Path
) -> Iterator[R]:
    """Call a function with each payload on the workers of a cluster; results come as they end.

    Parameters
    ----------
    client
        A `distributed.Client`.
    function
        Raises `UnreachableError` for files it cannot reach; anything else it raises is raised here.
    payloads
        What it is called with. Where workers have the resource that one prefers (`dask worker --resources
        GPU=1`), it goes to one of these.
    folder
        A folder that all workers must see, which is there; absolute.

    Raises
    ------
    ClusterError
        No worker for five minutes, at first or later; workers that cannot import hcs, have another version of
        it or do not see the folder, whenever they join; workers that die at the same payload again and again;
        a scheduler that is gone.
    ArgumentError
        A client that is closed or asynchronous.
    """
    from distributed.protocol.pickle import dumps

    if client.asynchronous or client.status != "running":
        kind = "asynchronous" if client.asynchronous else client.status
        raise ArgumentError(f"The Dask client is {kind}; give one that is running and not asynchronous.")
    with _marked(folder) as mark, _told_if_lost(client.scheduler.address):
        terms = Terms(_installed(), source_digest(), mark, APPEARS_S)
        _await_worker(client)
        _check_workers(client, terms, function)
        calls = ((one.name, dumps(_Call(_work, terms, function, one)), one.prefers) for one in payloads)
        with closing(Submission(client, calls, partial(_await_worker, client))) as submission:
            for name, future in submission.ended():
                yield _result(client, future, name, terms, function)


@contextmanager
def _marked(folder: Path) -> Iterator[Path]:
    """Leave a file in a folder while it is worked in; a run that was killed left its own."""
    for old in folder.glob(f"{MARK}*"):
        old.unlink(missing_ok=True)
    mark = folder / f"{MARK}{uuid4().hex}"
    mark.touch()
    try:
        yield mark
    finally:
        # Where the folder went away, that is told by who could not write into it.
        with suppress(OSError):
            mark.unlink(missing_ok=True)


@contextmanager
def _told_if_lost(address: str) -> Iterator[None]:
    """Say in a sentence that the scheduler is gone."""
    from distributed import CancelledError

    try:
        yield
    except HcsError:
        raise
    except (OSError, CancelledError) as error:
        raise ClusterError(
            f"The Dask scheduler at {address} was lost ({type(error).__name__}). {GOES_ON}, on a "
            "scheduler that runs or without one."
        ) from error


def _await_worker(client: Any) -> None:
    """Wait for a worker where there is none, and say so."""
    if client.nthreads():
        return
    address, minutes = client.scheduler.address, WITHOUT_WORKERS_S / 60
    logging.getLogger(__name__).warning(
        "The Dask scheduler at %s has no worker; waiting up to %.3g minutes for one (start it with "
        "`dask worker %s`).",
        *(address, minutes, address),
    )
    # A task that waits makes clusters that grow with their work start a worker.
    hello, end = client.submit(os.getpid, pure=False), time.monotonic() + WITHOUT_WORKERS_S
    while not client.nthreads():
        if time.monotonic() > end:
            raise ClusterError(
                f"No worker joined the Dask scheduler at {address} within {minutes:.3g} minutes. Start some "
                f"with `dask worker {address}` (in Python `client.wait_for_workers(1)` waits longer) and run "
                "the same command again; leave the cluster out to run on threads of this machine."
            )
        time.sleep(0.2)
    hello.release()


def _check_workers(client: Any, terms: Terms, function: Callable[..., Any]) -> None:
    """Refuse the workers of now that cannot do the work."""
    from distributed.protocol.pickle import dumps

    answers = client.run(pickle.loads, dumps(_Call(Terms.fault, terms, function)), on_error="return")
    at_fault: dict[str, list[str]] = {}
    for address, answer in answers.items():
        if isinstance(answer, ImportError):
            answer = f"cannot import what the work needs ({answer})"
        elif isinstance(answer, Exception):
            answer = f"cannot take the work ({type(answer).__name__}: {answer})"
        if answer is not None:
            at_fault.setdefault(answer, []).append(address)
    if at_fault:
        said = "; ".join(f"{_some(workers)} {fault}" for fault, workers in at_fault.items())
        raise ClusterError(_refusal(said))


def _some(workers: list[str]) -> str:
    """Name a few workers, and say how many more there are."""
    more = len(workers) - SHOWN_WORKERS
    return ", ".join(workers[:SHOWN_WORKERS]) + (f" and {more} more" if more > 0 else "")


def _refusal(said: str) -> str:
    return (
        f"Workers of the Dask cluster cannot do this work: {said}. Give every worker the same hcs and the "
        "same folders under the same names as here, or stop it, and run the same command again; or run it "
        "without the cluster (in Python: `workers=4` for threads here)."
    )


def _work(terms: Terms, function: Callable[[T], R], payload: T) -> R:
    """Make one call on a worker, which may have joined after the others were looked at."""
    from distributed import get_worker

    fault = terms.fault()
    if fault is not None:
        raise ClusterError(_refusal(f"{get_worker().address} {fault}"))
    try:
        return function(payload)
    except UnreachableError as error:
        raise UnreachableError(f"On worker {get_worker().address}: {error.message}") from error
    except Exception as error:
        # Dask sends text for a traceback that does not pickle, and its client then waits for ever.
        raise error.with_traceback(_innermost(error.__traceback__)) from error.__cause__


def _innermost(trace: TracebackType | None) -> TracebackType | None:
    """Cut the outer part of a deep traceback off."""
    depth = sum(1 for _ in walk_tb(trace))
    while trace is not None and depth > DEEP:
        trace, depth = trace.tb_next, depth - 1
    return trace


def _result(client: Any, future: Any, name: str, terms: Terms, function: Callable[..., Any]) -> Any:
    """Give what a call returned; say what happened to workers that could not return."""
    from dask.utils import format_bytes
    from distributed import KilledWorker

    try:
        result = future.result()
    except KilledWorker as error:
        limit = error.last_worker.memory_limit
        memory = f" (the last one had {format_bytes(limit)})" if limit else ""
        died = error.allowed_failures + 1
        raise ClusterError(
            f"{died} Dask worker{'s' * (died > 1)} died while working on {name}, most often because "
            f"memory ran out{memory}. {GOES_ON}, with fewer workers or more memory for each "
            "(`dask worker --memory-limit`)."
        ) from error
    except (ImportError, AttributeError, TypeError):
        # A worker without hcs, or with another one, cannot say so itself.
        _check_workers(client, terms, function)
        raise
    # What is held for us would be made anew when its worker dies.
    future.release()
    return result
