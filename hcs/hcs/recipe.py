"""How a study makes its features: weights, blocks, pooling and arithmetic; and again for later plates."""

import json
from pathlib import Path

from hcs.archive import StudyResults
from hcs.config import ModelSettings, StudyConfig
from hcs_models.arithmetic import Arithmetic, choose_arithmetic
from hcs_models.backbone import BackboneSpec
from hcs_models.features import FeatureSpec
from hcs_models.weights import Weights, resolve_weights
from hcs_plates.errors import WeightsError
from hcs_plates.units import write_json

ARITHMETIC = "arithmetic.json"


def backbone_spec(settings: ModelSettings, weights: Weights) -> BackboneSpec:
    """Name the network of a study's settings, with direct convolutions in float32."""
    return BackboneSpec(weights, features_at=settings.features_at, pool=settings.pool)


def settled_arithmetic(results: Path, config: StudyConfig, weights: Weights, n_tiles: int) -> Arithmetic:
    """Choose the network's arithmetic once per results folder: a run that goes on must not change it."""
    file = results / ARITHMETIC
    if file.is_file():
        return Arithmetic(**json.loads(file.read_text(encoding="utf-8")))
    network = backbone_spec(config.model, weights)
    n_images = n_tiles * config.train.views
    chosen = choose_arithmetic(config.model.arithmetic, network, config.tiles.size, n_images)
    write_json(file, chosen.record())
    return chosen


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
    recorded_choice = json.loads((study.results / ARITHMETIC).read_text(encoding="utf-8"))
    return FeatureSpec(Arithmetic(**recorded_choice).applied(backbone_spec(settings, weights)))
