"""Time layouts, and count over seeds what is not at the least: `python tests/bench/layouts.py --seeds 1000`.

A row is a design: how many of its layouts have a diagnosis whose association with some factor (plate, batch,
edge, row, column) is above the least that whole wells allow, how many have such clones, and the seconds.
"""

import argparse
from time import perf_counter

import numpy as np
import pandas as pd

from hcs import layout_plates
from hcs.design.layouts.factors import OVERALL

DESIGNS: dict[str, tuple[tuple[int, ...], dict[str, object]]] = {
    "30 clones, 8 wells, ten 24-well plates, 2 batches": ((15, 15), {"replicates": 8, "batches": 2}),
    "30 clones, 2 wells, five 24-well plates, 12 wells free each": ((15, 15), {"replicates": 2, "plates": 5}),
    "20 and 10 clones, 4 wells, six 24-well plates": ((20, 10), {"replicates": 4, "plates": 6}),
    "9 and 8 clones, 3 wells, three 24-well plates": ((9, 8), {"replicates": 3, "plates": 3}),
    "7, 7 and 7 clones, 4 wells, four 24-well plates": ((7, 7, 7), {"replicates": 4, "plates": 4}),
    "12 clones, 4 wells, 96-well plate, ring empty": (
        (6, 6),
        {"replicates": 4, "wells": 96, "empty": "edge"},
    ),
    "10 clones, 4 wells, two plates, 3 controls": (
        (5, 5),
        {"replicates": 4, "plates": 2, "controls": {"dmso": 3}},
    ),
    "6 clones, 6-well plate": ((3, 3), {"replicates": 1, "wells": 6}),
    "192 clones, 8 wells, 1536-well plate": ((96, 96), {"replicates": 8, "wells": 1536}),
    "96 clones, 16 wells, four 384-well plates": ((48, 48), {"replicates": 16, "wells": 384}),
}
SLOW = 1000
"""Designs of so many wells are laid out a hundredth as often."""


def main() -> None:
    """Print a row for each design."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, default=20)
    asked.add_argument("--only", type=int, nargs="*", help="numbers of designs, from 0")
    options = asked.parse_args()
    print("| design | seeds | diagnosis above the least | clones above | seconds: median, longest |")
    print("|---|---|---|---|---|")
    for number, (name, (diagnoses, design)) in enumerate(DESIGNS.items()):
        if options.only and number not in options.only:
            continue
        labels = [f"d{kind}" for kind, n in enumerate(diagnoses) for _ in range(n)]
        lines = pd.DataFrame({"clone": [f"c{at:03d}" for at in range(len(labels))], "diagnosis": labels})
        seeds = (
            options.seeds
            if len(lines) * int(str(design["replicates"])) < SLOW
            else max(3, options.seeds // 100)
        )
        above, seconds = {"diagnosis": 0, "clone": 0}, []
        for seed in range(seeds):
            began = perf_counter()
            found = layout_plates(lines, seed=seed, **design).imbalances  # type: ignore[arg-type]
            seconds.append(perf_counter() - began)
            own = found[found["factor"].isin(OVERALL)]
            for of in above:
                above[of] += not own["reached"][own["of"] == of].all()
        took = f"{np.median(seconds):.2f}, {max(seconds):.2f}"
        print(f"| {name} | {seeds} | {above['diagnosis']} | {above['clone']} | {took} |", flush=True)


if __name__ == "__main__":
    main()
