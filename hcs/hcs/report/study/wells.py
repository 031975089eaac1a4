"""Sections on the wells: where every label stood, how every well was scored, and doses."""

import pandas as pd

from hcs.analysis.question import StudySection
from hcs.answer.facts import StudyFacts
from hcs.figures.theme import model_name
from hcs.heatmaps.plates import PagePlates, page_plates
from hcs.pages.page import (
    PagePart,
    Section,
    page_figure,
    page_table,
)
from hcs.report import named_plots as plots
from hcs.report.study.analysed import findings_of
from hcs.wording import spaced
from hcs_plates.errors import NotThereError


def wells_section(facts: StudyFacts) -> Section:
    """Plate by plate: what stood where, and how every well was scored."""
    parts: list[PagePart] = []
    missing = []
    if facts.wells.empty or not facts.formats or facts.classes.label not in facts.wells:
        missing.append("The wells table is missing: the plates' layout cannot be drawn.")
    else:
        parts.append(_layout(facts))
    if facts.scores.empty:
        missing.append("The table of scores is missing: there is no well heatmap.")
    else:
        parts.append(_scores(facts))
    found, absent = findings_of(facts.analysed, StudySection.WELLS)
    return Section("wells", "Plates and wells", (), [*parts, *found], [*missing, *absent])


def _scores(facts: StudyFacts) -> PagePlates:
    """Score of every well; picked, a well shows its tiles."""
    found = plots.scores(facts)
    model = model_name(facts.models[0] if facts.models else str(facts.scores["model"].iloc[0]))
    scored = int(found.table["shown"].notna().sum())
    caption = (
        f"Mean {model} score (probability of {spaced(facts.classes.positive)}) of every well, by models not "
        f"trained on its {facts.classes.noun}: {scored} of {len(found.table)} wells have one; hatched wells "
        "have none. A pattern of rows, columns or edges here would mean that the plate, not the cells, is "
        "seen."
    )
    return page_plates(found, ident="scores-by-well", caption=caption)


def _layout(facts: StudyFacts) -> PagePlates:
    """Labels as colours and groups as names, where they stood."""
    found = plots.layout(facts)
    # A row's or column's name in every one of its wells would tell nothing; the dose does.
    named = "dose" if facts.group in ("row", "column") and "dose" in found.table else facts.group
    text = named if named in found.table else None
    caption = (
        f"Layout: the colour is the {spaced(facts.classes.label)}, the text the {spaced(named)}. Hatched "
        f"wells are empty, were left out, or have no {spaced(facts.classes.label)}."
    )
    return page_plates(found, ident="layout", caption=caption, text=text)


def doses_section(facts: StudyFacts) -> Section | None:
    """Score against dose, where wells have doses; None where the study has none."""
    if facts.trends.empty:
        return None
    rho = page_table(
        facts.trends,
        "Spearman's rank correlation of dose and well score, per treatment, over the wells of neither class.",
        name="trends",
        formats={
            "model": model_name,
            "spearman_rho": lambda value: "–" if pd.isna(value) else f"{value:.2f}",
        },
    )
    try:
        drawn = plots.doses(facts)
    except NotThereError as error:
        return Section("doses", "Dose trends", (), [rho], [error.message])
    model = facts.models[0]
    figure = page_figure(
        drawn.figure,
        f"Mean {model_name(model)} score of every well against its dose, one dot per well.",
        name="doses",
        alt=f"{model_name(model)} score against dose for each treatment; the correlations are in the table.",
    )
    lead = (
        "Wells of neither class took no part in training. If the score rises with dose, the model sees a "
        "graded effect and not only the difference of two kinds of control well."
    )
    return Section("doses", "Dose trends", [lead], [rho, figure])
