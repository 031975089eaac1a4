"""The page of scored wells: the answer first, everything else below and closed until it is opened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

import pandas as pd

from hcs.analysis.kept import KeptAnalyses, KeptFinding
from hcs.analysis.registry import title_of
from hcs.analysis.wells.hits import B_SCORE
from hcs.analysis.wells.normalisation import NormalisedWells, described
from hcs.figures.theme import score_map
from hcs.heatmaps.heatmap import heatmap
from hcs.heatmaps.plates import page_plates
from hcs.pages.page import PagePart, PageTable, csv_download, page_table, render
from hcs.report.study.analysed import PageFinding, page_finding
from hcs.report.wells.scores import WellScores
from hcs.wording import are, counted, noted, spaced

LISTED = 100
"""Rows of the hit list that the page shows."""
CARRIED = ("hits", "plates", "replicates", "left_out")
"""Tables that the page carries; those of all wells stand beside it."""
LONG = 400
"""Longer tables of an analysis stand in the folder alone."""
FAR = 6.0
"""Robust SDs at which colours end."""
BESIDE = ("gene", "gene_symbol", "compound", "treatment", "clone", "dose", "layout", "well")
SHOWN = {
    "name": "scored as",
    "z": "z",
    "z_low": "lowest replicate",
    "z_high": "highest replicate",
    "n_replicates": "replicates",
    "direction": "direction",
    "p": "p",
    "p_adjusted": "false-discovery rate",
    "cytotoxic": "lost cells",
}
METHODS = (
    "Plates were brought to one scale as {scale}. z of a well is its distance from the median sample of its "
    "replicate in robust SD (1.4826 × MAD), z of {what} the mean over replicates; p by Student's t against "
    "the robust spread of all, corrected by Benjamini and Hochberg (1995). A hit has a false-discovery rate "
    "of 5 % or less and holds without the replicate that lies furthest out. B-scores after Brideau et al. "
    "(2003), Z′ after Zhang et al. (1999), SSMD after Zhang (2007). Tables of all wells, as Parquet and CSV, "
    "stand beside this page."
)


@dataclass(frozen=True)
class ClosedSection:
    """A part of the page that is closed until opened: its heading, and one sentence that stands open."""

    ident: str
    title: str
    said: str
    parts: Sequence[PagePart] = ()
    paragraphs: Sequence[str] = ()


def scores_page(scores: WellScores, kept: KeptAnalyses, tables: Mapping[str, pd.DataFrame]) -> str:
    """Render scored wells as HTML: words and figures as kept, tables as written."""
    wells, layouts = scores.asked.wells, ""
    if "layout" in wells and "replicate" in wells:
        n = counted(wells["layout"].nunique(), "layout")
        layouts = f" ({n}, {counted(wells['replicate'].nunique(), 'replicate')})"
    lost = int((tables["left_out"]["what"] == "well").sum())
    flagged = f"{counted(lost, 'well')} {are(lost)} flagged and left out."
    beside = [name for name in ("assay_quality", "replicate_correlation") if name in kept.findings]
    return render(
        "wells.html.j2",
        answering=True,
        title=f"{scores.source.title}: {spaced(scores.asked.value)} scored",
        question=f"{counted(len(wells), 'well')} on {counted(wells['plate'].nunique(), 'plate')}{layouts}",
        headline=scores.headline(),
        sentences=[kept.findings[name].headline for name in beside],
        cautions=[*scores.notices, *noted((lost, flagged))],
        sections=[
            *_sections(scores, kept, tables["hits"]),
            _left_out(tables["left_out"]),
            _methods(scores),
        ],
        downloads=[(spaced(name), csv_download(tables[name], name)) for name in CARRIED if name in tables],
        version=version("hcs"),
    )


def _sections(scores: WellScores, kept: KeptAnalyses, hits: pd.DataFrame) -> list[ClosedSection]:
    """Lay out the plates and every analysis, the hits first."""
    made = []
    for name, found in kept.findings.items():
        parts: list[PagePart] = [_finding(found)]
        if name == "hits":
            parts.insert(0, _hit_list(hits))
        made.append(ClosedSection(name, title_of(name), found.headline, parts))
    made.insert(1 if "hits" in kept.findings else 0, _plates(scores))
    left = kept.left_out.items()
    return made + [ClosedSection(name, title_of(name), f"Not made: {why}") for name, why in left]


def _finding(found: KeptFinding) -> PageFinding:
    """Lay an analysis out with the tables that are short enough to be read."""
    short = {name: table for name, table in found.tables.items() if len(table) <= LONG}
    if found.name in short:
        return page_finding(found, prefix="wells")
    part = page_finding(replace(found, tables={found.name: found.table.head(1), **short}), prefix="wells")
    return replace(part, tables=part.tables[1:])


def _hit_list(hits: pd.DataFrame) -> PageTable:
    """List the hits, or the most extreme scores where there are none."""
    called, n = hits[hits["hit"]], min(len(hits), LISTED)
    rows, what = (called, "hits") if len(called) else (hits, "scores, none of them a hit,")
    columns = [name for name in (*SHOWN, *BESIDE) if name in rows and rows[name].notna().any()]
    caption = f"The most extreme {what} of {len(rows):,}; all scores stand in hits.csv (Tables)."
    names = dict.fromkeys((name for name in columns if name in BESIDE), str)
    return page_table(rows[columns].head(n), caption, headings=SHOWN, formats=names)


def _plates(scores: WellScores) -> ClosedSection:
    """Show every plate, its wells on the one scale."""
    found = scores.findings.get("normalise_wells")
    wells, value, robust = scores.wells, scores.asked.value, False
    said = f"{spaced(value)} of every well as measured, on one colour scale."
    if isinstance(found, NormalisedWells):
        value, said = found.column, f"Wells as {described(found.method, found.fit)}, on one colour scale."
        robust = found.method.endswith("z")
    limits, colours = ((-FAR, FAR), score_map()) if robust else (None, None)
    shown = heatmap(wells, value, limits=limits, colours=colours, plate_format=dict(scores.source.formats))
    part = page_plates(shown, ident="plates-wells", caption="Point at a well, or pick it.")
    return ClosedSection("plates", "Plates", said, [replace(part, download=None)])


def _left_out(table: pd.DataFrame) -> ClosedSection:
    if table.empty:
        return ClosedSection("left-out", "What was left out", "Nothing was left out.")
    said = f"{counted(len(table), 'entry')}: flagged wells, and what could not be asked."
    shown = page_table(table, "Everything that was left out, and why.", name="left_out")
    return ClosedSection("left-out", "What was left out", said, [shown])


def _methods(scores: WellScores) -> ClosedSection:
    spec = scores.asked.spec
    scale = "B-scores" if spec.method == B_SCORE else described(spec.method, spec.fit)
    log = " Values are logarithms to base 2." if spec.log else ""
    said = METHODS.format(scale=scale, what=f"a {scores.asked.noun}") + log
    return ClosedSection("methods", "Methods", "How wells were scored.", [], [said])
