"""In which precision the frozen network runs: bfloat16 where this machine gains by it, float32 otherwise.

Which is faster depends on the processor (bfloat16 instructions of AVX-512 and AMX, tensor cores), so it is
measured once, where features are made, and the record of a study says what was found.
"""

import statistics
import time
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from hcs_models.backbone import BATCH, BackboneSpec, load_backbone

GAIN = 1.2
"""How many times faster bfloat16 must be to be taken: for less, its lost digits are not worth it."""
SIDE = 128
ROUNDS = 3


@dataclass(frozen=True)
class Precision:
    """What was chosen, and why.

    Parameters
    ----------
    name
        ``float32`` or ``bfloat16``.
    gain
        How many times the throughput of float32 bfloat16 had here; None where it was not measured.
    """

    name: Literal["float32", "bfloat16"]
    gain: float | None = None

    def sentence(self) -> str:
        """Say it as a record does.

        Examples
        --------
        >>> Precision("float32", 1.02).sentence()
        'The frozen network ran in float32; bfloat16 was measured at 1.02 times its speed here.'
        >>> Precision("bfloat16").sentence()
        'The frozen network ran in bfloat16, as the settings ask.'
        """
        if self.gain is None:
            return f"The frozen network ran in {self.name}, as the settings ask."
        if self.name == "float32":
            return (
                "The frozen network ran in float32; bfloat16 was measured at "
                f"{self.gain:.2f} times its speed here."
            )
        return f"The frozen network ran in bfloat16, measured at {self.gain:.2f} times float32's speed here."

    def record(self) -> dict[str, Any]:
        """JSON-ready facts."""
        return {"name": self.name, "gain": self.gain}


def choose_precision(setting: Literal["auto", "float32", "bfloat16"], spec: BackboneSpec) -> Precision:
    """Take the precision asked for, or on ``auto`` the faster one.

    Parameters
    ----------
    setting
        ``float32``, ``bfloat16`` or ``auto``.
    spec
        The network; its own precision does not count.
    """
    if setting != "auto":
        return Precision(setting)
    gain = measure_gain(spec)
    return Precision("bfloat16" if gain >= GAIN else "float32", round(gain, 2))


def measure_gain(spec: BackboneSpec) -> float:
    """Throughput of bfloat16 over that of float32: median of pairs taken in turn, on small images."""
    images = np.random.default_rng(0).normal(0, 60, (BATCH, SIDE, SIDE, 3)).astype(np.float32)
    plain = load_backbone(replace(spec, precision="float32"))
    mixed = load_backbone(replace(spec, precision="bfloat16"))
    for backbone in (plain, mixed):
        backbone.features(images)
    ratios = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        plain.features(images)
        middle = time.perf_counter()
        mixed.features(images)
        ratios.append((middle - start) / (time.perf_counter() - middle))
    return statistics.median(ratios)
