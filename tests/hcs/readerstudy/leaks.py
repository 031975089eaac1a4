"""Whether classes can be told from what is no image: a search over everything that a file or showing has."""

import numpy as np
import numpy.typing as npt


def chance(features: npt.NDArray[np.float64], positive: npt.NDArray[np.bool_], draws: int = 999) -> float:
    """Chance of so strong a relation of any feature with the class, were there none (permutation of labels).

    The strongest correlation of all columns is held against the strongest of permuted labels (Westfall and
    Young 1993), so looking at many columns costs nothing. Constant columns tell nothing and take no part.
    """
    varying = features[:, features.std(axis=0) > 0]
    if varying.shape[1] == 0:
        return 1.0
    scaled = (varying - varying.mean(axis=0)) / varying.std(axis=0)
    rng = np.random.default_rng(0)
    labels = np.stack([positive, *(rng.permutation(positive) for _ in range(draws))]).astype(float)
    labels -= labels.mean(axis=1, keepdims=True)
    strongest = np.abs(labels @ scaled).max(axis=1)
    return float((strongest >= strongest[0] * (1 - 1e-12)).mean())


def of_name(name: str) -> list[float]:
    """Bytes of an image's name, and its first bits."""
    return [float(byte) for byte in bytes.fromhex(name)] + [float(bit) for bit in f"{int(name, 16):0128b}"]
