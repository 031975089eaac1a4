"""Time a plate for viewing, of hcs and of another tool: `python -m tests.bench.viewing FOLDER`.

In the folder, plates of 384 wells × 9 fields × 4 channels of 2048² are made (`bigplate.py`), if they are
not there. A row is a plate: processor seconds to open it, seconds until its contrast is learned (24 fields),
milliseconds until the first region (512², 4 channels, level 0) of a field that is not in the system's memory,
and of another region of a field that is, medians; and MB that 1,000 fields more leave in the process.
"""

import argparse
import os
import resource
import statistics
from pathlib import Path
from time import perf_counter, process_time

from tests.bench.bigplate import make_others, make_ours

from hcs_plates.viewing import ViewedField, open_view

TRIED = 30
MORE = 1000


def main() -> None:
    """Print a row for each plate."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    folder = asked.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    print("plate   open s  contrast s  first region ms  next region ms  MB after 1,000 fields more")
    for make in (make_ours, make_others):
        path = make(folder)
        began = process_time()
        view = open_view(path)
        opened = process_time() - began
        wells = list(view.fields)
        began = perf_counter()
        assert view.field(wells[0], view.fields[wells[0]][0]).channels
        learned = perf_counter() - began
        first, following = [], []
        for well in wells[:TRIED]:
            forget(path)
            began = perf_counter()
            field = view.field(well, view.fields[well][1])
            corner(field, 0)
            first.append(perf_counter() - began)
            began = perf_counter()
            corner(field, 512)
            following.append(perf_counter() - began)
        before = memory()
        for place in range(MORE):
            well = wells[place % len(wells)]
            corner(view.field(well, view.fields[well][place % len(view.fields[well])]), 1024)
        print(
            f"{view.name:7} {opened:6.2f}  {learned:10.2f}  {1e3 * statistics.median(first):15.1f}  "
            f"{1e3 * statistics.median(following):14.1f}  {memory() - before:26.1f}"
        )


def corner(field: ViewedField, at: int) -> None:
    """Read 512² of all channels."""
    field.region(0, range(4), 0, 0, at, at + 512, at, at + 512)


def forget(path: Path) -> None:
    """Take the files of the one field that all are (hard links) out of the system's memory."""
    for folder, _, files in os.walk(path / "A" / "01"):
        for name in files:
            held = os.open(Path(folder) / name, os.O_RDONLY)
            os.posix_fadvise(held, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(held)


def memory() -> float:
    """Most memory that the process had, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
