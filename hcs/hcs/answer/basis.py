"""What a verdict rests on: the tables of a study, or of a table of features, and what analyses found."""

from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from hcs.analysis.kept import KeptAnalyses, KeptFinding
from hcs.answer.result import GroupResult, group_result
from hcs.tables.compared import Classes


@dataclass(frozen=True)
class Basis:
    """Tables behind a verdict; an empty one without columns is missing.

    Parameters
    ----------
    classes
        What is told apart, and what n counts.
    batch
        Column whose effect is asked for.
    models
        Models with scores, the one that the verdict is about first.
    scores
        model, group, label, probability: rows of the two classes that have a score.
    splits
        set, part, group.
    wells
        group (or a column named as what n counts), and donor where donors are known.
    design
        As `hcs.analysis.batches.design.DesignCheck.table`.
    analysed
        What analyses found; None where nothing was analysed.
    permuted
        What permuting the labels found; None where that was not asked.
    """

    classes: Classes
    batch: str = "differentiation_batch"
    models: tuple[str, ...] = ()
    scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    splits: pd.DataFrame = field(default_factory=pd.DataFrame)
    wells: pd.DataFrame = field(default_factory=pd.DataFrame)
    design: pd.DataFrame = field(default_factory=pd.DataFrame)
    analysed: KeptAnalyses | None = None
    permuted: KeptFinding | None = None

    @cached_property
    def result(self) -> GroupResult | None:
        """What the first model got right; None without a score."""
        if not self.models:
            return None
        return group_result(self.scores, self.models[0], self.classes)

    @property
    def donors(self) -> "pd.Series[str] | None":
        """Donor of every group that has a known one; None where the wells table knows no donor."""
        name = "group" if "group" in self.wells else self.classes.noun
        if not {name, "donor"} <= set(self.wells):
            return None
        known = self.wells[[name, "donor"]].dropna().astype(str).drop_duplicates()
        return None if known.empty else known.set_index(name)["donor"]

    def found(self, name: str) -> KeptFinding | None:
        """Give what an analysis found; None where it was not made."""
        return None if self.analysed is None else self.analysed.findings.get(name)

    def why_not(self, name: str) -> str:
        """Say why an analysis was not made; empty where nobody asked."""
        return "" if self.analysed is None else self.analysed.left_out.get(name, "")

    def table(self, name: str, part: str = "") -> pd.DataFrame:
        """Read a table of an analysis, the main one or a part; an empty one where there is none."""
        found = self.found(name)
        held = {} if found is None else found.tables
        return held.get(f"{name}_{part}" if part else name, pd.DataFrame())

    @cached_property
    def associations(self) -> pd.DataFrame:
        """Rows of the design check: those of the analysis, and of the run those on other columns."""
        made = self.table("design")
        both = [table for table in (made, self.design) if {"column", "tied"} <= set(table)]
        if not both:
            return pd.DataFrame()
        return pd.concat(both, ignore_index=True).drop_duplicates("column").reset_index(drop=True)
