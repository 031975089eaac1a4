"""What is asked of wells: what they are scored by, on which scale, and the analyses that answer."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from hcs.analysis.finding import Finding
from hcs.analysis.wells.assay import assay_quality
from hcs.analysis.wells.hits import B_SCORE, COUNTS, Hits, call_hits
from hcs.analysis.wells.normalisation import FITS, METHODS, NormalisedWells, normalise_wells
from hcs.analysis.wells.polish import b_score
from hcs.analysis.wells.replicates import ReplicateCorrelation, replicate_correlation
from hcs.analysis.wells.well_statistics import well_statistics
from hcs.report.wells.source import SCORED, WellSource
from hcs.statistics.frames import as_numbers, require_columns
from hcs.tables.rolenames import KIND_NAMES, NEGATIVE, POSITIVE, SAMPLE, role_kinds
from hcs.wording import counted, noted, spaced
from hcs_plates.errors import ArgumentError, nearest

NAME = "scored_as"
"""Column of what a well is scored as."""
CELL_COUNTS = (COUNTS, f"{COUNTS}_mean", "n_cells", "cells", "nuclei_count")
"""Columns that count cells, where none is named."""


@dataclass(frozen=True)
class ScoreSpec:
    """How wells are scored.

    Parameters
    ----------
    value
        Column that was measured; the only one there is if None.
    group
        Column of what is scored: gene, compound, clone. If None, each well of a layout over its replicates,
        where the source knows layouts; else the first of `SCORED` that has several values.
    method
        One of `METHODS`, or ``b_score``.
    fit
        Wells that give each plate its centre and spread: ``samples``, or ``negative`` controls. Hits are
        held against most samples either way.
    log
        Take the logarithm (base 2) of the values before.
    count
        Column of cell counts that tells cytotoxic wells; found by its name if None.
    """

    value: str | None = None
    group: str | None = None
    method: str = "robust_z"
    fit: str = "samples"
    log: bool = False
    count: str | None = None

    def __post_init__(self) -> None:
        """Refuse a method or a fit that is none, and percents of logarithms."""
        methods = (*METHODS, B_SCORE)
        if self.method not in methods:
            raise ArgumentError(f"No method {self.method!r}; {nearest(self.method, methods)}")
        if self.fit not in FITS:
            raise ArgumentError(f"No fit on {self.fit!r}; give {' or '.join(FITS)}.")
        if self.log and "percent" in self.method:
            raise ArgumentError(
                f"A percent of logarithms means nothing; with log give robust_z, z or {B_SCORE}."
            )

    @property
    def scale(self) -> str:
        """The normalisation that brings plates to one scale."""
        return self.method if self.method in METHODS else "robust_z"


@dataclass(frozen=True)
class AskedWells:
    """Wells as the analyses take them.

    Parameters
    ----------
    wells
        One row per well, with the column `NAME` where it is known what a well holds.
    value
        Column that was measured.
    noun
        What is scored, in the singular.
    spec
        How.
    fields
        Rows of fields behind the wells; may be empty.
    notices
        What was done to the values.
    """

    wells: pd.DataFrame
    value: str
    noun: str
    spec: ScoreSpec
    fields: pd.DataFrame
    notices: tuple[str, ...] = ()

    @classmethod
    def of(cls, found: WellSource, spec: ScoreSpec) -> "AskedWells":
        """Choose what is scored, and by what.

        Raises
        ------
        ArgumentError
            A column that is not there, or holds no numbers.
        """
        value = found.value(spec.value)
        bare = value.removesuffix("_mean")
        if bare in found.fields and bare not in found.wells:
            found, value = replace(found, wells=found.wells.rename(columns={value: bare})), bare
        wells = found.wells.reset_index(drop=True)
        wells[value] = as_numbers(wells, value, "The table of wells")
        said = []
        if spec.log:
            below = int((wells[value] <= 0).sum())
            wells[value] = np.log2(wells[value].where(wells[value] > 0))
            said = ["Values are logarithms to base 2."]
            said += noted((below, f"{counted(below, 'well')} of 0 or less have no logarithm and no score."))
        noun, names = _named(wells, spec.group)
        if names is not None:
            wells[NAME] = names
        if spec.count is not None:
            require_columns(wells, [spec.count], "The table of wells")
        return cls(wells, value, noun, spec, found.fields, tuple(said))

    def asks(self) -> dict[str, Callable[[], Finding]]:
        """Name the analyses that answer, each as what makes it, in the order in which they are shown."""
        asks: dict[str, Callable[[], Finding]] = {
            "hits": self.hits,
            "assay_quality": self.assay,
            "replicate_correlation": self.replicates,
            "normalise_wells": lambda: self.normalised,
            "b_score": lambda: b_score(self.wells, self.value),
        }
        if self.value in self.fields:
            asks["well_statistics"] = lambda: well_statistics(self.fields, self.value, noun="field")
        return asks

    @cached_property
    def normalised(self) -> NormalisedWells:
        """Plates on one scale; made once."""
        return normalise_wells(self.wells, self.value, self.spec.scale, fit=self.spec.fit)

    def hits(self) -> Hits:
        """Score everything that has a name.

        Raises
        ------
        ArgumentError
            Nothing has one.
        """
        if NAME not in self.wells:
            raise ArgumentError(
                "Nothing says which gene, compound or clone a well holds; name that column with --group."
            )
        known = [one for one in CELL_COUNTS if one in self.wells and one != self.value]
        spec, count = self.spec, self.spec.count or next(iter(known), None)
        return call_hits(
            self.wells, self.value, NAME, method=spec.method, fit=spec.fit, count=count, noun=self.noun
        )

    def assay(self) -> Finding:
        """Measure how far the controls lie apart, plates brought together by their samples.

        Raises
        ------
        ArgumentError
            There are no controls of one kind.
        """
        wells, values = self.wells, self.wells[self.value].dropna()
        kinds = set(role_kinds(wells["role"]).kinds) if "role" in wells else set()
        if lacking := [KIND_NAMES[kind] for kind in (POSITIVE, NEGATIVE) if kind not in kinds]:
            raise ArgumentError(
                f"No well is a {' and no well a '.join(lacking)} by its role: an assay is judged by both."
            )
        pool = "percent_of_samples" if (values > 0).all() and not self.spec.log else "robust_z"
        return assay_quality(wells, self.value, pool=pool)

    def replicates(self) -> ReplicateCorrelation:
        """Compare the same samples of replicates, on one scale: controls would raise any correlation.

        Raises
        ------
        ArgumentError
            Nothing says which plates are replicates.
        """
        wells = self.wells
        if "replicate" not in wells or wells["replicate"].nunique() < 2:
            raise ArgumentError(
                "Nothing says which plates are replicates; name that in the columns layout and replicate."
            )
        scaled = self.normalised
        table = scaled.table if "layout" in wells else scaled.table.assign(layout="all")
        samples = np.array([kind == SAMPLE for kind in scaled.kinds])
        return replicate_correlation(table[samples], scaled.column, plate="layout")


def _named(wells: pd.DataFrame, group: str | None) -> tuple[str, pd.Series | None]:
    """Say what is scored, and what each well is scored as."""
    if group is not None:
        require_columns(wells, [group], "The table of wells")
        return spaced(group), wells[group]
    known = [one for one in SCORED if one in wells and wells[one].nunique() > 1]
    if "layout" in wells and "replicate" in wells:
        place = (wells["layout"].astype(str) + " " + wells["well"]).where(wells["layout"].notna())
        if not known:
            return "reagent", place
        own = wells[known[0]]
        return "reagent", (own.astype(str) + " (" + place + ")").where(own.notna(), place)
    return (known[0], wells[known[0]]) if known else ("reagent", None)
