"""How a study makes its features: weights, blocks, pooling and arithmetic; and again for later plates."""

from hcs.classifiers.cnn import ModelSettings
from hcs.study.folder import StudyResults
from hcs_models.backbone import BackboneSpec
from hcs_models.features import FeatureSpec
from hcs_models.weights import Weights, resolve_weights
from hcs_plates.errors import WeightsError


def backbone_spec(settings: ModelSettings, weights: Weights) -> BackboneSpec:
    """Name the network of a study's settings."""
    return BackboneSpec(
        weights,
        features_at=settings.features_at,
        pool=settings.pool,
        convolution="winograd" if settings.arithmetic == "winograd" else "direct",
    )


def feature_spec(study: StudyResults) -> FeatureSpec:
    """Give the recipe of a finished study's features.

    Raises
    ------
    WeightsError
        The weights found here are not those that the study was run with.
    """
    settings = study.config.model
    recorded = study.record.get("weights", {"source": "that its record does not name", "sha256": ""})
    weights = resolve_weights(settings.weights)
    if weights.sha256 != recorded["sha256"]:
        raise WeightsError(
            f"The study was run with weights {recorded['source']} (SHA-256 {recorded['sha256'][:12]}…) and "
            f"{settings.weights!r} is here {weights.source} ({weights.sha256[:12]}…); its heads fit the "
            "first only. Make those weights available again."
        )
    return FeatureSpec(backbone_spec(settings, weights))
