"""What is asked of a finished study: each question a name, and the analysis that answers it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import pandas as pd

from hcs.analysis.batches.baselines import pixel_free_baselines
from hcs.analysis.batches.by_batch import batch_test
from hcs.analysis.batches.correction import correction_effect
from hcs.analysis.batches.design import design_check
from hcs.analysis.batches.mixing import batch_mixing
from hcs.analysis.batches.probes import shortcut_probes
from hcs.analysis.clones.clinical import ClinicalTable, rows_of_donors
from hcs.analysis.clones.clone_calls import batch_blocks, clone_calls
from hcs.analysis.clones.covariates import covariate_effects
from hcs.analysis.clones.donors import donor_level
from hcs.analysis.clones.fusion import fuse
from hcs.analysis.clones.groups import group_test
from hcs.analysis.clones.passages import passage_effect
from hcs.analysis.clones.power import clone_power
from hcs.analysis.clones.variance import VarianceComponents, variance_components
from hcs.analysis.evidence import Evidence
from hcs.analysis.finding import Finding
from hcs.analysis.wells.autocorrelation import spatial_autocorrelation
from hcs.analysis.wells.drift import acquisition_drift
from hcs.analysis.wells.placement import position_effects
from hcs.analysis.wells.plates import plate_effects
from hcs.classifiers.registry import FIRST
from hcs.wording import listed, plural, spaced
from hcs_plates.errors import ArgumentError

BATCH = "differentiation_batch"
CORRECTIONS = ("centre", "combat")
"""Corrections that are tried on the features; sphering needs controls on every plate."""
LARGE = 5_000
"""Scores beyond which restricted maximum likelihood takes many minutes."""


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

    @cached_property
    def tiles(self) -> pd.DataFrame:
        """The tiles, with the label under its own name."""
        return self.renamed(self.with_batch(self.evidence.tiles), "label", self.evidence.label_name)

    @cached_property
    def scored(self) -> pd.DataFrame:
        """Wells with the model's score."""
        return self.evidence.scored(self.model)

    @cached_property
    def components(self) -> VarianceComponents:
        """Variance components of the model's scores, which two analyses ask for."""
        seen = self.evidence
        tiles = seen.predictions[seen.predictions["model"] == self.model]
        keys = ["plate", "well", "field", "tile", "group", "label"]
        named = self.by_noun(self.with_batch(tiles.groupby(keys, as_index=False)["probability"].mean()))
        method = "anova" if len(named) > LARGE else "auto"
        return variance_components(named, "probability", factors=self.factors, fixed="label", method=method)

    @property
    def factors(self) -> list[str]:
        """Columns that the variance is shared among, each once: a well may stand for its own group."""
        batch = [self.batch] if self.evidence.has(self.batch) else []
        return list(dict.fromkeys([self.evidence.noun, *batch, "plate", "well"]))

    def by_noun(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Rows with the group under its own name."""
        return self.renamed(rows, "group", self.evidence.noun)

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


def _calls(asked: Question, batch: str | None = None) -> Finding:
    seen = asked.evidence
    return clone_calls(
        seen.groups,
        seen.positive,
        predictions=seen.predictions,
        wells=seen.wells,
        batch=batch,
        clone="group",
        noun=seen.noun,
        seed=asked.seed,
    )


def _calls_within_batches(asked: Question) -> Finding:
    asked.needs(asked.batch)
    seen = asked.evidence
    blocks, _ = batch_blocks(sorted(set(seen.groups["group"])), seen.wells, asked.batch, clone="group")
    if blocks.nunique() < 2:
        raise ArgumentError(
            f"Every {seen.noun} stands in the same {plural(spaced(asked.batch))}: labels within these are "
            "labels among all, as in calls."
        )
    return _calls(asked, asked.batch)


def _donors(asked: Question) -> Finding:
    asked.needs("donor")
    seen = asked.evidence
    if seen.noun == "donor":
        raise ArgumentError("Donors are the study's unit already: calls are over donors.")
    return donor_level(seen.groups, seen.wells, seen.positive, clone="group", noun=seen.noun, seed=asked.seed)


def _batches(asked: Question) -> Finding:
    asked.needs(asked.batch)
    seen = asked.evidence
    if lacking := sorted({seen.positive, seen.negative} - set(seen.predictions["label"])):
        none = f"No well of {listed(lacking)} has a score"
        raise ArgumentError(f"{none}, so no {spaced(asked.batch)} can be held against another.")
    return batch_test(
        seen.predictions,
        seen.wells,
        seen.positive,
        splits=seen.splits,
        batch=asked.batch,
        noun=seen.noun,
        seed=asked.seed,
    )


def _feature_variance(asked: Question) -> Finding:
    seen = asked.evidence
    names = list(seen.feature_names) or [f"feature {place}" for place in range(seen.features.shape[1])]
    batch = [asked.batch] if seen.has(asked.batch) else []
    columns = list(dict.fromkeys(["group", "label", "plate", "well", *batch]))
    rows = pd.concat(
        [asked.with_batch(seen.tiles)[columns], pd.DataFrame(seen.features, columns=names)], axis=1
    )
    named = asked.by_noun(rows)
    return variance_components(named, names, factors=asked.factors, fixed="label", method="anova")


def _power(asked: Question) -> Finding:
    seen = asked.evidence
    means = seen.groups[seen.groups["model"] == asked.model].groupby("label")["probability"].mean()
    effect = float(means.max() - means.min()) if len(means) > 1 else 0.0
    images = int(seen.tiles.groupby("group").size().median())
    return clone_power(asked.components, effect=effect, factor=seen.noun, images=images, seed=asked.seed)


def _design(asked: Question) -> Finding:
    seen = asked.evidence
    return design_check(
        seen.wells,
        seen.suspects(asked.batch),
        label=seen.label_name,
        group=seen.noun,
        plate_format=seen.plate_format,
        seed=asked.seed,
    )


def _mixing(asked: Question) -> Finding:
    asked.needs(asked.batch)
    seen = asked.evidence
    return batch_mixing(
        seen.features, asked.tiles, batch=asked.batch, label=seen.label_name, noun=seen.noun, seed=asked.seed
    )


def _probes(asked: Question) -> Finding:
    seen = asked.evidence
    return shortcut_probes(
        seen.features,
        asked.tiles,
        targets=seen.suspects(asked.batch),
        ordered=seen.ordered(asked.batch),
        label=seen.label_name,
        plate_format=seen.plate_format,
        noun=seen.noun,
        seed=asked.seed,
    )


def _baselines(asked: Question) -> Finding:
    seen = asked.evidence
    counts = seen.measured.columns.intersection(["cell_count"])
    wells = seen.wells
    if len(counts):
        wells = wells.merge(seen.measured[["plate", "well", "cell_count"]], on=["plate", "well"], how="left")
    return pixel_free_baselines(
        wells,
        positive=seen.positive,
        columns=seen.suspects(asked.batch),
        numbers=seen.ordered(asked.batch),
        count="cell_count" if len(counts) else None,
        splits=seen.splits,
        models=seen.groups,
        group="group",
        label="label",
        plate_format=seen.plate_format,
        noun=seen.noun,
        seed=asked.seed,
    )


def _correction(asked: Question, method: str) -> Finding:
    asked.needs(asked.batch)
    seen = asked.evidence
    # Sets that leave a batch out cannot be corrected for it: then clones are dealt anew.
    held = seen.splits["held_out"].astype(str).str.startswith(f"{asked.batch}=").any()
    return correction_effect(
        seen.features,
        asked.tiles,
        method,
        batch=asked.batch,
        label=seen.label_name,
        splits=None if held else seen.splits,
        noun=seen.noun,
        seed=asked.seed,
    )


def _passages(asked: Question) -> Finding:
    asked.needs("passage")
    seen = asked.evidence
    passages = seen.wells[["group", "passage"]].rename(columns={"group": seen.noun})
    return passage_effect(
        seen.groups,
        passages,
        unit=seen.noun,
        label_name=seen.label_name,
        positive=seen.positive,
        noun=seen.noun,
        seed=asked.seed,
    )


def _clinical(asked: Question) -> ClinicalTable:
    if asked.clinical is None:
        raise ArgumentError("No clinical table was given; give one to ask this.")
    table, seen = asked.clinical, asked.evidence
    of_clones = seen.noun == "donor" != table.key and table.key in seen.wells
    return rows_of_donors(table, seen.wells) if of_clones else table


def _covariates(asked: Question) -> Finding:
    table = _clinical(asked)
    if table.key == "donor":
        asked.needs("donor")
    seen = asked.evidence
    donors = seen.donors if seen.has("donor") else None
    return covariate_effects(
        seen.groups, table.values, donors=donors, label_name=seen.label_name, noun=seen.noun, seed=asked.seed
    )


def _fusion(asked: Question) -> Finding:
    table = _clinical(asked)
    if not asked.biomarkers:
        raise ArgumentError("No biomarkers were named; name columns of the clinical table to ask this.")
    seen = asked.evidence
    return fuse(
        seen.groups,
        table.values,
        asked.biomarkers,
        seen.positive,
        model=asked.model,
        donors=seen.donors if seen.has("donor") else None,
        noun=seen.noun,
        seed=asked.seed,
    )


def _measurements(asked: Question) -> Finding:
    seen, measured = asked.evidence, asked.evidence.measured
    columns = [name for name in measured.columns if name not in ("plate", "well", "group", "label")]
    if not columns:
        raise ArgumentError("The study's forest saw tiles: cells were not measured ([forest] measured).")
    labels = (seen.positive, seen.negative)
    if seen.has("donor") and seen.noun != "donor":
        measured = measured.assign(donor=measured["group"].map(seen.donors))
    return group_test(measured, columns, labels=labels, noun=seen.noun, seed=asked.seed)


def _placed(asked: Question, analysis: Callable[..., Finding], **own: str) -> Finding:
    return analysis(asked.scored, "probability", formats=asked.evidence.sizes or None, seed=asked.seed, **own)


def _plates(asked: Question) -> Finding:
    date = asked.batch if asked.evidence.has(asked.batch) and asked.batch != "plate" else None
    return plate_effects(asked.scored, "probability", date=date, seed=asked.seed)


ANALYSES: dict[str, Callable[[Question], Finding]] = {
    "design": _design,
    "calls": _calls,
    "calls_within_batches": _calls_within_batches,
    "donors": _donors,
    "batches": _batches,
    "variance": lambda asked: asked.components,
    "feature_variance": _feature_variance,
    "power": _power,
    "baselines": _baselines,
    "probes": _probes,
    "mixing": _mixing,
    **{f"correction_{method}": partial(_correction, method=method) for method in CORRECTIONS},
    "passages": _passages,
    "covariates": _covariates,
    "fusion": _fusion,
    "measurements": _measurements,
    "positions": partial(_placed, analysis=position_effects, groups="label"),
    "neighbours": partial(_placed, analysis=spatial_autocorrelation),
    "drift": partial(_placed, analysis=acquisition_drift),
    "plates": _plates,
}
