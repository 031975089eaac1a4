"""The middle floor of hcs: frozen backbones, heads, forests, splits and scores; arrays in, arrays out."""

from hcs_models.augment import AugmentSpec
from hcs_models.backbone import Backbone, BackboneSpec, load_backbone
from hcs_models.engine import Engine, start_tensorflow
from hcs_models.features import FeatureSpec, extract_features, feature_recipe
from hcs_models.featureset import FeatureSet, TileLookupError
from hcs_models.forest import ForestClassifier
from hcs_models.head import HeadClassifier
from hcs_models.measurements import measure_tiles, measure_tileset
from hcs_models.preprocess import Preprocessing, preprocess
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
