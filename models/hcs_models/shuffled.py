"""The frozen network with its values shuffled: what is left when nothing was learnt."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt


def shuffled_arrays(arrays: Sequence[npt.NDArray[Any]], seed: int) -> list[npt.NDArray[Any]]:
    """Shuffle the values of every kernel, so that what was learnt is gone and images are still told apart.

    The control of Adebayo et al. (NeurIPS 2018), with the weights' own distribution in place of a drawn one.
    Values are brought to a mean of 0 and the variance that keeps the level from layer to layer (He et al.,
    ICCV 2015), and biases are set to 0. As they stand they would not do: VGG-16's kernels have means below 0,
    which shuffled close all but every rectifier from block 2 on, and what biases put there is the same
    whatever the image.

    Parameters
    ----------
    arrays
        Kernels and biases by turns.
    seed
        Decides the order.

    Examples
    --------
    >>> kernel, bias = shuffled_arrays([np.arange(18.0).reshape(3, 3, 2, 1), np.ones(1)], seed=0)
    >>> round(float(kernel.mean()), 6), round(float(kernel.var()) * 18, 6), bias.tolist()
    (0.0, 2.0, [0.0])
    """
    rng = np.random.default_rng(seed)
    made: list[npt.NDArray[Any]] = []
    for kernel, bias in zip(arrays[::2], arrays[1::2], strict=True):
        values = rng.permutation(kernel.ravel()).astype(np.float64).reshape(kernel.shape)
        level = np.sqrt(2 / np.prod(kernel.shape[:-1])) / values.std()
        made += [((values - values.mean()) * level).astype(kernel.dtype), np.zeros_like(bias)]
    return made
