"""The page of new plates: how many clones were called right where that is known, and every score."""

from importlib.metadata import version
from pathlib import Path

import pandas as pd

from hcs.answer.result import GroupResult, group_result
from hcs.figures.dots import group_figure
from hcs.figures.theme import model_name
from hcs.pages.page import (
    PageFigure,
    PageTable,
    Point,
    Section,
    Why,
    csv_download,
    page_figure,
    page_table,
    render,
    write_page,
)
from hcs.report.card import ResultCard
from hcs.study.folder import StudyResults
from hcs.study.places import PREDICTED_PAGE
from hcs.study.predict import Predictions
from hcs.tables.compared import Classes
from hcs.wording import capital, counted, listed, spaced
from hcs_models.scores import called

UNKNOWN = "not known"


def write_predicted(found: Predictions, study: StudyResults, folder: Path) -> Path:
    """Write ``predictions.html`` into the folder of the predictions; an older one is replaced."""
    return write_page(folder / PREDICTED_PAGE, predicted_page(found, classes_of(study), study.title))


def classes_of(study: StudyResults) -> Classes:
    """Give the classes that the study told apart, and what a group is called."""
    data = study.config.data
    return Classes(data.positive, data.negative, data.label, spaced(data.group))


def predicted_page(found: Predictions, classes: Classes, title: str) -> str:
    """Render the page; the same predictions give the same text, character by character."""
    noun, label = classes.noun, spaced(classes.label)
    plates = "Plate " + listed(dict.fromkeys(found.wells["plate"]))
    cards = [
        ResultCard(model_name(one.model), one, f"{classes.nouns} right", noun)
        for one in results(found, classes)
    ]
    return render(
        "predicted.html.j2",
        title=f"New plates scored by {title}",
        question=f"{spaced(classes.positive)} or {spaced(classes.negative)} ({label})? {plates}",
        headline=predicted_headline(found, classes),
        cards=cards,
        figure=_figure(found, classes),
        table=_clones(found, classes),
        whys=[Why("What these scores are", [Point("", "", text) for text in found.notices])],
        sections=[_wells(found, classes), _left_out(found)],
        downloads=[(name, csv_download(getattr(found, name), name)) for name in ("groups", "wells", "tiles")],
        version=version("hcs"),
    )


def results(found: Predictions, classes: Classes) -> list[GroupResult]:
    """Count what each model called right, among the groups whose class is known and that it scored."""
    known = found.groups[found.groups["label"].isin(classes.both) & found.groups["probability"].notna()]
    return [group_result(known, str(model), classes) for model in dict.fromkeys(known["model"])]


def predicted_headline(found: Predictions, classes: Classes) -> str:
    """Say how many groups the first model called right, or how many it scored where none can be checked."""
    known = results(found, classes)
    scored = found.groups[found.groups["probability"].notna()]
    n_groups = found.groups["group"].nunique()
    if scored.empty:
        return f"None of {counted(n_groups, classes.noun)} could be scored: no model is blind to any."
    first = scored[scored["model"] == scored["model"].iloc[0]]
    name, n = model_name(str(first["model"].iloc[0])), counted(len(first), classes.noun)
    if not known:
        positive = int(called(first["probability"]).sum())
        return (
            f"The {name} calls {positive} of {n} {spaced(classes.positive)}; the platemaps name no "
            f"{spaced(classes.label)} of them to check that by."
        )
    one = known[0]
    area = "" if pd.isna(one.auc) else f", AUC {one.auc:.2f}"
    unknown = len(first) - one.n_groups
    rest = f"; {unknown} more of unknown {spaced(classes.label)}" if unknown else ""
    return (
        f"The {model_name(one.model)} calls {one.right} of {counted(one.n_groups, classes.noun)} right (95 % "
        f"interval {one.low:.2f}–{one.high:.2f}){area}{rest}."
    )


def _figure(found: Predictions, classes: Classes) -> PageFigure | None:
    """Draw every group's score; None where none has one."""
    groups = found.groups[found.groups["probability"].notna()]
    if groups.empty:
        return None
    shown, wells = (
        table.assign(label=table["label"].fillna(UNKNOWN).astype(str)) for table in (groups, found.wells)
    )
    positive, negative = classes.both
    drawn = group_figure(shown, wells, pd.DataFrame(), positive=positive, negative=negative)
    caption = (
        f"Score of every {classes.noun}, and of its wells (small); right of the dashed line it is called "
        f"{spaced(positive)}."
    )
    return page_figure(
        drawn, caption, name="predicted", alt=f"Dot plot; {predicted_headline(found, classes)}"
    )


def _clones(found: Predictions, classes: Classes) -> PageTable:
    """List every group: its class where known, its score by each model, and the first one's call."""
    groups = found.groups
    models = list(dict.fromkeys(groups["model"]))
    rows = []
    for group, own in groups.groupby("group", sort=False):
        by_model = own.set_index("model")
        first = by_model.loc[models[0]]
        label = first["label"]
        score = first["probability"]
        call = "" if pd.isna(score) else classes.both[int(not bool(called(score)))]
        right = "–" if not call or label not in classes.both else "yes" if call == label else "no"
        scores = [_score(by_model.loc[model]) for model in models]
        rows.append(
            [str(group), UNKNOWN if pd.isna(label) else spaced(label), spaced(call) or "not scored", right]
        )
        rows[-1] += [*scores, f"{first['n_heads']}", f"{first['n_tiles']}"]
    heads = [classes.noun, spaced(classes.label), f"called by the {model_name(models[0])}", "right"]
    heads += [*(capital(model_name(model)) for model in models), "sets", "tiles"]
    caption = (
        f"Mean probability of {spaced(classes.positive)} ± SD over the sets that are blind to the "
        f"{classes.noun}; a {classes.noun} that every set was trained on is not scored."
    )
    numeric = [False] * 4 + [True] * (len(heads) - 4)
    return PageTable(caption, heads, rows, numeric, csv_download(groups, "groups"))


def _score(row: "pd.Series[float]") -> str:
    if pd.isna(row["probability"]):
        return "–"
    return f"{row['probability']:.2f}" + ("" if pd.isna(row["sd"]) else f" ± {row['sd']:.2f}")


def _wells(found: Predictions, classes: Classes) -> Section:
    """Show every well's score."""
    formats = {"model": model_name, "probability": "{:.2f}".format, "sd": "{:.2f}".format}
    headings = {
        "group": classes.noun,
        "label": spaced(classes.label),
        "n_heads": "sets",
        "sd": "SD over sets",
    }
    made = page_table(found.wells, "Score of every well.", name="wells", formats=formats, headings=headings)
    return Section("wells", "Wells", (), [made])


def _left_out(found: Predictions) -> Section:
    title = "What was left out"
    if found.left_out.empty:
        return Section("left-out", title, ["Nothing was left out."])
    table = page_table(found.left_out, "Everything that was left out, and why.", name="left_out")
    return Section("left-out", title, (), [table])
