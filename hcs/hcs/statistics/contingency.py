"""How strongly two columns go together, from tables of weights: Cramér's V and mutual information."""

import numpy as np

from hcs.statistics.arrays import Floats


def joint_weights(rows: Floats, n_classes: int, shares: Floats) -> Floats:
    """Weight of each label at each value; array of shape (n_arrangements, n_classes, n_values).

    Labels of units are codes, array of shape (n_arrangements, n_units); shares of units at values an array of
    shape (n_units, n_values).
    """
    return np.stack([(rows == place) @ shares for place in range(n_classes)], axis=1)


def cramers_v(joint: Floats) -> Floats:
    """Cramér's V of tables of weights, array of shape (n_tables, n_classes, n_values).

    Of shares no unit need be whole in one value, so a chi-square of 1 × (units) is reached only where values
    tell labels without fail.

    Examples
    --------
    >>> cramers_v(np.array([[[3.0, 1.0], [1.0, 3.0]]])).tolist()
    [0.5]
    """
    if joint.shape[1] < 2:
        return np.zeros(len(joint))
    total = joint.sum(axis=(1, 2))
    expected = joint.sum(axis=2, keepdims=True) * joint.sum(axis=1, keepdims=True) / total[:, None, None]
    square = ((joint - expected) ** 2 / expected).sum(axis=(1, 2))
    return np.asarray(np.sqrt(square / (total * (min(joint.shape[1:]) - 1))))


def mutual_information(joint: Floats) -> tuple[float, float]:
    """Mutual information of a table of weights in bits, and as a share of the entropy of its rows.

    Examples
    --------
    >>> mutual_information(np.array([[2.0, 0.0], [0.0, 2.0]]))
    (1.0, 1.0)
    """
    p = joint / joint.sum()
    of_label, of_value = p.sum(axis=1), p.sum(axis=0)
    there = p > 0
    bits = float((p[there] * np.log2(p[there] / np.outer(of_label, of_value)[there])).sum())
    entropy = -float((of_label * np.log2(of_label)).sum())
    return max(0.0, bits), max(0.0, bits) / entropy if entropy > 0 else 0.0
