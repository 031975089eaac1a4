"""Checks that make a result believable, each at the level of the clone: wells, batches, clones, donors.

Every check is a function that gives a `hcs.analysis.finding.Finding`: a table, a sentence, a picture.
"""

from typing import TYPE_CHECKING

from hcs_plates.lazy import lazy_names

if TYPE_CHECKING:
    from hcs.analysis.batches.baselines import pixel_free_baselines
    from hcs.analysis.batches.by_batch import batch_test
    from hcs.analysis.batches.correction import correction_effect
    from hcs.analysis.batches.design import design_check
    from hcs.analysis.batches.mixing import batch_mixing
    from hcs.analysis.batches.probes import shortcut_probes
    from hcs.analysis.batches.transfer import batch_transfer
    from hcs.analysis.clinical import read_clinical
    from hcs.analysis.clones.clone_calls import clone_calls
    from hcs.analysis.clones.covariates import covariate_effects
    from hcs.analysis.clones.donors import donor_level
    from hcs.analysis.clones.fusion import fuse
    from hcs.analysis.clones.groups import group_test
    from hcs.analysis.clones.passages import passage_effect
    from hcs.analysis.clones.power import clone_power
    from hcs.analysis.clones.reader_calls import reader_calls
    from hcs.analysis.clones.variance import variance_components
    from hcs.analysis.wells.assay import assay_quality
    from hcs.analysis.wells.autocorrelation import spatial_autocorrelation
    from hcs.analysis.wells.drift import acquisition_drift
    from hcs.analysis.wells.normalisation import normalise_wells
    from hcs.analysis.wells.placement import position_effects
    from hcs.analysis.wells.plates import plate_effects
    from hcs.analysis.wells.polish import b_score
    from hcs.analysis.wells.replicates import replicate_correlation
    from hcs.analysis.wells.well_statistics import well_statistics

__all__ = [
    "acquisition_drift",
    "assay_quality",
    "b_score",
    "batch_mixing",
    "batch_test",
    "batch_transfer",
    "clone_calls",
    "clone_power",
    "correction_effect",
    "covariate_effects",
    "design_check",
    "donor_level",
    "fuse",
    "group_test",
    "normalise_wells",
    "passage_effect",
    "pixel_free_baselines",
    "plate_effects",
    "position_effects",
    "read_clinical",
    "reader_calls",
    "replicate_correlation",
    "shortcut_probes",
    "spatial_autocorrelation",
    "variance_components",
    "well_statistics",
]

__getattr__ = lazy_names(
    __name__,
    {
        "acquisition_drift": "hcs.analysis.wells.drift",
        "assay_quality": "hcs.analysis.wells.assay",
        "b_score": "hcs.analysis.wells.polish",
        "batch_mixing": "hcs.analysis.batches.mixing",
        "batch_test": "hcs.analysis.batches.by_batch",
        "batch_transfer": "hcs.analysis.batches.transfer",
        "clone_calls": "hcs.analysis.clones.clone_calls",
        "clone_power": "hcs.analysis.clones.power",
        "correction_effect": "hcs.analysis.batches.correction",
        "covariate_effects": "hcs.analysis.clones.covariates",
        "design_check": "hcs.analysis.batches.design",
        "donor_level": "hcs.analysis.clones.donors",
        "fuse": "hcs.analysis.clones.fusion",
        "group_test": "hcs.analysis.clones.groups",
        "normalise_wells": "hcs.analysis.wells.normalisation",
        "passage_effect": "hcs.analysis.clones.passages",
        "reader_calls": "hcs.analysis.clones.reader_calls",
        "pixel_free_baselines": "hcs.analysis.batches.baselines",
        "plate_effects": "hcs.analysis.wells.plates",
        "position_effects": "hcs.analysis.wells.placement",
        "read_clinical": "hcs.analysis.clinical",
        "replicate_correlation": "hcs.analysis.wells.replicates",
        "shortcut_probes": "hcs.analysis.batches.probes",
        "spatial_autocorrelation": "hcs.analysis.wells.autocorrelation",
        "variance_components": "hcs.analysis.clones.variance",
        "well_statistics": "hcs.analysis.wells.well_statistics",
    },
)


def __dir__() -> list[str]:
    return __all__
