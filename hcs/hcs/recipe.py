"""How a study makes its features: weights, blocks, pooling and precision; and again for later plates."""

import json
from dataclasses import replace
from pathlib import Path

from hcs.archive import StudyResults
from hcs.config import ModelSettings
from hcs_models.backbone import BackboneSpec
from hcs_models.features import FeatureSpec
from hcs_models.precision import Precision, choose_precision
from hcs_models.weights import Weights, resolve_weights
from hcs_plates.errors import WeightsError
from hcs_plates.units import write_json

PRECISION = "precision.json"


def backbone_spec(settings: ModelSettings, weights: Weights) -> BackboneSpec:
    """Name the network of a study's settings, in float32."""
    return BackboneSpec(weights, features_at=settings.features_at, pool=settings.pool)


def settled_precision(results: Path, settings: ModelSettings, weights: Weights) -> Precision:
    """Choose the network's precision once per results folder: a run that goes on must not change it."""
    file = results / PRECISION
    if file.is_file():
        return Precision(**json.loads(file.read_text(encoding="utf-8")))
    chosen = choose_precision(settings.precision, backbone_spec(settings, weights))
    write_json(file, chosen.record())
    return chosen


def feature_spec(study: StudyResults) -> FeatureSpec:
    """Give the recipe of a finished study's features.

    Raises
    ------
    WeightsError
        The weights found here are not those that the study was run with.
    """
    settings, recorded = study.config.model, study.record["weights"]
    weights = resolve_weights(settings.weights)
    if weights.sha256 != recorded["sha256"]:
        raise WeightsError(
            f"The study was run with weights {recorded['source']} (SHA-256 {recorded['sha256'][:12]}…) and "
            f"{settings.weights!r} is here {weights.source} ({weights.sha256[:12]}…); its heads fit the "
            "first only. Make those weights available again."
        )
    precision = settled_precision(study.results, settings, weights)
    return FeatureSpec(replace(backbone_spec(settings, weights), precision=precision.name))
