"""Shuffled weights: the layers' own values, elsewhere."""

import numpy as np

from hcs_models.shuffled import shuffled_arrays
from hcs_models.weights import Weights, load_arrays


def test_shuffled_weights_are_the_layers_own(weights: Weights) -> None:
    """Every kernel's values are there, elsewhere, but for one shift and one factor; the seed decides."""
    arrays = load_arrays(weights)[:8]
    before = [array.copy() for array in arrays]
    first, again, other = (shuffled_arrays(arrays, seed) for seed in (1, 1, 2))
    for place, (array, was) in enumerate(zip(arrays, before, strict=True)):
        np.testing.assert_array_equal(array, was)
        np.testing.assert_array_equal(first[place], again[place])
        assert (first[place].shape, first[place].dtype) == (array.shape, array.dtype)
        if place % 2:
            assert not first[place].any()
            continue
        values = np.sort(array, axis=None).astype(float)
        standard = (values - values.mean()) / values.std()
        # He's variance: 2 over the inputs of one output.
        expected = standard * np.sqrt(2 / np.prod(array.shape[:3]))
        np.testing.assert_allclose(np.sort(first[place], axis=None), expected, rtol=1e-4, atol=1e-7)
        for one in (array, other[place]):
            assert abs(np.corrcoef(first[place].ravel(), one.ravel())[0, 1]) < 0.1
