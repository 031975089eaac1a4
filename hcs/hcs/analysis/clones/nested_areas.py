"""Areas of nested fits: score, biomarkers and both, on clones left out, as they are and under permutation."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from hcs.analysis.clones.biomarkers import MarkedClones
from hcs.statistics.auc import auc_interval, compare_areas, roc_area
from hcs.statistics.permutation import PermutationTest, permutation_test
from hcs.statistics.pvalues import PValue, no_pvalue
from hcs.statistics.ridge import NestedFit, nested_ridge
from hcs.wording import plural
from hcs_models.scores import called

Floats = npt.NDArray[np.float64]

GIVEN, ALONE, MARKERS, BOTH = "score as given", "score alone", "biomarkers alone", "both"
CHANCE = "Permutation test of classes, nested fit re-run"
ADDED = "Permutation test of biomarkers, nested fit re-run"
NUDGE = 1e-5
"""Areas move in steps, and a biomarker that weighs little moves none: in permutation tests areas that tie are
ordered by the Brier score, times this, which is less than a step up to 50,000 pairs of clones."""
TABLE = (
    "inputs", "n", "n_positive", "auc", "low", "high", "expected", "null_low", "null_high", "p", "smallest_p",
    "test", "brier", "penalty",
)  # fmt: skip
COMPARISON = ("first", "second", "difference", "low", "high", "expected", "p", "smallest_p", "test", "n")
COEFFICIENTS = ("inputs", "column", "mean", "sd", "low", "high", "same_sign", "n_fits")
PROBABILITIES = ("inputs", "group", "label", "probability", "correct", "penalty")


class NestedAreas:
    """Nested fits of one set of clones.

    Attributes
    ----------
    probabilities, fits
        Of every clone, array of shape (n_clones,), by inputs; the fits, of which the score as given has none.
    strata
        What units may be exchanged among: those of one block with as many clones. None if none may be, since
        every block is of one class.
    """

    def __init__(self, clones: MarkedClones, permutations: int, seed: int) -> None:
        self.clones, self._draws, self._seed = clones, permutations, seed
        self._truth, self._units, self._values = clones.truth, clones.units, clones.values
        # A witness is a clone, or a donor, apart for its classes where it gave clones of both.
        _, first, self._witness = np.unique(
            self._units * 2 + self._truth, return_index=True, return_inverse=True
        )
        self._witnessed = self._truth[first]
        self._members = [np.flatnonzero(self._units == unit) for unit in range(self._units.max() + 1)]
        markers = list(range(1, len(clones.names)))
        self._takes = {ALONE: [0], MARKERS: markers, BOTH: [0, *markers]}
        self.fits = {inputs: self._fit(self._values[:, take]) for inputs, take in self._takes.items()}
        self.probabilities = {GIVEN: clones.rows["probability"].to_numpy(dtype=float)}
        self.probabilities |= {inputs: _chance(fit) for inputs, fit in self.fits.items()}
        self.strata = self._strata()

    def table(self) -> pd.DataFrame:
        """Judge every choice of inputs: area, interval, area by chance, Brier score, penalty."""
        rows = []
        for inputs, of in self.probabilities.items():
            scores = self._averaged(of)
            interval = auc_interval(scores, self._witnessed)
            row: dict[str, object] = {
                "inputs": inputs,
                "n": len(self._members),
                "n_positive": self.clones.count()[0],
                "auc": roc_area(scores, self._witnessed),
                "low": interval.low,
                "high": interval.high,
                "brier": self._brier(scores),
            }
            rows.append(row | (self._by_chance(inputs) if inputs in self.fits else {"test": "none"}))
        return pd.DataFrame(rows, columns=list(TABLE))

    def by_clone(self) -> pd.DataFrame:
        """List the probability of every clone from the fit without it."""
        parts = [
            self.clones.rows[["group", "label"]].assign(
                inputs=inputs,
                probability=of,
                correct=called(of) == self._truth,
                penalty=self.fits[inputs].penalties[self._units] if inputs in self.fits else np.nan,
            )
            for inputs, of in self.probabilities.items()
        ]
        return pd.concat(parts, ignore_index=True)[list(PROBABILITIES)]

    def coefficients(self) -> pd.DataFrame:
        """Mean and spread of every coefficient over the fits, each without one unit."""
        rows = []
        for inputs, fit in self.fits.items():
            for place, found in zip(self._takes[inputs], fit.coefficients.T, strict=True):
                mean, ends = float(found.mean()), (found.min(), found.max())
                same = float((np.sign(found) == np.sign(mean)).mean())
                cells = (inputs, self.clones.names[place], mean, found.std(ddof=1), *ends, same, len(found))
                rows.append(dict(zip(COEFFICIENTS, cells, strict=True)))
        return pd.DataFrame(rows, columns=list(COEFFICIENTS))

    def comparison(self) -> pd.DataFrame:
        """Hold both against the score alone: DeLong's paired test, and biomarkers permuted."""
        both, alone = (self._averaged(self.probabilities[inputs]) for inputs in (BOTH, ALONE))
        nouns, n = plural(self.clones.unit_noun), len(self._members)
        difference, interval, paired = compare_areas(both, alone, self._witnessed, noun=nouns)
        names = {"first": BOTH, "second": ALONE, "difference": difference}
        rows = [names | {"low": interval.low, "high": interval.high, "expected": 0.0} | paired.row()]
        tested, expected = no_pvalue(ADDED, n, nouns), np.nan
        if self.strata is not None:
            # The score stays as it is, so its area is a constant: the area of both is the statistic.
            done = self._permuted(BOTH, self._takes[MARKERS], self.strata)
            tested = PValue(done.p, ADDED, n, done.smallest_p, nouns, "one-sided")
            expected = float(done.null.mean()) - roc_area(alone, self._witnessed)
        rows.append(names | {"low": np.nan, "high": np.nan, "expected": expected} | tested.row())
        return pd.DataFrame(rows, columns=list(COMPARISON))

    def separating(self) -> tuple[str, ...]:
        """Name the columns of which one alone tells the classes apart without an exception."""
        return tuple(
            name
            for name, column in zip(self.clones.names, self._values.T, strict=True)
            if roc_area(column, self._truth) in (0.0, 1.0)
        )

    def _fit(self, values: Floats) -> NestedFit:
        return nested_ridge(values, self._truth, self._units)

    def _averaged(self, probabilities: Floats) -> Floats:
        """Mean probability of each witness."""
        return np.asarray(np.bincount(self._witness, probabilities) / np.bincount(self._witness))

    def _brier(self, scores: Floats) -> float:
        """Mean squared error of the witnesses' probabilities (Brier 1950)."""
        return float(((scores - self._witnessed) ** 2).mean())

    def _strata(self) -> list[object] | None:
        """Name what each unit may be exchanged within."""
        blocks = self.clones.rows["block"].to_numpy()
        keys: list[object] = [(len(rows), *sorted(set(blocks[rows]))) for rows in self._members]
        held: dict[object, set[bool]] = {}
        for key, rows in zip(keys, self._members, strict=True):
            held.setdefault(key, set()).update(self._truth[rows].tolist())
        return None if all(len(classes) == 1 for classes in held.values()) else keys

    def _by_chance(self, inputs: str) -> dict[str, object]:
        """Cells on the area that these inputs have by chance."""
        n, nouns = len(self._members), plural(self.clones.unit_noun)
        row: dict[str, object] = {"penalty": float(np.median(self.fits[inputs].penalties))}
        if self.strata is None:
            return row | no_pvalue(CHANCE, n, nouns).row()
        done = self._permuted(inputs, self._takes[inputs], self.strata)
        low, high = np.quantile(done.null, [0.025, 0.975])
        row |= {"expected": float(done.null.mean()), "null_low": float(low), "null_high": float(high)}
        return row | PValue(done.p, CHANCE, n, done.smallest_p, nouns, "one-sided").row()

    def _permuted(self, inputs: str, move: list[int], strata: list[object]) -> PermutationTest:
        """Area of some inputs with the columns `move` exchanged between units, everything fitted anew."""

        def areas(orders: Floats) -> Floats:
            made = np.empty(len(orders))
            for place, order in enumerate(orders.astype(int)):
                givers = np.empty(len(self._truth), dtype=np.intp)
                for rows, giver in zip(self._members, order, strict=True):
                    givers[rows] = self._members[giver]
                values = self._values.copy()
                values[:, move] = self._values[givers][:, move]
                fit = self._fit(values[:, self._takes[inputs]])
                scores = self._averaged(_chance(fit))
                made[place] = roc_area(scores, self._witnessed) - NUDGE * self._brier(scores)
            return made

        draws, start = self._draws, np.arange(float(len(self._members)))
        return permutation_test(
            areas, start, blocks=strata, sided="greater", seed=self._seed, draws=draws, exact=draws
        )


def _chance(fit: NestedFit) -> Floats:
    """Probability of every row; what differs by rounding alone is made equal, lest it be ranked."""
    return np.asarray(np.round(expit(fit.log_odds), 9))
