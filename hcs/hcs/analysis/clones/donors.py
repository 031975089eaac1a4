"""Donors above clones: where a donor gave several clones, donors are the independent observations."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import f as f_distribution

from hcs.analysis.clones.clone_calls import CloneCalls, clone_calls
from hcs.analysis.clones.units import come_from
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.theme import model_name
from hcs.statistics.bootstrap import NO_INTERVAL, Interval, span
from hcs.statistics.calls import COLUMNS, unit_scores
from hcs.statistics.frames import per_unit, require_columns
from hcs.statistics.permutation import block_places, count_arrangements, permutation_test
from hcs.statistics.pvalues import ALPHA, PValue, adjust_pvalues, no_pvalue
from hcs.wording import capital, counted, listed, plural, sentence, spaced
from hcs_models.scores import THRESHOLD, called
from hcs_plates.errors import ArgumentError

if TYPE_CHECKING:
    from hcs.figures.panels import Panels

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]
AGREEMENT = "Permutation test of clones among donors of their class"
AGREEMENT_COLUMNS = [
    "model", "n_donors", "n_clones", "n_several", "icc", "low", "high", "same_call", "p", "smallest_p",
    "holm", "test", "n",
]  # fmt: skip


@dataclass(frozen=True, repr=False)
class DonorLevel(Shown):
    """Calls and areas over donors beside those over clones, and how alike clones of one donor are.

    Parameters
    ----------
    table
        As of `hcs.analysis.clones.clone_calls.CloneCalls`, with level ``donor`` first and ``clone`` beside.
    agreement
        model, n_donors and n_clones (all behind the numbers), n_several (donors with several clones), icc (of
        scores around their class's mean, 1 = clones of a donor are the same), low, high, same_call (share of
        pairs of clones of one donor that were called alike), p, smallest_p, holm (p corrected for the number
        of models), test, n.
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

    @property
    def statistics(self) -> pd.DataFrame:
        """Intraclass correlation of each model, and what calls over donors rest on."""
        several = len(self.agreement) > 1
        holm = f"Holm over {len(self.agreement)} models" if several else ""
        alike = statistics_table(
            Stated(
                f"{plural(self.noun)} of one {self.donor}, {model_name(row['model'])}",
                "intraclass correlation within class",
                row["icc"],
                Interval(row["low"], row["high"]),
                "F distribution",
                PValue.of(row, self.noun, "one-sided"),
                row["holm"] if several else np.nan,
                holm,
            )
            for row in self.agreement.dropna(subset=["icc"]).to_dict("records")
        )
        return pd.concat([alike, self.donors.statistics], ignore_index=True)

    def headline(self) -> str:
        """Say whether clones of one donor score alike, as the first model has it."""
        rows = self.agreement.sort_values("icc", na_position="last", key=pd.isna, kind="stable")
        if rows.empty or not rows["n_several"].iloc[0]:
            return self.caveats[0]
        known = rows.dropna(subset=["icc"])
        row, donors = rows.to_dict("records")[0], counted(int(rows["n_donors"].iloc[0]), self.donor)
        if known.empty:
            return (
                f"Whether {plural(self.noun)} of one {self.donor} score alike cannot be known with {donors}."
            )
        interval = "" if np.isnan(row["low"]) else f" (95 % interval {span(row['low'], row['high'])})"
        size = f"intraclass correlation {row['icc']:.2f}{interval}, {donors}"
        nouns = f"{plural(self.noun)} of one {self.donor} score alike"
        if row["holm"] <= ALPHA:
            return f"{capital(nouns)}, so n counts {plural(self.donor)}: {size}."
        if not len(known) * row["smallest_p"] <= ALPHA:
            return f"Whether {nouns} cannot be known with {donors}: {size}."
        return f"That {nouns} is not shown: {size}."

    def summary(self) -> str:
        """Give the headline, the other models' agreement, and the calls over donors."""
        known = self.agreement.dropna(subset=["icc"]).to_dict("records")
        others = [f"{model_name(row['model'])} {row['icc']:.2f}" for row in known[1:]]
        beside = f"Intraclass correlation of other models: {listed(others)}." if others else ""
        over = self.donors.headline() if self.donors.tests else ""
        return sentence(self.headline(), beside, over, *self.caveats, *self.donors.caveats)

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
        The intraclass correlation is the one-way ICC(1) with its F interval (Shrout & Fleiss 1979), of scores
        minus their class's mean, also where donors gave unequal numbers of clones.

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
    agreement["holm"] = adjust_pvalues(agreement["p"].to_numpy(dtype=float), "holm")
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
    same = f"Each {donor} gave one {noun}: {plural(donor)} and {plural(noun)} coincide."
    structure = [come_from(clones, donors, noun, donor=donor) or same] if clones else []
    both = units.groupby("donor")["label"].nunique() > 1
    if both.any() and clones > donors:
        structure.append(
            f"{counted(int(both.sum()), donor)} (first {both.idxmax()}) gave {plural(noun)} of both "
            "classes, as with corrected lines: each class is averaged apart."
        )
    return units, (*structure, *said, *more)


def intraclass_correlation(
    values: Floats, places: Places, classes: Places | None = None
) -> tuple[float, Interval]:
    """Estimate the one-way intraclass correlation of values within clusters.

    Of k clusters in c classes, with N_c values in a class and n_i in a cluster, the mean square between
    clusters estimates within + n0 · between with n0 = (N − Σ_c Σ_i n_i² / N_c) / (k − c), which is the size
    of a cluster where all have one.

    Parameters
    ----------
    values
        Array of shape (n,).
    places
        Number of each value's cluster, from 0.
    classes
        Number of each value's class, whose mean is taken off; each cluster lies in one. None is one class.

    Returns
    -------
    float, Interval
        NaN with no cluster of several, or no variation. The limits are those of the F distribution, which
        hold 92 to 97 % with clusters of one to six values too.

    Examples
    --------
    >>> ratings = np.array([9.0, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7])
    >>> icc, interval = intraclass_correlation(ratings, np.repeat(np.arange(6), 4))
    >>> round(icc, 2), round(interval.low, 2), round(interval.high, 2)
    (0.17, -0.13, 0.72)
    """
    held = np.zeros(len(values), dtype=np.intp) if classes is None else classes
    size, whole = np.bincount(places).astype(float), np.bincount(held).astype(float)
    n, k = len(values), len(size)
    free, within_free = k - int((whole > 0).sum()), n - k
    if free < 1 or within_free < 1:
        return float("nan"), NO_INTERVAL
    centred = values - (np.bincount(held, weights=values) / whole)[held]
    means = np.bincount(places, weights=centred) / size
    within = float(((centred - means[places]) ** 2).sum()) / within_free
    between = float((size * means**2).sum()) / free
    if within + between <= 1e-24 * max(float(np.square(values).max()), 1e-300):
        return float("nan"), NO_INTERVAL
    # Each value adds its cluster's size, so a cluster adds the square of it.
    each = (n - float((size[places] / whole[held]).sum())) / free
    icc = (between - within) / (between + (each - 1) * within)
    if within <= 1e-12 * between:
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
        "n_donors": part["donor"].nunique(),
        "n_clones": len(part),
        "n_several": several["donor"].nunique(),
    }
    if several.empty:
        return row | no_pvalue(AGREEMENT, len(part), plural(noun)).row()
    values = (part["probability"] - part.groupby("label")["probability"].transform("mean")).to_numpy()
    places = held.ngroup().to_numpy()
    icc, interval = intraclass_correlation(values, places, pd.factorize(part["label"])[0])
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
