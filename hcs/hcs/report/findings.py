"""Sections on what the models did: comparison, ROC, group scores, wells, doses, training, pictures."""

from typing import Any

import pandas as pd

from hcs.figures.curves import roc_figure, roc_table, training_figure
from hcs.figures.doses import dose_figure
from hcs.figures.gallery import gallery_items
from hcs.figures.groups import group_figure
from hcs.figures.heatmap import HeatmapSpec, plate_heatmap
from hcs.figures.theme import label_colours, model_name, score_map
from hcs.report.checks import overfitting_paragraph
from hcs.report.design import included_wells
from hcs.report.facts import StudyFacts
from hcs.report.page import PageFigure, PageGallery, PageTable, Section, csv_download, page_figure, page_table
from hcs.wording import plural, spaced

Part = PageTable | PageFigure | PageGallery


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
    """CNN against random forest: groups first, tiles beside them, and the ROC curves."""
    title = "CNN and random forest"
    if not facts.models:
        absent = f"The table of {facts.noun}-level scores is missing or empty: no model can be compared."
        return Section("models", title, missing=[absent])
    parts: list[Part] = [_comparison_table(facts)]
    missing = []
    if facts.metrics.empty:
        missing.append("The table of metrics is missing: nothing can be said over sets.")
    if facts.predictions.empty:
        missing.append("The table of predictions is missing: there are no ROC curves.")
    else:
        parts.append(_roc(facts))
    if "forest" not in facts.models or "cnn" not in facts.models:
        there = " and ".join(model_name(model) for model in facts.models)
        missing.append(f"Only the {there} was scored; there is nothing to compare it with.")
    return Section(
        "models", title, [weights_sentence(facts)] if "cnn" in facts.models else [], parts, missing
    )


def _comparison_table(facts: StudyFacts) -> PageTable:
    """Numbers of every model as text, with the exact ones behind the link."""
    nouns, noun = facts.nouns, facts.noun
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
        areas.append(f"{model_name(model)}: {facts.noun} level {result.auc:.2f}, tile level {tiles}")
    caption = (
        "ROC curves. Left: test tiles, one thin line per set, mean ± SD in bold (vertical averaging). "
        f"Right: one score per {facts.noun}"
        + ("" if facts.nested else " and label")
        + f", the mean over its test tiles; this is the curve that speaks for {facts.nouns} not seen before."
    )
    figure = roc_figure(facts.predictions, facts.class_groups, facts.positive, facts.nouns)
    return page_figure(
        figure,
        caption,
        name="roc",
        alt=f"ROC curves. Area under the curve: {'; '.join(areas)}.",
        numbers=roc_table(facts.predictions, facts.class_groups, facts.positive),
    )


def groups_section(facts: StudyFacts) -> Section:
    """Show every group's score, model by model."""
    title = f"Every {facts.noun}"
    if not facts.models:
        return Section(
            "groups", title, missing=[f"The table of {facts.noun}-level scores is missing or empty."]
        )
    result = facts.group_result(facts.models[0])
    wrong = facts.right_groups(result.model)
    wrong_names = [str(name) for name in wrong[~wrong].index]
    sentence = (
        f"The {model_name(result.model)} calls every {facts.noun} right."
        if not wrong_names
        else f"Called wrong by the {model_name(result.model)}: {', '.join(wrong_names)}."
    )
    classes = {"positive": facts.positive, "negative": facts.negative}
    figure = page_figure(
        group_figure(facts.class_groups, facts.scores, facts.predictions, **classes),
        f"Mean score of every {facts.noun} (large), of its wells (small), and the range of its means over "
        f"the sets that tested it (bar). Right of the dashed line a {facts.noun} is called "
        f"{spaced(facts.positive)}. n = {result.n_groups} {facts.nouns}.",
        name="groups",
        alt=f"Dot plot of {facts.noun} scores. {result.right} of {result.n_groups} are on their side of 0.5.",
    )
    table = page_table(
        facts.groups,
        f"Scores of all {facts.nouns}, and the share of their single test tiles on the right side of 0.5.",
        name="groups",
        formats={"model": model_name, "probability": "{:.2f}".format, "sd": "{:.2f}".format},
        headings={
            "group": facts.noun,
            "probability": "mean score",
            "sd": "SD over sets",
            "correct": "tiles right",
        },
    )
    return Section("groups", title, [sentence], [figure, table])


def wells_section(facts: StudyFacts) -> Section:
    """Plate by plate: what stood where, and how every well was scored."""
    parts: list[Part] = []
    missing = []
    formats = facts.plate_formats()
    if facts.wells.empty or not formats or facts.label not in facts.wells:
        missing.append("The wells table is missing: the plates' layout cannot be drawn.")
    else:
        parts.append(_layout(facts))
    wells = facts.well_table()
    if wells.empty or not formats:
        missing.append("The table of scores is missing: there is no well heatmap.")
        return Section("wells", "Plates and wells", (), parts, missing)
    model = facts.models[0] if facts.models else str(wells["model"].iloc[0])
    shown = wells[wells["model"] == model]
    grid = _by_plate(shown, "probability", facts)
    scored = int(shown["probability"].notna().sum())
    name = model_name(model)
    spec = HeatmapSpec(f"mean {name} score", (0.0, 1.0), score_map())
    caption = (
        f"Mean {name} score (probability of {spaced(facts.positive)}) of every well, by models that were "
        f"not trained on its {facts.noun}: {scored} of {len(shown)} wells have one; hatched wells have "
        "none. A pattern of rows, columns or edges here would mean that the plate, not the cells, is seen."
    )
    alt = f"Plate heatmap of the mean {name} score; the values are in the table below."
    parts.append(page_figure(plate_heatmap(grid, formats, spec), caption, name="scores-by-well", alt=alt))
    parts.append(
        page_table(
            wells,
            "Scores of all wells.",
            name="well_scores",
            formats={"model": model_name},
            headings={"group": facts.noun, "probability": "mean score"},
        )
    )
    return Section("wells", "Plates and wells", (), parts, missing)


def _layout(facts: StudyFacts) -> PageFigure:
    """Labels as colours and groups as names, where they stood."""
    wells = included_wells(facts)
    labels = wells[facts.label].astype(object).where(wells[facts.label].notna())
    wells = wells.assign(**{facts.label: labels.map(str, na_action="ignore")})
    values = _by_plate(wells, facts.label, facts).astype(object)
    # A row's or column's name in every one of its wells would tell nothing; the dose does.
    named = "dose" if facts.group in ("row", "column") and "dose" in wells else facts.group
    text = None
    if named in wells:
        names = wells[named].map(
            lambda name: f"{name:g}" if isinstance(name, float) else str(name), na_action="ignore"
        )
        text = _by_plate(wells.assign(**{named: names}), named, facts)
    met = sorted({str(label) for label in labels.dropna()})
    order = sorted(met, key=lambda label: (label != facts.negative, label != facts.positive, label))
    colours = label_colours(order, positive=facts.positive, negative=facts.negative)
    spec = HeatmapSpec(spaced(facts.label), categories=colours, text=text)
    figure = plate_heatmap(values, facts.plate_formats(), spec)
    caption = (
        f"Layout: the colour is the {spaced(facts.label)}, the text the {spaced(named)}. Hatched wells are "
        f"empty, were left out, or have no {spaced(facts.label)}."
    )
    alt = f"Plate layout by {spaced(facts.label)} and {spaced(named)}."
    columns = [name for name in facts.wells.columns if facts.wells[name].notna().any()]
    return page_figure(figure, caption, name="layout", alt=alt, numbers=facts.wells[columns])


def _by_plate(wells: pd.DataFrame, column: str, facts: StudyFacts) -> pd.DataFrame:
    """Put a column on a table with one column per plate; plates without wells stay, empty."""
    grid = wells.assign(plate=wells["plate"].astype(str)).pivot(index="well", columns="plate", values=column)
    return grid.reindex(columns=list(facts.plate_formats()))


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
    wells = facts.well_table()
    if wells.empty or "dose" not in wells or not facts.models:
        return Section(
            "doses", "Dose trends", (), [rho], ["The wells' doses or scores are missing: no plot."]
        )
    model = facts.models[0]
    shown = wells[wells["model"] == model]
    figure = page_figure(
        dose_figure(shown, positive=facts.positive, negative=facts.negative),
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
        training_figure(facts.history),
        "Training of the CNN's new layers: thin lines are sets, bold lines their medians; losses far above "
        f"the others are cut. Validation loss at the last epoch: {final}. Accuracy here is of tiles and "
        f"serves to watch training; what it means for {facts.nouns} stands above.",
        name="training",
        alt="Training and validation loss and accuracy by epoch.",
        numbers=facts.history,
    )
    rise = overfitting_paragraph(facts)
    return Section("training", title, [rise] if rise else [], [figure])


def gallery_section(facts: StudyFacts) -> Section:
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
