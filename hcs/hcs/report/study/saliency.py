"""Where the network looks: a section of the study's report, and a page with every tile explained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.kept import KeptFinding
from hcs.figures.gallery import encode_tile
from hcs.figures.saliency import SaliencyRow, saliency_figure
from hcs.pages.page import (
    PageFigure,
    PagePart,
    Section,
    csv_download,
    page_figure,
    render,
    write_page,
)
from hcs.report.study.analysed import page_finding
from hcs.wording import counted, plural, spaced

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


@dataclass(frozen=True)
class ExplainedFacts:
    """What the pages say of where the network looks.

    Parameters
    ----------
    rows
        Tiles of the figure.
    findings
        By name, as `TITLES` has them.
    blocks
        In words.
    guided
        The sentence that guided maps stand behind.
    left_out
        What could not be done, and why.
    """

    rows: tuple[SaliencyRow, ...]
    findings: Mapping[str, KeptFinding]
    blocks: tuple[str, ...]
    guided: str
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ExplainedTile:
    """A tile of the gallery page.

    Parameters
    ----------
    clone
        Whose tile it is.
    caption
        What is seen.
    pictures
        Heading and ``data:`` address of each picture.
    side
        Pixels.
    """

    clone: str
    caption: str
    pictures: Sequence[tuple[str, str]]
    side: int


def saliency_section(explained: ExplainedFacts | None, noun: str) -> Section | None:
    """Lay the section out; None where nothing was explained."""
    if explained is None:
        return None
    nouns = plural(noun)
    parts: list[PagePart] = []
    missing = [f"{what}: {why}" for what, why in explained.left_out.items()]
    if explained.rows:
        parts.append(_figure(explained, noun))
    else:
        missing.append(f"No {noun} has a tile that is called right: there is no figure.")
    for name, found in explained.findings.items():
        about = CAPTIONS[name].format(noun=noun, nouns=nouns)
        parts.append(page_finding(found, TITLES[name], about=about, prefix="explained"))
    return Section("saliency", "Where the network looks", [_method(explained, noun)], parts, missing)


def _method(explained: ExplainedFacts, noun: str) -> str:
    return (
        f"Class-activation maps (Grad-CAM, Selvaraju et al., ICCV 2017) of {' and '.join(explained.blocks)}, "
        f"each tile explained by the heads of the sets that tested its {noun} and by no other; maps of heads "
        "are brought to the same sum and averaged."
    )


def _figure(explained: ExplainedFacts, noun: str) -> PageFigure:
    figure = saliency_figure(explained.rows, explained.blocks)
    alt = "Tiles with maps of where the network looks: " + "; ".join(row.title for row in explained.rows)
    caption = (
        f"Input, Grad-CAM of {' and '.join(explained.blocks)}, and guided Grad-CAM, for the class that each "
        f"tile is called, by heads that never saw its {noun}. Each map is shown as a share of its own "
        f"maximum; the blue line encloses what is above half of it. {explained.guided}"
    )
    return page_figure(figure, caption, name="saliency-maps", alt=alt)


def write_explained_page(
    path: Path,
    *,
    title: str,
    noun: str,
    explained: ExplainedFacts,
    tiles: Sequence[ExplainedTile],
    tables: Mapping[str, pd.DataFrame],
    version: str,
) -> Path:
    """Write the gallery page: the section of the report, then every explained tile, clone by clone.

    Parameters
    ----------
    path
        File to write.
    title, version
        Of the study; of hcs.
    noun
        What a clone is called.
    explained, tiles
        What is shown.
    tables
        To be downloaded, by name.
    """
    section = saliency_section(explained, noun)
    by_clone: dict[str, list[ExplainedTile]] = {}
    for tile in tiles:
        by_clone.setdefault(tile.clone, []).append(tile)
    text = render(
        "explained.html.j2",
        title=f"{title}: where the network looks",
        question=f"{counted(len(tiles), 'tile')} of {counted(len(by_clone), noun)} explained",
        section=section,
        guided=explained.guided,
        clones=by_clone,
        downloads=[(spaced(name), csv_download(table, name)) for name, table in tables.items()],
        version=version,
    )
    return write_page(path, text)


def explained_tile(clone: str, row: SaliencyRow, pictures: Sequence[npt.NDArray[np.uint8]]) -> ExplainedTile:
    """Encode a tile of the gallery page."""
    heads = ["input", *(f"Grad-CAM {block}" for block in row.maps)]
    if row.guided is not None:
        heads.append("guided Grad-CAM")
    encoded = [(head, encode_tile(one)) for head, one in zip(heads, pictures, strict=True)]
    return ExplainedTile(clone, f"{row.title}; {row.note}", encoded, int(pictures[0].shape[0]))
