"""Whether batches differ: permutation tests of accuracy and area over batches, crossed or nested."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.figures.theme import model_name
from hcs.statistics.permutation import permutation_test
from hcs.statistics.pvalues import PValue, no_pvalue
from hcs.wording import plural

Floats = npt.NDArray[np.float64]
CROSSED, NESTED = "crossed", "nested"
TEST = "Permutation test of homogeneity within each"
MEASURES = {
    "accuracy": "accuracy",
    "auc": "ROC AUC",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
}


def nested_words(batch: str, noun: str) -> str:
    """Say what comparing batches over different groups means."""
    return (
        f"Each {noun} stands in one {batch}: batches are compared over different {plural(noun)}, so a "
        "difference may be one between these."
    )


def homogeneity_tests(
    units: pd.DataFrame, positive: str, design: str, noun: str = "clone", seed: int = 0
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Test whether accuracy and area differ between batches, model by model.

    Parameters
    ----------
    units
        model, batch, group, label, probability, correct; one row per model, batch, clone and label.
    positive
        The positive label.
    design
        `CROSSED`, `NESTED`, or empty with one batch: no test.
    noun
        What a unit is.
    seed
        Of the permutations.

    Returns
    -------
    DataFrame, tuple of str
        model, measure, statistic, p, smallest_p, test, n; and sentences on tests that cannot be made.

    Examples
    --------
    >>> units = pd.DataFrame({"group": list("aabbccdd"), "label": ["x"] * 4 + ["y"] * 4, "batch": [1, 2] * 4})
    >>> units = units.assign(model="cnn", correct=[True, False] * 4)
    >>> units["probability"] = [0.9, 0.1, 0.8, 0.2, 0.1, 0.9, 0.2, 0.8]
    >>> homogeneity_tests(units, "x", CROSSED)[0]["p"].tolist()
    [0.125, 0.125]
    """
    rows, said, nouns = [], [], plural(noun)
    title = f"{TEST} {noun if design == CROSSED else 'class'}"
    for name, part in units.groupby("model", sort=False):
        # A clone that holds both labels moves each label's scores apart.
        blocks = (part["group"] + "\n" + part["label"] if design == CROSSED else part["label"]).tolist()
        place = pd.factorize(part["batch"], sort=True)[0]
        truth = (part["label"] == positive).to_numpy()
        for measure, column, spread in (
            ("accuracy", "correct", _accuracy_spread(place)),
            ("auc", "probability", _area_spread(place, truth)),
        ):
            p, statistic = no_pvalue(title, part["group"].nunique(), nouns), np.nan
            if design and spread is not None:
                values = part[column].to_numpy(dtype=float)
                done = permutation_test(spread, values, blocks=blocks, sided="greater", seed=seed)
                statistic = done.statistic
                if np.ptp(done.null) > 0:
                    p = PValue(done.p, title, p.n, done.smallest_p, nouns, "one-sided")
            rows.append({"model": name, "measure": measure, "statistic": statistic} | p.row())
            if design and np.isnan(p.value):
                test = f"no test of homogeneity of {MEASURES[measure]}, which cannot vary here"
                said.append(f"{model_name(name)}: {test}.")
            elif p.smallest > 0.05:
                test = f"the test of {MEASURES[measure]} could not have had a p below 0.05"
                said.append(f"{model_name(name)}: with so few {nouns} {test}.")
    columns = ["model", "measure", "statistic", "p", "smallest_p", "test", "n"]
    return pd.DataFrame(rows, columns=columns), tuple(said)


def _accuracy_spread(place: npt.NDArray[np.intp]) -> Callable[[Floats], Floats]:
    """Weighted squared spread of the batches' shares of right calls."""
    member = (place[:, None] == np.arange(place.max() + 1)).astype(float)
    size = member.sum(axis=0)

    def spread(rows: Floats) -> Floats:
        sums = rows @ member
        return np.asarray((sums**2 / size).sum(axis=1) - rows.sum(axis=1) ** 2 / size.sum())

    return spread


def _area_spread(
    place: npt.NDArray[np.intp], truth: npt.NDArray[np.bool_]
) -> Callable[[Floats], Floats] | None:
    """Weighted squared spread of the batches' areas; None with fewer than two batches of both classes."""
    held = [(place == b) for b in range(place.max() + 1)]
    held = [inside for inside in held if 0 < truth[inside].sum() < inside.sum()]
    if len(held) < 2:
        return None
    size = np.array([inside.sum() for inside in held], dtype=float)

    def area(rows: Floats, inside: npt.NDArray[np.bool_]) -> Floats:
        above = np.sign(rows[:, inside & truth, None] - rows[:, None, inside & ~truth]).mean(axis=(1, 2))
        return np.asarray((above + 1) / 2)

    def spread(rows: Floats) -> Floats:
        areas = np.stack([area(rows, inside) for inside in held], axis=1)
        mean = areas @ size / size.sum()
        return np.asarray(((areas - mean[:, None]) ** 2) @ size)

    return spread
