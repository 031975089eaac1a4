"""What the report of a study is made from: its facts, and pictures and fields beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from hcs.analysis.kept import KeptFinding
from hcs.answer.facts import StudyFacts
from hcs.figures.gallery import GalleryTile
from hcs.figures.saliency import SaliencyRow
from hcs.study.designrecord import DesignRecord


@dataclass(frozen=True)
class ExplainedFacts:
    """What the pages say of where the network looks.

    Parameters
    ----------
    rows
        Tiles of the figure.
    findings
        By name: compartments, likeness, faithfulness.
    blocks
        In words.
    guided
        The sentence that guided maps stand behind.
    left_out
        What could not be done, and why.
    noun
        What a clone is called.
    channels
        Of the tiles, in their order.
    """

    rows: tuple[SaliencyRow, ...]
    findings: Mapping[str, KeptFinding]
    blocks: tuple[str, ...]
    guided: str
    left_out: Mapping[str, str] = field(default_factory=dict)
    noun: str = "clone"
    channels: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReportFacts(StudyFacts):
    """A study's facts with what is shown beside them.

    Parameters
    ----------
    gallery
        Pictures to show.
    channels
        Of the tiles among them, in their order.
    explained
        Where the network looks; None where that was not asked.
    records
        Of the experiment's design.
    fields
        Measured fields: plate, well, field, included, reason; empty where cells were not measured.
    """

    gallery: tuple[GalleryTile, ...] = ()
    channels: tuple[str, ...] = ()
    explained: ExplainedFacts | None = None
    records: tuple[DesignRecord, ...] = ()
    fields: pd.DataFrame = field(default_factory=pd.DataFrame)
