"""The random forest on simple measurements, the baseline beside the network."""

from pathlib import Path
from typing import TYPE_CHECKING

from hcs.classifiers.model import Fitted, Model, Task

if TYPE_CHECKING:
    import pandas as pd

    from hcs_models.grown import GrownForest


class Forest(Model):
    """The study's forest; what is kept are its trees as plain arrays (`hcs_models.grown.GrownForest`)."""

    name = "forest"
    title = "random forest"
    colour, dash = "#A0437C", "--"
    file = "forest.npz"

    def fit(self, fed: "pd.DataFrame", task: Task) -> Fitted:
        """Grow the trees."""
        from hcs_models.forest import ForestClassifier
        from hcs_models.grown import GrownForest

        forest = ForestClassifier(seed=task.seed).fit(fed.iloc[task.train], task.truth[task.train])
        return Fitted(GrownForest.of(forest))

    def load(self, path: Path) -> "GrownForest":
        """Read the trees."""
        from hcs_models.grown import GrownForest

        return GrownForest.load(path)
