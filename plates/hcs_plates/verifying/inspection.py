"""What is to be read of one thing, in parts that run on threads or workers."""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from hcs_plates.cluster import active_client
from hcs_plates.lock import is_held
from hcs_plates.units import Output, Progress, Unit, digest, run_units
from hcs_plates.verifying.fault import Fault

BUSY = "A run works in it; what is checked is what stands."


class Part(Protocol):
    """One piece of the reading; it pickles."""

    noun: ClassVar[str]
    """What it is: ``field``, ``shard``, ``file``."""

    def faults(self) -> list[Fault]:
        """Read it and list what is wrong.

        Raises
        ------
        UnreachableError
            A file that cannot be reached, which says nothing of what it holds.
        """


@dataclass(frozen=True)
class Inspection:
    """One thing that is verified.

    Parameters
    ----------
    noun
        What it is, ``plate P1``.
    path
        Where it stands, absolute.
    parts
        What is to be read.
    faults
        What opening it showed.
    notes
        What is known and no fault, and what could not be held against anything.
    """

    noun: str
    path: Path
    parts: Sequence[Part] = ()
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()

    def run(
        self, *, client: Any = None, workers: int | None = None, progress: Progress | None = None
    ) -> tuple[Fault, ...]:
        """Read every part; give all faults, each once.

        Receipts, which `hcs_plates.units.run_units` needs, lie in a folder of their own for as long as it
        takes: of a client's workers beside the thing, where they can see it, else among temporary files.

        Raises
        ------
        UnreachableError, ClusterError, ArgumentError
            As `hcs_plates.units.run_units`.
        """
        if client is None and workers is None:
            client = active_client()
        beside = self.path.parent if client is not None and os.access(self.path.parent, os.W_OK) else None
        with tempfile.TemporaryDirectory(prefix=".hcs-verify-", dir=beside) as receipts:
            units = [Unit(f"part-{place:07d}", digest(place), part) for place, part in enumerate(self.parts)]
            engine: dict[str, Any] = {"client": client, "workers": workers, "progress": progress}
            summary = run_units(_read, units, Path(receipts), **engine)
        summary.check()
        found = [Fault(**one) for output in summary.outputs.values() for one in output["faults"]]
        return tuple(dict.fromkeys([*self.faults, *found]))


def busy(*locks: Path) -> tuple[str, ...]:
    """Say that a run holds one of these locks; nothing where none does."""
    return (BUSY,) if any(map(is_held, locks)) else ()


def _read(part: Part) -> Output:
    return {"faults": [fault.to_json() for fault in part.faults()]}
