"""Plots of a study by name: those of its report, each from its tables, and those of its analyses as kept."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from hcs.analysis.finding import Finding
from hcs.analysis.kept import ANALYSE, EXPLAIN, PERMUTE, READ, KeptFinding
from hcs.analysis.registry import title_of
from hcs.answer.dealt_sets import included_wells
from hcs.answer.facts import StudyFacts
from hcs.explain.explanations import Explanations
from hcs.figures.curves import reliability_figure, roc_figure
from hcs.figures.dots import group_figure
from hcs.figures.panels import DPI, Panels, write_figure
from hcs.figures.points import search_figure
from hcs.figures.theme import label_colours, score_map
from hcs.figures.trends import dose_figure, training_figure
from hcs.findings.run import analyse_study
from hcs.heatmaps.heatmap import WellHeatmap, heatmap
from hcs.report.gather import table_facts
from hcs.statistics.roc import roc_curves, roc_table
from hcs.study.folder import StudyResults
from hcs.study.places import KEPT_ANALYSES, KEPT_EXPLANATIONS, KEPT_PERMUTATIONS, KEPT_READERS
from hcs.wording import spaced
from hcs_plates.errors import ArgumentError, NotThereError, StoreError, nearest


def roc(facts: StudyFacts) -> Panels:
    """ROC over tiles set by set, and over groups with a band; their axes."""
    _needs(facts, "roc")
    curves = roc_curves(facts.predictions, facts.class_groups, facts.classes.positive)
    return Panels.of(roc_figure(curves, facts.classes.nouns), roc_table(curves))


def groups(facts: StudyFacts) -> Panels:
    """Score of every group, its wells and its range over sets; its axes."""
    _needs(facts, "clones")
    positive, negative = facts.classes.both
    figure = group_figure(
        facts.class_groups, facts.well_table(), facts.predictions, positive=positive, negative=negative
    )
    return Panels.of(figure, facts.class_groups)


def layout(facts: StudyFacts) -> WellHeatmap:
    """Where every label stood."""
    _needs(facts, "layout")
    wells, label, (positive, negative) = included_wells(facts), facts.classes.label, facts.classes.both
    labels = wells[label].astype(object).where(wells[label].notna(), None)
    wells = wells.assign(**{label: labels.map(str, na_action="ignore")})
    met = {str(name) for name in labels.dropna()}
    order = sorted(met, key=lambda name: (name != negative, name != positive, name))
    colours = label_colours(order, positive=positive, negative=negative)
    return heatmap(wells, label, colours=colours, plate_format=facts.plate_formats())


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
    _needs(facts, "doses")
    wells = facts.well_table()
    shown, (positive, negative) = wells[wells["model"] == facts.models[0]], facts.classes.both
    return Panels.of(dose_figure(shown, positive=positive, negative=negative), shown)


def training(facts: StudyFacts) -> Panels:
    """Loss and accuracy by epoch; their axes."""
    _needs(facts, "training")
    return Panels.of(training_figure(facts.history), facts.history)


def reliability(facts: StudyFacts) -> Panels:
    """Whether probabilities mean what they say, over groups and over tiles; their axes."""
    _needs(facts, "reliability")
    return Panels.of(reliability_figure(facts.reliability, facts.classes.nouns), facts.reliability)


def search(facts: StudyFacts) -> Panels:
    """Every trial of the search, and those that were chosen; its axes."""
    _needs(facts, "search")
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
NEEDED: dict[str, tuple[str, ...]] = {
    "roc": ("predictions", "groups"),
    "clones": ("groups",),
    "layout": ("wells",),
    "scores": ("scores",),
    "doses": ("well_scores", "wells"),
    "training": ("history",),
    "reliability": ("reliability",),
    "search": ("trials", "heads"),
}
"""Tables that each is drawn from."""


def _lacking(facts: StudyFacts, plot: str) -> str:
    """Say what of a plot a study has not; empty where it has all."""
    for name in NEEDED[plot]:
        table: pd.DataFrame = getattr(facts, name)
        if table.empty:
            return f"{facts.title} has no table of {spaced(name)} to draw from."
    if plot == "doses" and ("dose" not in facts.well_table() or not facts.models):
        return f"{facts.title} has no doses: there is no plot of them."
    return ""


def _needs(facts: StudyFacts, plot: str) -> None:
    """Refuse a plot whose tables are missing."""
    if lacking := _lacking(facts, plot):
        raise NotThereError(lacking)


def plot_names(study: StudyResults) -> dict[str, str]:
    """Name the plots that a study has, and say what each shows."""
    facts = table_facts(study)
    own = {name: about for name, (about, _) in PLOTS.items() if not _lacking(facts, name)}
    return own | {name: title_of(name) for name in _kept(study)[0]}


def plot_study(study: StudyResults, name: str) -> Panels:
    """Draw one of the plots of the report (`PLOTS`); its axes.

    Plots of analyses are drawn by their findings: ``hcs.analyse_study(study)["passages"].plot()``.

    Raises
    ------
    ArgumentError, NotThereError
        No such plot; its table is missing.
    """
    if name not in PLOTS:
        raise ArgumentError(f"No plot {name!r}; {nearest(name, list(PLOTS))}")
    return PLOTS[name][1](table_facts(study))


def save_plot(
    study: StudyResults,
    name: str,
    path: Path,
    *,
    width_mm: float | None = None,
    dpi: int | None = None,
    overwrite: bool = False,
) -> tuple[Path, Path]:
    """Write a plot, and its numbers as CSV beside it; an analysis' plot is the one that was kept.

    At a width or resolution of its own, an analysis is asked again for its plot, and refused where it does
    not give the numbers that were kept.

    Returns
    -------
    tuple of Path
        The figure and its numbers.

    Raises
    ------
    ArgumentError, NotThereError, ExistsError
        No plot of this name, or another ending; its table is missing; a file that is there already.
    """
    if name in PLOTS:
        return plot_study(study, name).save(path, width_mm=width_mm, dpi=dpi or DPI, overwrite=overwrite)
    kept, damaged = _kept(study)
    if name not in kept:
        if damaged:
            raise damaged[0]
        raise ArgumentError(f"No plot {name!r}; {nearest(name, list(plot_names(study)))}")
    folder, maker, found = kept[name]
    if width_mm is not None or dpi is not None:
        drawn = _asked_again(study, maker, found).plot()
        return drawn.save(path, width_mm=width_mm, dpi=dpi or DPI, overwrite=overwrite)

    def as_kept(ending: str) -> bytes:
        file = folder / f"{name}{ending}"
        try:
            return file.read_bytes()
        except OSError as error:
            raise StoreError(file, f"is gone; make it again with {maker}") from error

    return write_figure(path, as_kept, found.table, overwrite=overwrite)


def _asked_again(study: StudyResults, maker: str, kept: KeptFinding) -> Finding:
    """Make a kept finding anew, as it was asked for, so that it can be drawn at another size."""
    asked = study.kept_analyses().asked if maker == ANALYSE else {}
    try:
        if maker == ANALYSE:
            known = {name: asked[name] for name in ("model", "batch", "seed") if name in asked}
            found: Finding = analyse_study(study, only=[kept.name], **known)[kept.name]
        elif maker == EXPLAIN:
            found = Explanations.open(study).findings()[kept.name]
        else:
            raise KeyError(kept.name)
        pd.testing.assert_frame_equal(found.table, kept.table, check_dtype=False)
    except (KeyError, AssertionError):
        raise ArgumentError(
            f"{spaced(kept.name)} cannot be drawn at another size from what {maker} kept; leave out --width "
            "and --dpi, or save its plot in Python: .plot().save(path, width_mm=85)."
        ) from None
    return found


def _kept(study: StudyResults) -> tuple[dict[str, tuple[Path, str, KeptFinding]], list[StoreError]]:
    """Every finding that is kept, with its folder and the command that made it, by name; and refusals."""
    kept: dict[str, tuple[Path, str, KeptFinding]] = {}
    damaged = []
    for place, maker, read in (
        (KEPT_ANALYSES, ANALYSE, study.kept_analyses),
        (KEPT_PERMUTATIONS, PERMUTE, study.kept_permutations),
        (KEPT_EXPLANATIONS, EXPLAIN, study.kept_explanations),
        (KEPT_READERS, READ, study.kept_readers),
    ):
        try:
            kept |= {name: (study.results / place, maker, one) for name, one in read().findings.items()}
        except NotThereError:
            continue
        except StoreError as error:
            damaged.append(error)
    return kept, damaged
