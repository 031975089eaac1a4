"""Small plates whose wells tables are changed, for tests of what a study makes of its platemaps."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pandas as pd

from hcs_plates import store
from hcs_plates.plate import Plate

Change = Callable[[pd.DataFrame, str], pd.DataFrame]


def changed(plates: Sequence[Plate], change: Change) -> list[Plate]:
    """Plates with other wells tables over the same images, as they are held in memory."""
    return [
        Plate(plate.path, replace(plate.spec, wells=change(plate.wells, plate.name).drop(columns="well")))
        for plate in plates
    ]


def rewritten(plates: Sequence[Plate], change: Change) -> list[Plate]:
    """Plates whose wells tables are changed where they lie."""
    for plate in changed(plates, change):
        store.rewrite_description(plate.path, plate.spec)
    return changed(plates, change)
