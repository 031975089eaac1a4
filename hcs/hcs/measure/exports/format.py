"""What a format of `hcs export` is, and what it is asked for.

The command's help names every format, so their files import what they write with where they write.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from hcs_plates.plate import Plate
    from hcs_plates.units import Progress


@dataclass(frozen=True)
class Asked:
    """What one export is of and where it goes.

    Parameters
    ----------
    plate
        The plate, or the one that was measured.
    out
        What to make.
    level
        Of profiles: one of `hcs.measure.profiles.LEVELS`.
    overwrite
        Replace another one that stands there, once the new one is whole.
    client, progress
        As in `hcs_plates.units.run_units`, for a format that runs on workers.
    """

    plate: "Plate"
    out: Path
    level: str = "wells"
    overwrite: bool = False
    client: Any = None
    progress: "Progress | None" = None


class ExportFormat(Protocol):
    """A format: its name as it is asked for, what it is in a few words, and whether it runs on workers."""

    name: str
    what: str
    on_workers: bool

    def write(self, asked: Asked) -> list[str]:
        """Write it, and give the sentences to tell; the first says what was made."""
        ...
