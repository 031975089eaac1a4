"""Corrections of batches fitted on training clones set by set, and scored on the others.

The same small linear model is trained on a set's training wells before and after the correction; what it
says of test clones before and after is what a correction is judged by.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from sklearn.base import clone

from hcs.analysis.batches.correction_wells import Array, Codes, Mask, Wells
from hcs.statistics.combat import ComBat
from hcs.statistics.neighbours import METRICS, mixing_scores
from hcs.statistics.predictors import discriminants, reduce_folds
from hcs.statistics.scaling import BatchScaler
from hcs.statistics.sphering import Sphering
from hcs.wording import counted, listed, spaced
from hcs_plates.errors import ArgumentError, nearest

Corrector = BatchScaler | ComBat | Sphering
METHODS: dict[str, tuple[Corrector, str]] = {
    "centre": (BatchScaler(scale=False), "Centring each batch"),
    "scale": (BatchScaler(), "Centring and scaling each batch"),
    "robust": (BatchScaler("median"), "Centring and scaling each batch by median and MAD"),
    "combat": (ComBat(), "ComBat"),
    "sphering": (Sphering(), "Sphering"),
}
"""Corrections by name, and what sentences call them."""


def chosen(method: str | Corrector) -> tuple[Corrector, str]:
    """Take an estimator by its name, or as it is."""
    if isinstance(method, str):
        if method not in METHODS:
            raise ArgumentError(f"No correction {method!r}; {nearest(method, METHODS)}")
        return METHODS[method]
    if isinstance(method, BatchScaler):
        done = "Centring and scaling" if method.scale else "Centring"
        return method, f"{done} each batch by its {method.statistic}"
    if isinstance(method, ComBat | Sphering):
        return method, "ComBat" if isinstance(method, ComBat) else f"Sphering ({method.method})"
    raise ArgumentError(
        f"{type(method).__name__} is no correction; give {listed(METHODS)}, or an estimator of one."
    )


@dataclass(frozen=True)
class Part:
    """Clones that a correction is fitted on, that a model is trained on, and that it is tested on."""

    fit: Codes
    train: Codes
    test: Codes


@dataclass(frozen=True)
class Correction:
    """A correction, the wells that it is fitted on, and how it is tried.

    Parameters
    ----------
    corrector
        Not fitted; every set fits its own.
    on_controls
        Whether on negative controls, of training clones and of none, or on all wells of training clones.
    neighbours
        Most wells in a neighbourhood of the mixing scores.
    seed
        Of folds, resamples and randomised decompositions.
    """

    corrector: Corrector
    on_controls: bool
    neighbours: int
    seed: int

    def applied(self, wells: Wells, groups: Codes) -> tuple[Array, Mask, tuple[str, ...]]:
        """Fit on some clones and correct the wells of all.

        Returns
        -------
        corrected, reached, caveats
            Array of shape (n_wells, n_features or n_components); wells whose batch was fitted, the others
            being NaN; what the fit could not do.

        Raises
        ------
        ArgumentError
            The training wells do not allow the fit.
        """
        trained = wells.of(groups)
        fit = wells.controls & (trained | (wells.members < 0)) if self.on_controls else trained
        if not fit.any():
            raise ArgumentError("There is no negative control of training clones or of none.")
        seen = np.intersect1d(wells.batches[fit], wells.batches[trained])
        reached = np.isin(wells.batches, seen) & (wells.members >= 0)
        model, batches = clone(self.corrector), wells.batch_names[wells.batches]
        if isinstance(model, Sphering):
            made = model.fit(wells.values[fit]).transform(wells.values[reached])
        else:
            covariates = []
            if isinstance(model, ComBat):
                covariates = [wells.covariates[fit][:, np.ptp(wells.covariates[fit], axis=0) > 0]]
            model.fit(wells.values[fit], batches[fit], *covariates)
            made = model.transform(wells.values[reached], batches[reached])
        corrected = np.full((len(wells.values), made.shape[1]), np.nan)
        corrected[reached] = made
        return corrected, reached, model.caveats_


@dataclass(frozen=True)
class Told:
    """What the linear model says of the test rows of one set (from 0), before and after the correction.

    Log-odds of each class, arrays of shape (n_rows, n_classes); true class and clone of each row.
    """

    number: int
    before: Array
    after: Array
    truth: Codes
    members: Codes


@dataclass(frozen=True)
class Trial:
    """One set (from 0), corrected by its own training clones.

    Parameters
    ----------
    train, test
        Places of the wells that are trained on and tested.
    sides
        Features of all wells before and after.
    """

    number: int
    wells: Wells
    train: Codes
    test: Codes
    sides: tuple[Array, Array]

    def label(self, seed: int) -> Told | None:
        """Tell the class of test clones, by the mean over their wells; None where training lacks a class."""
        if len(np.unique(self.wells.truth(self.train))) < len(self.wells.classes):
            return None
        codes = np.where(self.wells.members >= 0, self.wells.labels[self.wells.members], 0)
        groups, place = np.unique(self.wells.members[self.test], return_inverse=True)
        share = (place == np.arange(len(groups))[:, None]) / np.bincount(place)[:, None]
        before, after = (share @ side for side in self._told(codes, len(self.wells.classes), seed))
        return Told(self.number, before, after, self.wells.labels[groups], groups)

    def batch(self, seed: int) -> Told:
        """Tell the batch of test wells."""
        before, after = self._told(self.wells.batches, len(self.wells.batch_names), seed)
        rows = self.test
        return Told(self.number, before, after, self.wells.batches[rows], self.wells.members[rows])

    def mixing(self, neighbours: int, seed: int) -> Array:
        """Score how the test wells' batches are mixed; array of shape (2, n_metrics), before and after."""
        batches, labels = self.wells.batches[self.test], self.wells.truth(self.test)
        found = [
            mixing_scores(values[self.test], batches, labels=labels, neighbours=neighbours, seed=seed)
            for values in self.sides
        ]
        return np.array([[scores[name] for name in METRICS] for scores in found])

    def _told(self, codes: Codes, n_classes: int, seed: int) -> list[Array]:
        """Log-odds of each class for the test wells, before and after; codes are of all wells."""
        folds = [reduce_folds(values, [(self.train, self.test)], seed=seed)[0] for values in self.sides]
        return [discriminants(fold, codes[None], n_classes)[0] for fold in folds]


@dataclass
class Outcome:
    """What sets could not do: refusals and caveats of their fits, and wells that no set reached."""

    refusals: list[str] = field(default_factory=list)
    caveats: list[str] = field(default_factory=list)
    reached: set[int] = field(default_factory=set)
    missed: set[int] = field(default_factory=set)
    n_sets: int = 0

    def sentences(self, batch: str, names: Sequence[str]) -> list[str]:
        """Say each kind once, with the number of sets that it held in; numbers are those of the first.

        Sentences on different batches, called by `names`, are of different kinds, be their names numbers.
        """
        kinds: dict[tuple[str, str], list[str]] = {}
        for how, said in (("not corrected, as ", self.refusals), ("", self.caveats)):
            for one in said:
                kind = re.sub(r"\b\d+(\.\d+)?\b", lambda found: found[0] if found[0] in names else "", one)
                kinds.setdefault((how, kind), []).append(one)
        sets = counted(self.n_sets, "set")
        made = [f"In {len(ones)} of {sets}: {how}{ones[0]}" for (how, _), ones in kinds.items()]
        lost = len(self.missed - self.reached)
        if lost:
            made.append(
                f"{counted(lost, 'well')} of a {spaced(batch)} that no clone trained on has, so that nothing "
                "is known to correct it by: left out, before and after."
            )
        return made


def trials(wells: Wells, parts: Sequence[Part], correction: Correction, outcome: Outcome) -> Iterator[Trial]:
    """Correct set by set; what could not be done is added to `outcome`, and such sets are passed over."""
    for number, part in enumerate(parts):
        outcome.n_sets += 1
        try:
            corrected, reached, said = correction.applied(wells, part.fit)
        except ArgumentError as refusal:
            outcome.refusals.append(str(refusal))
            continue
        outcome.caveats += said
        trained, tested = wells.of(part.train), wells.of(part.test)
        rows = np.flatnonzero(trained & reached), np.flatnonzero(tested & reached)
        outcome.reached |= set(rows[1].tolist())
        outcome.missed |= set(np.flatnonzero(tested & ~reached).tolist())
        if all(map(len, rows)):
            yield Trial(number, wells, *rows, (wells.values, corrected))
