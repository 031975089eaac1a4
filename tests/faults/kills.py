"""A command killed at its N-th file operation or at a moment of time, and what the next run makes of it.

Everything is imported once, and every run is a fork of that: a kill costs what the command costs.
"""

import hashlib
import json
import os
import random
import shutil
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

CHANGES = ("os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate")


@dataclass(frozen=True)
class Kills:
    """A command to be killed.

    Parameters
    ----------
    words
        Of the command; ``{}`` in them stands for the folder it works in.
    out
        Name, in that folder, of what it makes.
    scratch
        Folder for everything.
    start
        Folder whose content the command finds in its own; nothing if None.
    """

    words: Sequence[str]
    out: str
    scratch: Path
    start: Path | None = None

    def rows(self, spread: int, last: int = 0, times: int = 0) -> list[dict[str, Any]]:
        """Kill at `spread` operations over the whole run, at the `last` ones, and at random `times`.

        Returns
        -------
        list of dict
            moment; to go (operations not done yet; None of a time); killed; code (of the next run) and said;
            differs (files that are not those of a run left in peace); twice (units that had ended and were
            done again); kept (units that had ended); left (what stands beside the thing that was made).
        """
        whole = self._prepared("whole")
        began = time.monotonic()
        code, said = self._run(whole, "count")
        assert code in (0, 1), said
        seconds = time.monotonic() - began
        expected, total = contents(whole / self.out), int((self.scratch / "count").read_text())
        # One is in the middle.
        shares = [one / (spread - 1) for one in range(spread)] if spread > 1 else [0.5] * spread
        even = {round(1 + (total - 1) * share) for share in shares}
        rng = random.Random(20)
        moments: list[tuple[str, int, float]] = [
            (f"operation {number} of {total}", number, 0.0)
            for number in sorted(even | set(range(total - last + 1, total + 1)))
        ]
        moments += [
            (f"{one:.2f} s of {seconds:.2f}", 0, one)
            for one in (rng.uniform(0.02, 1.0) * seconds for _ in range(times))
        ]
        return [self._killed(moment, expected, total, number, after) for moment, number, after in moments]

    def _killed(
        self, moment: str, expected: dict[str, str], total: int, number: int, after: float
    ) -> dict[str, Any]:
        folder = self._prepared("killed")
        first, _ = self._run(folder, "first", number=number, after=after)
        second, said = self._run(folder, "second")
        found = contents(folder / self.out)
        ended = self._units("first", "end")
        return {
            "moment": moment,
            "to go": total - number if number else None,
            "killed": first == -signal.SIGKILL,
            "code": second,
            "said": said,
            "differs": sorted(name for name in expected | found if expected.get(name) != found.get(name)),
            "twice": sorted(set(ended) & set(self._units("second", "begin"))),
            "kept": len(ended),
            "left": sorted(path.name for path in folder.iterdir() if path.name.startswith(".")),
        }

    def _prepared(self, name: str) -> Path:
        folder = self.scratch / name
        shutil.rmtree(folder, ignore_errors=True)
        if self.start is None:
            folder.mkdir(parents=True)
        else:
            shutil.copytree(self.start, folder)
        return folder

    def _units(self, run: str, what: str) -> list[str]:
        lines = (self.scratch / f"{run}.units").read_text().splitlines()
        return [line.partition(" ")[2] for line in lines if line.startswith(what)]

    def _run(self, folder: Path, name: str, *, number: int = 0, after: float = 0.0) -> tuple[int, str]:
        words = [word.replace("{}", str(folder)) for word in self.words]
        said, log = self.scratch / f"{name}.said", self.scratch / f"{name}.units"
        log.write_text("")
        child = os.fork()
        if child == 0:
            code = 99
            try:
                shown = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
                os.dup2(shown, 1)
                os.dup2(shown, 2)
                code = _run_here(words, folder, log, self.scratch / name, number, after)
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said.read_text()[-400:]


def _run_here(words: list[str], folder: Path, log: Path, count: Path, number: int, after: float) -> int:
    """Run the command in this process, which is killed at an operation below the folder, or after a time."""
    from hcs.cli import main
    from hcs_plates import units

    seen, guard, root = [0], threading.Lock(), f"{folder}/"
    written = os.open(log, os.O_WRONLY | os.O_APPEND)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            changes = isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
        else:
            path, changes = (arguments or ("",))[0], event in CHANGES
        # `shutil.rmtree` removes by names within an open folder.
        below = str(path).startswith(root) or (
            event in ("os.remove", "os.rmdir") and not str(path).startswith("/")
        )
        if changes and below:
            with guard:
                seen[0] += 1
                if seen[0] == number:
                    os.kill(os.getpid(), signal.SIGKILL)

    def logged(function: Any, receipts: Path, unit: units.Unit) -> Any:
        # Two plates of a study have units of one name.
        name = f"{receipts}/{unit.name}".removeprefix(root)
        os.write(written, f"begin {name}\n".encode())
        ended = run_one(function, receipts, unit)
        if ended[2] is None:
            os.write(written, f"end {name}\n".encode())
        return ended

    run_one = units._run_one
    units._run_one = logged
    sys.addaudithook(hook)
    if after:
        timer = threading.Timer(after, os.kill, (os.getpid(), signal.SIGKILL))
        timer.daemon = True
        timer.start()
    try:
        main(words)
    except SystemExit as left:
        return int(left.code or 0)
    finally:
        count.write_text(str(seen[0]))
    return 0


def contents(folder: Path) -> dict[str, str]:
    """Digest of every file by its name, and of every folder; how long things took is left out."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir():
            found[name] = "folder"
        elif name != "report.html":
            found[name] = hashlib.sha256(_steady(path)).hexdigest()
    return found


def _steady(path: Path) -> bytes:
    """A file's bytes without durations and times of day."""
    content = path.read_bytes()
    if path.suffix != ".json":
        return content
    document = json.loads(content)
    for name in ("durations", "seconds", "begun", "finished"):
        if isinstance(document, dict):
            document.pop(name, None)
    return json.dumps(document, sort_keys=True).encode()


def program() -> None:
    """Print one JSON row a kill, of the command that the JSON file named first describes."""
    told = json.loads(Path(sys.argv[1]).read_text())
    for module in told["modules"]:
        import_module(module)
    start = told.get("start")
    kills = Kills(told["words"], told["out"], Path(told["scratch"]), None if start is None else Path(start))
    for row in kills.rows(told["spread"], told["last"], told["times"]):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    program()
