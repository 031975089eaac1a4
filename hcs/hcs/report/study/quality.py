"""The section on field quality: how many fields were set aside, why, and where they lie."""

import pandas as pd

from hcs.answer.fields import flag_reasons, flagged_shares, flags_by_plate
from hcs.heatmaps.heatmap import heatmap
from hcs.heatmaps.plates import page_plates
from hcs.pages.page import PagePart, Section, page_table
from hcs.report.facts import ReportFacts
from hcs.statistics.frames import takes_part
from hcs.wording import counted, percent, spaced

TITLE = "Field quality"
FEW = 5
"""Groups with the largest share of flagged fields that are named."""


def quality_section(facts: ReportFacts) -> Section:
    """Count flagged fields by reason, by plate and by class, and show the wells they lie in."""
    fields = facts.fields
    if fields.empty:
        why = "Fields were not judged: the study's forest saw tiles, and cells were not measured ([forest])."
        return Section("quality", TITLE, [why])
    flagged = fields[~takes_part(fields)]
    paragraphs = [
        "Every measured field was judged by its focus, saturation, foreground and debris. Flagged: "
        f"{len(flagged):,} of {counted(len(fields), 'field')}. Summaries of cells leave flagged fields out; "
        "the network's tiles do not."
    ]
    parts: list[PagePart] = []
    if len(flagged):
        why = "Why fields were flagged; one field may have several reasons."
        parts.append(page_table(flag_reasons(fields), why, name="flagged"))
        paragraphs.append(_classes(flagged_shares(fields), facts))
        share = fields.drop(columns="included").assign(flagged=(~takes_part(fields)).astype(float))
        shown = heatmap(share, "flagged", limits=(0.0, 1.0), plate_format=facts.plate_formats() or None)
        caption = "Share of every well's fields that were flagged; a picked well shows fields and reasons."
        parts.append(page_plates(shown, ident="flagged", caption=caption))
    parts.append(page_table(flags_by_plate(fields), "Fields by plate.", name="fields_by_plate"))
    return Section("quality", TITLE, paragraphs, parts)


def _classes(shares: "pd.Series[float]", facts: ReportFacts) -> str:
    """Compare the classes by their groups' shares: uneven loss would be a shortcut."""
    if shares.empty:
        return ""
    said = []
    for label in facts.classes.both:
        if label in shares.index.get_level_values("label"):
            own = shares.xs(label, level="label")
            n = counted(len(own), facts.classes.noun)
            said.append(f"{spaced(label)} {100 * own.mean():.1f} % (mean over {n})")
    most = shares[shares > 0].sort_values(ascending=False, kind="stable").head(FEW)
    named = ", ".join(f"{group} {percent(share)}" for (_, group), share in most.items())
    return (
        f"Flagged by {spaced(facts.classes.label)}: {'; '.join(said)}. Most among {facts.classes.nouns}: "
        f"{named}."
    )
