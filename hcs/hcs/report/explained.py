"""The page of an explained study: where the network looks, and every tile with its maps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.explain.explanations import Explanations
from hcs.explain.gallery import panels, saliency_rows, write_strips
from hcs.figures.gallery import encode_tile
from hcs.figures.saliency import SaliencyRow
from hcs.pages.page import csv_download, render, write_page
from hcs.report.facts import ExplainedFacts
from hcs.report.gather import explained_facts
from hcs.report.study.saliency import saliency_section
from hcs.study.folder import StudyResults
from hcs.wording import counted, spaced
from hcs_plates.errors import NotThereError


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


def write_explained(study: StudyResults, found: Explanations) -> Path:
    """Write the overlays and the gallery page of an explained study into the explanations' folder."""
    explained, _ = explained_facts(study)
    if explained is None:
        raise NotThereError(f"{study.results} holds no explanations; make them with `hcs explain`.")
    write_strips(study, found)
    tiles = [
        explained_tile(str(clone), row, panels(row))
        for clone, row in zip(found.tiles["group"], saliency_rows(study, found, found.tiles), strict=True)
    ]
    return write_explained_page(
        found.folder / "explanations.html",
        title=study.title,
        explained=explained,
        tiles=tiles,
        tables={"tiles": found.tiles, **found.tables},
        version=str(study.record.get("hcs", "")),
    )


def write_explained_page(
    path: Path,
    *,
    title: str,
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
    explained, tiles
        What is shown.
    tables
        To be downloaded, by name.
    """
    section = saliency_section(explained)
    by_clone: dict[str, list[ExplainedTile]] = {}
    for tile in tiles:
        by_clone.setdefault(tile.clone, []).append(tile)
    text = render(
        "explained.html.j2",
        title=f"{title}: where the network looks",
        question=f"{counted(len(tiles), 'tile')} of {counted(len(by_clone), explained.noun)} explained",
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
