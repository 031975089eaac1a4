"""Which features batches move: the share of each feature's variance that lies between batches."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.batches.exchange import Exchange, batch_exchange
from hcs.analysis.batches.mixing_design import design_words, inseparable
from hcs.analysis.batches.well_features import Columns, averaged, categories, matched
from hcs.analysis.finding import Shown
from hcs.analysis.question import ASKED_BATCH, Analysis, BatchSection, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.analysis.wells.features import compared_columns, study_features
from hcs.figures.intervals import Rows, interval_figure
from hcs.figures.panels import Panels
from hcs.figures.theme import OTHER, POSITIVE
from hcs.statistics.arrays import Codes, Floats
from hcs.statistics.levels import RATE, checked_draws
from hcs.statistics.permutation import arrangements, block_places, count_arrangements
from hcs.statistics.pvalues import PValue
from hcs.wording import counted, listed, percent, plural, sentence, spaced
from hcs_plates.errors import ArgumentError

PERMUTATIONS = 999
MOST_DRAWN = 20
COLUMNS = ["feature", "batch_share", "null_low", "null_high", "diagnosis_share", "p", "p_max", "batch_driven"]


@dataclass(frozen=True, repr=False)
class FeatureBatches(Shown):
    """How far batches move every feature.

    Parameters
    ----------
    table
        One row per feature, the most moved first: feature, batch_share (of the variance of wells, between
        batches within clones, or within diagnoses where each clone stands in one batch; 0 on average where
        batches do nothing), null_low, null_high (95 % of permutations), diagnosis_share (likewise, between
        diagnoses over clones), p (permutation, of the feature alone), p_max (of the largest share of all
        features), batch_driven (p_max ≤ 0.05, and more between batches than between diagnoses).
    left_out
        feature, reason: columns that were not looked at.
    exchanged
        What a permutation exchanges.
    n, noun
        Units that a permutation moves, and what one is.
    smallest_p
        That the design can reach; NaN where nothing can be asked.
    batch, label
        What they are called.
    caveats
        What the numbers cannot say.
    """

    table: pd.DataFrame
    left_out: pd.DataFrame
    exchanged: str
    n: int
    noun: str
    smallest_p: float
    batch: str
    label: str
    caveats: tuple[str, ...]

    def moved(self) -> pd.DataFrame:
        """Rows of the features that batches move beyond chance."""
        return self.table[self.table["p_max"] <= RATE]

    def headline(self) -> str:
        """Say how many features batches move, and which most."""
        batches = plural(spaced(self.batch))
        if self.table.empty or np.isnan(self.smallest_p):
            return f"Which features {batches} move cannot be asked in this design."
        if self.smallest_p > RATE:
            return f"Which features {batches} move cannot be known with {counted(self.n, self.noun)}."
        moved, n = self.moved(), len(self.table)
        if moved.empty:
            return f"No feature of {n} differs between {batches} by more than chance."
        top, verb = moved.iloc[0], "differs" if len(moved) == 1 else "differ"
        return (
            f"{len(moved)} of {counted(n, 'feature')} {verb} between {batches} beyond chance, most "
            f"{spaced(top['feature'])}: {_share(top['batch_share'])} of its variance, "
            f"{_share(top['diagnosis_share'])} between {plural(spaced(self.label))}."
        )

    def summary(self) -> str:
        """Give the headline, the features that belong to the batch rather than the label, and caveats."""
        driven = self.table.loc[self.table["batch_driven"], "feature"]
        more = f"Moved more by {spaced(self.batch)} than by {spaced(self.label)}"
        said = f"{more}: {listed(map(spaced, driven), 4)}." if len(driven) else ""
        return sentence(self.headline(), said, *self.caveats)

    @property
    def statistics(self) -> pd.DataFrame:
        """Share and test of the features that are moved most."""
        correction = f"largest of {counted(len(self.table), 'feature')}"
        return statistics_table(
            Stated(
                spaced(row["feature"]), f"share of variance between {plural(spaced(self.batch))}",
                row["batch_share"],
                pvalue=PValue(row["p"], f"Permutation test of {self.exchanged}", self.n, self.smallest_p,
                              plural(self.noun), "one-sided"),
                corrected=row["p_max"], correction=correction,
            )
            for row in self.table[self.table["p"].notna()].head(10).to_dict("records")
        )  # fmt: skip

    def plot(self) -> Panels:
        """Draw the features that are moved most, with what chance gives and the diagnosis; its axes."""
        if self.table.empty:
            return Panels.none(self.summary(), self.table)
        top = self.table.head(MOST_DRAWN)
        label = top["feature"].map(spaced)
        rows = top.drop(columns=["p"]).assign(
            label=label, estimate=top["batch_share"], beside=top["diagnosis_share"]
        )
        moved = np.where(top["p_max"] <= RATE, "beyond chance", "as chance gives")
        rows, looks = (
            rows.assign(group=moved),
            {"beyond chance": (POSITIVE, "D"), "as chance gives": (OTHER, "o")},
        )
        words = {"null": "95 % of permutations", "beside": f"between {plural(spaced(self.label))}"}
        panel = Rows(
            rows, f"Share of the variance of wells between {plural(spaced(self.batch))} (0: as chance gives)",
            f"{len(top)} of {counted(len(self.table), 'feature')}, the most moved first", limits=None,
            reference=0.0, looks=looks,
        )  # fmt: skip
        return Panels.of(interval_figure(panel, words=words), self.table)


def feature_batches(  # noqa: PLR0913 – public: columns and options by keyword
    table: pd.DataFrame,
    columns: Sequence[str] | None = None,
    *,
    batch: str = "differentiation_batch",
    label: str = "label",
    group: str = "group",
    plate: str = "plate",
    well: str = "well",
    noun: str = "clone",
    seed: int = 0,
    permutations: int = PERMUTATIONS,
) -> FeatureBatches:
    """Measure how much of every feature's variance lies between batches, beside that between diagnoses.

    Parameters
    ----------
    table
        Rows of cells, tiles or wells, averaged to wells: group, plate, well, label, batch, features.
    columns
        Features by name; by default all columns of numbers that can be measurements. Constant ones and those
        collinear with one before them are left out.
    batch, label, group, plate, well, noun
        Columns; what a group is called.
    seed, permutations
        Of the arrangements drawn where there are more than that.

    Returns
    -------
    FeatureBatches
        Shares of the wells' sum of squares between batches, each clone's mean taken off first (each label's,
        for clones of one batch), less what permuted batches give; p by permutation of what the design
        exchanges (`batch_mixing`), also of the largest share of all features (Westfall & Young 1993).

    Raises
    ------
    ArgumentError
        A lacking column, features that are no numbers, no permutations.

    Examples
    --------
    >>> wells = pd.DataFrame([(f"c{i}", p, f"A{i + 1:02d}") for i in range(12) for p in "PQ"])
    >>> wells = wells.set_axis(["group", "plate", "well"], axis=1).assign(label=(["x"] * 2 + ["y"] * 2) * 6)
    >>> rng = np.random.default_rng(0)
    >>> wells["area"], wells["count"] = rng.normal(size=24) + 4 * (wells["plate"] == "P"), rng.normal(size=24)
    >>> feature_batches(wells, ["area", "count"], batch="plate").moved()["feature"].tolist()
    ['area']
    """
    draws = checked_draws(permutations, "permutations")
    named = Columns(label, group, plate, well, batch, noun)
    if len({batch, label, group, well}) < 4:
        raise ArgumentError("batch, label, group and well must be four columns; name each its own.")
    told = [name for name in (plate, well, batch, label, "donor") if name in table]
    compared = compared_columns(table, columns, told, group)
    said: list[str] = []
    taken = list(dict.fromkeys([batch, label]))
    features = table[list(compared.names)]
    values, rows = averaged(*matched(features, table, [*named.keys, *taken]), named.keys, taken, said)
    known = rows[taken].notna().all(axis=1).to_numpy()
    if not known.all():
        said.append(
            f"{counted(int((~known).sum()), 'well')} without {spaced(batch)} or {spaced(label)} left out."
        )
    names = ["group", "plate", "well", "batch", "label"]
    wells = rows.loc[known, [*named.keys, *taken]].set_axis(names, axis=1).reset_index(drop=True)
    wells = categories(wells, "plate", "batch", "label")
    problem = inseparable(wells, named)
    made = pd.DataFrame({"feature": list(compared.names)})
    if problem:
        return FeatureBatches(
            pd.DataFrame(columns=COLUMNS),
            compared.left_out,
            "",
            0,
            noun,
            np.nan,
            batch,
            label,
            (problem, *said),
        )
    exchange = batch_exchange(wells, noun)
    said += [*design_words(wells, exchange, named), *compared.caveats()]
    smallest, shares = _batch_shares(values[known], wells, exchange, draws, seed)
    made = made.assign(**shares, diagnosis_share=_label_shares(values[known], wells, draws, seed))
    driven = (made["p_max"] <= RATE) & ~(made["diagnosis_share"] >= made["batch_share"])
    made = made.assign(batch_driven=driven).sort_values("batch_share", ascending=False, ignore_index=True)
    return FeatureBatches(
        made[COLUMNS], compared.left_out, exchange.words, exchange.n_moved, exchange.noun, smallest, batch,
        label, tuple(dict.fromkeys(said)),
    )  # fmt: skip


def _batch_shares(
    values: Floats, wells: pd.DataFrame, exchange: Exchange, draws: int, seed: int
) -> tuple[float, dict[str, Floats]]:
    """Smallest p, and share between batches of every feature beside what exchanged batches give."""
    several = wells.groupby("group")["batch"].transform("nunique") > 1
    within = np.where(several, "clone " + wells["group"] + " " + wells["label"], "label " + wells["label"])
    rows = exchange.values.astype(float)
    places = block_places(len(rows), exchange.blocks)
    drawn = arrangements(rows, places, draws=draws, seed=seed, exact=draws)[:, exchange.unit].astype(np.intp)
    null = _between(values, within, drawn)
    seen = _between(values, within, exchange.values[exchange.unit][None, :])[0]
    everything = count_arrangements(rows, places) <= draws
    largest, n = null.max(axis=1), len(null)
    counts = (null >= seen * (1 - 1e-9)).sum(axis=0), (largest[:, None] >= seen * (1 - 1e-9)).sum(axis=0)
    each, most = (held / n if everything else (1 + held) / (1 + n) for held in counts)
    # Of a feature alone too: the least share of arrangements that tie with the best one.
    best = [held >= held.max(axis=0) * (1 - 1e-9) for held in (null, largest[:, None])]
    smallest = min(float(held.mean(axis=0).min()) for held in best) if everything else 1 / (1 + n)
    chance = null.mean(axis=0)
    low, high = np.quantile(null, [0.025, 0.975], axis=0) - chance
    nothing = np.nan if exchange.n_moved == 0 else 1.0
    return smallest * nothing, {
        "batch_share": seen - chance, "null_low": low, "null_high": high, "p": each * nothing,
        "p_max": most * nothing,
    }  # fmt: skip


def _label_shares(values: Floats, wells: pd.DataFrame, draws: int, seed: int) -> Floats:
    """Share between labels of every feature, less what labels exchanged among groups give."""
    first = wells.drop_duplicates("group").reset_index(drop=True)
    if (wells.groupby("group")["label"].nunique() > 1).any():
        return np.full(values.shape[1], np.nan)
    unit = wells["group"].map(dict(zip(first["group"], first.index, strict=True))).to_numpy()
    codes = pd.factorize(first["label"], sort=True)[0].astype(float)
    drawn = arrangements(codes, block_places(len(codes), None), draws=draws, seed=seed, exact=draws)
    rows = np.concatenate([codes[None, :], drawn])[:, unit].astype(np.intp)
    shares = _between(values, np.zeros(len(wells)), rows)
    return np.asarray(shares[0] - shares[1:].mean(axis=0))


def _between(values: Floats, within: npt.NDArray[Any], rows: Codes) -> Floats:
    """Share of the wells' sum of squares that lies between values of a factor, within others.

    Takes values, array of shape (n_wells, n_features), and factors, shape (n_rows, n_wells); gives an array
    of shape (n_rows, n_features).
    """
    held = pd.DataFrame(values)
    centred = (held - held.groupby(within).transform("mean")).fillna(0.0).to_numpy()
    total = np.square((held - held.mean()).fillna(0.0).to_numpy()).sum(axis=0)
    levels = np.arange(rows.max() + 1)
    made = np.empty((len(rows), values.shape[1]))
    for at, codes in enumerate(rows):
        member = (codes[:, None] == levels).astype(float)
        sizes = member.sum(axis=0)[:, None]
        sums = member.T @ centred
        made[at] = np.divide(sums**2, sizes, out=np.zeros_like(sums), where=sizes > 0).sum(axis=0) / total
    return made


def _share(share: float) -> str:
    """Write a share; one that chance gives is none."""
    return "none" if not share >= 0.005 else percent(share)


def _ask(asked: Question) -> FeatureBatches:
    wells, names, said = study_features(asked)
    found = feature_batches(wells, names, batch=asked.batch, **asked.common)
    return replace(found, label=asked.evidence.classes.label, caveats=(*found.caveats, *said))


ANALYSIS = Analysis(
    "feature_batches", "Which features do batches move?", StudySection.BATCHES, _ask, BatchSection.FEATURES,
    needs=(ASKED_BATCH,),
)  # fmt: skip
