"""What a model got right over groups: counts, intervals and areas by hand."""

import numpy as np
import pandas as pd
import pytest

from hcs.answer.result import group_result, right_groups
from hcs.tables.compared import Classes
from hcs_models.scores import wilson_interval


def test_groups_are_counted() -> None:
    """Of four clones three are right; pairs in their order give the area; other models do not count."""
    groups = pd.DataFrame({"group": list("abcd"), "label": ["x", "x", "y", "y"], "model": "cnn"})
    groups["probability"] = [0.9, 0.4, 0.3, 0.1]
    other = groups.assign(model="forest", probability=0.5)
    found = group_result(pd.concat([groups, other]), "cnn", Classes("x", "y"))
    assert (found.right, found.n_groups, found.n_positive, found.n_negative) == (3, 4, 2, 2)
    assert (found.low, found.high) == wilson_interval(3, 4)
    assert found.auc == 1.0
    assert 0 < found.auc_low < 1
    assert found.chance == 0.5
    assert right_groups(groups, "cnn", "x").to_dict() == {"a": True, "b": False, "c": True, "d": True}


def test_a_group_with_both_labels_is_right_when_both_are() -> None:
    """Means on the same side of one half are wrong for one of them."""
    groups = pd.DataFrame({"group": list("aabb"), "label": ["x", "y"] * 2, "model": "cnn"})
    groups["probability"] = [0.9, 0.2, 0.8, 0.7]
    found = group_result(groups, "cnn", Classes("x", "y"))
    assert (found.right, found.n_groups) == (1, 2)
    assert found.auc == pytest.approx(1.0)


def test_one_class_has_no_area() -> None:
    """There is nothing to rank."""
    groups = pd.DataFrame({"group": list("ab"), "label": "x", "model": "cnn", "probability": [0.9, 0.2]})
    found = group_result(groups, "cnn", Classes("x", "y"))
    assert np.isnan([found.auc, found.auc_low]).all()
    assert found.chance == 1.0
