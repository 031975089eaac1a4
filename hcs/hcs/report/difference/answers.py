"""Sections of two studies' answers: every number of both, and each clone's score in A against B."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from hcs.figures.theme import model_name
from hcs.pages.page import PageFigure, PageTable, Section, csv_download, page_figure, page_table
from hcs.wording import listed, plural, spaced

if TYPE_CHECKING:
    from hcs.report.difference.comparison import StudyComparison

WORDS = {
    ("group", "accuracy"): "{nouns} right",
    ("group", "auc"): "{noun} ROC AUC",
    ("group by set", "accuracy"): "{noun} accuracy by set",
    ("group by set", "auc"): "{noun} ROC AUC by set",
    ("tile by set", "accuracy"): "tile accuracy by set",
    ("tile by set", "auc"): "tile ROC AUC by set",
}


def numbers_section(comparison: "StudyComparison") -> Section:
    """Show every model's numbers, the groups' before the tiles'."""
    noun, nouns = comparison.noun, plural(comparison.noun)
    title = "Numbers"
    table = comparison.numbers
    if table.empty:
        return Section(
            "numbers", title, missing=[f"Neither study has a {noun}-level score: there are no numbers."]
        )
    rows = []
    for row in table.to_dict("records"):
        words = WORDS[str(row["level"]), str(row["number"])].format(noun=noun, nouns=nouns)
        difference = "–" if pd.isna(row["difference"]) else _signed(row["difference"])
        rows.append([model_name(str(row["model"])), words, *(_number(row, one) for one in "ab"), difference])
    caption = (
        f"All numbers of A and B, each over all {nouns} of its own study: {nouns} right (share; Wilson 95 % "
        f"interval over {nouns}), and mean ± SD over sets. The SD describes the sets; they share {nouns}, so "
        "it is not a standard error."
    )
    heads = ["model", "number", "A", "B", "B − A"]
    shown = PageTable(caption, heads, rows, [False, False, True, True, True], csv_download(table, "numbers"))
    paragraphs = [pair.area_sentence() for pair in comparison.pairs if pair.area_sentence()]
    missing = [f"No differences: {reason}" for reason in comparison.reasons]
    return Section("numbers", title, paragraphs, [shown], missing)


def _signed(difference: float) -> str:
    """Write a difference with its sign; 0 is none at all and not a rounded one."""
    return f"{difference:+.3f}" if difference else "0"


def _number(row: dict[Any, Any], letter: str) -> str:
    """Write a number with its interval or spread."""
    value = row[letter]
    if pd.isna(value):
        return "–"
    if pd.notna(row[f"low_{letter}"]):
        n = int(row[f"n_{letter}"])
        limits = f"{row[f'low_{letter}']:.2f}–{row[f'high_{letter}']:.2f}"
        return f"{round(value * n)} of {n} ({value:.2f}; {limits})"
    spread = row[f"sd_{letter}"]
    return f"{value:.2f}" if pd.isna(spread) else f"{value:.2f} ± {spread:.2f}"


def clones_section(comparison: "StudyComparison") -> Section:
    """Show the score and call of every group in both, by what changed most."""
    noun, nouns = comparison.noun, plural(comparison.noun)
    ident, title = "clones", f"{noun.capitalize()} by {noun}"
    clones = comparison.clones
    if comparison.reasons:
        return Section(ident, title, missing=[f"Left out: {reason}" for reason in comparison.reasons])
    if clones.empty:
        return Section(ident, title, missing=[f"Neither study has a {noun}-level score."])
    parts: list[PageFigure | PageTable] = []
    paragraphs, missing = [], []
    if comparison.pairs:
        parts.append(_figure(comparison))
    else:
        missing.append(f"No {noun} was scored in both: there is no figure.")
    unmoved = [pair.model for pair in comparison.pairs if not pair.largest]
    for model in clones["model"].drop_duplicates():
        rows = clones[clones["model"] == model]
        name = model_name(str(model))
        if model in unmoved and rows["difference"].notna().all():
            paragraphs.append(f"The {name} gives every {noun} the same score in A and B.")
            continue
        caption = (
            f"{name[:1].upper()}{name[1:]}: probability of {spaced(comparison.a.facts.classes.positive)} of "
            f"every {noun}, by what changed most."
        )
        brief = _shown_clones(rows)
        formats = dict.fromkeys(("score_a", "score_b"), "{:.3f}".format) | {"difference": _signed}
        headings = {"group": noun} | in_words(list(brief))
        shown = page_table(brief, caption, formats=formats, headings=headings)
        parts.append(with_download(shown, rows, f"clones_{_file_name(str(model))}"))
        paragraphs += _called(rows, name, noun, nouns)
    return Section(ident, title, paragraphs, parts, missing)


def _file_name(model: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", model)


def _called(rows: pd.DataFrame, name: str, noun: str, nouns: str) -> list[str]:
    """Name the groups whose call differs."""
    paired = rows[rows["difference"].notna()]
    changed = paired.loc[paired["call_a"] != paired["call_b"], "group"]
    if paired.empty:
        return [f"The {name} scored no {noun} in both."]
    if changed.empty:
        return [f"The {name} calls all {paired['group'].nunique()} {nouns} of both the same."]
    return [f"Called otherwise by the {name}: {listed(changed, most=12)}."]


def _shown_clones(rows: pd.DataFrame) -> pd.DataFrame:
    """Lay rows out with one column of labels, and both where they are not the same."""
    label = rows["label_a"].fillna(rows["label_b"]).astype(str)
    other = rows["label_a"].notna() & rows["label_b"].notna() & (rows["label_a"] != rows["label_b"])
    label = label.where(
        ~other, rows["label_a"].astype(str) + " in A, " + rows["label_b"].astype(str) + " in B"
    )
    right = {name: rows[name].map({True: "yes", False: "no"}) for name in ("right_a", "right_b")}
    order = ["group", "label", "score_a", "score_b", "difference", "call_a", "call_b", *right]
    return rows.assign(label=label, **right)[order]


def _figure(comparison: "StudyComparison") -> PageFigure:
    noun, nouns = comparison.noun, plural(comparison.noun)
    said = "; ".join(
        f"{model_name(pair.model)}: {pair.n} {plural(noun, pair.n)}, {pair.changed} called otherwise"
        for pair in comparison.pairs
    )
    caption = (
        f"Score of every {noun} in A (across) and in B (up), the mean over its test tiles. On the diagonal "
        f"it is the same; in the shaded quarters the {noun} is called otherwise, and named. {said}."
    )
    drawn = comparison.plot()
    return page_figure(
        drawn.figure,
        caption,
        name="agreement",
        alt=f"Scatter plot of {noun} scores in A against B. {said}. All {nouns} are in the table.",
        numbers=drawn.numbers,
    )


def in_words(columns: Sequence[str]) -> dict[str, str]:
    """Headings of the columns that belong to one study.

    Examples
    --------
    >>> in_words(["group", "score_a", "difference"])
    {'score_a': 'score in A', 'difference': 'B − A'}
    """
    ends = {"_a": "A", "_b": "B"}
    named = {name: f"{spaced(name[:-2])} in {ends[name[-2:]]}" for name in columns if name[-2:] in ends}
    return named | ({"difference": "B − A"} if "difference" in columns else {})


def with_download(table: PageTable, numbers: pd.DataFrame, name: str) -> PageTable:
    """Put the whole numbers behind a table that shows them shortened."""
    return PageTable(table.caption, table.columns, table.rows, table.numeric, csv_download(numbers, name))
