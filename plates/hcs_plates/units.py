"""Units of work and their receipts: the one mechanism behind resuming, incremental runs and Dask.

Everything long is a list of units. A unit is a pure function of its payload that writes only its own output
and returns what it made (a JSON-ready dict with a checksum). Its receipt is written last, by whoever ran it;
a unit whose receipt carries the same input digest is skipped the next time. A unit that refuses its input
(`HcsError`) is recorded with the reason and the run goes on.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hcs_plates.cluster import active_client, run_on_cluster
from hcs_plates.errors import ArgumentError, HcsError, RefusedUnitsError, UnreachableError, reachable
from hcs_plates.runlog import is_logged, tell, tell_begun
from hcs_plates.workplace import where_it_runs, worker_name

Progress = Callable[[int, int], None]
"""Called with (units done, units in all): first with those done already, then after each that ends."""

Output = dict[str, Any]
"""What a unit says of what it made; JSON-ready, with a checksum of the output."""

Ended = tuple[str, Output, str | None, float, str]
"""Name of a unit, what it said, why it was refused, its seconds, and who ran it."""

GPU = "GPU"
"""What networks prefer: workers with a GPU are started with ``dask worker --resources GPU=1``."""


@dataclass(frozen=True)
class Unit:
    """One piece of work.

    Parameters
    ----------
    name
        Stable and unique within the run; names the receipt.
    inputs
        Digest of everything the output depends on (`digest`).
    payload
        What the function is called with; must pickle.
    prefers
        A resource of Dask workers, such as ``GPU``: where some have it, one of these takes the unit.
    """

    name: str
    inputs: str
    payload: Any
    prefers: str | None = None


@dataclass(frozen=True)
class RunSummary:
    """What became of a run's units.

    Parameters
    ----------
    outputs
        By unit name, what each returned, now or in an earlier run.
    skipped
        Units whose receipt was still valid.
    failed
        By unit name, the sentence it was refused with.
    """

    outputs: dict[str, Output] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    failed: dict[str, str] = field(default_factory=dict)

    def check(self) -> None:
        """Raise `RefusedUnitsError` with what units were refused with, each sentence once."""
        if self.failed:
            raise RefusedUnitsError(self.failed, len(self.failed) + len(self.outputs))


def digest(*parts: object) -> str:
    """Digest (BLAKE2b, 128 bit, hex) of JSON-ready values, bytes and arrays, in order.

    Examples
    --------
    >>> digest("a", 1) == digest("a", 1), digest("a", 1) == digest("a", 2)
    (True, False)
    """
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        if isinstance(part, np.ndarray):
            state.update(f"{part.dtype.str}{part.shape}".encode())
            state.update(np.ascontiguousarray(part).data)
        elif isinstance(part, bytes):
            state.update(part)
        else:
            state.update(json.dumps(part, sort_keys=True, default=str).encode())
        state.update(b"\x1f")
    return state.hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def pixel_digest(pixels: npt.NDArray[Any]) -> str:
    """Digest of an array's shape, type and content."""
    return digest(pixels)


def write_json(path: Path, value: object, indent: int | None = 1) -> None:
    """Write JSON so that a reader sees the old file or the new one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
    scratch.write_text(json.dumps(value, indent=indent, default=str), encoding="utf-8")
    scratch.replace(path)


def run_units(
    function: Callable[[Any], Output],
    units: Sequence[Unit],
    receipts: Path,
    *,
    client: Any = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> RunSummary:
    """Run the units that have no valid receipt yet.

    Parameters
    ----------
    function
        Called once per unit with its payload; a module-level function, so that it pickles. Paths in payloads
        must be absolute: a worker stands in a folder of its own.
    units
        The work; names must be unique.
    receipts
        Folder of the receipts, visible to every worker.
    client
        A `distributed.Client` to run on. If None, the one that is current in this process (as after
        ``Client(…)``), unless `workers` is given; where there is none, threads of this process.
    workers
        Run on this many threads of this process, whatever client is current; None is one for each core that
        this process may use.
    progress
        Told about every unit that ends.

    Returns
    -------
    RunSummary
        Refused units are in `failed`; any other exception is a fault of the program and is raised.

    Raises
    ------
    UnreachableError
        A file that could not be reached or written: the run stops, what is done keeps its receipts.
    ClusterError
        As `hcs_plates.cluster.run_on_cluster`.
    ArgumentError
        Fewer than one thread; a client that is closed.
    """
    if workers is not None and workers < 1:
        raise ArgumentError(f"workers {workers} is fewer than one; None takes one thread per core.")
    if client is None and workers is None:
        client = active_client()
    receipts = receipts.absolute()
    failed: dict[str, str] = {}
    with reachable(place=receipts):
        receipts.mkdir(parents=True, exist_ok=True)
        outputs = {unit.name: kept for unit in units if (kept := _valid_receipt(receipts, unit)) is not None}
        skipped = tuple(outputs)
        waiting = [unit for unit in units if unit.name not in outputs]
        if progress is not None:
            progress(len(skipped), len(units))
        if is_logged():
            tell_begun(len(units), len(skipped), **where_it_runs(client if waiting else None, workers))
        run = partial(_run_one, function, receipts)
        with closing(_execute(run, waiting, receipts, client, workers)) as execution:
            for ended, (name, output, refusal, seconds, worker) in enumerate(execution, len(skipped) + 1):
                if refusal is None:
                    outputs[name] = output
                    tell("unit", unit=name, seconds=seconds, worker=worker)
                else:
                    failed[name] = refusal
                    tell("refused", unit=name, sentence=refusal)
                if progress is not None:
                    progress(ended, len(units))
    order = {unit.name: place for place, unit in enumerate(units)}
    return RunSummary(
        dict(sorted(outputs.items(), key=lambda item: order[item[0]])),
        skipped,
        dict(sorted(failed.items(), key=lambda item: order[item[0]])),
    )


def _valid_receipt(receipts: Path, unit: Unit) -> Output | None:
    """Output of an earlier run of the same unit on the same inputs."""
    path = receipts / f"{unit.name}.json"
    if not path.is_file():
        return None
    try:
        receipt = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None
    if not isinstance(receipt, dict) or receipt.get("inputs") != unit.inputs:
        return None
    output = receipt.get("output")
    return output if isinstance(output, dict) else None


def _run_one(function: Callable[[Any], Output], receipts: Path, unit: Unit) -> Ended:
    """Run a unit where it is and leave its receipt."""
    kept = _valid_receipt(receipts, unit)
    if kept is not None:
        # A cluster gives a unit to a second worker when the first is lost on its way back.
        return unit.name, kept, None, 0.0, worker_name()
    start = time.monotonic()
    try:
        with reachable(f"working on {unit.name}", receipts.parent):
            output = function(unit.payload)
            seconds = round(time.monotonic() - start, 3)
            receipt = {"unit": unit.name, "inputs": unit.inputs, "seconds": seconds, "output": output}
            write_json(receipts / f"{unit.name}.json", receipt)
    except UnreachableError:
        raise
    except HcsError as error:
        return unit.name, {}, error.message, round(time.monotonic() - start, 3), worker_name()
    except MemoryError as error:
        why = f" ({error})" if str(error) else ""
        raise HcsError(
            f"Memory ran out while working on {unit.name}{why}. What is done is kept: run the same command "
            "again, with fewer workers at once or on a machine with more memory."
        ) from error
    return unit.name, output, None, seconds, worker_name()


def _execute(
    run: Callable[[Unit], Ended], units: Sequence[Unit], receipts: Path, client: Any, workers: int | None
) -> Generator[Ended, None, None]:
    """Run units on a client's workers or in order on threads; once one fails no other is begun."""
    if client is not None and units:
        yield from run_on_cluster(client, run, units, receipts)
        return
    from dask.system import CPU_COUNT

    at_once, left = workers or CPU_COUNT, iter(units)
    with ThreadPoolExecutor(at_once, "thread") as pool:
        running = {pool.submit(run, unit) for unit in islice(left, at_once)}
        while running:
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                yield future.result()
                running |= {pool.submit(run, unit) for unit in islice(left, 1)}
