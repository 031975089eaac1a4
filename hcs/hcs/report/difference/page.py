"""The page of two studies side by side: the answer first, then what went in, how, and every number."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from hcs.answer.result import GroupResult
from hcs.answer.verdict import verdict
from hcs.figures.theme import model_name
from hcs.pages.page import (
    Section,
    csv_download,
    page_table,
    render,
    write_page,
)
from hcs.report.difference.answers import clones_section, in_words, numbers_section, with_download
from hcs.report.difference.parts import DIGESTS, ONLY, OTHER, SAME
from hcs.report.difference.sides import StudySide
from hcs.wording import counted, listed, plural, spaced

if TYPE_CHECKING:
    from hcs.report.difference.comparison import StudyComparison

SIDES = {"a": "A", "b": "B"}
DIGITS = 12
"""Of a digest that the page shows; the download has all."""


@dataclass(frozen=True)
class SideCard:
    """One study at a glance.

    Parameters
    ----------
    letter, name
        ``A`` or ``B``, and its folder.
    says
        The answer of its own report.
    model
        Whose numbers are shown.
    result
        Its group-level result; None where there is none.
    """

    letter: str
    name: str
    says: str
    model: str
    result: GroupResult | None


@dataclass(frozen=True)
class SaidOtherwise:
    """An analysis whose words differ: the sentences that only one study has.

    Parameters
    ----------
    name
        Of the analysis.
    a, b
        Sentences of one study alone.
    n_same
        Sentences that both have.
    """

    name: str
    a: Sequence[str]
    b: Sequence[str]
    n_same: int


def write_diff(comparison: "StudyComparison", path: Path | str) -> Path:
    """Write two studies side by side as one self-contained HTML file.

    Parameters
    ----------
    comparison
        As `hcs.report.difference.comparison.compare_studies` makes it.
    path
        File to write; an older one is replaced once the new one is whole.

    Raises
    ------
    ArgumentError
        The path is a folder.
    """
    return write_page(Path(path), diff_page(comparison))


def diff_page(comparison: "StudyComparison") -> str:
    """Render the page; the same comparison gives the same text, character by character."""
    a, b = comparison.a, comparison.b
    return render(
        "diff.html.j2",
        title=f"{a.name} against {b.name}",
        sides=[f"{side.letter} is {side.name} (study “{side.facts.title}”)" for side in (a, b)],
        headline=comparison.headline(),
        answers=comparison.answers(),
        causes=comparison.causes(),
        caveats=comparison.caveats,
        cautions=comparison.cautions(),
        cards=[_card(side) for side in (a, b)],
        noun=comparison.noun,
        sections=diff_sections(comparison),
        analyses=analyses_section(comparison),
        otherwise=said_otherwise(comparison.analyses) if a.analyses and b.analyses else [],
        downloads=[(spaced(name), csv_download(table, name)) for name, table in comparison.tables.items()],
        version=str(b.facts.record.get("hcs", "")),
    )


def _card(side: StudySide) -> SideCard:
    facts = side.facts
    result = facts.group_result(facts.models[0]) if facts.models else None
    model = model_name(facts.models[0]) if facts.models else ""
    return SideCard(side.letter, side.name, verdict(facts).headline, model, result)


def diff_sections(comparison: "StudyComparison") -> list[Section]:
    """Lay out the sections in reading order; that of the analyses stands after them."""
    return [
        inputs_section(comparison),
        settings_section(comparison),
        provenance_section(comparison),
        numbers_section(comparison),
        clones_section(comparison),
        sets_section(comparison),
    ]


def inputs_section(comparison: "StudyComparison") -> Section:
    """Show plates, and what of wells and groups is not the same in both."""
    noun, nouns = comparison.noun, plural(comparison.noun)
    plates, wells = comparison.plates, comparison.wells
    same = plates["pixels"] == SAME
    counts = [side.facts.record.get("tiles", len(side.tiles) or "–") for side in (comparison.a, comparison.b)]
    paragraphs = [
        f"{int(same.sum())} of {counted(len(plates), 'plate')} {'has' if same.sum() == 1 else 'have'} the "
        f"same pixels in A and B. Tiles: {counts[0]} in A, {counts[1]} in B."
    ]
    shown = plates.assign(**{name: plates[name].map(_short) for name in ("digest_a", "digest_b")})
    parts = [
        page_table(
            shown,
            "Plates by name, and whether their pixels are the same (digest).",
            headings=in_words(list(plates)),
        )
    ]
    parts[0] = with_download(parts[0], plates, "plates")
    missing = []
    if any(side.facts.wells.empty for side in (comparison.a, comparison.b)):
        missing.append("A table of wells is missing: wells cannot be compared.")
    elif wells.empty:
        paragraphs.append(
            "On the plates that both have, every well and its entry in the platemap is the same."
        )
    else:
        caption = (
            "Wells of the plates that both have: what took part in one only, and what the platemap says."
        )
        parts.append(page_table(wells, caption, name="wells", headings=SIDES))
    groups = comparison.groups[comparison.groups["took_part"] != SAME]
    if comparison.a.facts.group != comparison.b.facts.group:
        missing.append("A and B keep other groups together: these cannot be compared.")
    elif len(groups):
        caption = f"{nouns.capitalize()} that took part in one study only, or under another label."
        parts.append(
            page_table(groups, caption, name="groups", headings={"group": noun} | in_words(list(groups)))
        )
    elif len(comparison.groups):
        paragraphs.append(f"The same {counted(len(comparison.groups), noun)} took part in both, by name.")
    if len(comparison.left_out):
        caption = "Left out in one study only, or for another reason."
        parts.append(page_table(comparison.left_out, caption, name="left_out", headings=SIDES))
    return Section("inputs", "What went in", paragraphs, parts, missing)


def _short(value: object) -> object:
    """Cut a digest short; other values stay."""
    long = isinstance(value, str) and len(value) > 2 * DIGITS and re.fullmatch(r"[0-9a-f]+", value)
    return f"{str(value)[:DIGITS]}…" if long else value


def settings_section(comparison: "StudyComparison") -> Section:
    """Show every setting and seed that differs."""
    return _beside(comparison.settings, "setting", "settings", "Settings and seeds", "settings and seeds")


def provenance_section(comparison: "StudyComparison") -> Section:
    """Show what of software, weights, arithmetic and hardware differs."""
    table = comparison.provenance
    section = _beside(
        table, "part", "provenance", "What the numbers were made with", "entries of the records"
    )
    derived = table[table["part"].isin(DIGESTS) & ~table["same"]]
    if derived.empty:
        return section
    names = listed(DIGESTS[name] for name in derived["part"])
    said = (
        f"{names[:1].upper()}{names[1:]} follow from pixels, wells, settings and software: they differ where "
        "one of these does."
    )
    return Section(section.ident, section.title, [*section.paragraphs, said], section.parts)


def _beside(table: pd.DataFrame, column: str, ident: str, title: str, what: str) -> Section:
    other = table[~table["same"]].drop(columns="same")
    equal = len(table) - len(other)
    if table.empty:
        return Section(ident, title, missing=[f"Neither record holds {what}."])
    if other.empty:
        return Section(ident, title, [f"All {len(table)} {what} are the same."])
    paragraph = f"{len(other)} of {len(table)} {what} differ; {equal} are the same."
    brief = other.assign(a=other["a"].map(_short), b=other["b"].map(_short))
    shown = page_table(brief, f"Every {column} that differs.", headings=SIDES)
    return Section(ident, title, [paragraph], [with_download(shown, other, f"{ident}_differing")])


def sets_section(comparison: "StudyComparison") -> Section:
    """Say in how many sets the groups are dealt alike, and show the others."""
    title, table = "Sets", comparison.sets
    lacking = [side.letter for side in (comparison.a, comparison.b) if side.facts.splits.empty]
    if lacking:
        return Section(
            "sets", title, missing=[f"{listed(lacking)} has no table of splits: sets cannot be compared."]
        )
    other = table[~table["same"]]
    n_a, n_b = (side.facts.n_sets for side in (comparison.a, comparison.b))
    if other.empty:
        return Section(
            "sets", title, [f"All {counted(len(table), 'set')} deal the {comparison.noun}s alike in A and B."]
        )
    paragraph = (
        f"{len(table) - len(other)} of {counted(len(table), 'set')} deal the {plural(comparison.noun)} alike "
        f"(A has {n_a}, B has {n_b})."
    )
    held = [side.facts.record.get("design", "") for side in (comparison.a, comparison.b)]
    more = [f"A: {held[0]} B: {held[1]}"] if held[0] != held[1] else []
    shown = other[["set", "test_a", "test_b"]]
    caption = "Test groups of every set that is not the same; the download has all parts."
    part = with_download(
        page_table(shown, caption, formats={"set": str}, headings=in_words(list(shown))), table, "sets"
    )
    return Section("sets", title, [paragraph, *more], [with_download(part, table, "sets")])


def analyses_section(comparison: "StudyComparison") -> Section:
    """Say which analyses are in one only; the sentences that differ stand below."""
    title, table = "Analyses", comparison.analyses
    lacking = [side.letter for side in (comparison.a, comparison.b) if not side.analyses]
    if len(lacking) == 2:
        return Section("analyses", title, missing=["Neither study was analysed (hcs study analyse)."])
    if lacking:
        said = f"{lacking[0]} was not analysed (hcs study analyse): there is nothing to compare."
        return Section("analyses", title, missing=[said])
    counts = table["words"].value_counts()
    n = counted(len(table), "analysis")
    paragraphs = [f"{counts.get(SAME, 0)} of {n} say the same in both, {counts.get(OTHER, 0)} do not."]
    alone = table[~table["words"].isin([SAME, OTHER])]
    paragraphs += [
        f"{spaced(row.analysis).capitalize()}: {row.words}; in "
        f"{f'B {row.b}' if row.words == ONLY['A'] else f'A {row.a}'}"
        for row in alone.itertuples()
    ]
    return Section("analyses", title, paragraphs)


def said_otherwise(analyses: pd.DataFrame) -> list[SaidOtherwise]:
    """Find the sentences that only one of two summaries has, analysis by analysis."""
    found = []
    for row in analyses[analyses["words"] == OTHER].itertuples():
        a, b = (re.split(r"(?<=[.?!;])\s+", str(text).strip()) for text in (row.a, row.b))
        alone_a, alone_b = [text for text in a if text not in b], [text for text in b if text not in a]
        found.append(SaidOtherwise(spaced(row.analysis), alone_a, alone_b, len(a) - len(alone_a)))
    return found
