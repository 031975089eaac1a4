"""Where the network looks: a section of the study's report, and of the page with every tile explained."""

from hcs.figures.composite import channel_key
from hcs.figures.saliency import saliency_figure
from hcs.pages.page import PageFigure, PagePart, Section, page_figure
from hcs.report.facts import ExplainedFacts, ReportFacts
from hcs.report.study.analysed import page_finding
from hcs.wording import plural

TITLES = {
    "compartments": "Saliency on somas, neurites and background",
    "likeness": "Likeness of maps to those of controls",
    "faithfulness": "Deletion, insertion and occlusion",
}
CAPTIONS = {
    "compartments": "Share of saliency over share of area, one dot per {noun}; beside them what heads that "
    "learnt nothing show on the same frozen network, mean over {nouns}.",
    "likeness": "Likeness of the trained heads' maps to those of controls, mean over {nouns}.",
    "faithfulness": "Probability of the tile's own class while light is taken away or put back in the order "
    "of a map, mean over {nouns}.",
}


def looks_section(facts: ReportFacts) -> Section | None:
    """Show where the network looks; None where nothing was explained."""
    return None if facts.explained is None else saliency_section(facts.explained)


def saliency_section(explained: ExplainedFacts) -> Section:
    """Lay the section out."""
    noun, nouns = explained.noun, plural(explained.noun)
    parts: list[PagePart] = []
    missing = [f"{what}: {why}" for what, why in explained.left_out.items()]
    if explained.rows:
        parts.append(_figure(explained))
    else:
        missing.append(f"No {noun} has a tile that is called right: there is no figure.")
    for name, found in explained.findings.items():
        about = CAPTIONS[name].format(noun=noun, nouns=nouns)
        parts.append(page_finding(found, TITLES[name], about=about, prefix="explained"))
    return Section("saliency", "Where the network looks", [_method(explained)], parts, missing)


def _method(explained: ExplainedFacts) -> str:
    return (
        f"Class-activation maps (Grad-CAM, Selvaraju et al., ICCV 2017) of {' and '.join(explained.blocks)}, "
        f"each tile explained by the heads of the sets that tested its {explained.noun} and by no other; "
        "maps of heads are brought to the same sum and averaged."
    )


def _figure(explained: ExplainedFacts) -> PageFigure:
    figure = saliency_figure(explained.rows, explained.blocks)
    alt = "Tiles with maps of where the network looks: " + "; ".join(row.title for row in explained.rows)
    shown = f"Input ({channel_key(explained.channels)})" if explained.channels else "Input"
    caption = (
        f"{shown}, Grad-CAM of {' and '.join(explained.blocks)}, and guided Grad-CAM, for the class that "
        f"each tile is called, by heads that never saw its {explained.noun}. Each map is shown as a share of "
        f"its own maximum; the blue line encloses what is above half of it. {explained.guided}"
    )
    return page_figure(figure, caption, name="saliency-maps", alt=alt)
