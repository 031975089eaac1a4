"""Whether batches differ: permutation tests of accuracy and area over batches, crossed or nested."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.batches.exchange import CROSSED
from hcs.analysis.batches.plate_scores import PlateScores
from hcs.figures.theme import model_name
from hcs.statistics.permutation import permutation_test
from hcs.statistics.pvalues import ALPHA, PValue, no_pvalue
from hcs.wording import plural

Floats = npt.NDArray[np.float64]
TEST = "Permutation test of homogeneity"
NO_PLATES: Mapping[str, PlateScores] = MappingProxyType({})
FLOOR = 1 + 1e-9
WORDS = {"accuracy": "calls", "auc": "ranking"}
"""What of the answer a measure looks at."""
MEASURES = {
    "accuracy": "accuracy",
    "auc": "ROC AUC",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
}


def nested_words(batch: str, noun: str) -> str:
    """Say what comparing batches over different groups means."""
    return f"Each {noun} is in one {batch}: what differs may be the {plural(noun)}."


def homogeneity_tests(
    units: pd.DataFrame,
    positive: str,
    design: str,
    noun: str = "clone",
    seed: int = 0,
    plates: Mapping[str, PlateScores] = NO_PLATES,
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
    plates
        Scores of each model on plates that lie in batches: then whole plates are exchanged.

    Returns
    -------
    DataFrame, tuple of str
        model, measure, statistic, p, smallest_p, test, n, unit (what n counts); and sentences on tests that
        cannot be made.

    Examples
    --------
    >>> units = pd.DataFrame({"group": list("aabbccdd"), "label": ["x"] * 4 + ["y"] * 4, "batch": [1, 2] * 4})
    >>> units = units.assign(model="cnn", correct=[True, False] * 4)
    >>> units["probability"] = [0.9, 0.1, 0.8, 0.2, 0.1, 0.9, 0.2, 0.8]
    >>> homogeneity_tests(units, "x", CROSSED)[0]["p"].tolist()
    [0.125, 0.125]
    """
    rows, said = [], []
    for name, part in units.groupby("model", sort=False):
        held = plates.get(str(name))
        moved = _groups_moved(part, positive, design, noun) if held is None else _plates_moved(held)
        for measure, (values, spread) in moved.measures.items():
            p, statistic = no_pvalue(moved.title, moved.n, plural(moved.unit)), np.nan
            if design and spread is not None:
                done = permutation_test(spread, values, blocks=moved.blocks, sided="greater", seed=seed)
                statistic = done.statistic
                if np.ptp(done.null) > 0:
                    p = PValue(done.p, p.test, p.n, done.smallest_p, p.noun, "one-sided")
            row = {"model": name, "measure": measure, "statistic": statistic, "unit": moved.unit}
            rows.append(row | p.row())
            if design and np.isnan(p.value):
                said.append(f"{model_name(name)}: {MEASURES[measure]} cannot vary here and is not tested.")
    columns = ["model", "measure", "statistic", "p", "smallest_p", "test", "n", "unit"]
    return pd.DataFrame(rows, columns=columns), tuple(said)


def differences(values: Mapping[str, Sequence[float]], tests: pd.DataFrame) -> dict[str, list[str]]:
    """Sort measures into those that differ between batches, that do not, and that no test could judge.

    Values of each batch by measure, and the tests of one model by measure (p, smallest_p, p_holm).
    """
    held: dict[str, list[str]] = {"differ": [], "alike": [], "undecided": []}
    for measure, given in values.items():
        varies = len(given) > 1 and max(given) > min(given)
        if measure not in tests.index:
            if varies and (measure == "accuracy" or tests.empty):
                held["undecided"].append(measure)
            continue
        row = tests.loc[measure]
        if row["p_holm"] <= ALPHA:
            held["differ"].append(measure)
        elif varies and (row["smallest_p"] > ALPHA or row["p"] <= row["smallest_p"] * FLOOR):
            held["undecided"].append(measure)
        else:
            held["alike"].append(measure)
    return held


@dataclass(frozen=True)
class _Moved:
    """What permutations exchange within blocks: how many units of what kind; values and statistics."""

    title: str
    n: int
    unit: str
    blocks: Sequence[object]
    measures: Mapping[str, tuple[Floats, Callable[[Floats], Floats] | None]]


def _groups_moved(part: pd.DataFrame, positive: str, design: str, noun: str) -> _Moved:
    """Scores move between the batches of a group, or between groups of a class."""
    # A clone that holds both labels moves each label's scores apart.
    blocks = (part["group"] + "\n" + part["label"] if design == CROSSED else part["label"]).tolist()
    place = pd.factorize(part["batch"], sort=True)[0]
    truth = (part["label"] == positive).to_numpy()
    right, score = (part[column].to_numpy(dtype=float) for column in ("correct", "probability"))
    measures = {"accuracy": (right, _accuracy_spread(place)), "auc": (score, _area_spread(place, truth))}
    title = f"{TEST} within each {noun if design == CROSSED else 'class'}"
    return _Moved(title, part["group"].nunique(), noun, blocks, measures)


def _plates_moved(held: PlateScores) -> _Moved:
    """Whole plates move between batches."""
    moved, batches = held.exchange, held.exchange.values.astype(float)
    measures = {"accuracy": (batches, held.accuracy_spread), "auc": (batches, held.area_spread)}
    return _Moved(f"{TEST} over {moved.words}", moved.n_moved, moved.noun, moved.blocks, measures)


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
