"""Record what scib-metrics says of small data sets, for `tests/hcs/statistics/test_neighbours.py`.

Run in an environment of its own (`requirements-scib.txt`), since it brings JAX; give the file to write:
`python tests/interop/record_scib.py tests/hcs/statistics/scib_values.json`. The file holds the data too, so
that no random stream has to be the same twice.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
import numpy as np
from scib_metrics import clisi_knn, ilisi_knn, kbet, lisi_knn, silhouette_batch
from scib_metrics.nearest_neighbors import NeighborsResults
from scib_metrics.utils import principal_component_regression
from sklearn.neighbors import NearestNeighbors

SETS = {
    # name: rows in each batch, distance between batches, rows in a neighbourhood, batch of each label
    "mixed": ([25, 25, 25], 0.0, 12, None),
    "shifted": ([25, 25, 25], 1.2, 18, None),
    "apart": ([30, 30], 9.0, 15, None),
    "unequal": ([44, 20, 8], 0.8, 18, None),
    "half nested": ([30, 24, 18], 0.6, 20, 2),
}


def made(place: int, sizes: list[int], distance: float, own_label: int | None) -> tuple[Any, Any, Any]:
    """Rows of four features, their batch and their label; one batch may have a label of its own."""
    rng = np.random.default_rng(place)
    batches = np.repeat(np.arange(len(sizes)), sizes)
    labels = np.arange(len(batches)) % 2
    if own_label is not None:
        labels[batches == own_label] = 2
    values = rng.normal(size=(len(batches), 4)) * [2.0, 1.5, 1.0, 0.5]
    values[:, 0] += distance * batches
    values[:, 1] += 1.5 * labels
    return values.round(4), batches, labels


def recorded(values: Any, batches: Any, labels: Any, size: int) -> dict[str, Any]:
    """Every metric of one data set."""
    distances, places = NearestNeighbors(n_neighbors=size).fit(values).kneighbors(values)
    near = NeighborsResults(indices=places, distances=distances)
    return {
        "size": size,
        "values": values.tolist(),
        "batches": batches.tolist(),
        "labels": labels.tolist(),
        "kbet": float(kbet(near, batches)[0]),
        "lisi": np.asarray(lisi_knn(near, batches)).round(6).tolist(),
        "ilisi": float(ilisi_knn(near, batches)),
        "clisi": float(clisi_knn(near, labels)),
        "batch_silhouette": float(silhouette_batch(values, labels, batches)),
        "pc_regression": float(principal_component_regression(values, batches, categorical=True)),
    }


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    found = {
        name: recorded(*made(place, sizes, distance, own), size)
        for place, (name, (sizes, distance, size, own)) in enumerate(SETS.items())
    }
    by = {tool: version(tool) for tool in ("scib-metrics", "jax", "scikit-learn", "numpy")}
    Path(sys.argv[1]).write_text(json.dumps({"made by": by, "sets": found}) + "\n", encoding="utf-8")
