"""Twins of simulated fields: smooth and beaded neurites on the same paths, measured against the truth.

``python tests/bench/texture.py [--twins 24] [--beading 0.5 1.0] [--seed 7] [--side 1024]``. Both fields of a
pair have the same cells, somas and centre-lines; only the light along the neurites differs. Each density gets
a table: the mean difference between the twins, in per cent of the smooth one (with its standard error), and
the mean error ± SD of both against what was drawn. The last line is the time that measuring took on one core.
"""

import argparse
from dataclasses import replace
from time import process_time

import cv2
import numpy as np
import pandas as pd

from hcs.measure.fields import MeasureSpec, measure_field
from hcs_plates.simulate import CellSpec, FieldSpec, RenderedField, render_field

DENSITIES = {"a third": 80 / 3, "default": 80.0, "2.5 ×": 200.0}
"""Neurons per mm²."""
SPECS = {"with nuclei": MeasureSpec("FITC", "DAPI"), "without": MeasureSpec("FITC", None)}


def twin(density: float, beading: float, number: int, seed: int, side: int) -> RenderedField:
    """Draw one of a pair: the same paths whatever the beading."""
    spec = FieldSpec(height=side, width=side, channels=("FITC", "DAPI"), cells=CellSpec(per_mm2=density))
    spec = replace(spec, neurites=replace(spec.neurites, beading=beading))
    return render_field(spec, seed=seed, name=f"twins/{density:g}/{number}")


def measured(field: RenderedField) -> dict[str, float]:
    """Count, soma area and length, with a nuclear channel and without, as shares of the truth."""
    planes = dict(zip(("FITC", "DAPI"), field.pixels, strict=True))
    truth, row = field.truth, {"cells": float(field.truth.cells)}
    for name, spec in SPECS.items():
        began = process_time()
        values = measure_field(planes, 0.65, spec).values
        row[f"seconds {name}"] = process_time() - began
        row[f"count {name}"] = values["cell_count"] / truth.cells if truth.cells else np.nan
        area = values["mean_soma_area_um2"]
        row[f"soma area {name}"] = area / truth.soma_area_um2 if truth.soma_area_um2 else np.nan
        row[f"length {name}"] = values["neurite_length_um"] / truth.traceable_um
        row[f"total {name}"] = values["neurite_length_um"] / truth.neurite_um
    return row


def compared(smooth: pd.DataFrame, beaded: pd.DataFrame) -> pd.DataFrame:
    """Difference of the twins and the error of each, per cent."""
    rows = {}
    for name in smooth.columns:
        if name == "cells" or name.startswith("seconds"):
            continue
        # Counts of a few cells are weighed by how many there are; the rest field by field.
        weight = smooth["cells"] if name.startswith("count") else pd.Series(1.0, smooth.index)
        known = smooth[name].notna() & beaded[name].notna()
        one, other, weight = smooth[name][known], beaded[name][known], weight[known]
        base = float(np.average(one, weights=weight))
        apart = (other - one) * weight / weight.mean()
        rows[name] = {
            "twins differ %": 100 * apart.mean() / base,
            "± SE": 100 * apart.std() / base / np.sqrt(len(apart)),
            "smooth error %": 100 * (base - 1),
            "± SD": 100 * one.std(),
            "beaded error %": 100 * (float(np.average(other, weights=weight)) - 1),
            "± SD ": 100 * other.std(),
            "within 5 %": 100 * ((one - 1).abs() <= 0.05).mean(),
            "within 10 %": 100 * ((one - 1).abs() <= 0.1).mean(),
        }
    return pd.DataFrame(rows).T


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--twins", type=int, default=24)
    parser.add_argument("--beading", type=float, nargs="+", default=[0.5, 1.0])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--side", type=int, default=1024)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    taken = []
    for name, density in DENSITIES.items():
        pairs: dict[float, list[dict[str, float]]] = {level: [] for level in (0.0, *asked.beading)}
        for number in range(asked.twins):
            for level, rows in pairs.items():
                rows.append(measured(twin(density, level, number, asked.seed, asked.side)))
        tables = {level: pd.DataFrame(rows) for level, rows in pairs.items()}
        for level in asked.beading:
            print(f"\n{name} of the density, {asked.twins} twins, beading {level:g}")
            print(compared(tables[0.0], tables[level]).round(1).to_string(), flush=True)
        taken += [table.filter(like="seconds") for table in tables.values()]
    print("\nCPU seconds a field:", pd.concat(taken).median().round(3).to_dict())


if __name__ == "__main__":
    main()
