"""Every analysis of a study: one line each, in the order in which they are made and shown."""

from hcs.analysis.batches import baselines, by_batch, correction, design, feature_batches, mixing, probes
from hcs.analysis.clones import (
    adjusted,
    clone_calls,
    covariates,
    donors,
    effect,
    feature_table,
    fusion,
    groups,
    isogenic,
    passages,
    power,
    stratification,
    variance,
)
from hcs.analysis.question import Analysis, BatchSection, StudySection
from hcs.analysis.wells import (
    assay,
    autocorrelation,
    control_charts,
    dose_response,
    drift,
    hits,
    normalisation,
    placement,
    plates,
    polish,
    profile_reproducibility,
    replicates,
    well_statistics,
)
from hcs.wording import spaced

ANALYSES: dict[str, Analysis] = {
    row.name: row
    for row in (
        design.ANALYSIS,
        baselines.ANALYSIS,
        by_batch.ANALYSIS,
        *clone_calls.ANALYSES,
        donors.ANALYSIS,
        groups.ANALYSIS,
        effect.ANALYSIS,
        isogenic.ANALYSIS,
        *adjusted.ANALYSES,
        feature_table.ANALYSIS,
        power.ANALYSIS,
        *variance.ANALYSES,
        mixing.ANALYSIS,
        probes.ANALYSIS,
        feature_batches.ANALYSIS,
        *correction.ANALYSES,
        passages.ANALYSIS,
        covariates.ANALYSIS,
        stratification.ANALYSIS,
        fusion.ANALYSIS,
        plates.ANALYSIS,
        placement.ANALYSIS,
        autocorrelation.ANALYSIS,
        drift.ANALYSIS,
        well_statistics.ANALYSIS,
        normalisation.ANALYSIS,
        polish.ANALYSIS,
        assay.ANALYSIS,
        replicates.ANALYSIS,
        profile_reproducibility.ANALYSIS,
        control_charts.ANALYSIS,
        dose_response.ANALYSIS,
        hits.ANALYSIS,
    )
}


def in_section(section: StudySection | BatchSection) -> list[Analysis]:
    """Analyses of one section of a report."""
    return [row for row in ANALYSES.values() if section in (row.section, row.in_batches)]


def title_of(name: str) -> str:
    """Title of an analysis; of one that is not known here, its name in words."""
    return ANALYSES[name].title if name in ANALYSES else spaced(name).capitalize()
