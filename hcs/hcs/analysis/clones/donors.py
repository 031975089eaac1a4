"""Donors above clones: where a donor gave several clones, donors are the independent observations."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import f as f_distribution

from hcs.analysis.clones.clone_calls import CloneCalls, area_words, clone_calls
from hcs.analysis.clones.units import come_from
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.figures.theme import model_name
from hcs.statistics.bootstrap import NO_INTERVAL, Interval
from hcs.statistics.calls import COLUMNS, unit_scores
from hcs.statistics.frames import per_unit, require_columns
from hcs.statistics.permutation import block_places, count_arrangements, permutation_test
from hcs.statistics.pvalues import PValue, no_pvalue, told
from hcs.wording import counted, percent, plural, sentence, spaced
from hcs_models.scores import THRESHOLD, called
from hcs_plates.errors import ArgumentError

if TYPE_CHECKING:
    from hcs.figures.panels import Panels

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
AGREEMENT = "Permutation test of clones among donors of their class"
AGREEMENT_COLUMNS = [
    "model", "n_donors", "n_clones", "icc", "low", "high", "same_call", "p", "smallest_p", "test", "n",
]  # fmt: skip


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
        known = self.agreement.dropna(subset=["icc"]).to_dict("records")
        tests = told(PValue.of(row, self.noun, "one-sided") for row in known)
        alike = []
        for row, test in zip(known, tests, strict=True):
            limits = Interval(row["low"], row["high"]).sentence("F distribution")
            alike.append(
                f"Agreement within class, {model_name(row['model'])}: intraclass correlation "
                f"{row['icc']:.2f} ({limits}) of {counted(row['n_clones'], self.noun)} of "
                f"{counted(row['n_donors'], self.donor)} with several, {percent(row['same_call'])} of pairs "
                f"called alike; {test}."
            )
        return sentence(
            self.donors.summary() if self.donors.tests else "", self._beside(), *alike, *self.caveats
        )

    def _beside(self) -> str:
        """Give the areas over clones, where these are not the same thing as donors."""
        rows = self.table.query("level == @self.noun and measure == 'auc' and method == 'newcombe'")
        over = self.table.query("level == @self.donor")
        if rows["value"].isna().all() or rows["n"].max() == over["n"].max():
            return ""
        areas = "; ".join(
            f"{model_name(name)} {area_words(row)}" for name, row in rows.set_index("model").iterrows()
        )
        n = counted(int(rows["n"].max()), self.noun)
        return (
            f"ROC AUC over {n}, which takes {plural(self.noun)} of one {self.donor} for independent: {areas}."
        )

    def plot(self) -> "Panels":
        """Draw every donor's score and call; its axes."""
        return self.donors.plot()


def donor_level(  # noqa: PLR0913 – two tables' columns, each by its own name
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
    wells, donor, clone
        Names the donor of each clone; its columns.
    positive
        The label that `probability` speaks of.
    threshold
        At and above it a donor is called positive.
    noun, seed
        What stands below a donor; of bootstrap and permutations.

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
    >>> groups = pd.DataFrame({"model": "cnn", "group": list("abcd"), "label": ["ALS"] * 2 + ["control"] * 2})
    >>> wells = pd.DataFrame({"clone": list("abcd"), "donor": ["d1", "d1", "d2", "d3"]})
    >>> donor_level(groups.assign(probability=[0.9, 0.8, 0.4, 0.1]), wells, "ALS").caveats[0]
    '4 clones come from 3 donors: clones of one donor are averaged, and n counts donors.'
    """
    units, said = _with_donors(groups, wells, positive, (clone, donor, noun))
    if not (units["label"] == positive).any():
        why = f"No {noun} of the positive class has a known {spaced(donor)}: there is nothing to judge."
        table, agreement = pd.DataFrame(columns=COLUMNS), pd.DataFrame(columns=AGREEMENT_COLUMNS)
        over = CloneCalls(table, pd.DataFrame(), {}, pd.DataFrame(), positive, threshold, (), donor)
        return DonorLevel(table, agreement, over, donor, (why, *said), noun)
    averaged = units.groupby(["model", "donor", "label"], sort=False)["probability"].mean().reset_index()
    over = clone_calls(averaged, positive, group="donor", threshold=threshold, noun=donor, seed=seed)
    beside = clone_calls(units.drop(columns="donor"), positive, threshold=threshold, noun=noun, seed=seed)
    rows = [_agreement(part, threshold, noun, seed) for _, part in units.groupby("model", sort=False)]
    agreement = pd.DataFrame(rows, columns=AGREEMENT_COLUMNS)
    if agreement["icc"].isna().any() and units.groupby("donor")["group"].nunique().max() > 1:
        said += (f"Too few {plural(donor)} with several {plural(noun)} to measure their agreement.",)
    table = pd.concat([over.table, beside.table], ignore_index=True)
    return DonorLevel(table, agreement, over, donor, tuple(dict.fromkeys(said)), noun)


def _with_donors(
    groups: pd.DataFrame, wells: pd.DataFrame, positive: str, names: tuple[str, str, str]
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Scores of the clones whose donor is known, with it, and how clones stand to donors."""
    clone, donor, noun = names
    require_columns(wells, [clone, donor], "The wells table")
    units, said = unit_scores(groups, positive, names=("model", "group", "label", "probability"), noun=noun)
    known, more = per_unit(wells.astype({donor: object}), clone, [donor])
    units["donor"] = units["group"].map(known[donor].dropna().astype(str))
    if len(lost := units.loc[units["donor"].isna(), "group"].unique()):
        more += (f"{counted(len(lost), noun)} without a known {spaced(donor)} (first {lost[0]}) left out.",)
    units = units.dropna(subset=["donor"])
    clones, donors = units["group"].nunique(), units["donor"].nunique()
    same = f"Each {donor} gave one {noun}: {plural(donor)} and {plural(noun)} are the same thing here."
    structure = [come_from(clones, donors, noun, donor=donor) or same] if clones else []
    both = units.groupby("donor")["label"].nunique() > 1
    if both.any() and clones > donors:
        structure.append(
            f"{counted(int(both.sum()), donor)} (first {both.idxmax()}) gave {plural(noun)} of both "
            "classes, as with corrected lines: each class is averaged apart."
        )
    return units, (*structure, *said, *more)


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
    free, within_free = k - lost, n - k
    if free < 1 or within_free < 1:
        return float("nan"), NO_INTERVAL
    centred = values - values.mean()
    means = np.bincount(places, weights=centred) / size
    within = float(((centred - means[places]) ** 2).sum()) / within_free
    between = float((size * means**2).sum()) / free
    if within + between <= 1e-24:
        return float("nan"), NO_INTERVAL
    each = (n - float((size**2).sum()) / n) / (k - 1)
    icc = (between - within) / (between + (each - 1) * within)
    if within <= 0:
        return icc, NO_INTERVAL
    ratio = between / within
    low = ratio / f_distribution.ppf(0.975, free, within_free)
    high = ratio * f_distribution.ppf(0.975, within_free, free)
    ends = [float((side - 1) / (side + each - 1)) for side in (low, high)]
    return icc, Interval(*ends)


def _agreement(part: pd.DataFrame, threshold: float, noun: str, seed: int) -> dict[str, object]:
    """Agreement of clones of one donor, for one model."""
    held = part.groupby(["donor", "label"])
    several = part[held["group"].transform("size") > 1]
    row: dict[str, object] = {
        "model": part["model"].iloc[0],
        "n_donors": several["donor"].nunique(),
        "n_clones": len(several),
    }
    if several.empty:
        return row | no_pvalue(AGREEMENT, len(part), plural(noun)).row()
    values = (part["probability"] - part.groupby("label")["probability"].transform("mean")).to_numpy()
    places = held.ngroup().to_numpy()
    icc, interval = intraclass_correlation(values, places, part["label"].nunique())
    alike = _pairs_alike(called(part["probability"], threshold).to_numpy(dtype=float), places)
    p = _agreement_test(values, places, part["label"].tolist(), noun, seed)
    return row | {"icc": icc, "low": interval.low, "high": interval.high, "same_call": alike} | p.row()


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
    if seen.classes.noun == "donor":
        raise ArgumentError("Donors are the study's unit already: calls are over donors.")
    return donor_level(seen.groups, seen.wells, seen.classes.positive, clone="group", **asked.common)


ANALYSIS = Analysis("donors", "Over donors", StudySection.GROUPS, _ask, needs=("donor",))
