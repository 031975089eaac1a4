"""What a newcomer starts from: the checks that run by themselves, and names in the documentation."""

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from hcs_plates.readers.plugins import GROUP

ROOT = Path(__file__).resolve().parents[1]
CHECKS = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
REFERENCE = re.compile(r"`((?:hcs|hcs_models|hcs_plates)(?:\.\w+)+)(?:\([^`]*\))?`")
FLOORS = ("hcs/hcs", "models/hcs_models", "plates/hcs_plates")
WRITTEN = [*ROOT.glob("*.md"), *ROOT.glob("*/README.md")]
WRITTEN += [file for floor in FLOORS for file in ROOT.glob(f"{floor}/**/*.py")]


def test_workflow_runs_the_same_script() -> None:
    """What a hosted runner checks is what is checked here."""
    flow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    (job,) = flow["jobs"].values()
    assert job["steps"][-1]["run"] == "bash .ci/run"


def test_hooks_are_steps_of_the_script() -> None:
    """A hook before a commit runs a command of `.ci/run`, word by word, but for where it writes."""
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    for hook in repository["hooks"]:
        tool, *words = hook["entry"].removeprefix(".venv/bin/").removesuffix(" .reference").split()
        assert " ".join([f'"$bin/{tool}"', *words]) in CHECKS, hook["entry"]


@pytest.mark.parametrize("floor", FLOORS)
def test_files_in_the_floors_readmes(floor: str) -> None:
    """Each file that a floor's README names is there."""
    text = (ROOT / floor).with_name("README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:\w+/)*\w+\.(?:py|js))`", text))
    tops = [ROOT / top for top in ("hcs", "models", "plates", "tests", "examples")]
    there = [file.as_posix() for top in tops for file in top.rglob("*.*") if file.suffix in (".py", ".js")]
    assert len(named) > 15
    assert not [name for name in named if not any(place.endswith(f"/{name}") for place in there)]


def resolve(name: str) -> Any:
    """Find what a dotted name names; fields of dataclasses count."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = part if part in getattr(found, "__dataclass_fields__", {}) else getattr(found, part)
        return found
    raise AttributeError(name)


@pytest.mark.parametrize("floor", ["hcs", "hcs_models", "hcs_plates"])
def test_names_in_documentation(floor: str) -> None:
    """Each dotted name in a README or a docstring is there: a reader who follows it finds something."""
    gone = []
    for file in WRITTEN:
        for name in REFERENCE.findall(file.read_text(encoding="utf-8")):
            # An entry point group, which is no module.
            if name.split(".")[0] == floor and name != GROUP:
                try:
                    resolve(name)
                except AttributeError:
                    gone.append(f"{file.relative_to(ROOT)}: {name}")
    assert not gone
