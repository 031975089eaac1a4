"""Analyses as parts of a page: the answer, the figure, the other words, the statistics, and the tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcs.analysis.kept import STATISTICS, KeptAnalyses, KeptFinding
from hcs.analysis.question import BatchSection, StudySection
from hcs.analysis.registry import in_section, title_of
from hcs.answer.facts import StudyFacts
from hcs.answer.verdict import APART
from hcs.figures.theme import NOTHING, model_name
from hcs.pages.page import PageTable, Section, kept_drawing, page_table
from hcs.report.stated import statistics_part
from hcs.wording import counted, sentence, spaced

if TYPE_CHECKING:
    from markupsafe import Markup

LONGEST = 400
"""Rows of a table that the page shows; longer ones can be downloaded."""
MODELS = ("model", "against", "reader")
"""Columns that may name models, which pages write as prose does."""


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
        The answer in one sentence.
    rest
        Everything else in words; may be empty.
    svg
        Its figure; None where it would show nothing, or another one's again.
    statistics
        What its words rest on; None where nothing was estimated.
    tables
        Its tables, with their downloads.
    """

    ident: str
    title: str
    headline: str
    rest: str = ""
    svg: "Markup | None" = None
    statistics: PageTable | None = None
    tables: Sequence[PageTable] = ()
    kind = "finding"


def page_finding(
    found: KeptFinding, title: str = "", *, about: str = "", prefix: str = "analysis"
) -> PageFinding:
    """Lay a finding out.

    Parameters
    ----------
    found
        As it was kept.
    title
        What was asked; that of its analysis if left out.
    about
        What its figure shows, where it does not say so itself.
    prefix
        Of its anchor and of the names of its tables.
    """
    stated = f"{found.name}_{STATISTICS}"
    tables = [
        page_table(
            table.head(LONGEST),
            _caption(name.removeprefix(found.name), len(table)),
            name=f"{prefix}_{name}",
            formats={column: _named for column in MODELS if column in table},
            download=table,
        )
        for name, table in found.tables.items()
        if len(table) and name != stated
    ]
    ident, title = f"{prefix}-{found.name}", title or title_of(found.name)
    rest = sentence(about, found.summary.removeprefix(found.headline).strip())
    statistics = statistics_part(found.statistics, f"{prefix}_{stated}")
    svg = None if _shown_above(found) else page_drawing(found)
    return PageFinding(ident, title, found.headline, rest, svg, statistics, tables)


def page_drawing(found: KeptFinding) -> "Markup | None":
    """Show a finding's figure; None for one without numbers, which would only repeat the sentence."""
    if not len(found.table) or f'-{NOTHING}"' in found.svg:
        return None
    return kept_drawing(found.svg, found.summary)


def _named(value: object) -> str:
    return model_name(str(value))


def _shown_above(found: KeptFinding) -> bool:
    """Whether each donor gave one clone, so that a figure of donors would be that of the clones again."""
    table = found.table
    if found.name != "donors" or not {"level", "n"} <= set(table) or table.empty:
        return False
    own = table[(table["measure"] == "accuracy") & (table["method"] == "exact")]
    counts = own[own["model"] == table["model"].iloc[0]].set_index("level")["n"]
    return "donor" in counts.index and len(counts) > 1 and counts.nunique() == 1


def _caption(part: str, rows: int) -> str:
    said = f"All numbers: {spaced(part.strip('_'))}" if part else "All numbers"
    return f"{said} (the first {LONGEST} of {rows:,} rows)" if rows > LONGEST else said


def findings_of(
    analysed: KeptAnalyses | None, section: StudySection | BatchSection
) -> tuple[list[PageFinding], list[str]]:
    """Gather the findings of a section, and sentences on those that were not made.

    Parameters
    ----------
    analysed
        What was kept; None where nothing was analysed.
    section
        Of the study's report, or of the batch-effect report.
    """
    rows = in_section(section)
    if analysed is None:
        return [], [f"Not analysed yet ({counted(len(rows), 'question')}): run `hcs study analyse`."]
    parts = []
    for row in rows:
        if row.name in analysed.findings:
            parts.append(page_finding(analysed.findings[row.name]))
        elif row.name in analysed.left_out:
            why = f"Not made: {analysed.left_out[row.name]}"
            parts.append(PageFinding(f"analysis-{row.name}", row.title, why))
    return parts, []


def permutations_section(facts: StudyFacts) -> Section | None:
    """Show what the same study finds with labels permuted; None where nobody asked."""
    if facts.permuted is None:
        return None
    title = APART["permutations"]
    return Section("permutations", title, (), [page_finding(facts.permuted, title)])


def batches_section(facts: StudyFacts) -> Section:
    """Whether the answer holds in every batch, and what the features carry of batches."""
    found, missing = findings_of(facts.analysed, StudySection.BATCHES)
    return Section("batches", "Batches", (), found, missing)


def covariates_section(facts: StudyFacts) -> Section:
    """Passage and clinical data against accuracy and score."""
    found, missing = findings_of(facts.analysed, StudySection.COVARIATES)
    asked = {} if facts.analysed is None else facts.analysed.asked
    notes = tuple(map(str, asked.get("clinical_notes", ())))
    return Section("covariates", "Passage and clinical data", notes, found, missing)
