"""What is asked of a study's evidence, and the row that says of an analysis how it is asked and shown."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any, TypedDict, TypeVar

import pandas as pd

from hcs.analysis.clinical import ClinicalTable, rows_of_donors
from hcs.analysis.evidence import Evidence
from hcs.analysis.finding import Finding
from hcs.classifiers.registry import FIRST
from hcs.wording import listed
from hcs_plates.errors import ArgumentError

BATCH = "differentiation_batch"
Made = TypeVar("Made")
ASKED_BATCH = "<batch>"
"""In what an analysis needs: the column that the question names as the batch."""


class StudySection(Enum):
    """Section of a study's report, by its anchor."""

    DESIGN = "design"
    GROUPS = "groups"
    WELLS = "wells"
    BATCHES = "batches"
    COVARIATES = "covariates"


class BatchSection(Enum):
    """Section of a batch-effect report, by its anchor."""

    DESIGN = "design"
    BATCHES = "batches"
    PLATES = "plates"
    VARIANCE = "variance"
    FEATURES = "features"
    CORRECTION = "correction"


class Common(TypedDict):
    """What nearly every analysis takes: what a group is called, and the seed."""

    noun: str
    seed: int


@dataclass(frozen=True)
class Question:
    """What is asked of a study's evidence.

    Parameters
    ----------
    evidence
        The study's tables and features.
    clinical
        What is known of clones beside their images.
    biomarkers
        Columns of it to join with the model's score.
    model
        Whose scores are looked at.
    batch
        Column of the wells table that names the batch.
    seed
        Of permutations and resamples.
    """

    evidence: Evidence
    clinical: ClinicalTable | None = None
    biomarkers: tuple[str, ...] = ()
    model: str = FIRST
    batch: str = BATCH
    seed: int = 0

    @property
    def common(self) -> Common:
        """What nearly every analysis takes."""
        return {"noun": self.evidence.classes.noun, "seed": self.seed}

    @cached_property
    def tiles(self) -> pd.DataFrame:
        """The tiles, with the label under its own name."""
        return self.renamed(self.with_batch(self.evidence.tiles), "label", self.evidence.classes.label)

    @cached_property
    def scored(self) -> pd.DataFrame:
        """Wells with the model's score, in the column `score`."""
        return self.evidence.scored(self.model).rename(columns={"probability": "score"})

    @cached_property
    def _made(self) -> dict[Callable[["Question"], Any], Any]:
        return {}

    def once(self, make: Callable[["Question"], Made]) -> Made:
        """Give what a function makes of this question; several analyses may ask for it, it is made once."""
        if make not in self._made:
            self._made[make] = make(self)
        found: Made = self._made[make]
        return found

    def with_batch(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Rows with the batch of their well."""
        if self.batch in rows or not self.evidence.has(self.batch):
            return rows
        return rows.merge(self.evidence.wells[["plate", "well", self.batch]], how="left", validate="m:1")

    @staticmethod
    def renamed(rows: pd.DataFrame, old: str, new: str) -> pd.DataFrame:
        """Rows with a column under another name, which replaces what stood there."""
        return rows if old == new else rows.drop(columns=new, errors="ignore").rename(columns={old: new})

    def needs(self, *columns: str) -> None:
        """Refuse a question about columns that the wells table does not know."""
        if lacking := [column for column in columns if not self.evidence.has(column)]:
            raise ArgumentError(f"The platemaps know no {listed(lacking)} of the wells; add it to ask this.")

    def clinical_table(self) -> ClinicalTable:
        """Give the clinical table, a row for each of the study's units.

        Raises
        ------
        ArgumentError
            None was given.
        """
        if self.clinical is None:
            raise ArgumentError("No clinical table was given; give one to ask this.")
        table, seen = self.clinical, self.evidence
        of_clones = seen.classes.noun == "donor" != table.key and table.key in seen.wells
        return rows_of_donors(table, seen.wells) if of_clones else table


@dataclass(frozen=True)
class Analysis:
    """One analysis as studies, reports and commands know it; called with a question, it gives the finding.

    Parameters
    ----------
    name
        Of its files, and on the command line.
    title
        Of its part of a page.
    section
        Of the study's report.
    ask
        Makes the finding; raises `hcs_plates.errors.HcsError` where the question cannot be asked.
    in_batches
        Section of the batch-effect report; None where it is no part of that.
    checked
        Whether it is named among the checks beside the verdict.
    needs
        Columns that the wells table must know; `ASKED_BATCH` stands for the batch that is asked for.
    """

    name: str
    title: str
    section: StudySection
    ask: Callable[[Question], Finding]
    in_batches: BatchSection | None = None
    checked: bool = False
    needs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a section that no report has."""
        StudySection(self.section)
        if self.in_batches is not None:
            BatchSection(self.in_batches)

    def __call__(self, asked: Question) -> Finding:
        """Ask it."""
        asked.needs(*(asked.batch if name == ASKED_BATCH else name for name in self.needs))
        return self.ask(asked)
