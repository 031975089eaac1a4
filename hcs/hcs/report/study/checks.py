"""Sections on how far the numbers can be believed: calibration, calls, pairing, overfitting, search."""

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from hcs.answer.facts import Spread, StudyFacts
from hcs.figures.theme import model_name
from hcs.pages.page import PageFigure, PageTable, Section, page_figure, page_table
from hcs.report import named_plots as plots
from hcs.wording import listed, plural, spaced
from hcs_models.overfitting import rise_sentence
from hcs_models.pairing import pair_groups
from hcs_plates.errors import ArgumentError


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


def pairing_section(facts: StudyFacts) -> Section | None:
    """Compare the first model with each other one, pair by pair; None where there is one only."""
    first, *others = facts.models or ("",)
    if not others or facts.paired.empty:
        return None
    name = model_name(first)
    title = f"{name} against {listed(map(model_name, others))}, pair by pair"
    paragraphs, missing, rows = [], [], []
    for other in others:
        rival = model_name(other)
        try:
            pairing = pair_groups(facts.class_groups, facts.classes.positive, first, other)
            paragraphs.append(pairing.summary(name, rival, facts.classes.nouns))
        except ArgumentError as error:
            both = f"The {name} and the {rival}"
            missing.append(f"{both} cannot be compared over {facts.classes.nouns}: {error.message}")
        # A study of two models by an earlier version does not name them.
        paired = facts.paired if "against" not in facts.paired else facts.paired.query("against == @other")
        rows += [(rival, *row) for row in _differences(paired, facts.classes.noun)]
    heads = ["against", "score", f"{name} − other, mean ± SD over sets"]
    heads += [f"sets where the {name} is better", "equal", "sets"]
    table = page_table(
        pd.DataFrame(rows, columns=heads),
        f"Differences set by set. Sets share {facts.classes.nouns}, so there is no test over them.",
        name="paired",
    )
    return Section("paired", title, paragraphs, [table], missing)


def _differences(paired: pd.DataFrame, noun: str) -> Iterator[tuple[str, str, int, int, int]]:
    """Sum up two models' differences over the sets, score by score."""
    for score, shown in (
        ("group_accuracy", f"{noun} accuracy"),
        ("group_auc", f"{noun} ROC AUC"),
        ("accuracy", "tile accuracy"),
        ("auc", "tile ROC AUC"),
    ):
        values = paired[score].dropna()
        spread = Spread(float(values.mean()), float(values.std()), len(values))
        yield shown, str(spread), int((values > 0).sum()), int((values == 0).sum()), len(values)


def overfitting_paragraph(facts: StudyFacts) -> str:
    """Say in how many sets the validation loss rises; empty where the table is missing."""
    return "" if facts.overfitting.empty else rise_sentence(facts.overfitting)


def search_section(facts: StudyFacts) -> Section | None:
    """Show the search of learning rate and momentum; None where nothing was searched."""
    trials, heads = facts.trials, facts.heads
    if trials.empty or heads.empty:
        return None
    per_set = trials.groupby("set").size()
    n = int(per_set.max())
    diverged = int((trials["value"] == 0).sum())
    rates, momenta = heads["learning_rate"], heads["momentum"]
    sentences = [
        f"Each of the {len(per_set)} {plural('set', len(per_set))} searched {n} {plural('trial', n)}, scored "
        "by the accuracy of its validation tiles; test tiles took no part.",
        f"Chosen learning rates run from {rates.min():.2g} to {rates.max():.2g} (median "
        f"{rates.median():.2g}), momenta from {momenta.min():.2f} to {momenta.max():.2f} (median "
        f"{momenta.median():.2f}).",
    ]
    if diverged:
        sentences.append(f"{diverged} of {len(trials)} trials diverged and count as accuracy 0.")
    figure = page_figure(
        plots.search(facts).figure,
        f"All {len(trials):,} trials; ringed are the ones whose values trained the set's final layers.",
        name="search",
        alt="Scatter plot of learning rate and momentum of all trials, coloured by validation accuracy.",
        numbers=trials,
    )
    table = page_table(
        heads,
        "The final layers of every set: values chosen, epoch kept, and accuracy of training and validation "
        "tiles there.",
        name="heads",
        formats={"set": str, "learning_rate": "{:.2g}".format, "momentum": "{:.3f}".format},
    )
    return Section("search", "Hyperparameter search", [" ".join(sentences)], [figure, table])
