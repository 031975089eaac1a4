"""The page of scored wells: the answer first, everything else below and closed until it is opened."""

from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version

import pandas as pd

from hcs.analysis.kept import KeptAnalyses, KeptFinding
from hcs.analysis.registry import title_of
from hcs.analysis.wells.hits import B_SCORE
from hcs.analysis.wells.normalisation import NormalisedWells, described
from hcs.figures.theme import score_map
from hcs.heatmaps.heatmap import heatmap
from hcs.heatmaps.plates import PagePlates, page_plates
from hcs.pages.page import PageFigure, PagePart, PageTable, Section, csv_download, page_table, render
from hcs.report.study.analysed import PageFinding, page_drawing, page_finding
from hcs.report.wells.scores import WellScores
from hcs.report.wells.source import SCORED
from hcs.wording import are, counted, noted, spaced

LISTED = 24
"""Rows of the hit list that the page shows."""
CARRIED = ("hits", "plates", "replicates", "left_out")
"""Tables that the page carries; those of all wells stand beside it."""
LONG = 400
"""Longer tables of an analysis stand in the folder alone."""
FAR = 6.0
"""Robust SDs at which colours end."""
BESIDE = ("gene_symbol", "dose")
"""What the hit list tells besides, where the source knows it."""
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
    "Plates were brought to one scale as {scale}.{log} z of a well is its distance from the median sample of "
    "its replicate in robust SD (1.4826 × MAD), z of a {noun} the mean over replicates; p by Student's t "
    "against the robust spread of all, corrected by Benjamini and Hochberg (1995). A hit has a "
    "false-discovery rate of 5 % or less and holds without the replicate that lies furthest out.",
    "B-scores after Brideau et al. (2003), Z′ after Zhang et al. (1999), SSMD after Zhang (2007).",
    "Tables of all wells, as Parquet and CSV, stand beside this page; analyses with their figures in the "
    "folder analyses.",
)
SECTIONS = {
    "hits": "Hits",
    "plates": "Plates",
    "assay": "Controls and replicates",
    "scale": "Scale, rows and columns",
}
"""Sections in reading order, and their titles."""


def scores_page(scores: WellScores, kept: KeptAnalyses, tables: Mapping[str, pd.DataFrame]) -> str:
    """Render scored wells as HTML: words and figures as kept, tables as written."""
    wells, layouts = scores.asked.wells, ""
    if "layout" in wells and "replicate" in wells:
        n = counted(wells["layout"].nunique(), "layout")
        layouts = f" ({n}, {counted(wells['replicate'].nunique(), 'replicate')})"
    lost = int((tables["left_out"]["what"] == "well").sum())
    flagged = f"{counted(lost, 'well')} {are(lost)} flagged and left out."
    beside = [name for name in ("assay_quality", "replicate_correlation") if name in kept.findings]
    hits = kept.findings.get("hits")
    drawing = page_drawing(hits) if hits is not None else None
    return render(
        "wells.html.j2",
        answering=True,
        title=f"{scores.source.title}: {spaced(scores.asked.value)} scored",
        question=f"{counted(len(wells), 'well')} on {counted(wells['plate'].nunique(), 'plate')}{layouts}",
        headline=scores.headline(),
        sentences=[kept.findings[name].headline for name in beside],
        cautions=[*scores.cautions, *scores.notices, *noted((lost, flagged))],
        figure=drawing and PageFigure(drawing, f"Scores of every {scores.asked.noun}, and of single wells."),
        whys=(),
        sections=_sections(scores, kept, tables),
        downloads=[(spaced(name), csv_download(tables[name], name)) for name in CARRIED if name in tables],
        version=version("hcs"),
    )


def _sections(scores: WellScores, kept: KeptAnalyses, tables: Mapping[str, pd.DataFrame]) -> list[Section]:
    """Lay out hits, plates and the analyses, each closed until opened."""
    parts: dict[str, list[PagePart]] = {ident: [] for ident in SECTIONS}
    for name, found in kept.findings.items():
        parts[_section_of(name)].append(_finding(found))
    for name, why in kept.left_out.items():
        parts[_section_of(name)].append(PageFinding(f"wells-{name}", title_of(name), f"Not made: {why}"))
    if len(tables["hits"]):
        parts["hits"].insert(0, _hit_list(tables["hits"]))
    parts["plates"].append(_plates(scores))
    made = [Section(ident, title, (), parts[ident]) for ident, title in SECTIONS.items()]
    return [*made, _left_out(tables["left_out"]), Section("methods", "Methods", _methods(scores))]


def _section_of(name: str) -> str:
    known = {"hits": "hits", "assay_quality": "assay", "replicate_correlation": "assay"}
    return known.get(name, "scale")


def _finding(found: KeptFinding) -> PageFinding:
    """Lay an analysis out with the tables that are short enough to be read; the hits are drawn above."""
    short = {name: table for name, table in found.tables.items() if len(table) <= LONG}
    made = page_finding(replace(found, tables={found.name: found.table.head(1), **short}), prefix="wells")
    if found.name not in short:
        made = replace(made, tables=made.tables[1:])
    return replace(made, svg=None) if found.name == "hits" else made


def _hit_list(hits: pd.DataFrame) -> PageTable:
    """List the hits, or the most extreme scores where there are none."""
    called = hits[hits["hit"]]
    rows, what = (called, "hits") if len(called) else (hits, "scores, none a hit")
    n = min(len(rows), LISTED)
    columns = [name for name in (*SHOWN, *BESIDE) if name in rows and rows[name].notna().any()]
    caption = f"The {n} most extreme of {len(rows):,} {what}; all scores are in hits.csv (Tables)."
    names = dict.fromkeys((name for name in columns if name in BESIDE), str)
    return page_table(rows[columns].head(n), caption, headings=SHOWN, formats=names)


def _plates(scores: WellScores) -> PagePlates:
    """Show every plate, its wells on the one scale."""
    found = scores.findings.get("normalise_wells")
    wells, value, robust = scores.wells, scores.asked.value, False
    said = f"{spaced(value)} of every well as measured"
    if isinstance(found, NormalisedWells):
        value, said = found.column, f"Every well as {described(found.method, found.fit)}"
        robust = found.method.endswith("z")
    limits, colours = ((-FAR, FAR), score_map()) if robust else (None, None)
    kept = [name for name in ("plate", "well", "included", "role", *SCORED, value) if name in wells]
    shown = heatmap(
        wells[kept], value, limits=limits, colours=colours, plate_format=dict(scores.source.formats)
    )
    caption = f"{said}, on one colour scale. Point at a well, or pick it."
    # A well has one row, which would say the same again.
    shown = replace(shown, rows=shown.rows.iloc[:0])
    return replace(page_plates(shown, ident="wells-plates", caption=caption), download=None)


def _left_out(table: pd.DataFrame) -> Section:
    if table.empty:
        return Section("left-out", "What was left out", ["Nothing was left out."])
    shown = page_table(table, "Everything that was left out, and why.", name="left_out")
    return Section("left-out", "What was left out", (), [shown])


def _methods(scores: WellScores) -> list[str]:
    spec = scores.asked.spec
    scale = "B-scores" if spec.method == B_SCORE else described(spec.method, spec.fit)
    log = " Values are logarithms to base 2." if spec.log else ""
    return [said.format(scale=scale, noun=scores.asked.noun, log=log) for said in METHODS]
