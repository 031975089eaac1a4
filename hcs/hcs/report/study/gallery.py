"""Section of pictures."""

from hcs.figures.composite import channel_key
from hcs.figures.gallery import gallery_items
from hcs.pages.page import (
    PageGallery,
    Section,
)
from hcs.report.facts import ReportFacts


def gallery_section(facts: ReportFacts) -> Section:
    """Pictures with clone, well, label and score."""
    if not facts.gallery:
        return Section("gallery", "Images", missing=["No images were chosen for the gallery."])
    galleries = [PageGallery(kind, items) for kind, items in gallery_items(facts.gallery).items()]
    lead = ["These pictures are for the eye (8 bits, compressed); the models read the stored intensities."]
    if facts.channels:
        lead.append(f"Tiles show {channel_key(facts.channels)}.")
    if any(tile.kind == "measured" for tile in facts.gallery):
        lead.append(
            "Under measured: the middle of a field with what was found drawn on it: somas orange, nuclei "
            "blue, each stretch of neurite in a colour of its own; the numbers are those of the whole field."
        )
    return Section("gallery", "Images", lead, galleries)
