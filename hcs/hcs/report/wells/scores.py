"""Wells scored by the analyses of wells: hits, controls, replicates, one scale, rows and columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from hcs.analysis.finding import Finding
from hcs.analysis.wells.assay import AssayQuality
from hcs.analysis.wells.hits import Hits
from hcs.analysis.wells.normalisation import NormalisedWells
from hcs.analysis.wells.polish import BScores
from hcs.display import preview
from hcs.report.wells.asked import NAME, AskedWells, ScoreSpec
from hcs.report.wells.source import Source, WellSource, read_wells_of
from hcs.statistics.frames import takes_part
from hcs.study.steps import Steps, silent
from hcs.tables.rolenames import SAMPLE
from hcs.wording import sentence, spaced
from hcs_plates.errors import HcsError
from hcs_plates.wells import Formats

KIND, SCORE = "well_kind", "score_z"
OF_WELLS = ("plate", "replicate", "role", "included", "comment")
"""Columns of single wells, not of what is scored over them."""
LEFT_OUT = ["what", "where", "reason"]


@dataclass(frozen=True, repr=False)
class WellScores:
    """Wells with their scores, and every finding on them.

    Parameters
    ----------
    asked
        The wells as the analyses took them, and how they were scored.
    source
        The wells as they were read.
    findings
        By the name of their analysis: hits, assay_quality, replicate_correlation and the like.
    missing
        Analyses that could not be made, and why.
    """

    asked: AskedWells
    source: WellSource
    findings: Mapping[str, Finding]
    missing: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.headline()}>"

    def _repr_html_(self) -> str:
        return preview(self.headline(), self.hits)

    @property
    def notices(self) -> tuple[str, ...]:
        """How wells were read, and what was done to their values."""
        return (*self.source.notices, *self.asked.notices)

    @property
    def cautions(self) -> tuple[str, ...]:
        """What may have made the hits, besides what was sought."""
        found = self.findings.get("hits")
        return (found.edge,) if isinstance(found, Hits) and found.edge else ()

    def headline(self) -> str:
        """Give the main thing: how many hits, or why none can be called."""
        found = self.findings.get("hits")
        return found.headline() if found is not None else f"No hits: {self.missing['hits']}"

    def summary(self) -> str:
        """Say the main thing of every finding, and what could not be made."""
        said = [found.headline() for name, found in self.findings.items() if name != "hits"]
        without = [f"{spaced(name)}: {why}" for name, why in self.missing.items() if name != "hits"]
        return sentence(self.headline(), *said, *without, *self.notices)

    @property
    def wells(self) -> pd.DataFrame:
        """Every well as it was read, with what it counts as, its value on one scale, B-score and z."""
        table = self.asked.wells.assign(**{KIND: SAMPLE, SCORE: np.nan})
        for found in self.findings.values():
            if isinstance(found, NormalisedWells):
                table[KIND], table[found.column] = found.kinds, found.table[found.column].to_numpy()
            elif isinstance(found, BScores):
                table["b_score"] = found.table["b_score"].to_numpy()
            elif isinstance(found, Hits):
                table[SCORE] = found.wells["z"].to_numpy()
        return table

    @property
    def hits(self) -> pd.DataFrame:
        """Scores of everything, the most extreme first, with what the source knows of each."""
        found = self.findings.get("hits")
        if not isinstance(found, Hits):
            return pd.DataFrame(columns=["name"])
        wells = self.wells
        scored = wells[(wells[KIND] == SAMPLE) & wells[NAME].notna()]
        read = [one for one in self.source.wells if one in wells and one not in (*found.table, *OF_WELLS)]
        held = scored.groupby(scored[NAME].astype(str), sort=False)[read]
        alike = held.nunique().max() <= 1
        about = held.first()[alike.index[alike]].rename_axis("name").reset_index()
        return found.table.merge(about.dropna(axis="columns", how="all"), on="name", how="left")

    @property
    def called(self) -> pd.DataFrame:
        """The hits among them."""
        scored = self.hits
        return scored[scored["hit"]] if "hit" in scored else scored

    @property
    def plates(self) -> pd.DataFrame:
        """Every plate: wells, scale, row and column effects, and how far its controls lie apart."""
        table = self.asked.wells.groupby("plate", sort=False).size().rename("n_wells").reset_index()
        for found in self.findings.values():
            if isinstance(found, NormalisedWells | BScores | AssayQuality):
                own = found.table if isinstance(found, AssayQuality) else found.plates
                fresh = ["plate", *(name for name in own if name not in table)]
                table = table.merge(own[fresh], on="plate", how="left")
        return table

    @property
    def left_out(self) -> pd.DataFrame:
        """Wells that take no part, and analyses that could not be made: what, where, reason."""
        lost = self.asked.wells[~takes_part(self.asked.wells)]
        why = lost["comment"] if "comment" in lost else pd.Series("not included", index=lost.index)
        rows = [
            ("well", f"{plate} {well}", reason)
            for plate, well, reason in zip(lost["plate"], lost["well"], why, strict=True)
        ]
        rows += [("analysis", spaced(name), reason) for name, reason in self.missing.items()]
        return pd.DataFrame(rows, columns=LEFT_OUT)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by the name of its file."""
        made = {"hits": self.hits, "wells": self.wells, "plates": self.plates, "left_out": self.left_out}
        found = self.findings.get("replicate_correlation")
        return made if found is None else {**made, "replicates": found.table}

    def save(self, folder: Path | str, *, overwrite: bool = False, workbook: bool = False) -> Path:
        """Write tables, figures and a page into a folder (`hcs.report.wells.write.write_scores`)."""
        from hcs.report.wells.write import write_scores

        return write_scores(self, folder, overwrite=overwrite, workbook=workbook)


def score_wells(  # noqa: PLR0913 – keywords of users
    source: Source,
    value: str | None = None,
    *,
    group: str | None = None,
    method: str = "robust_z",
    fit: str = "samples",
    log: bool = False,
    count: str | None = None,
    annotation: Sequence[Path | str] = (),
    sheet: str | None = None,
    plate_format: Formats = None,
    steps: Steps = silent,
) -> WellScores:
    """Score the wells of a screen: plates on one scale, controls, replicates, row and column effects, hits.

    Parameters
    ----------
    source
        Measured plates, measurements, a table of wells (or its file), or the folder of a plate reader's files
        with a list of plates as of cellHTS2.
    value, group, method, fit, log, count
        As in `hcs.report.wells.asked.ScoreSpec`.
    annotation, sheet, plate_format
        As in `hcs.report.wells.source.read_wells_of`.
    steps
        Shows progress.

    Returns
    -------
    WellScores
        ``.hits``, ``.wells``, ``.plates`` are tables, ``.findings`` has each analysis; ``.save(folder)``
        writes them all, with a page.

    Raises
    ------
    HcsError
        Of whichever kind: what cannot be read, or a column that is not there. What an analysis cannot do is
        said in ``.missing``.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> wells = pd.DataFrame({"plate": ["P1"] * 24 + ["P2"] * 24, "gene": [f"g{n}" for n in range(24)] * 2})
    >>> wells["well"] = [f"{row}{column}" for row in "ABCD" for column in range(1, 7)] * 2
    >>> wells["light"] = rng.normal(100, 5, 48) - 60 * (wells["gene"] == "g7")
    >>> score_wells(wells, "light").called[["name", "direction"]].values.tolist()
    [['g7', 'lower']]
    """
    spec = ScoreSpec(value, group, method, fit, log, count)
    found = read_wells_of(source, annotation=annotation, sheet=sheet, plate_format=plate_format)
    asked = AskedWells.of(found, spec)
    made: dict[str, Finding] = {}
    missing: dict[str, str] = {}
    asks = asked.asks()
    with steps("analyses") as progress:
        if progress is not None:
            progress(0, len(asks))
        for place, (name, ask) in enumerate(asks.items(), 1):
            try:
                made[name] = ask()
            except HcsError as error:
                missing[name] = error.message
            if progress is not None:
                progress(place, len(asks))
    return WellScores(asked, found, made, missing)
