"""A command on a disk that fills up in its midst, and what the next run makes of it once there is room."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.faults.kills import Kills, contents


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """Mount a disk of so many bytes in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def remount(folder: Path, options: str) -> None:
    """Change the size of a mounted disk, or whether it can be written to."""
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)


class Full(Kills):
    """A command whose disk has room for a part of what it makes."""

    def fillings(self, shares: Sequence[float]) -> list[dict[str, Any]]:
        """Run with room for such shares of what it writes, then with room enough.

        Returns
        -------
        list of dict
            share; code and said (of the first run); changed (files that stood there and do not any more);
            again (code of the second run); differs (files that are not those of a run that had room); twice
            (units that had ended and were done again); left (what stands beside the thing that was made).
        """
        disk, found = self.scratch / "disk", []
        with small_disk(disk, 1 << 30):
            folder = self._prepared("disk/whole")
            stood, start = contents(folder / self.out), used(folder)
            code, said = self._run(folder, "whole")
            assert code == 0, said
            expected, made = contents(folder / self.out), used(folder / self.out)
        for share in shares:
            with small_disk(disk, start + int(share * made)):
                folder = self._prepared("disk/full")
                first, said = self._run(folder, "first")
                now = contents(folder / self.out)
                changed = sorted(name for name in stood if now.get(name) != stood[name])
                remount(disk, "size=1g")
                again, _ = self._run(folder, "second")
                now = contents(folder / self.out)
                found.append(
                    {
                        "share": share,
                        "code": first,
                        "said": said,
                        "changed": changed,
                        "again": again,
                        "differs": sorted(
                            name for name in expected | now if expected.get(name) != now.get(name)
                        ),
                        "twice": sorted(
                            set(self._units("first", "end")) & set(self._units("second", "begin"))
                        ),
                        "left": sorted(path.name for path in folder.iterdir() if path.name.startswith(".")),
                    }
                )
        return found


def used(folder: Path) -> int:
    """Bytes that the files of a folder take on its disk."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def program() -> None:
    """Print one JSON row a filling, of the command that the JSON file named first describes."""
    told = json.loads(Path(sys.argv[1]).read_text())
    for module in told["modules"]:
        import_module(module)
    start = told["start"]
    full = Full(told["words"], told["out"], Path(told["scratch"]), None if start is None else Path(start))
    for row in full.fillings(told["shares"]):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    program()
