"""Units of work and their receipts: the one mechanism behind resuming, incremental runs and Dask.

Everything long is a list of units. A unit is a pure function of its payload that writes only its own output
and returns what it made (a JSON-ready dict with a checksum). Its receipt is written last, by whoever ran it;
a unit whose receipt carries the same input digest is skipped the next time. A unit that refuses its input
(`HcsError`) is recorded with the reason and the run goes on.
"""

import hashlib
import itertools
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import dask
import numpy as np
import numpy.typing as npt
from dask.callbacks import Callback

from hcs_plates.errors import HcsError

Progress = Callable[[int, int], None]
"""Called with (units done, units in all)."""

Output = dict[str, Any]
"""What a unit says of what it made; JSON-ready, with a checksum of the output."""

Ended = tuple[str, Output, str | None]
Tell = Callable[[int], None]
Execute = Callable[[Callable[["Unit"], Ended], list["Unit"], Tell], Iterator[Ended]]


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
    """

    name: str
    inputs: str
    payload: Any


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
        Called once per unit with its payload; a module-level function, so that it pickles.
    units
        The work; names must be unique.
    receipts
        Folder of the receipts, visible to every worker.
    client
        A `distributed.Client` to run on; without one, threads of this process.
    workers
        Number of threads without a client (default: the machine's cores).
    progress
        Told about every unit that ends.

    Returns
    -------
    RunSummary
        Refused units are in `failed`; any other exception is a fault of the program and is raised.
    """
    outputs: dict[str, Output] = {}
    waiting: list[Unit] = []
    for unit in units:
        output = _valid_receipt(receipts, unit)
        if output is None:
            waiting.append(unit)
        else:
            outputs[unit.name] = output
    skipped = tuple(outputs)
    failed: dict[str, str] = {}

    def tell(ended: int) -> None:
        if progress is not None:
            progress(len(skipped) + ended, len(units))

    tell(0)
    receipts.mkdir(parents=True, exist_ok=True)
    execute = _on_threads(workers) if client is None else _on_cluster(client)
    for name, output, refusal in execute(partial(_run_one, function, receipts), waiting, tell):
        if refusal is None:
            outputs[name] = output
        else:
            failed[name] = refusal
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
        receipt = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError:
        return None
    if not isinstance(receipt, dict) or receipt.get("inputs") != unit.inputs:
        return None
    output = receipt.get("output")
    return output if isinstance(output, dict) else None


def _run_one(function: Callable[[Any], Output], receipts: Path, unit: Unit) -> Ended:
    """Run a unit where it is and leave its receipt."""
    start = time.monotonic()
    try:
        output = function(unit.payload)
    except HcsError as error:
        return unit.name, {}, error.message
    seconds = round(time.monotonic() - start, 3)
    receipt = {"unit": unit.name, "inputs": unit.inputs, "seconds": seconds, "output": output}
    write_json(receipts / f"{unit.name}.json", receipt)
    return unit.name, output, None


def _on_cluster(client: Any) -> Execute:
    """Run units as futures of a `distributed.Client`."""
    from distributed import as_completed

    def execute(run: Callable[[Unit], Ended], units: list[Unit], tell: Tell) -> Iterator[Ended]:
        futures = client.map(run, units, pure=False)
        for ended, future in enumerate(as_completed(futures, loop=client.loop), start=1):
            yield future.result()
            tell(ended)

    return execute


def _on_threads(workers: int | None) -> Execute:
    """Run units on Dask's threaded scheduler in this process."""

    def execute(run: Callable[[Unit], Ended], units: list[Unit], tell: Tell) -> Iterator[Ended]:
        if not units:
            return
        ended = itertools.count(1)
        # Of tasks that wait for nothing Dask takes the last key first: counting down keeps the units' order.
        tasks = [
            dask.delayed(run, pure=False)(unit, dask_key_name=f"unit-{len(units) - place:06d}")
            for place, unit in enumerate(units)
        ]
        with Callback(posttask=lambda *_: tell(next(ended))):
            yield from dask.compute(*tasks, scheduler="threads", num_workers=workers or os.cpu_count())

    return execute
