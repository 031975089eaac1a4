"""Plots of a study by name, each from its tables: what the report shows and what `hcs plot` writes."""

from collections.abc import Callable

import pandas as pd

from hcs.answer.dealt import included_wells
from hcs.answer.facts import StudyFacts
from hcs.figures.curves import reliability_figure, roc_figure
from hcs.figures.dots import group_figure
from hcs.figures.panels import Panels
from hcs.figures.points import search_figure
from hcs.figures.theme import label_colours, score_map
from hcs.figures.trends import dose_figure, training_figure
from hcs.heatmaps.heatmap import WellHeatmap, heatmap
from hcs.statistics.roc import roc_curves, roc_table
from hcs_plates.errors import NotThereError


def roc(facts: StudyFacts) -> Panels:
    """ROC over tiles set by set, and over groups with a band; their axes."""
    _needs(facts, "predictions", "groups")
    curves = roc_curves(facts.predictions, facts.class_groups, facts.positive)
    return Panels.of(roc_figure(curves, facts.nouns), roc_table(curves))


def groups(facts: StudyFacts) -> Panels:
    """Score of every group, its wells and its range over sets; its axes."""
    _needs(facts, "groups")
    classes = {"positive": facts.positive, "negative": facts.negative}
    figure = group_figure(facts.class_groups, facts.well_table(), facts.predictions, **classes)
    return Panels.of(figure, facts.class_groups)


def layout(facts: StudyFacts) -> WellHeatmap:
    """Where every label stood."""
    _needs(facts, "wells")
    wells = included_wells(facts)
    labels = wells[facts.label].astype(object).where(wells[facts.label].notna(), None)
    wells = wells.assign(**{facts.label: labels.map(str, na_action="ignore")})
    met = {str(label) for label in labels.dropna()}
    order = sorted(met, key=lambda label: (label != facts.negative, label != facts.positive, label))
    colours = label_colours(order, positive=facts.positive, negative=facts.negative)
    return heatmap(wells, facts.label, colours=colours, plate_format=facts.plate_formats())


def scores(facts: StudyFacts) -> WellHeatmap:
    """Mean score of every well by the first model that has one."""
    _needs(facts, "scores")
    known = facts.scores
    model = facts.models[0] if facts.models else str(known["model"].iloc[0])
    tiles = known[known["model"] == model].drop(columns="model")
    return heatmap(
        tiles,
        "probability",
        limits=(0.0, 1.0),
        colours=score_map(),
        plate_format=facts.plate_formats() or None,
    )


def doses(facts: StudyFacts) -> Panels:
    """Score of every well against its dose; its axes."""
    _needs(facts, "scores", "wells")
    wells = facts.well_table()
    if "dose" not in wells or not facts.models:
        raise NotThereError(f"{facts.title} has no doses: there is no plot of them.")
    shown = wells[wells["model"] == facts.models[0]]
    return Panels.of(dose_figure(shown, positive=facts.positive, negative=facts.negative), shown)


def training(facts: StudyFacts) -> Panels:
    """Loss and accuracy by epoch; their axes."""
    _needs(facts, "history")
    return Panels.of(training_figure(facts.history), facts.history)


def reliability(facts: StudyFacts) -> Panels:
    """Whether probabilities mean what they say, over groups and over tiles; their axes."""
    _needs(facts, "reliability")
    return Panels.of(reliability_figure(facts.reliability, facts.nouns), facts.reliability)


def search(facts: StudyFacts) -> Panels:
    """Every trial of the search, and those that were chosen; its axes."""
    _needs(facts, "trials", "heads")
    return Panels.of(search_figure(facts.trials, facts.heads), facts.trials)


PLOTS: dict[str, tuple[str, Callable[[StudyFacts], Panels]]] = {
    "roc": ("ROC curves over tiles and over clones", roc),
    "clones": ("score of every clone", groups),
    "layout": ("where every label stood", lambda facts: layout(facts).plot()),
    "scores": ("mean score of every well", lambda facts: scores(facts).plot()),
    "doses": ("score against dose", doses),
    "training": ("loss and accuracy by epoch", training),
    "reliability": ("whether probabilities mean what they say", reliability),
    "search": ("learning rates and momenta that were tried", search),
}
"""Name, what it shows, and how it is drawn."""


def _needs(facts: StudyFacts, *names: str) -> None:
    """Refuse a plot whose tables are missing."""
    for name in names:
        table: pd.DataFrame = getattr(facts, name)
        if table.empty:
            raise NotThereError(f"{facts.title} has no table of {name.replace('_', ' ')} to draw from.")
