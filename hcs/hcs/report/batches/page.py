"""The batch-effect report: whether the answer holds in every batch, and what else batches change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from hcs.analysis.question import BatchSection
from hcs.answer.basis import Basis
from hcs.answer.verdict import Verdict
from hcs.heatmaps.heatmap import WellHeatmap
from hcs.heatmaps.plates import page_plates
from hcs.pages.page import (
    Download,
    PageFigure,
    PagePart,
    Section,
    csv_download,
    page_table,
    render,
    write_page,
)
from hcs.report.batches.verdict import batch_verdict
from hcs.report.study.analysed import findings_of, page_drawing
from hcs.report.study.believable import whys
from hcs.wording import capital, counted, sentence, spaced

SECTIONS = {
    BatchSection.DESIGN: "Design",
    BatchSection.BATCHES: "Batch by batch",
    BatchSection.PLATES: "Plates and wells",
    BatchSection.VARIANCE: "Where the variance lies",
    BatchSection.FEATURES: "What the features carry",
    BatchSection.CORRECTION: "What correcting would do",
}
"""Sections in reading order, and their titles."""

METHODS = (
    "The unit of evidence is the {noun}: tests permute {nouns}, or wells within them, and intervals are over "
    "{nouns}. What is fitted (scaling, correction, probes) is fitted on other {nouns} than it is tried on. "
    "{scored} Batches ({batch}) were "
    "compared by permutation tests of homogeneity; mixing by kBET (Büttner et al., Nat Methods 2019), iLISI "
    "(Korsunsky et al., Nat Methods 2019), silhouette widths and principal-component regression against "
    "permuted batches; corrections by centring and by ComBat (Johnson et al., Biostatistics 2007)."
)


@dataclass(frozen=True)
class BatchFacts:
    """Everything a batch-effect report is made from.

    Parameters
    ----------
    title
        Of the study or table.
    basis
        What the verdict rests on: classes, batch, analyses, scores, splits, wells.
    scored
        One sentence: by what models wells were scored.
    groups
        group, label and batch of every group: one row per group and batch it stands in.
    heatmaps
        Caption and heatmap of what is shown on plates.
    any_score
        Whether a well has a score.
    left_out
        what, where, reason: rows, wells and analyses.
    record
        part, name, value: versions, digests, settings.
    notices
        Sentences the reader must see beside the verdict.
    """

    title: str
    basis: Basis
    scored: str
    groups: pd.DataFrame
    heatmaps: Mapping[str, WellHeatmap] = field(default_factory=dict)
    any_score: bool = True
    left_out: pd.DataFrame = field(default_factory=pd.DataFrame)
    record: pd.DataFrame = field(default_factory=pd.DataFrame)
    notices: tuple[str, ...] = ()

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return int(self.groups["group"].nunique())

    @property
    def verdict(self) -> Verdict:
        """Whether what the first model tells depends on the batch."""
        return batch_verdict(self.basis, self.n_groups, self.notices)


def batch_page(facts: BatchFacts) -> str:
    """Render the batch-effect report as HTML."""
    batch, classes = spaced(facts.basis.batch), facts.basis.classes
    found, analysed = facts.verdict, facts.basis.analysed
    kept = {} if analysed is None else analysed.findings
    drawing = page_drawing(kept["batches"]) if "batches" in kept else None
    figure = drawing and PageFigure(drawing, f"{capital(classes.nouns)} called right in every {batch}.")
    version = facts.record.loc[facts.record["name"] == "hcs", "value"] if len(facts.record) else []
    return render(
        "batch.html.j2",
        answering=bool(facts.heatmaps),
        title=f"{facts.title}: effects of {batch}",
        question=(
            f"Does the answer on {spaced(classes.positive)} against {spaced(classes.negative)} depend on the "
            f"{batch}? n = {counted(facts.n_groups, classes.noun)}"
        ),
        verdict=found,
        figure=figure,
        whys=whys(found, analysed, facts.basis.permuted, answered="batches"),
        sections=[_section(one, facts) for one in SECTIONS] + [_left_out(facts), _methods(facts)],
        downloads=_downloads(facts),
        version=next(iter(version), ""),
    )


def write_batch_report(facts: BatchFacts, path: Path) -> Path:
    """Write the batch-effect report as one self-contained file; an older one is replaced when it is whole.

    Raises
    ------
    ArgumentError
        The path is a folder.
    """
    return write_page(Path(path), batch_page(facts))


def _section(section: BatchSection, facts: BatchFacts) -> Section:
    found, missing = findings_of(facts.basis.analysed, section)
    parts: list[PagePart] = list(found)
    paragraphs: list[str] = []
    if section is BatchSection.DESIGN:
        held = groups_by_batch(facts)
        caption = f"{capital(facts.basis.classes.nouns)} of each class in every {spaced(facts.basis.batch)}."
        parts.insert(0, page_table(held, caption, name="groups_by_batch"))
    if section is BatchSection.PLATES:
        shown = enumerate(facts.heatmaps.items(), start=1)
        own = [page_plates(found, ident=f"plates-{number}", caption=said) for number, (said, found) in shown]
        parts = [*own, *parts]
        if not own:
            missing.append("No well is known of either class: there is no heatmap.")
        elif not facts.any_score:
            missing.append("No well has a score: there is no heatmap of scores.")
    return Section(section.value, SECTIONS[section], paragraphs, parts, missing)


def groups_by_batch(facts: BatchFacts) -> pd.DataFrame:
    """Count groups by batch and class, and in all."""
    batch, classes = facts.basis.batch, list(facts.basis.classes.both)
    known = facts.groups.dropna(subset=[batch])
    counts = known.groupby([known[batch].astype(str), "label"])["group"].nunique().unstack(fill_value=0)
    table = counts.reindex(columns=classes, fill_value=0).rename_axis(columns=None)
    table = table.rename_axis(spaced(batch)).reset_index()
    return table.assign(**{"in all": table[classes].sum(axis=1)})


def _left_out(facts: BatchFacts) -> Section:
    title = "What was left out"
    if facts.left_out.empty:
        return Section("left-out", title, ["Nothing was left out."])
    table = page_table(facts.left_out, "Everything that was left out, and why.", name="left_out")
    return Section("left-out", title, (), [table])


def _methods(facts: BatchFacts) -> Section:
    noun, nouns = facts.basis.classes.noun, facts.basis.classes.nouns
    words = {"noun": noun, "nouns": nouns, "batch": spaced(facts.basis.batch), "scored": facts.scored}
    table = page_table(facts.record, "Settings, versions and digests.", name="record")
    return Section("methods", "Methods", [sentence(METHODS.format_map(words))], [table])


def _downloads(facts: BatchFacts) -> list[tuple[str, Download]]:
    """Every table of the report."""
    tables = {"groups": facts.groups, "groups_by_batch": groups_by_batch(facts)}
    tables |= {"left_out": facts.left_out, "record": facts.record}
    tables |= {
        f"wells_{number}": shown.table for number, shown in enumerate(facts.heatmaps.values(), start=1)
    }
    analysed = facts.basis.analysed
    for found in () if analysed is None else analysed.findings.values():
        tables |= found.tables
    return [(spaced(name), csv_download(table, name)) for name, table in tables.items() if len(table.columns)]
