"""The middle floor of hcs: frozen backbones, heads, forests, splits and scores; arrays in, arrays out."""

from typing import TYPE_CHECKING

from hcs_plates.lazy import lazy_names

if TYPE_CHECKING:
    from hcs_models.augment import AugmentSpec
    from hcs_models.backbone import Backbone, BackboneSpec, load_backbone
    from hcs_models.engine import Engine, start_tensorflow
    from hcs_models.features import FeatureSpec, extract_features, feature_recipe
    from hcs_models.featureset import FeatureSet, TileLookupError
    from hcs_models.forest import ForestClassifier
    from hcs_models.head import HeadClassifier
    from hcs_models.measurements import measure_tiles, measure_tileset
    from hcs_models.preprocessing import Preprocessing, preprocess
    from hcs_models.scores import Scores, group_calls, score_groups, score_sets, wilson_interval
    from hcs_models.splits import Split, SplitPlan, check_disjoint, clone_splits, smallest_covering
    from hcs_models.weights import Weights, load_arrays, resolve_weights

__all__ = [
    "AugmentSpec",
    "Backbone",
    "BackboneSpec",
    "Engine",
    "FeatureSet",
    "FeatureSpec",
    "ForestClassifier",
    "HeadClassifier",
    "Preprocessing",
    "Scores",
    "Split",
    "SplitPlan",
    "TileLookupError",
    "Weights",
    "check_disjoint",
    "clone_splits",
    "extract_features",
    "feature_recipe",
    "group_calls",
    "load_arrays",
    "load_backbone",
    "measure_tiles",
    "measure_tileset",
    "preprocess",
    "resolve_weights",
    "score_groups",
    "score_sets",
    "smallest_covering",
    "start_tensorflow",
    "wilson_interval",
]

__getattr__ = lazy_names(
    __name__,
    {
        "AugmentSpec": "hcs_models.augment",
        "Backbone": "hcs_models.backbone",
        "BackboneSpec": "hcs_models.backbone",
        "Engine": "hcs_models.engine",
        "FeatureSet": "hcs_models.featureset",
        "FeatureSpec": "hcs_models.features",
        "ForestClassifier": "hcs_models.forest",
        "HeadClassifier": "hcs_models.head",
        "Preprocessing": "hcs_models.preprocessing",
        "Scores": "hcs_models.scores",
        "Split": "hcs_models.splits",
        "SplitPlan": "hcs_models.splits",
        "TileLookupError": "hcs_models.featureset",
        "Weights": "hcs_models.weights",
        "check_disjoint": "hcs_models.splits",
        "clone_splits": "hcs_models.splits",
        "extract_features": "hcs_models.features",
        "feature_recipe": "hcs_models.features",
        "group_calls": "hcs_models.scores",
        "load_arrays": "hcs_models.weights",
        "load_backbone": "hcs_models.backbone",
        "measure_tiles": "hcs_models.measurements",
        "measure_tileset": "hcs_models.measurements",
        "preprocess": "hcs_models.preprocessing",
        "resolve_weights": "hcs_models.weights",
        "score_groups": "hcs_models.scores",
        "score_sets": "hcs_models.scores",
        "smallest_covering": "hcs_models.splits",
        "start_tensorflow": "hcs_models.engine",
        "wilson_interval": "hcs_models.scores",
    },
)


def __dir__() -> list[str]:
    return __all__
