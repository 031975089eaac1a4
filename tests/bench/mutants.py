"""Mutants of a room of the code: which changes of it does no test notice?

    python -m pip install mutmut
    python tests/bench/mutants.py FOLDER statistics/pvalues.py statistics/calls.py ...

FOLDER gets a copy of the product in which mutmut works; files are named below ``hcs/hcs``, and each is tried
with the test file that mirrors it. Survivors are printed as differences, to be read: each means the same,
words a message otherwise, or shows what no test holds.
"""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLOORS = {"hcs": "hcs/hcs", "hcs_models": "models/hcs_models", "hcs_plates": "plates/hcs_plates"}
MUTMUT = [sys.executable, "-m", "mutmut"]
SETTINGS = """
[tool.mutmut]
source_paths = {sources}
pytest_add_cli_args_test_selection = {tests}
also_copy = ["hcs", "hcs_models", "hcs_plates", "tests"]
[tool.pytest.ini_options]
addopts = ["--import-mode=importlib", "-p", "no:xdist"]
pythonpath = ["."]
"""


def lay_out(folder: Path, files: list[str]) -> None:
    """Copy the floors side by side, as mutmut finds a module by its path, and the tests below them."""
    folder.mkdir(parents=True)
    for name, place in FLOORS.items():
        shutil.copytree(ROOT / place, folder / name)
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=shutil.ignore_patterns("bench"))
    mirrors = [Path("tests/hcs", file).with_name(f"test_{Path(file).name}") for file in files]
    settings = SETTINGS.format(
        sources=json.dumps([f"hcs/{file}" for file in files]),
        tests=json.dumps([str(test) for test in mirrors if (ROOT / test).is_file()]),
    )
    (folder / "pyproject.toml").write_text(settings, encoding="utf-8")


def asked(folder: Path, *words: str) -> list[str]:
    """Lines that mutmut answers."""
    answer = subprocess.run([*MUTMUT, *words], cwd=folder, check=True, capture_output=True, text=True)
    return answer.stdout.splitlines()


def main(folder: Path, files: list[str]) -> None:
    """Make the mutants, run the tests on them, and show those that survived."""
    lay_out(folder, files)
    subprocess.run([*MUTMUT, "run"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    told = asked(folder, "results", "--all", "true")
    fates = dict(line.strip().split(": ") for line in told if ": " in line)
    for name in (name for name, fate in fates.items() if fate == "survived"):
        changed = [line for line in asked(folder, "show", name) if re.match(r"[+-](?![+-]{2})", line)]
        print(name, *changed, sep="\n")
    print(dict(Counter(fates.values())))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
