"""Pilots that nobody ran: scores of images from clones, wells and images of a known make."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit

from hcs.analysis.evidence import Evidence
from hcs.tables.compared import Classes
from hcs_plates.wells import well_name

Floats = npt.NDArray[np.float64]
CLASSES = Classes("ALS", "control")


@dataclass(frozen=True)
class Make:
    """How scores come about: on the logit of an image's probability, everything adds up.

    Parameters
    ----------
    half
        Half the difference of the class means.
    clone, well, image
        Standard deviations.
    alike
        Share of a clone's own part that its isogenic partner has too.
    """

    half: float = 0.7
    clone: float = 0.6
    well: float = 0.3
    image: float = 1.0
    alike: float = 0.0

    def images(self, rng: np.random.Generator, n: int, wells: int, images: int) -> Floats:
        """Probabilities of n clones of each class; array of shape (2, n, wells, images of a well)."""
        shared = rng.normal(size=(1, n, 1, 1)) * np.sqrt(self.alike)
        own = shared + rng.normal(size=(2, n, 1, 1)) * np.sqrt(1 - self.alike)
        latent = self.clone * own + self.well * rng.normal(size=(2, n, wells, 1))
        latent = latent + self.image * rng.normal(size=(2, n, wells, images))
        return np.asarray(expit(latent + self.half * np.array([1, -1])[:, None, None, None]))

    def logits(self, rng: np.random.Generator, n: int, wells: int, images: int) -> Floats:
        """Logit of the mean score of n clones of each class; array of shape (2, n)."""
        return np.asarray(logit(self.images(rng, n, wells, images).mean(axis=(2, 3))))


def pilot(
    rng: np.random.Generator, make: Make = Make(), n: int = 6, wells: int = 2, images: int = 4
) -> Evidence:
    """Evidence of a study of n clones of each class; wells of one clone stand on plates of their own."""
    scores = make.images(rng, n, wells, images)
    rows = [
        (f"P{well}", well_name(*divmod(2 * clone + side, 24)), 1, image,
         f"C{2 * clone + side:02}", name, scores[side, clone, well, image])
        for side, name in enumerate(CLASSES.both)
        for clone in range(n)
        for well in range(wells)
        for image in range(images)
    ]  # fmt: skip
    columns = ["plate", "well", "field", "tile", "group", "label", "probability"]
    table = pd.DataFrame(rows, columns=columns).assign(model="cnn", set=1)
    tiles = table.drop(columns=["model", "set", "probability"])
    keys = ["plate", "well", "group", "label"]
    wells_table = tiles.drop_duplicates(keys)[keys].reset_index(drop=True)
    pair = wells_table["group"].str[1:].astype(int) // 2
    groups = table.groupby(["model", "group", "label"], as_index=False)["probability"].mean()
    return Evidence(
        wells=wells_table.assign(clone=wells_table["group"], isogenic_pair="p" + pair.astype(str)),
        groups=groups,
        predictions=table,
        well_scores=table.groupby(["model", *keys], as_index=False)["probability"].mean(),
        splits=pd.DataFrame({"set": [1]}),
        tiles=tiles,
        features=np.zeros((len(tiles), 1), dtype=np.float32),
        measured=pd.DataFrame(columns=keys),
        classes=CLASSES,
    )
