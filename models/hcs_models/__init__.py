"""The middle floor of hcs: frozen backbones, heads, forests, splits and scores; arrays in, arrays out."""

from typing import TYPE_CHECKING

from hcs_plates.lazy import lazy_names

if TYPE_CHECKING:
    from hcs_models.augment import AugmentSpec
    from hcs_models.backbone import Backbone, BackboneSpec, load_backbone
    from hcs_models.boundaries import AuditReport, audit
    from hcs_models.calibration import brier, confusion, reliability
    from hcs_models.designs import leave_one_group_out, leave_one_value_out
    from hcs_models.drawing import draw_images
    from hcs_models.engine import Engine, start_tensorflow
    from hcs_models.features import FeatureSpec, extract_features, feature_recipe
    from hcs_models.featureset import FeatureSet, TileLookupError
    from hcs_models.forest import ForestClassifier
    from hcs_models.headbank import HeadBank
    from hcs_models.headspec import HeadRows, HeadSettings
    from hcs_models.measurements import measure_tiles, measure_tileset
    from hcs_models.overfitting import validation_rise
    from hcs_models.pairing import GroupPairing, pair_groups, pair_sets
    from hcs_models.preprocessing import Preprocessing, preprocess
    from hcs_models.saved import joined_model, save_joined
    from hcs_models.scores import Scores, group_calls, score_groups, score_sets, wilson_interval
    from hcs_models.splits import Split, SplitPlan, clone_splits, smallest_covering, split_parts
    from hcs_models.trained import TrainedHead
    from hcs_models.tuning import Search, SearchSpec, Trial
    from hcs_models.weights import Weights, load_arrays, resolve_weights

__all__ = [
    "AuditReport",
    "AugmentSpec",
    "Backbone",
    "BackboneSpec",
    "Engine",
    "FeatureSet",
    "FeatureSpec",
    "ForestClassifier",
    "GroupPairing",
    "HeadBank",
    "HeadRows",
    "HeadSettings",
    "Preprocessing",
    "Scores",
    "Search",
    "SearchSpec",
    "Split",
    "SplitPlan",
    "TileLookupError",
    "TrainedHead",
    "Trial",
    "Weights",
    "audit",
    "brier",
    "clone_splits",
    "confusion",
    "draw_images",
    "extract_features",
    "feature_recipe",
    "group_calls",
    "joined_model",
    "leave_one_group_out",
    "leave_one_value_out",
    "load_arrays",
    "load_backbone",
    "measure_tiles",
    "measure_tileset",
    "pair_groups",
    "pair_sets",
    "preprocess",
    "reliability",
    "resolve_weights",
    "save_joined",
    "score_groups",
    "score_sets",
    "smallest_covering",
    "split_parts",
    "start_tensorflow",
    "validation_rise",
    "wilson_interval",
]

__getattr__ = lazy_names(
    __name__,
    {
        "AuditReport": "hcs_models.boundaries",
        "AugmentSpec": "hcs_models.augment",
        "Backbone": "hcs_models.backbone",
        "BackboneSpec": "hcs_models.backbone",
        "Engine": "hcs_models.engine",
        "FeatureSet": "hcs_models.featureset",
        "FeatureSpec": "hcs_models.features",
        "ForestClassifier": "hcs_models.forest",
        "GroupPairing": "hcs_models.pairing",
        "HeadBank": "hcs_models.headbank",
        "HeadRows": "hcs_models.headspec",
        "HeadSettings": "hcs_models.headspec",
        "Preprocessing": "hcs_models.preprocessing",
        "Scores": "hcs_models.scores",
        "Search": "hcs_models.tuning",
        "SearchSpec": "hcs_models.tuning",
        "Split": "hcs_models.splits",
        "SplitPlan": "hcs_models.splits",
        "TileLookupError": "hcs_models.featureset",
        "TrainedHead": "hcs_models.trained",
        "Trial": "hcs_models.tuning",
        "Weights": "hcs_models.weights",
        "audit": "hcs_models.boundaries",
        "brier": "hcs_models.calibration",
        "clone_splits": "hcs_models.splits",
        "confusion": "hcs_models.calibration",
        "draw_images": "hcs_models.drawing",
        "extract_features": "hcs_models.features",
        "feature_recipe": "hcs_models.features",
        "group_calls": "hcs_models.scores",
        "joined_model": "hcs_models.saved",
        "leave_one_group_out": "hcs_models.designs",
        "leave_one_value_out": "hcs_models.designs",
        "load_arrays": "hcs_models.weights",
        "load_backbone": "hcs_models.backbone",
        "measure_tiles": "hcs_models.measurements",
        "measure_tileset": "hcs_models.measurements",
        "pair_groups": "hcs_models.pairing",
        "pair_sets": "hcs_models.pairing",
        "preprocess": "hcs_models.preprocessing",
        "reliability": "hcs_models.calibration",
        "resolve_weights": "hcs_models.weights",
        "save_joined": "hcs_models.saved",
        "score_groups": "hcs_models.scores",
        "score_sets": "hcs_models.scores",
        "smallest_covering": "hcs_models.splits",
        "split_parts": "hcs_models.splits",
        "start_tensorflow": "hcs_models.engine",
        "validation_rise": "hcs_models.overfitting",
        "wilson_interval": "hcs_models.scores",
    },
)


def __dir__() -> list[str]:
    return __all__
