"""The page of two studies side by side: the answer first, then numbers and clones, then what differs."""

import re
from pathlib import Path

import pandas as pd

from hcs.answer.verdict import verdict
from hcs.figures.theme import model_name
from hcs.pages.page import (
    PagePart,
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
from hcs.report.difference.comparison import StudyComparison
from hcs.report.difference.parts import DIGESTS, PARTS
from hcs.report.difference.sides import StudySide
from hcs.wording import capital, counted, listed, plural, spaced

SIDES = {"a": "A", "b": "B"}
DIGITS = 12
"""Of a digest that the page shows; the download has all."""
WORDS = {
    ("group", "accuracy"): "{nouns} right",
    ("group", "auc"): "{noun} ROC AUC",
    ("group by set", "accuracy"): "{noun} accuracy by set",
    ("group by set", "auc"): "{noun} ROC AUC by set",
    ("tile by set", "accuracy"): "tile accuracy by set",
    ("tile by set", "auc"): "tile ROC AUC by set",
}
CLONES = {
    "score_a": "score in A", "score_b": "score in B", "difference": "B − A", "call_a": "call in A",
    "call_b": "call in B", "right_a": "right in A", "right_b": "right in B",
}  # fmt: skip
"""Columns of the clones that belong to one study, and their headings."""


def write_diff(comparison: StudyComparison, path: Path | str) -> Path:
    """Write two studies side by side as one file; an older one is replaced when the new one is whole.

    Raises
    ------
    ArgumentError
        The path is a folder.
    """
    return write_page(Path(path), diff_page(comparison))


def diff_page(comparison: StudyComparison) -> str:
    """Render the page; the same comparison gives the same text, character by character."""
    a, b = comparison.a, comparison.b
    return render(
        "diff.html.j2",
        title=f"{a.name} against {b.name}",
        sides=[f"{side.letter} is {side.name} (study “{side.facts.title}”)" for side in (a, b)],
        headline=comparison.headline(),
        whys=_whys(comparison),
        cautions=[*comparison.caveats, *comparison.cautions()],
        cards=[_card(side) for side in (a, b)],
        sections=diff_sections(comparison),
        downloads=[(spaced(name), csv_download(table, name)) for name, table in comparison.tables.items()],
        version=str(b.facts.record.get("hcs", "")),
    )


def _card(side: StudySide) -> ResultCard:
    facts, title = side.facts, f"{side.letter}: {side.name}"
    model = facts.models[0] if facts.models else ""
    result = facts.group_result(model) if model else None
    says = f"Its own report: {verdict(facts).headline}"
    return ResultCard(title, result, f"right, {model_name(model)}", facts.classes.noun, says)


def _whys(comparison: StudyComparison) -> tuple[Why, ...]:
    """Put the answers of both, and what may have changed them, beside the headline."""
    said = {"How the answers differ": comparison.answers(), "What may have changed them": comparison.causes()}
    return tuple(Why(title, [Point("", "", text) for text in texts]) for title, texts in said.items())


def diff_sections(comparison: StudyComparison) -> list[Section]:
    """Lay out the sections in reading order."""
    answers = [numbers_section(comparison), clones_section(comparison)]
    parts = [part_section(comparison, name) for name in PARTS]
    return [*answers, *parts, wells_section(comparison)]


def part_section(comparison: StudyComparison, name: str) -> Section:
    """Say how much of a part is the same, and show what is not."""
    part, table, other = PARTS[name], comparison.parts[name], comparison.other(name)
    if table.empty and name != "analyses":
        return Section(name, part.title, ["Neither has any."])
    lacking = [letter for column, letter in SIDES.items() if (table[column] == part.absent).all()]
    if lacking:
        which = "Neither has any" if table.empty else f"{lacking[0]} has none"
        how = " (`hcs study analyse` makes them)" if name == "analyses" else ""
        return Section(name, part.title, missing=[f"{which} to compare{how}."])
    n = counted(len(table), comparison.noun if part.thing == "group" else part.thing)
    if other.empty:
        return Section(name, part.title, [f"Nothing differs: {n}."])
    said = [f"{len(table) - len(other)} of {n} are the same in both."]
    if derived := [DIGESTS[one] for one in other[part.thing] if one in DIGESTS]:
        said.append(f"{capital(listed(derived))} follow from pixels, wells, settings and software.")
    brief = other.drop(columns="same")
    if name == "analyses":
        brief = brief.apply(_alone, axis=1)
        said.append("Shown is what one says alone.")
    shown = brief.assign(a=brief["a"].map(_short), b=brief["b"].map(_short))
    caption = f"Every {part.thing} that differs."
    formats = dict.fromkeys(shown.columns, str)
    made = page_table(
        shown, caption, name=f"{name}_differing", formats=formats, headings=SIDES, download=other
    )
    return Section(name, part.title, said, [made])


def _alone(row: "pd.Series[str]") -> "pd.Series[str]":
    """Keep the sentences of A and of B that the other does not say."""
    said = [re.split(r"(?<=[.?!;])\s+", text.strip()) for text in (row["a"], row["b"])]
    alone = [" ".join(text for text in said[one] if text not in said[1 - one]) or "–" for one in (0, 1)]
    return pd.concat([row.drop(["a", "b"]), pd.Series(alone, index=["a", "b"])])


def _short(value: str) -> str:
    """Cut a digest short; other values stay."""
    return f"{value[:DIGITS]}…" if re.fullmatch(r"[0-9a-f]{25,}", value) else value


def wells_section(comparison: StudyComparison) -> Section:
    """Show every change of a well on the plates that both have."""
    wells, title = comparison.wells, "Wells of the plates that both have"
    if any(side.facts.wells.empty for side in (comparison.a, comparison.b)):
        return Section("wells", title, missing=["A table of wells is missing: wells cannot be compared."])
    if wells.empty:
        return Section("wells", title, ["Every well and its entry in the platemap is the same."])
    caption = "What took part in one only, and what the platemap says otherwise."
    return Section("wells", title, (), [page_table(wells, caption, name="wells", headings=SIDES)])


def numbers_section(comparison: StudyComparison) -> Section:
    """Show every model's numbers, the groups' before the tiles'."""
    noun, nouns, table = comparison.noun, plural(comparison.noun), comparison.numbers
    if table.empty:
        absent = f"Neither study has a {noun}-level score: there are no numbers."
        return Section("numbers", "Numbers", missing=[absent])
    rows = []
    for row in table.to_dict("records"):
        words = WORDS[str(row["level"]), str(row["number"])].format(noun=noun, nouns=nouns)
        values = [_number(pd.Series(row), letter) for letter in "ab"]
        rows.append([model_name(str(row["model"])), words, *values, _signed(row["difference"])])
    caption = (
        f"All numbers of A and B, each over all {nouns} of its own study: {nouns} right (share; Wilson 95 % "
        f"interval over {nouns}), and mean ± SD over sets. The SD describes the sets; they share {nouns}, so "
        "it is not a standard error."
    )
    heads = ["model", "number", "A", "B", "B − A"]
    shown = PageTable(caption, heads, rows, [False, False, True, True, True], csv_download(table, "numbers"))
    missing = [f"No differences: {reason}" for reason in comparison.reasons]
    return Section("numbers", "Numbers", (), [shown], missing)


def _signed(difference: float) -> str:
    """Write a difference with its sign; 0 is none at all and not a rounded one."""
    if pd.isna(difference):
        return "–"
    return f"{difference:+.3f}" if difference else "0"


def _number(row: "pd.Series[float]", letter: str) -> str:
    """Write a number with its interval or spread."""
    value, low, high, spread = (
        row[name] for name in (letter, *(f"{one}_{letter}" for one in ("low", "high", "sd")))
    )
    if pd.isna(value):
        return "–"
    if pd.notna(low):
        n = int(row[f"n_{letter}"])
        return f"{round(value * n)} of {n} ({value:.2f}; {low:.2f}–{high:.2f})"
    return f"{value:.2f}" if pd.isna(spread) else f"{value:.2f} ± {spread:.2f}"


def clones_section(comparison: StudyComparison) -> Section:
    """Show the score and call of every group in both, by what changed most."""
    noun, clones = comparison.noun, comparison.clones
    ident, title = "clones", f"{capital(noun)} by {noun}"
    if comparison.reasons:
        return Section(ident, title, missing=[f"Left out: {reason}" for reason in comparison.reasons])
    if clones.empty:
        return Section(ident, title, missing=[f"Neither study has a {noun}-level score."])
    parts: list[PagePart] = []
    paragraphs, missing = [], []
    if comparison.pairs:
        parts.append(_figure(comparison))
    else:
        missing.append(f"No {noun} was scored in both: there is no figure.")
    unmoved = [pair.model for pair in comparison.pairs if not pair.largest]
    for model, rows in clones.groupby("model", sort=False):
        name = model_name(str(model))
        if model in unmoved and rows["difference"].notna().all():
            paragraphs.append(f"The {name} gives every {noun} the same score in A and B.")
            continue
        paragraphs.append(_called(rows, name, noun))
        parts.append(_clones_table(rows, str(model), comparison))
    return Section(ident, title, paragraphs, parts, missing)


def _called(rows: pd.DataFrame, name: str, noun: str) -> str:
    """Name the groups whose call differs."""
    paired = rows[rows["difference"].notna()]
    changed = paired.loc[paired["call_a"] != paired["call_b"], "group"]
    if paired.empty:
        return f"The {name} scored no {noun} in both."
    if changed.empty:
        return f"The {name} calls all {paired['group'].nunique()} {plural(noun)} of both the same."
    return f"Called otherwise by the {name}: {listed(changed, most=12)}."


def _clones_table(rows: pd.DataFrame, model: str, comparison: StudyComparison) -> PageTable:
    """Lay rows out with one column of labels, and both where they are not the same."""
    label = rows["label_a"].fillna(rows["label_b"]).astype(str)
    other = rows["label_a"].notna() & rows["label_b"].notna() & (rows["label_a"] != rows["label_b"])
    both = rows["label_a"].astype(str) + " in A, " + rows["label_b"].astype(str) + " in B"
    right = {name: rows[name].map({True: "yes", False: "no"}) for name in ("right_a", "right_b")}
    shown = rows.assign(label=label.where(~other, both), **right)[["group", "label", *CLONES]]
    positive = spaced(comparison.a.facts.classes.positive)
    return page_table(
        shown,
        f"{capital(model_name(model))}: probability of {positive} of every {comparison.noun}, by what "
        "changed most.",
        name=f"clones_{re.sub(r'[^A-Za-z0-9_-]', '-', model)}",
        formats=dict.fromkeys(("score_a", "score_b"), "{:.3f}".format) | {"difference": _signed},
        headings={"group": comparison.noun} | CLONES,
        download=rows,
    )


def _figure(comparison: StudyComparison) -> PagePart:
    noun = comparison.noun
    said = "; ".join(
        f"{model_name(pair.model)}: {counted(pair.n, noun)}, {pair.changed} called otherwise"
        for pair in comparison.pairs
    )
    caption = (
        f"Score of every {noun} in A (across) and in B (up), the mean over its test tiles. On the diagonal "
        f"it is the same; in the shaded quarters the {noun} is called otherwise, and named. {said}."
    )
    alt = f"Scatter plot of {noun} scores in A against B. {said}. All {plural(noun)} are in the table."
    drawn = comparison.plot()
    return page_figure(drawn.figure, caption, name="agreement", alt=alt, numbers=drawn.numbers)
