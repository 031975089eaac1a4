"""Findings: every one draws panels, and says the main thing in a sentence."""

import ast
import importlib
import inspect
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import hcs
from hcs.analysis.finding import Finding, Shown, first_sentence
from hcs.figures.panels import Panels
from hcs.figures.theme import empty_figure


@dataclass(frozen=True)
class Said(Shown):
    """A finding that says what it is given."""

    words: str
    caveats: tuple[str, ...] = ()

    @property
    def table(self) -> pd.DataFrame:
        """No numbers."""
        return pd.DataFrame()

    def summary(self) -> str:
        """Say it."""
        return self.words

    def plot(self) -> Panels:
        """Draw it."""
        return Panels.of(empty_figure(self.words), self.table)


class Headed(Said):
    """One that has a headline of its own."""

    def headline(self) -> str:
        """Say something else."""
        return "The main thing. And its test."


def plotting() -> dict[str, str]:
    """Modules of hcs that define a plot, and their text."""
    root = Path(hcs.__file__).parent
    texts = {path.relative_to(root.parent): path.read_text(encoding="utf-8") for path in root.rglob("*.py")}
    return {".".join(path.with_suffix("").parts): text for path, text in texts.items() if "def plot(" in text}


def has_table(kind: type[Any]) -> bool:
    """As a property or as a field."""
    own = {one.name for one in fields(kind)} if is_dataclass(kind) else set()
    return hasattr(kind, "table") or "table" in own


def test_every_finding_draws_panels() -> None:
    """Every class of hcs with a table and a plot annotates the plot as panels."""
    kinds = {
        kind
        for name in plotting()
        for _, kind in inspect.getmembers(importlib.import_module(name), inspect.isclass)
        if kind.__module__ == name and hasattr(kind, "plot") and has_table(kind)
    }
    assert len(kinds) > 30
    wrong = {
        kind.__name__
        for kind in kinds
        if inspect.signature(kind.plot).return_annotation not in ("Panels", Panels)
    }
    assert not wrong


def test_panels_are_those_of_the_figures() -> None:
    """Wherever `Panels` is named, it is the class of `hcs.figures.panels`."""
    nodes = [node for text in plotting().values() for node in ast.walk(ast.parse(text))]
    lines = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    named = {line.module for line in lines for name in line.names if name.name == "Panels"}
    assert named == {"hcs.figures.panels"}


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("One sentence only.", "One sentence only."),
        ("", ""),
        ("No stop at the end", "No stop at the end"),
        ("rho = 0.48 over 30 clones. Two are left out.", "rho = 0.48 over 30 clones."),
        ("It is 0.5 (95 % interval 0.1 to 0.9). Few.", "It is 0.5 (95 % interval 0.1 to 0.9)."),
        ("As Lin et al. Said, it is 1. So be it.", "As Lin et al. Said, it is 1."),
        ("ALS vs. Control: 0.9. Good.", "ALS vs. Control: 0.9."),
        ("Some shift, e.g. Plate 3, is seen. Others not.", "Some shift, e.g. Plate 3, is seen."),
        ("By rank, i.e. Spearman's. Few clones.", "By rank, i.e. Spearman's."),
        ("Right on 3 of 4. 95 % of them are. Good.", "Right on 3 of 4. 95 % of them are."),
        ("Of plate a.b. c is none. Then.", "Of plate a.b. c is none."),
        ("Do they differ? Not seen.", "Do they differ?"),
        ("cnn: 7 of 8 right (p = 0.04). forest: 6 of 8.", "cnn: 7 of 8 right (p = 0.04)."),
        ("soma area (µm²): +1.2. cell count: 0.3.", "soma area (µm²): +1.2."),
        ("ALS vs. control: 0.9. Good.", "ALS vs. control: 0.9."),
        ("Called so in advs. Then more.", "Called so in advs."),
        ("Well A01.\nÄrzte say more.", "Well A01."),
    ],
)
def test_a_sentence_ends_before_a_capital_letter(text: str, first: str) -> None:
    """Or before a name with a colon; never in a number, nor after an abbreviation."""
    assert first_sentence(text) == first
    assert Said(text).headline() == first


def test_a_headline_of_its_own_comes_first() -> None:
    """As it is, be it more than a sentence."""
    finding = Headed("Another summary. With more.")
    assert isinstance(finding, Finding)
    assert finding.headline() == "The main thing. And its test."
