"""Tables of readers' calls made by hand or drawn, for tests of what is asked of them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

BOTH = {"positive": "ALS", "negative": "control"}
OTHER = {"ALS": "control", "control": "ALS"}


def label_of(clone: int) -> str:
    """Even clones are controls."""
    return "ALS" if clone % 2 else "control"


def read(said: Mapping[str, Sequence[int]], per_clone: int = 1, *, images: bool = True) -> pd.DataFrame:
    """Calls, 1 ALS and 0 control, of images clone by clone; each reader the same images in the same order."""
    rows = []
    for reader, calls in said.items():
        for place, call in enumerate(calls):
            clone, image = divmod(place, per_clone)
            name = (reader, f"C{clone:02d}", label_of(clone), ("control", "ALS")[call])
            rows.append((*name, "P1", f"A{clone + 1:02d}", 1, image))
    columns = ["reader", "group", "label", "call", "plate", "well", "field", "tile"]
    table = pd.DataFrame(rows, columns=columns)
    return table if images else table.drop(columns=["plate", "well", "field", "tile"])


def drawn(
    seed: int, readers: int = 6, clones: int = 12, per_clone: int = 4, share: float = 0.7
) -> pd.DataFrame:
    """Calls that are right of a share, each by itself."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(clones) % 2, per_clone)
    right = rng.random((readers, len(truth))) < share
    said = {f"r{one}": np.where(hits, truth, 1 - truth).tolist() for one, hits in enumerate(right)}
    return read(said, per_clone)
