"""Sections on the models against each other: groups before tiles, ROC curves, and pair by pair."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from hcs.answer.facts import StudyFacts
from hcs.answer.verdict import verdict
from hcs.classifiers.registry import USUAL, fed
from hcs.figures.theme import model_name
from hcs.pages.page import (
    PageFigure,
    PagePart,
    PageTable,
    Section,
    csv_download,
    page_figure,
    page_table,
)
from hcs.report import named_plots as plots
from hcs.report.study.methods import weights_sentence
from hcs.wording import listed, plural
from hcs_plates.errors import ArgumentError


def comparison_section(facts: StudyFacts) -> Section:
    """Model against model: groups first, tiles beside them, and the ROC curves."""
    title = listed([model_name(model) for model in facts.models or USUAL])
    if not facts.models:
        absent = (
            f"The table of {facts.classes.noun}-level scores is missing or empty: no model can be compared."
        )
        return Section("models", title, missing=[absent])
    parts: list[PagePart] = [_comparison_table(facts)]
    missing = []
    if facts.metrics.empty:
        missing.append("The table of metrics is missing: nothing can be said over sets.")
    if facts.predictions.empty:
        missing.append("The table of predictions is missing: there are no ROC curves.")
    else:
        parts.append(_roc(facts))
    if len(facts.models) == 1:
        missing.append(f"Only the {title} was scored; there is nothing to compare it with.")
    seen = any(fed(model) == "features" for model in facts.models)
    said = [" ".join(verdict(facts).sentences), *([weights_sentence(facts)] if seen else [])]
    return Section("models", title, said, parts, missing)


def _comparison_table(facts: StudyFacts) -> PageTable:
    """Numbers of every model as text, with the exact ones behind the link."""
    nouns, noun = facts.classes.nouns, facts.classes.noun
    numbers = facts.comparison()
    rows = [_comparison_row(facts, row) for row in numbers.itertuples()]
    headings = [
        "model",
        f"{nouns} right",
        "95 % interval",
        f"{noun} ROC AUC",
        f"{noun} accuracy by set",
        f"{noun} AUC by set",
        "tile accuracy by set",
        "tile AUC by set",
    ]
    counted = f"n = {facts.group_result(facts.models[0]).n_groups} {nouns}"
    caption = (
        f"{nouns.capitalize()} right over the whole study ({counted}; Wilson 95 % interval over {nouns}), "
        f"and mean ± SD over {facts.n_sets} {plural('test set', facts.n_sets)}. The SD describes the sets; "
        f"they share {nouns}, so it is not a standard error."
    )
    numeric = [False] + [True] * (len(headings) - 1)
    return PageTable(caption, headings, rows, numeric, csv_download(numbers, "comparison"))


def _comparison_row(facts: StudyFacts, row: Any) -> list[str]:
    """Write one model's numbers, the groups' before the tiles'."""
    over_sets = ("group_accuracy", "group_auc", "accuracy", "auc")
    return [
        model_name(row.model),
        f"{row.groups_right} of {row.n_groups} ({row.group_accuracy:.2f})",
        f"{row.wilson_low:.2f}–{row.wilson_high:.2f}",
        "–" if pd.isna(row.group_auc) else f"{row.group_auc:.2f}",
        *(str(facts.over_sets(row.model, number)) for number in over_sets),
    ]


def _roc(facts: StudyFacts) -> PageFigure:
    areas = []
    for model in facts.models:
        result, tiles = facts.group_result(model), facts.over_sets(model, "auc")
        areas.append(f"{model_name(model)}: {facts.classes.noun} level {result.auc:.2f}, tile level {tiles}")
    caption = (
        "ROC curves. Left: test tiles, one thin line per set, mean ± SD in bold (vertical averaging). "
        f"Right: one score per {facts.classes.noun}"
        + ("" if facts.nested else " and label")
        + ", the mean over its test tiles; this is the curve that speaks for "
        f"{facts.classes.nouns} not seen before. Its band holds 95 % of curves of {facts.classes.nouns} "
        "drawn anew within their class; where classes do not overlap it has no width, and the interval of "
        "the area tells more."
    )
    drawn = plots.roc(facts)
    return page_figure(
        drawn.figure,
        caption,
        name="roc",
        alt=f"ROC curves. Area under the curve: {'; '.join(areas)}.",
        numbers=drawn.numbers,
    )


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
            paragraphs.append(facts.pairing(first, other).summary(name, rival, facts.classes.nouns))
        except ArgumentError as error:
            both = f"The {name} and the {rival}"
            missing.append(f"{both} cannot be compared over {facts.classes.nouns}: {error.message}")
        rows += [(rival, *row) for row in _differences(facts, other)]
    heads = ["against", "score", f"{name} − other, mean ± SD over sets"]
    heads += [f"sets where the {name} is better", "equal", "sets"]
    table = page_table(
        pd.DataFrame(rows, columns=heads),
        f"Differences set by set. Sets share {facts.classes.nouns}, so there is no test over them.",
        name="paired",
    )
    return Section("paired", title, paragraphs, [table], missing)


def _differences(facts: StudyFacts, other: str) -> Iterator[tuple[str, str, int, int, int]]:
    """Sum up two models' differences over the sets, score by score."""
    noun = facts.classes.noun
    for score, shown in (
        ("group_accuracy", f"{noun} accuracy"),
        ("group_auc", f"{noun} ROC AUC"),
        ("accuracy", "tile accuracy"),
        ("auc", "tile ROC AUC"),
    ):
        spread, better, equal = facts.differences(other, score)
        yield shown, str(spread), better, equal, spread.n_sets
