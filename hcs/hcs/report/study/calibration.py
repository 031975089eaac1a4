"""Section on whether probabilities mean what they say, and how the calls fall."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from hcs.answer.facts import StudyFacts
from hcs.figures.theme import model_name
from hcs.pages.page import (
    PageFigure,
    PageTable,
    Section,
    page_figure,
    page_table,
)
from hcs.report import named_plots as plots
from hcs.wording import spaced


def calibration_section(facts: StudyFacts) -> Section:
    """Show whether probabilities mean what they say, and how the calls fall."""
    title = "Probabilities and calls"
    if facts.reliability.empty or facts.brier.empty:
        return Section("calibration", title, missing=["The tables of calibration are missing."])
    figure = page_figure(
        plots.reliability(facts).figure,
        f"Reliability: among {facts.classes.nouns} (left) and tiles (right) of like mean probability, the "
        f"share that is {spaced(facts.classes.positive)}. On the dotted line a probability means what it "
        f"says. Larger points stand for more. Tiles of one {facts.classes.noun} are not independent, so "
        "theirs carry no interval.",
        name="reliability",
        alt="Reliability curves; the numbers can be downloaded.",
        numbers=facts.reliability,
    )
    scores = page_table(
        _groups_first(facts.brier),
        "Brier score: the mean squared error of the probabilities, lower is better; the reference is always "
        "naming the share of positives.",
        name="brier",
        formats=_writers(facts),
    )
    parts: list[PageFigure | PageTable] = [figure, scores]
    missing: list[str] = []
    if facts.confusion.empty:
        missing.append("The table of calls is missing.")
    else:
        parts.append(_confusion(facts))
    return Section("calibration", title, (), parts, missing)


def _writers(facts: StudyFacts) -> dict[str, Callable[[Any], str]]:
    """Write models and levels by their names."""
    levels = {"group": facts.classes.noun, "tile": "tile"}
    return {"model": model_name, "level": lambda level: levels.get(level, str(level))}


def _confusion(facts: StudyFacts) -> PageTable:
    """Lay out the counts of calls, with intervals where there may be any."""
    table = _groups_first(facts.confusion)
    for name in ("sensitivity", "specificity"):
        low, high = table.pop(f"{name}_low"), table.pop(f"{name}_high")
        table[name] = [
            "–" if pd.isna(value) else f"{value:.2f}" + ("" if pd.isna(one) else f" ({one:.2f}–{other:.2f})")
            for value, one, other in zip(table[name], low, high, strict=True)
        ]
    positive, negative = spaced(facts.classes.positive), spaced(facts.classes.negative)
    return page_table(
        table,
        f"Calls at 0.5, {facts.classes.nouns} first (Wilson 95 % intervals over {facts.classes.nouns}). A "
        "tile that several sets tested counts in each.",
        name="confusion",
        formats=_writers(facts),
        headings={
            "true_positive": f"{positive} called {positive}",
            "false_negative": f"{positive} called {negative}",
            "false_positive": f"{negative} called {positive}",
            "true_negative": f"{negative} called {negative}",
        },
    )


def _groups_first(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of groups before rows of tiles, models in their order."""
    return table.sort_values("level", key=lambda level: level == "tile", kind="stable").reset_index(drop=True)
