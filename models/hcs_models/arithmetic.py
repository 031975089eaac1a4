"""In which arithmetic the frozen network runs: the fastest of three that this machine has, measured once.

Direct convolutions in float32 are the rule. Winograd's (`hcs_models.winograd`) are faster on most CPUs,
bfloat16 on processors with instructions for it. Which gains depends on the machine, so it is measured where
features are made, if there are enough of them to pay for measuring, and the record of a study says what was
found.
"""

import statistics
import time
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np

from hcs_models.backbone import BATCH, BackboneSpec, load_backbone

Name = Literal["float32", "winograd", "bfloat16"]

GAIN = 1.2
"""How many times faster another arithmetic must be to be taken."""
WORTHWHILE = 1000
"""Images (tiles × views) below which nothing is measured: it would take longer than it saves."""
ROUNDS = 3


@dataclass(frozen=True)
class Arithmetic:
    """What was chosen, and why.

    Parameters
    ----------
    name
        ``float32`` (direct convolutions), ``winograd`` (in float32) or ``bfloat16``.
    winograd_gain, bfloat16_gain
        How many times the throughput of float32 each had here; None where it was not measured.
    """

    name: Name
    winograd_gain: float | None = None
    bfloat16_gain: float | None = None

    def sentence(self) -> str:
        """Say it as a record does.

        Examples
        --------
        >>> Arithmetic("winograd", 1.88, 0.91).sentence()[64:]
        'they were measured at 1.88 times, and bfloat16 at 0.91 times, the speed of direct convolutions here.'
        >>> Arithmetic("float32").sentence()
        'The frozen network ran in float32 with direct convolutions; nothing faster was looked for.'
        """
        way = {
            "float32": "float32 with direct convolutions",
            "winograd": "float32 with Winograd's convolutions",
            "bfloat16": "bfloat16",
        }[self.name]
        said = f"The frozen network ran in {way}; "
        if self.winograd_gain is None or self.bfloat16_gain is None:
            return said + "nothing faster was looked for."
        subject = "they" if self.name == "winograd" else "Winograd's"
        return said + (
            f"{subject} were measured at {self.winograd_gain:.2f} times, and bfloat16 at "
            f"{self.bfloat16_gain:.2f} times, the speed of direct convolutions here."
        )

    def record(self) -> dict[str, Any]:
        """JSON-ready facts."""
        return asdict(self)

    def applied(self, spec: BackboneSpec) -> BackboneSpec:
        """Give the network in this arithmetic.

        Examples
        --------
        >>> Arithmetic("winograd").applied(BackboneSpec(None)).convolution
        'winograd'
        """
        if self.name == "bfloat16":
            return replace(spec, precision="bfloat16", convolution="direct")
        return replace(
            spec, precision="float32", convolution="winograd" if self.name == "winograd" else "direct"
        )


def choose_arithmetic(
    setting: Literal["auto", "float32", "winograd", "bfloat16"], spec: BackboneSpec, size: int, n_images: int
) -> Arithmetic:
    """Take the arithmetic asked for, or on ``auto`` the fastest one.

    On a GPU ``auto`` leaves Winograd's out: its own convolutions use them where they gain.

    Parameters
    ----------
    setting
        ``float32``, ``winograd``, ``bfloat16`` or ``auto``.
    spec
        The network; its own arithmetic does not count.
    size
        Side of a tile, pixels.
    n_images
        Tiles × views that are to go through the network.
    """
    if setting != "auto":
        return Arithmetic(setting)
    if n_images < WORTHWHILE:
        return Arithmetic("float32")
    gains = measure_gains(spec, size)
    device = load_backbone(Arithmetic("float32").applied(spec)).engine.device
    name: Name = "winograd" if device == "CPU" and gains["winograd"] >= GAIN else "float32"
    # Digits are lost for a clear gain only, over the faster way that keeps them.
    if gains["bfloat16"] >= GAIN * (gains["winograd"] if name == "winograd" else 1.0):
        name = "bfloat16"
    return Arithmetic(name, round(gains["winograd"], 2), round(gains["bfloat16"], 2))


def measure_gains(spec: BackboneSpec, size: int) -> dict[Name, float]:
    """Throughput over that of direct convolutions in float32: medians of runs taken in turn."""
    images = np.random.default_rng(0).normal(0, 60, (BATCH, size, size, 3)).astype(np.float32)
    names: tuple[Name, ...] = ("float32", "winograd", "bfloat16")
    networks = {name: load_backbone(Arithmetic(name).applied(spec)) for name in names}
    seconds: dict[Name, list[float]] = {name: [] for name in names}
    for _ in range(1 + ROUNDS):
        for name, network in networks.items():
            start = time.perf_counter()
            network.features(images)
            seconds[name].append(time.perf_counter() - start)
    # The first run of each compiles, and is left out.
    plain = seconds["float32"][1:]
    return {
        name: statistics.median(one / other for one, other in zip(plain, seconds[name][1:], strict=True))
        for name in names[1:]
    }
