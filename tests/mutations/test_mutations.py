"""Mutated inputs: each is read right, listed, or refused in a sentence; none crashes, hangs or swells."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.mutations.run import BAD, KINDS

ROOT = Path(__file__).resolve().parents[2]
CHECKED = list(KINDS)


def run(kinds: Sequence[str], each: int, seed: int, seconds: int) -> list[dict[str, str]]:
    """Run mutants in a process of their own, whose memory is bounded; give what came of each."""
    words = [sys.executable, "-m", "tests.mutations.run", "--each", str(each), "--seed", str(seed)]
    for kind in kinds:
        words += ["--kind", kind]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=seconds, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return [json.loads(line) for line in ended.stdout.splitlines()]


def bad(found: Sequence[dict[str, str]]) -> list[str]:
    """Those that were neither right nor a sentence, so that each can be repeated."""
    return [
        f"{one['outcome']} of {one['kind']} {one['seed']} ({one['mutant']}):\n{one['told']}"
        for one in found
        if one["outcome"] in BAD
    ]


@pytest.mark.slow
def test_some_mutants_are_right_or_refused() -> None:
    """Some of every kind, always the same ones; some are right and some are not."""
    found = run(CHECKED, each=12, seed=0, seconds=240)
    assert len(found) == 12 * len(CHECKED)
    assert bad(found) == []
    for kind in CHECKED:
        outcomes = {one["outcome"] for one in found if one["kind"] == kind}
        # Of the forest's arrays nothing can change without one of its checks.
        assert outcomes == ({"sentence"} if kind == "forest" else {"right", "sentence"}), kind


@pytest.mark.nightly
@pytest.mark.parametrize("kind", CHECKED)
@pytest.mark.parametrize("seed", [1, 2])
def test_many_mutants_are_right_or_refused(kind: str, seed: int) -> None:
    """A hundred and fifty of every kind, twice."""
    found = run([kind], each=150, seed=seed, seconds=460)
    assert len(found) == 150
    assert bad(found) == []


@pytest.mark.slow
def test_what_goes_wrong_is_found(tmp_path: Path) -> None:
    """The harness tells a crash, a wrong answer, a hang and a refusal apart."""
    code = """
import sys, time
from pathlib import Path
from hcs_plates.errors import ArgumentError
from tests.mutations import run
from tests.mutations.kinds import Kind

def judge(folder, known):
    what = (folder / "what").read_text()
    if what == "crash": raise ZeroDivisionError("x")
    if what == "wrong": assert 1 == 2, "numbers differ"
    if what == "hang": time.sleep(60)
    if what == "memory": return bytearray(2**62)
    if what == "sentence": raise ArgumentError("One sentence.")

run.SECONDS = 0.5
words = iter(["crash", "wrong", "hang", "memory", "sentence", "right"])

def mutate(random, folder, known):
    (folder / "what").write_text(next(words))
    return "x"

run.KINDS["own"] = Kind("own", lambda folder: (folder / "what").write_text("right"), mutate, judge)
run.run(["own"], 6, 0)
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    outcomes = [json.loads(line)["outcome"] for line in ended.stdout.splitlines()]
    assert outcomes == ["traceback", "wrong", "hang", "memory", "sentence", "right"]
