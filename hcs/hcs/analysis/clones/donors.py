"""Donors above clones: where a donor gave several clones, donors are the independent observations."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import f as f_distribution

from hcs.analysis.clones.clone_calls import CloneCalls, clone_calls
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.figures.theme import model_name
from hcs.statistics.bootstrap import Interval
from hcs.statistics.calls import COLUMNS, unit_scores
from hcs.statistics.frames import per_unit, require_columns
from hcs.statistics.permutation import block_places, count_arrangements, permutation_test
from hcs.statistics.pvalues import PValue, no_pvalue
from hcs.wording import counted, plural, sentence, spaced
from hcs_models.scores import THRESHOLD, called
from hcs_plates.errors import ArgumentError

if TYPE_CHECKING:
    from hcs.figures.panels import Panels

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
AGREEMENT = "Permutation test of clones among donors of their class"
AGREEMENT_COLUMNS = [
    "model",
    "n_donors",
    "n_clones",
    "icc",
    "low",
    "high",
    "same_call",
    "p",
    "smallest_p",
    "test",
    "n",
]


@dataclass(frozen=True, repr=False)
class DonorLevel(Shown):
    """Calls and areas over donors beside those over clones, and how alike clones of one donor are.

    Parameters
    ----------
    table
        As of `hcs.analysis.clones.clone_calls.CloneCalls`, with level ``donor`` first and ``clone`` beside.
    agreement
        model, n_donors and n_clones (donors with several clones, and these), icc (of scores around their
        class's mean, 1 = clones of a donor are the same), low, high, same_call (share of pairs of clones of
        one donor that were called alike), p, smallest_p, test, n.
    donors
        Calls over donors.
    donor
        What a donor is called.
    caveats
        What the numbers cannot say.
    noun
        What stands below a donor.
    """

    table: pd.DataFrame
    agreement: pd.DataFrame
    donors: CloneCalls
    donor: str
    caveats: tuple[str, ...]
    noun: str = "clone"

    def summary(self) -> str:
        """Give calls and area over donors, the area over clones beside, and the agreement."""
        said = [self.donors.summary() if self.donors.tests else ""]
        areas = self.table.query("level == @self.noun and measure == 'auc' and method == 'newcombe'")
        said += [
            f"{model_name(row['model'])}: over {counted(row['n'], self.noun)} the ROC AUC is "
            f"{row['value']:.2f} (95 % interval {row['low']:.2f}–{row['high']:.2f}), which takes "
            f"{plural(self.noun)} of one {self.donor} for independent."
            for row in areas.dropna(subset=["value"]).to_dict("records")
        ]
        for row in self.agreement.dropna(subset=["icc"]).to_dict("records"):
            p = PValue(row["p"], row["test"], row["n"], row["smallest_p"], plural(self.noun), "one-sided")
            interval = Interval(row["low"], row["high"], "F distribution", row["n"])
            said.append(
                f"{model_name(row['model'])}: scores of {counted(row['n_clones'], self.noun)} of "
                f"{counted(row['n_donors'], self.donor)} with several agree within their class with an "
                f"intraclass correlation of {row['icc']:.2f}, {interval.sentence()}; "
                f"{row['same_call']:.0%} of pairs of one {self.donor} are called alike; {p.sentence()}."
            )
        return sentence(*said, *self.caveats)

    def plot(self) -> "Panels":
        """Draw every donor's score and call; its axes."""
        return self.donors.plot()


def donor_level(
    groups: pd.DataFrame,
    wells: pd.DataFrame,
    positive: str,
    *,
    donor: str = "donor",
    clone: str = "clone",
    threshold: float = THRESHOLD,
    noun: str = "clone",
    seed: int = 0,
) -> DonorLevel:
    """Average clones to their donors and judge over donors.

    Parameters
    ----------
    groups
        model, group (the clone), label, probability.
    wells
        Names the donor of each clone.
    positive
        The label that `probability` speaks of.
    donor, clone
        Columns of the wells table.
    threshold
        At and above it a donor is called positive.
    noun
        What stands below a donor.
    seed
        Of bootstrap and permutations.

    Returns
    -------
    DonorLevel
        The intraclass correlation is the one-way ICC(1) with its F interval (Shrout & Fleiss 1979; mean
        cluster size after Donner 1986), of scores minus their class's mean.

    Raises
    ------
    ArgumentError
        A column or the positive label is lacking, or a score is no number.

    Examples
    --------
    >>> groups = pd.DataFrame({"model": "cnn", "group": list("abcdef"), "label": ["ALS"] * 6})
    >>> groups.loc[3:, "label"] = "control"
    >>> groups["probability"] = [0.9, 0.8, 0.6, 0.3, 0.2, 0.5]
    >>> wells = pd.DataFrame({"clone": list("abcdef"), "donor": ["d1", "d1", "d2", "d3", "d3", "d4"]})
    >>> found = donor_level(groups, wells, "ALS")
    >>> found.donors.calls[["group", "probability"]].round(2).values.tolist()
    [['d1', 0.85], ['d2', 0.6], ['d3', 0.25], ['d4', 0.5]]
    >>> found.caveats[0]
    '6 clones come from 4 donors: clones of one donor are averaged, and n is donors.'
    """
    require_columns(wells, [clone, donor], "The wells table")
    units, caveats = unit_scores(
        groups, positive, names=("model", "group", "label", "probability"), noun=noun
    )
    known, said = per_unit(wells.astype({donor: object}), clone, [donor])
    units["donor"] = units["group"].map(known[donor].dropna().astype(str))
    lost = units.loc[units["donor"].isna(), "group"].unique()
    if len(lost):
        said += (f"{counted(len(lost), noun)} without a known {spaced(donor)} (first {lost[0]}) left out.",)
    units = units.dropna(subset=["donor"])
    caveats = _structure(units, donor, noun) + caveats + said
    if units.empty or not (units["label"] == positive).any():
        nothing = CloneCalls(
            pd.DataFrame(columns=COLUMNS),
            pd.DataFrame(),
            {},
            pd.DataFrame(),
            positive,
            threshold,
            (),
            donor,
        )
        why = f"No {noun} of the positive class has a known {spaced(donor)}: there is nothing to judge."
        return DonorLevel(
            nothing.table, pd.DataFrame(columns=AGREEMENT_COLUMNS), nothing, donor, (why, *caveats), noun
        )
    averaged = units.groupby(["model", "donor", "label"], sort=False)["probability"].mean().reset_index()
    settings = {"threshold": threshold, "seed": seed}
    over = clone_calls(averaged, positive, group="donor", noun=donor, **settings)  # type: ignore[arg-type]
    beside = clone_calls(units, positive, noun=noun, **settings)  # type: ignore[arg-type]
    rows = [_agreement(part, threshold, noun, seed) for _, part in units.groupby("model", sort=False)]
    few = [row["p"] for row in rows if np.isnan(row["icc"])]
    if few and units.groupby("donor")["group"].nunique().max() > 1:
        caveats += (f"Too few {plural(donor)} with several {plural(noun)} to measure their agreement.",)
    table = pd.concat([over.table, beside.table], ignore_index=True)
    agreement = pd.DataFrame(rows, columns=AGREEMENT_COLUMNS)
    return DonorLevel(table, agreement, over, donor, tuple(dict.fromkeys(caveats)), noun)


def intraclass_correlation(values: Floats, places: Places, lost: int = 1) -> tuple[float, Interval]:
    """Estimate the one-way intraclass correlation of values within clusters.

    Parameters
    ----------
    values
        Array of shape (n,).
    places
        Number of each value's cluster.
    lost
        Means that were taken off the values before (classes), or the one that is taken off here.

    Returns
    -------
    float, Interval
        NaN with no cluster of several, or no variation.

    Examples
    --------
    >>> ratings = np.array([9.0, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7])
    >>> icc, interval = intraclass_correlation(ratings, np.repeat(np.arange(6), 4))
    >>> round(icc, 2), round(interval.low, 2), round(interval.high, 2)
    (0.17, -0.13, 0.72)
    """
    size = np.bincount(places).astype(float)
    n, k = len(values), len(size)
    nothing = Interval(np.nan, np.nan, "ICC(1); too few clusters with several values", n)
    free, within_free = k - lost, n - k
    if free < 1 or within_free < 1:
        return float("nan"), nothing
    centred = values - values.mean()
    means = np.bincount(places, weights=centred) / size
    within = float(((centred - means[places]) ** 2).sum()) / within_free
    between = float((size * means**2).sum()) / free
    if within + between <= 1e-24:
        return float("nan"), nothing
    each = (n - float((size**2).sum()) / n) / (k - 1)
    icc = (between - within) / (between + (each - 1) * within)
    if within <= 0:
        return icc, Interval(np.nan, np.nan, "ICC(1); no variation within clusters", n)
    ratio = between / within
    low = ratio / f_distribution.ppf(0.975, free, within_free)
    high = ratio * f_distribution.ppf(0.975, within_free, free)
    ends = [float((side - 1) / (side + each - 1)) for side in (low, high)]
    return icc, Interval(ends[0], ends[1], "ICC(1), F distribution", n)


def _structure(units: pd.DataFrame, donor: str, noun: str) -> tuple[str, ...]:
    """Say how clones stand to donors."""
    if units.empty:
        return ()
    clones, donors = units["group"].nunique(), units["donor"].nunique()
    if clones == donors:
        return (f"Each {donor} gave one {noun}: {plural(donor)} and {plural(noun)} are the same thing here.",)
    said = [
        f"{counted(clones, noun)} come from {counted(donors, donor)}: {plural(noun)} of one {donor} are "
        f"averaged, and n is {plural(donor)}."
    ]
    both = units.groupby("donor")["label"].nunique() > 1
    if both.any():
        said.append(
            f"{counted(int(both.sum()), donor)} (first {both.index[both][0]}) gave {plural(noun)} of both "
            "classes, as with corrected lines: each class is averaged apart."
        )
    return tuple(said)


def _agreement(part: pd.DataFrame, threshold: float, noun: str, seed: int) -> dict[str, float]:
    """Agreement of clones of one donor, for one model."""
    keys = ["donor", "label"]
    size = part.groupby(keys)["group"].transform("size")
    several = part[size > 1]
    row: dict[str, object] = {
        "model": part["model"].iloc[0],
        "n_donors": several["donor"].nunique(),
        "n_clones": len(several),
    }
    values = (part["probability"] - part.groupby("label")["probability"].transform("mean")).to_numpy()
    places = part.groupby(keys, sort=True).ngroup().to_numpy()
    icc, interval = float("nan"), None
    p = no_pvalue(AGREEMENT, len(part), plural(noun))
    alike = np.nan
    if len(several):
        icc, interval = intraclass_correlation(values, places, part["label"].nunique())
        up = called(part["probability"], threshold).to_numpy(dtype=float)
        alike = _pairs_alike(up, places)
        p = _agreement_test(values, places, part["label"].tolist(), noun, seed)
    low, high = (np.nan, np.nan) if interval is None else (interval.low, interval.high)
    return row | {"icc": icc, "low": low, "high": high, "same_call": alike} | p.row()  # type: ignore[return-value]


def _agreement_test(values: Floats, places: Places, labels: list[object], noun: str, seed: int) -> PValue:
    """Test whether donors' means spread more than those of clones dealt at random within their class."""
    size = np.bincount(places).astype(float)
    member = (places[:, None] == np.arange(len(size))).astype(float)
    nouns, n = plural(noun), len(values)
    if count_arrangements(values, block_places(n, labels)) == 1:
        return no_pvalue(AGREEMENT, n, nouns)
    done = permutation_test(
        lambda rows: np.asarray(((rows @ member) ** 2 / size).sum(axis=1)),
        values,
        blocks=labels,
        sided="greater",
        seed=seed,
    )
    return PValue(done.p, AGREEMENT, n, done.smallest_p, nouns, "one-sided")


def _pairs_alike(called: Floats, places: Places) -> float:
    """Share of pairs within clusters with the same call."""
    size, up = np.bincount(places), np.bincount(places, weights=called)
    down = size - up
    return float((up * (up - 1) + down * (down - 1)).sum() / (size * (size - 1)).sum())


def _ask(asked: Question) -> DonorLevel:
    seen = asked.evidence
    if seen.noun == "donor":
        raise ArgumentError("Donors are the study's unit already: calls are over donors.")
    return donor_level(seen.groups, seen.wells, seen.positive, clone="group", noun=seen.noun, seed=asked.seed)


ANALYSIS = Analysis("donors", "Over donors", StudySection.GROUPS, _ask, needs=("donor",))
