"""Are profiles reproducible? Whether wells of a clone find each other among the wells of other clones."""

from dataclasses import dataclass, replace
from math import nan
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, BatchSection, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.intervals import Rows, interval_figure
from hcs.figures.panels import Panels
from hcs.figures.theme import OTHER, POSITIVE
from hcs.statistics.arrays import Bools, Floats, Places
from hcs.statistics.average_precision import (
    cosine_similarity,
    group_precision,
    group_similarity,
    similarity_ranks,
)
from hcs.statistics.frames import key_names, require_columns
from hcs.statistics.levels import RATE, checked_draws
from hcs.statistics.permutation import EXACT, arrangements, block_places, count_arrangements
from hcs.statistics.pvalues import PValue, adjust_pvalues
from hcs.statistics.scaling import as_floats
from hcs.wording import counted, listed, percent, plural, sentence, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names

Features: TypeAlias = npt.NDArray[np.floating] | pd.DataFrame

PERMUTATIONS = 999
MOST_WELLS = 6_000
"""More wells are not compared pair by pair: their similarities take gigabytes."""
MANY_WELLS = 1_000
"""From so many on, a study's analysis draws a fifth of the permutations."""
CHUNK = 500_000
"""Pairs looked at at once, which keeps memory bounded."""
ACROSS, WITHIN = "across plates", "within plates"
TEST = "Permutation test of the mean average precision"
MOST_DRAWN = 40
COLUMNS = [
    "group", "n_wells", "n_plates", "mean_average_precision", "expected", "null_low", "null_high", "p",
    "smallest_p", "p_adjusted", "similarity", "null_similarity", "replicating",
]  # fmt: skip
SAME_PLACE = (
    "Replicates stand in the same wells of every plate, so a likeness of the place counts as theirs: see "
    "position effects."
)
ON_PLATE = (
    "No {noun} stands on several plates: wells are held against wells of their own plate, and what the plate "
    "does to a {noun} alone is not seen."
)


@dataclass(frozen=True, repr=False)
class ProfileReproducibility(Shown):
    """How well the wells of each group find each other.

    Parameters
    ----------
    table
        One row per group with two wells that can be compared, or more, the most reproducible first: group,
        n_wells, n_plates, mean_average_precision (1: its wells are closer to each other than to any other),
        expected, null_low, null_high (mean and 95 % of permutations), p, smallest_p, p_adjusted
        (Benjamini–Hochberg over groups), similarity (median cosine of its pairs), null_similarity (95th
        percentile of permutations), replicating (similarity lies above it).
    pairs
        ``across plates``, ``within plates``, or empty where nothing can be compared.
    caveats
        What the numbers cannot say.
    noun
        What a group is.
    """

    table: pd.DataFrame
    pairs: str
    caveats: tuple[str, ...]
    noun: str = "clone"

    @property
    def percent_replicating(self) -> float:
        """Share of groups whose wells are more similar than 95 % of permuted ones; NaN without groups."""
        return float(self.table["replicating"].mean()) if len(self.table) else nan

    def headline(self) -> str:
        """Say of how many groups the wells find each other, and how well beside chance."""
        n, noun = len(self.table), self.noun
        if not n:
            return f"Whether profiles of wells are reproducible cannot be known: no {noun} has replicates."
        if self.table["smallest_p"].min() > RATE:
            return f"Whether profiles of wells are reproducible cannot be known with {counted(n, noun)}."
        found = int((self.table["p_adjusted"] <= RATE).sum())
        size = f"mean average precision {self.table['mean_average_precision'].median():.2f}"
        beside = f"({size} in the median, {self.table['expected'].median():.2f} by chance)"
        if not found:
            told = f"not reproducible {self.pairs} for any of {counted(n, noun)}"
        else:
            told = f"reproducible {self.pairs} for {found} of {counted(n, noun)}"
        return f"Profiles of wells are {told} {beside}."

    def summary(self) -> str:
        """Give the headline, the share replicating, groups that do not, and what the numbers cannot say."""
        if self.table.empty:
            return sentence(self.headline(), *self.caveats)
        lost = self.table.loc[~(self.table["p_adjusted"] <= RATE), "group"]
        some = f"Not told from chance: {listed(lost)}." if 0 < len(lost) < len(self.table) else ""
        share = f"{percent(self.percent_replicating)} replicate (similarity above 95 % of permutations)."
        return sentence(self.headline(), share, some, *self.caveats)

    @property
    def statistics(self) -> pd.DataFrame:
        """Mean average precision of every group with its test."""
        return statistics_table(
            Stated(
                str(row["group"]), "mean average precision", row["mean_average_precision"],
                pvalue=PValue(row["p"], TEST, int(row["n_wells"]), row["smallest_p"], "wells", "one-sided"),
                corrected=row["p_adjusted"],
                correction=f"Benjamini–Hochberg over {counted(len(self.table), self.noun)}",
            )
            for row in self.table.to_dict("records")
        )  # fmt: skip

    def plot(self) -> Panels:
        """Draw every group's mean average precision beside what chance gives; its axes."""
        if self.table.empty:
            return Panels.none(self.summary(), self.table)
        rows = self.table.head(MOST_DRAWN).rename(columns={"mean_average_precision": "estimate"})
        called = np.where(rows["p_adjusted"] <= RATE, "reproducible", "not told from chance")
        rows = rows.assign(label=rows["group"].map(spaced), n=rows["n_wells"], group=called)
        words = {"null": "95 % of permutations", "expected": "mean of permutations"}
        title = f"Wells of one {self.noun} found among all others ({self.pairs})"
        looks = {"reproducible": (POSITIVE, "D"), "not told from chance": (OTHER, "o")}
        panel = Rows(rows, "Mean average precision (1: replicates come first)", title, looks=looks)
        return Panels.of(interval_figure(panel, words=words), self.table)


def profile_reproducibility(  # noqa: PLR0913 – public: columns and options by keyword
    features: Features,
    table: pd.DataFrame,
    *,
    group: str = "group",
    plate: str = "plate",
    well: str = "well",
    noun: str = "clone",
    seed: int = 0,
    permutations: int = PERMUTATIONS,
) -> ProfileReproducibility:
    """Ask of each group (clone, compound) whether its wells are more alike than those of different groups.

    Rows are averaged to wells, and features brought to mean 0 and SD 1 on every plate. A well ranks the wells
    of other plates by cosine similarity: wells of its plate share what the plate does, and take part neither
    as replicates nor as others. Where no group stands on several plates, wells of its own plate do.

    Parameters
    ----------
    features
        Array of shape (n_rows, n_features): tiles, fields or wells; NaN stand for the plate's mean.
    table
        What each row is: group, plate, well. Rows without one of these are left out.
    group, plate, well, noun
        Columns; what a group is called.
    seed, permutations
        Of the arrangements drawn where there are more than that.

    Returns
    -------
    ProfileReproducibility
        Mean average precision of each group (Kalinin et al. 2025) against as many wells drawn from the same
        plates, p corrected over groups (Benjamini–Hochberg); per cent replicating (Way et al. 2022).

    Raises
    ------
    ArgumentError
        Rows that do not match, a lacking column, no permutations, more than 6,000 wells.

    Examples
    --------
    >>> wells = pd.DataFrame([(g, p, f"A{g + 1:02d}") for g in range(6) for p in "PQR"]).set_axis(
    ...     ["group", "plate", "well"], axis=1
    ... )
    >>> rng = np.random.default_rng(0)
    >>> features = 9 * rng.normal(size=(6, 8))[wells["group"]] + rng.normal(size=(18, 8))
    >>> profile_reproducibility(features, wells).table["mean_average_precision"].tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    draws = checked_draws(permutations, "permutations")
    profiles, wells, said = _wells(features, table, [group, plate, well])
    if len(wells) > MOST_WELLS:
        raise ArgumentError(
            f"{len(wells):,} wells are too many to compare pair by pair; give {MOST_WELLS:,}."
        )
    kept, pairs = _comparable(wells)
    if len(kept) < len(wells):
        lost = wells.loc[~wells.index.isin(kept), "group"].nunique()
        said.append(f"{counted(lost, noun)} without replicates {pairs or ACROSS} left out.")
    profiles, wells = profiles[kept], wells.loc[kept].reset_index(drop=True)
    if wells["group"].nunique() < 2:
        return ProfileReproducibility(pd.DataFrame(columns=COLUMNS), "", tuple(said), noun)
    same = wells["plate"].to_numpy()[:, None] == wells["plate"].to_numpy()
    allowed = (~same if pairs == ACROSS else same) & ~np.eye(len(wells), dtype=bool)
    rows = _judged(_standard(profiles, wells["plate"]), wells, allowed, draws, seed)
    made = pd.DataFrame(rows, columns=COLUMNS)
    made["p_adjusted"] = adjust_pvalues(made["p"].to_numpy(dtype=float), "bh")
    made = made.sort_values("mean_average_precision", ascending=False, kind="stable", ignore_index=True)
    said += [ON_PLATE.format(noun=noun)] if pairs == WITHIN else []
    said += [SAME_PLACE] if pairs == ACROSS and _same_places(wells) else []
    return ProfileReproducibility(made, pairs, tuple(said), noun)


def _wells(
    features: Features, table: pd.DataFrame, keys: list[str]
) -> tuple[Floats, pd.DataFrame, list[str]]:
    """Mean features of wells beside their group, plate and well; rows without a name are left out."""
    require_columns(table, keys, "The table of the features' rows")
    values = as_floats(features)
    if values.ndim != 2 or len(values) != len(table):
        shape = " × ".join(map(str, values.shape))
        raise ArgumentError(
            f"Features of shape {shape} cannot go with {len(table)} rows; give one row for each."
        )
    names = {"group": as_names(table[keys[0]], numbers=True), "plate": as_names(table[keys[1]], numbers=True)}
    rows = pd.DataFrame(names | {"well": key_names(table.rename(columns={keys[2]: "well"}), "well")})
    named = rows.notna().all(axis=1).to_numpy()
    lost = int((~named).sum())
    said = [f"{counted(lost, 'row')} without {', '.join(keys[:2])} or {keys[2]} left out."] if lost else []
    rows, values = (
        rows[named].reset_index(drop=True),
        np.where(np.isfinite(values[named]), values[named], np.nan),
    )
    place = rows.groupby(["group", "plate", "well"], sort=True).ngroup().to_numpy()
    means = pd.DataFrame(values).groupby(place).mean().to_numpy()
    return means, rows.groupby(place).first().reset_index(drop=True), said


def _comparable(wells: pd.DataFrame) -> tuple[Places, str]:
    """Wells of groups with replicates, and whether these stand on several plates or on one."""
    plates = wells.groupby("group")["plate"].transform("nunique")
    if (plates > 1).any():
        return np.flatnonzero(plates > 1), ACROSS
    repeated = wells.groupby(["group", "plate"])["well"].transform("size") > 1
    others = wells[repeated].groupby("plate")["group"].transform("nunique") > 1
    kept = others.index[others].to_numpy(dtype=np.intp)
    return kept, WITHIN if len(kept) else ""


def _standard(profiles: Floats, plates: pd.Series) -> Floats:
    """Features at mean 0 and SD 1 on every plate; 0 where missing, or constant there."""
    held = pd.DataFrame(profiles).groupby(plates.to_numpy())
    away = profiles - held.transform("mean").to_numpy()
    spread = held.transform("std", ddof=0).to_numpy()
    varied = spread > 1e-12 * np.nanmax(np.abs(profiles), axis=0, initial=1e-300)
    return np.asarray(np.nan_to_num(np.divide(away, spread, out=np.zeros_like(away), where=varied)))


def _judged(
    profiles: Floats, wells: pd.DataFrame, allowed: Bools, draws: int, seed: int
) -> list[dict[str, object]]:
    """Row of every group: its precision and similarity, and those of as many wells of the same plates."""
    similarity = cosine_similarity(profiles)
    ranks = similarity_ranks(similarity, allowed)
    places = block_places(len(wells), wells["plate"].to_numpy())
    rows: list[dict[str, object]] = []
    for name, own in wells.groupby("group", sort=True):
        member = np.zeros(len(wells))
        member[own.index] = 1.0
        everything = count_arrangements(member, places) <= min(draws, EXACT)
        drawn = arrangements(member, places, draws=draws, seed=seed, exact=min(draws, EXACT))
        members = np.nonzero(drawn)[1].reshape(len(drawn), -1)
        step = max(1, CHUNK // members.shape[1] ** 2)
        parts = [members[at : at + step] for at in range(0, len(members), step)]
        null = np.concatenate([group_precision(ranks, part) for part in parts])
        alike = np.concatenate([group_similarity(similarity, allowed, part) for part in parts])
        seen = own.index.to_numpy()[None, :]
        value, like = group_precision(ranks, seen)[0], group_similarity(similarity, allowed, seen)[0]
        hits = int((null >= value - 1e-9).sum())
        p = hits / len(null) if everything else (1 + hits) / (1 + len(null))
        most = int((null >= null.max() - 1e-9).sum()) / len(null)
        low, high = np.quantile(null, [0.025, 0.975])
        rows.append(
            {"group": name, "n_wells": len(own), "n_plates": own["plate"].nunique(), "p": p}
            | {"mean_average_precision": value, "expected": null.mean(), "null_low": low, "null_high": high}
            | {"smallest_p": most if everything else 1 / (1 + len(null)), "similarity": like}
            | {
                "null_similarity": np.quantile(alike, 1 - RATE),
                "replicating": like > np.quantile(alike, 1 - RATE),
            }
        )
    return rows


def _same_places(wells: pd.DataFrame) -> bool:
    """Whether most groups stand in the same wells of all their plates."""
    held = wells.groupby(["group", "plate"])["well"].agg(lambda own: " ".join(sorted(own)))
    return bool((held.groupby(level="group").nunique() == 1).mean() > 0.5)


def _ask(asked: Question) -> ProfileReproducibility:
    seen = asked.evidence
    many = len(seen.wells) > MANY_WELLS
    draws = PERMUTATIONS // 5 if many else PERMUTATIONS
    found = profile_reproducibility(seen.features, seen.tiles, permutations=draws, **asked.common)
    others = f"those of all other {plural(found.noun)}, of the same {seen.classes.label} too"
    of = f"Wells are held against {others}."
    return replace(found, caveats=(*found.caveats, of))


ANALYSIS = Analysis(
    "profile_reproducibility",
    "Are profiles of wells reproducible?",
    StudySection.WELLS,
    _ask,
    BatchSection.FEATURES,
)
