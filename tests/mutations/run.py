"""Mutants run one after the other, time and memory bounded: ``python -m tests.mutations.run --each 150``.

Prints one line of JSON for every mutant, and a table of figures at the end.
"""

import argparse
import json
import logging
import resource
import shutil
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from tests.mutations import boxes, exports, stores, tables, variants
from tests.mutations.kinds import Kind

from hcs_plates.errors import HcsError

EVERY = (*exports.KINDS, *tables.KINDS, *stores.KINDS, *boxes.KINDS, *variants.KINDS)
KINDS: dict[str, Kind] = {kind.name: kind for kind in EVERY}
SECONDS = 20
GIB = 2**30
MOST_MORE = GIB
"""Bytes of resident memory that one mutant may add."""

OUTCOMES = ("right", "sentence", "wrong", "traceback", "memory", "hang")
BAD = OUTCOMES[2:]


class _HangError(BaseException):
    """A mutant took too long; no handler of errors may swallow it."""


def _stop(*_: object) -> None:
    raise _HangError


def _resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def outcome(kind: Kind, whole: Path, known: Any, place: Path, seed: str) -> dict[str, Any]:
    """Make one mutant and say what came of it."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(whole, place / "input")
    said = kind.mutate(Random(seed), place / "input", known)
    found = {"kind": kind.name, "seed": seed, "mutant": said}
    before = _resident()
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        kind.judge(place / "input", known)
        result, told = "right", ""
    except HcsError as error:
        told = error.message
        result = "sentence" if told.strip() and "Traceback" not in told else "traceback"
    except AssertionError as error:
        result, told = "wrong", str(error)[:300]
    except MemoryError:
        result, told = "memory", "MemoryError"
    except _HangError:
        result, told = "hang", traceback.format_exc(limit=-3)
    except BaseException:
        result, told = "traceback", traceback.format_exc(limit=-3)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if _resident() - before > MOST_MORE:
        result = "memory"
    return found | {"outcome": result, "told": told[:2000]}


def run(names: Sequence[str], each: int, seed: int) -> Counter[tuple[str, str]]:
    """Run mutants of every kind, and print what came of each."""
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGALRM, _stop)
    figures: Counter[tuple[str, str]] = Counter()
    for name in names:
        kind = KINDS[name]
        with tempfile.TemporaryDirectory() as folder:
            whole = Path(folder) / "whole"
            whole.mkdir()
            known = kind.prepare(whole)
            for number in range(each):
                found = outcome(kind, whole, known, Path(folder) / "mutant", f"{seed}-{name}-{number}")
                figures[name, found["outcome"]] += 1
                print(json.dumps(found), flush=True)
    return figures


def main() -> None:
    """Run what the command line asks for."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--kind", action="append", choices=list(KINDS), help="all if left out")
    words.add_argument("--each", type=int, default=150, help="mutants of every kind")
    words.add_argument("--seed", type=int, default=0)
    asked = words.parse_args()
    # What is allocated beyond this fails, and does not take the machine with it.
    resource.setrlimit(resource.RLIMIT_AS, (12 * GIB, 12 * GIB))
    names = asked.kind or list(KINDS)
    figures = run(names, asked.each, asked.seed)
    print("".join(f"{word:>12}" for word in ("", *OUTCOMES)), file=sys.stderr)
    for name in names:
        counts = "".join(f"{figures[name, word]:>12}" for word in OUTCOMES)
        print(f"{name:>12}{counts}", file=sys.stderr)


if __name__ == "__main__":
    main()
