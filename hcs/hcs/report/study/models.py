"""Sections on what the models did: comparison, ROC, group scores, wells, doses, training, pictures."""

from typing import Any

import pandas as pd

from hcs.analysis.question import StudySection
from hcs.answer.facts import StudyFacts
from hcs.classifiers.registry import USUAL, fed
from hcs.figures.gallery import gallery_items
from hcs.figures.theme import model_name
from hcs.heatmaps.plates import PagePlates, page_plates
from hcs.pages.page import (
    PageFigure,
    PageGallery,
    PagePart,
    PageTable,
    Section,
    csv_download,
    page_figure,
    page_table,
)
from hcs.report import named_plots as plots
from hcs.report.facts import ReportFacts
from hcs.report.study.analysed import findings_of
from hcs.report.study.checks import overfitting_paragraph
from hcs.wording import listed, plural, spaced
from hcs_plates.errors import NotThereError


def weights_sentence(facts: StudyFacts) -> str:
    """Name the weights behind every CNN number: what they are, where from, which file."""
    weights = facts.record.get("weights")
    if not isinstance(weights, dict) or not weights:
        return "The record does not say which pretrained weights the CNN's features were made with."
    source = weights.get("source", "unnamed")
    description = weights.get("description")
    described = f" ({description})" if description else ""
    return f"Weights: {source}{described}, SHA-256 {weights.get('sha256', 'not recorded')}."


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
    return Section("models", title, [weights_sentence(facts)] if seen else [], parts, missing)


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


def groups_section(facts: StudyFacts) -> Section:
    """Show every group's score, model by model."""
    title = f"Every {facts.classes.noun}"
    if not facts.models:
        return Section(
            "groups", title, missing=[f"The table of {facts.classes.noun}-level scores is missing or empty."]
        )
    result = facts.group_result(facts.models[0])
    wrong = facts.right_groups(result.model)
    wrong_names = [str(name) for name in wrong[~wrong].index]
    sentence = (
        f"The {model_name(result.model)} calls every {facts.classes.noun} right."
        if not wrong_names
        else f"Called wrong by the {model_name(result.model)}: {', '.join(wrong_names)}."
    )
    figure = page_figure(
        plots.groups(facts).figure,
        f"Mean score of every {facts.classes.noun} (large), of its wells (small), and the range of its means "
        f"over the sets that tested it (bar). Right of the dashed line a {facts.classes.noun} is called "
        f"{spaced(facts.classes.positive)}. n = {result.n_groups} {facts.classes.nouns}.",
        name="groups",
        alt=f"Dot plot of {facts.classes.noun} scores. {result.right} of {result.n_groups} are on their side "
        "of 0.5.",
    )
    table = page_table(
        facts.groups,
        f"Scores of all {facts.classes.nouns}, and the share of their single test tiles on the right side of "
        "0.5.",
        name="groups",
        formats={"model": model_name, "probability": "{:.2f}".format, "sd": "{:.2f}".format},
        headings={
            "group": facts.classes.noun,
            "probability": "mean score",
            "sd": "SD over sets",
            "correct": "tiles right",
        },
    )
    found, missing = findings_of(facts.analysed, StudySection.GROUPS)
    return Section("groups", title, [sentence], [figure, table, *found], missing)


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


def training_section(facts: StudyFacts) -> Section:
    """Loss and accuracy by epoch."""
    title = "Training"
    if facts.history.empty:
        return Section("training", title, missing=["The table of training histories is missing or empty."])
    last = facts.history.sort_values("epoch").groupby("set").tail(1)
    loss = last["validation_loss"].dropna().to_numpy(dtype=float)
    final = (
        f"median {pd.Series(loss).median():.2f}, range {loss.min():.2f} to {loss.max():.2f}"
        if len(loss)
        else ""
    )
    figure = page_figure(
        plots.training(facts).figure,
        "Training of the CNN's new layers: thin lines are sets, bold lines their medians; losses far above "
        f"the others are cut. Validation loss at the last epoch: {final}. Accuracy here is of tiles and "
        f"serves to watch training; what it means for {facts.classes.nouns} stands above.",
        name="training",
        alt="Training and validation loss and accuracy by epoch.",
        numbers=facts.history,
    )
    rise = overfitting_paragraph(facts)
    return Section("training", title, [rise] if rise else [], [figure])


def gallery_section(facts: ReportFacts) -> Section:
    """Pictures with clone, well, label and score."""
    if not facts.gallery:
        return Section("gallery", "Images", missing=["No images were chosen for the gallery."])
    galleries = [PageGallery(kind, items) for kind, items in gallery_items(facts.gallery).items()]
    lead = ["These pictures are for the eye (8 bits, compressed); the models read the stored intensities."]
    if any(tile.kind == "measured" for tile in facts.gallery):
        lead.append(
            "Under measured: the middle of a field with what was found drawn on it: somas orange, nuclei "
            "blue, each stretch of neurite in a colour of its own; the numbers are those of the whole field."
        )
    return Section("gallery", "Images", lead, galleries)
