"""The section on field quality: how many fields were set aside, why, and where they lie."""

import pandas as pd

from hcs.answer.facts import StudyFacts
from hcs.heatmaps.heatmap import heatmap
from hcs.heatmaps.plates import page_plates
from hcs.pages.page import PagePart, Section, page_table
from hcs.report.facts import ReportFacts
from hcs.wording import counted, plural, spaced

TITLE = "Field quality"
FEW = 5
"""Groups with the largest share of flagged fields that are named."""


def quality_section(facts: ReportFacts) -> Section:
    """Count flagged fields by reason, by plate and by class, and show the wells they lie in."""
    fields = facts.fields
    if fields.empty:
        why = "Fields were not judged: the study's forest saw tiles, and cells were not measured ([forest])."
        return Section("quality", TITLE, [why])
    flagged = fields[~fields["included"].astype(bool)]
    paragraphs = [
        "Every measured field was judged by its focus, saturation, foreground and debris. Flagged: "
        f"{len(flagged):,} of {counted(len(fields), 'field')}. Summaries of cells leave flagged fields out; "
        "the network's tiles do not."
    ]
    parts: list[PagePart] = []
    if len(flagged):
        parts.append(_reasons(flagged))
        paragraphs.append(_classes(fields, facts))
        share = fields.drop(columns="included").assign(flagged=1.0 - fields["included"].astype(float))
        shown = heatmap(share, "flagged", limits=(0.0, 1.0), plate_format=facts.plate_formats() or None)
        caption = "Share of every well's fields that were flagged; a picked well shows fields and reasons."
        parts.append(page_plates(shown, ident="flagged", caption=caption))
    by_plate = fields.groupby("plate").agg(
        fields=("included", "size"), flagged=("included", lambda held: int((~held.astype(bool)).sum()))
    )
    parts.append(page_table(by_plate.reset_index(), "Fields by plate.", name="fields_by_plate"))
    return Section("quality", TITLE, paragraphs, parts)


def _reasons(flagged: pd.DataFrame) -> PagePart:
    """Count kinds of reasons; a field may have several."""
    kinds = flagged["reason"].str.split("; ").explode().str.split(":").str[0]
    counts = kinds.value_counts().rename_axis("reason").reset_index(name="fields")
    return page_table(counts, "Why fields were flagged; one field may have several reasons.", name="flagged")


def _classes(fields: pd.DataFrame, facts: StudyFacts) -> str:
    """Compare the classes by their groups' shares: uneven loss would be a shortcut."""
    if not {"group", "label"} <= set(fields.columns):
        return ""
    lost = (~fields["included"].astype(bool)).groupby([fields["label"], fields["group"]]).mean()
    said = []
    for label in (facts.classes.positive, facts.classes.negative):
        if label in lost.index.get_level_values("label"):
            shares = lost.xs(label, level="label")
            n = counted(len(shares), facts.classes.noun)
            said.append(f"{spaced(label)} {shares.mean():.1%} (mean over {n})".replace("%", " %"))
    most = lost[lost > 0].sort_values(ascending=False, kind="stable").head(FEW)
    named = ", ".join(f"{group} {share:.0%}".replace("%", " %") for (_, group), share in most.items())
    return (
        f"Flagged by {spaced(facts.classes.label)}: {'; '.join(said)}. Most among "
        f"{plural(facts.classes.noun)}: {named}."
    )
