"""Analyses as parts of a page: the main thing, the figure, everything in words, and the tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcs.analysis.kept import KeptAnalyses, KeptFinding
from hcs.analysis.titles import TITLES
from hcs.answer.facts import StudyFacts
from hcs.pages.page import PageTable, Section, kept_drawing, page_table
from hcs.wording import listed, plural, spaced

if TYPE_CHECKING:
    from markupsafe import Markup

BATCHES = (
    "batches", "variance", "feature_variance", "mixing", "probes", "correction_centre", "correction_combat",
)  # fmt: skip

LONGEST = 400
"""Rows of a table that the page shows; longer ones can be downloaded."""


@dataclass(frozen=True)
class PageFinding:
    """A finding as the page shows it.

    Parameters
    ----------
    ident
        Anchor, and prefix of its figure's ids.
    title
        What was asked.
    headline
        The main thing in one sentence.
    rest
        Everything else in words; may be empty.
    svg
        Its figure; None where it was not made, or would show another one's again.
    tables
        Its tables, with their downloads.
    """

    ident: str
    title: str
    headline: str
    rest: str
    svg: "Markup | None"
    tables: Sequence[PageTable]
    kind = "finding"


def page_finding(found: KeptFinding) -> PageFinding:
    """Lay a finding out."""
    rest = found.summary.removeprefix(found.headline).strip()
    tables = [
        page_table(
            table.head(LONGEST),
            _caption(name, len(table)),
            name=f"analysis_{name}",
            download=table,
        )
        for name, table in found.tables.items()
        if len(table)
    ]
    ident, title = f"analysis-{found.name}", _title(found.name)
    noun = _below_donors(found)
    if noun:
        same = f"Each donor gave one {noun}: donors and {plural(noun)} are the same thing here."
        return PageFinding(ident, title, same, found.summary, None, tables)
    # Of a finding without numbers the figure would only repeat the sentence.
    svg = kept_drawing(found.svg, found.summary) if len(found.table) else None
    return PageFinding(ident, title, found.headline, rest, svg, tables)


def _below_donors(found: KeptFinding) -> str:
    """Name what stands below donors, where each donor gave one of it; empty otherwise."""
    table = found.table
    if found.name != "donors" or not {"level", "n"} <= set(table):
        return ""
    table = table[table["model"] == table["model"].iloc[0]] if len(table) else table
    counts = table[(table["measure"] == "accuracy") & (table["method"] == "exact")].set_index("level")["n"]
    noun = next((str(level) for level in counts.index if level != "donor"), "")
    return noun if noun and "donor" in counts.index and counts["donor"] == counts[noun] else ""


def _title(name: str) -> str:
    return TITLES.get(name, spaced(name).capitalize())


def _caption(name: str, rows: int) -> str:
    said = f"Numbers: {spaced(name)}"
    return f"{said} (the first {LONGEST} of {rows:,} rows)" if rows > LONGEST else said


def findings_of(analysed: KeptAnalyses | None, names: Sequence[str]) -> tuple[list[PageFinding], list[str]]:
    """Gather findings for a section, and sentences on those that were not made.

    Parameters
    ----------
    analysed
        What was kept; None where nothing was analysed.
    names
        Of the section's analyses.
    """
    if analysed is None:
        asked = listed((TITLES[name].lower() for name in names), most=8)
        return [], [f"Not analysed yet ({asked}): run `hcs study analyse` on this study."]
    parts = []
    for name in names:
        if name in analysed.findings:
            parts.append(page_finding(analysed.findings[name]))
        elif name in analysed.left_out:
            title, why = _title(name), f"Not made: {analysed.left_out[name]}"
            parts.append(PageFinding(f"analysis-{name}", title, why, "", None, ()))
    return parts, []


def permutations_section(facts: StudyFacts) -> Section | None:
    """Show what the same study finds with labels permuted; None where nobody asked."""
    if facts.permuted is None:
        return None
    return Section("permutations", "Permuted labels", (), [page_finding(facts.permuted)])


def batches_section(facts: StudyFacts) -> Section:
    """Whether the answer holds in every batch, and what the features carry of batches."""
    found, missing = findings_of(facts.analysed, BATCHES)
    return Section("batches", "Batches", (), found, missing)


def covariates_section(facts: StudyFacts) -> Section:
    """Passage and clinical data against accuracy and score."""
    found, missing = findings_of(facts.analysed, ("passages", "covariates", "fusion"))
    asked = {} if facts.analysed is None else facts.analysed.asked
    notes = tuple(map(str, asked.get("clinical_notes", ())))
    return Section("covariates", "Passage and clinical data", notes, found, missing)
