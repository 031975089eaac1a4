"""Does a value depend on where on the plate the well stands? Edge, row and column effects, plate by plate."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.finding import Shown, first_sentence
from hcs.analysis.wells.layout import inner_wells, unknown_edges, well_positions
from hcs.analysis.wells.roles import robust_sd
from hcs.figures.panels import Panels, stacked
from hcs.figures.ranked import position_figure
from hcs.statistics.bootstrap import bootstrap_interval
from hcs.statistics.frames import require_columns
from hcs.statistics.levels import RATE, TIED, Floats, checked_draws, coarse_draws, level_effect
from hcs.statistics.pvalues import PValue, adjust_pvalues
from hcs.statistics.shifts import cliffs_delta, hodges_lehmann
from hcs.wording import are, counted, listed, sentence, spaced
from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.names import as_names
from hcs_plates.units import digest

DRAWS = 1_999
EFFECTS = ("edge", "row", "column")
HALF_TIED = 0.5
"""From this share on, groups tell so much of the position that what is left says little."""
THIN = 4
"""With fewer wells than this in the average row or column, the two say little apart."""
COLUMNS = [
    "plate", "effect", "n", "n_levels", "shift", "shift_low", "shift_high", "cliffs_delta", "spread",
    "eta2", "epsilon2", "p", "smallest_p", "p_adjusted", "tied", "test",
]  # fmt: skip
PROFILE = ["plate", "effect", "level", "n", "median"]
TEST = "permutation test of ranks"


@dataclass(frozen=True, repr=False)
class PositionEffects(Shown):
    """Edge, row and column effects of each plate.

    Parameters
    ----------
    table
        One row per plate and effect: plate, effect (edge, row, column), n (wells), n_levels, shift (edge
        minus inside, Hodges–Lehmann, in the plate's robust SDs), shift_low and shift_high (distribution-free
        95 % interval, as if wells were independent), cliffs_delta (−1 to 1), spread (highest minus lowest
        median of a row or column, in robust SDs), eta2 and epsilon2 (share of the ranks' variance, without
        and with correction for chance), p, smallest_p, p_adjusted (Benjamini–Hochberg over plates, each
        effect apart), tied (how far groups tell the position, 0 to 1; NaN without groups), test.
    profiles
        One row per plate, effect (row or column) and level: plate, effect, level (from 0), n, median (in the
        plate's robust SDs, from the plate's median).
    value
        What was measured.
    groups
        Column whose effect was taken away first; empty without.
    caveats
        What the numbers cannot say.
    """

    table: pd.DataFrame
    profiles: pd.DataFrame
    value: str
    groups: str
    caveats: tuple[str, ...]

    def called(self, effect: str) -> pd.DataFrame:
        """Rows of an effect that stands at a false-discovery rate of 5 %."""
        return self.table[(self.table["effect"] == effect) & (self.table["p_adjusted"] <= RATE)]

    def summary(self) -> str:
        """Say on how many plates position matters, and how much."""
        tested = self.table[self.table["p"].notna()]
        if tested.empty:
            return sentence(f"No effect of position on {spaced(self.value)} can be tested.", *self.caveats)
        wells = int(self.table.groupby("plate")["n"].max().sum())
        within = f", each {spaced(self.groups)}'s median taken away first" if self.groups else ""
        head = (
            f"Position on the plate against {spaced(self.value)}: {counted(wells, 'well')} on "
            f"{counted(self.table['plate'].nunique(), 'plate')}{within}."
        )
        if tested["plate"].nunique() > 1:
            head += (
                " Permutation tests over the wells of one plate each, one-sided, smallest possible p "
                f"{tested['smallest_p'].max():.2g}; plates are called at a false-discovery rate of "
                f"{RATE:.0%}, and share is that of the variance of ranks, beyond chance."
            ).replace("%", " %")
        return sentence(head, *(self._said(effect) for effect in EFFECTS), *self.caveats)

    def headline(self) -> str:
        """Count the plates with each effect."""
        counts = self.table[self.table["p"].notna()].groupby("effect", sort=False)["plate"].nunique()
        said = listed(f"{effect} on {len(self.called(effect))} of {n}" for effect, n in counts.items())
        rate = f"plates (false-discovery rate {RATE * 100:.0f} %)"
        return f"Effects of position: {said} {rate}." if said else first_sentence(self.summary())

    def _said(self, effect: str) -> str:
        rows = self.table[(self.table["effect"] == effect) & self.table["p"].notna()]
        if rows.empty:
            return ""
        if self.table.loc[self.table["p"].notna(), "plate"].nunique() == 1:
            one = rows.iloc[0]
            p = PValue(one["p"], "permutation test", int(one["n"]), one["smallest_p"], "wells", "one-sided")
            return (
                f"{effect.capitalize()} effect: {_size(one)}, {one['epsilon2']:.0%} of the variance of ranks "
                f"beyond chance; {p.sentence()}."
            ).replace("%", " %")
        size = rows["epsilon2"].to_numpy()
        across = bootstrap_interval(lambda places: float(np.median(size[places])), len(size))
        between = "" if np.isnan(across.low) else f" (95% interval {across.low:.0%} to {across.high:.0%})"
        said = (
            f"{effect.capitalize()} effect on {len(self.called(effect))} of {counted(len(rows), 'plate')}: "
            f"share {np.median(size).round(2) + 0.0:.0%} in the median over plates{between}"
        ).replace("%", " %")
        if effect == "edge" and rows["shift"].notna().any():
            low, middle, high = np.quantile(rows["shift"].dropna(), [0.25, 0.5, 0.75])
            said += (
                f"; outer minus inner wells {middle:+.2f} robust SDs (median; quartiles {low:+.2f} to "
                f"{high:+.2f})"
            )
        return f"{said}."

    def plot(self, plate: str | None = None) -> Panels:
        """Draw the effects over plates, and the profiles of one plate among all; its axes.

        Parameters
        ----------
        plate
            Which one; without it, the plate where position explains most.

        Raises
        ------
        ArgumentError
            No such plate.
        """
        if plate is not None and plate not in set(self.table["plate"]):
            names = self.table["plate"].unique()
            raise ArgumentError(f"There is no plate {plate!r}; {nearest(plate, names)}")
        if self.table["epsilon2"].isna().all():
            return Panels.none(self.summary(), self.table)
        chosen = plate or str(self.table.loc[self.table["epsilon2"].idxmax(), "plate"])
        figure = position_figure(self.table, self.profiles, chosen, self.value, rate=RATE)
        return Panels.of(figure, stacked({"effects": self.table, "profiles": self.profiles}))


def position_effects(
    wells: pd.DataFrame,
    value: str,
    *,
    plate: str = "plate",
    well: str = "well",
    formats: int | Mapping[str, int] | None = None,
    included: str = "included",
    groups: str | None = None,
    inner_only: bool = False,
    draws: int = DRAWS,
    seed: int = 0,
) -> PositionEffects:
    """Measure and test edge, row and column effects on every plate.

    The test exchanges the values of a plate's wells: its null hypothesis is that values were dealt to wells
    at random. Where a layout puts clones or treatments by row, column or ring, their effect is a position
    effect too; `groups` takes it away: the median of each group is subtracted, and values are exchanged
    within groups only (aligned ranks, Hodges & Lehmann 1962, *Ann Math Stat* 33:482), which is exact. Where
    groups stand in one row or column each, nothing is left to test, and a caveat says so.

    Parameters
    ----------
    wells
        One row per well.
    value
        Column of numbers.
    plate, well, included, formats
        See `hcs.analysis.wells.layout.well_positions`.
    groups
        Column such as clone or treatment; wells without one, and wells alone in theirs on a plate, are left
        out.
    inner_only
        Leave the outermost ring out, to see rows and columns beyond an edge effect.
    draws, seed
        Of the permutations.

    Raises
    ------
    ArgumentError
        As `well_positions`; a missing column of groups; no permutations.

    Examples
    --------
    >>> from hcs_plates.wells import FORMATS
    >>> wells = pd.DataFrame({"plate": "P", "well": FORMATS[96].wells()})
    >>> wells["cells"] = np.random.default_rng(0).normal(1000, 50, 96)
    >>> wells.loc[wells["well"].str[0].isin(["A", "H"]), "cells"] -= 100
    >>> found = position_effects(wells, "cells", draws=199)
    >>> found.table.set_index("effect")["p"].to_dict()
    {'edge': 0.005, 'row': 0.005, 'column': 0.57}
    """
    checked_draws(draws)
    placed, said = well_positions(wells, value, plate=plate, well=well, included=included, formats=formats)
    caveats = [*said, *filter(None, [unknown_edges(placed)])]
    if groups is not None:
        require_columns(wells, [groups], "The table of wells")
        placed["group"] = wells[groups].astype(object).to_numpy()[placed.index]
        placed, left = _with_group(placed, groups)
        caveats += left
    if inner_only:
        placed, ring = inner_wells(placed)
        caveats.append(ring)
    rows, profiles = [], []
    for name, own in placed.groupby("plate", sort=False):
        rows += _plate_rows(str(name), own, draws, int(digest(seed, str(name)), 16))
        profiles.append(_profiles(str(name), own))
    table = pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "p_adjusted"])
    table["p_adjusted"] = np.nan
    for _, own in table.groupby("effect"):
        table.loc[own.index, "p_adjusted"] = adjust_pvalues(own["p"].to_numpy(dtype=float), "bh")
    table = table[COLUMNS]
    caveats += _caveats(table, groups, value, inner_only)
    shape = pd.concat(profiles, ignore_index=True) if profiles else pd.DataFrame(columns=PROFILE)
    return PositionEffects(table, shape, value, groups or "", tuple(caveats))


def _with_group(placed: pd.DataFrame, groups: str) -> tuple[pd.DataFrame, list[str]]:
    """Keep wells whose group has others on the plate; take the median of each group away."""
    known = placed["group"].notna()
    kept = placed[known].copy()
    kept["group"] = as_names(kept["group"], groups)
    held = kept.groupby(["plate", "group"])["value"]
    alone = held.transform("size") < 2
    kept["value"] -= held.transform("median")
    said = []
    lost, lone = (~known).sum(), alone.sum()
    if lost:
        said.append(f"{counted(int(lost), 'well')} without a {spaced(groups)} {are(lost)} left out.")
    if lone:
        said.append(
            f"{counted(int(lone), 'well')} alone in {'its' if lone == 1 else 'their'} {spaced(groups)} on a "
            f"plate {are(lone)} left out: position and {spaced(groups)} are one there."
        )
    return kept[~alone], said


def _plate_rows(name: str, own: pd.DataFrame, draws: int, seed: int) -> list[dict[str, object]]:
    """One row of the table per effect."""
    values = own["value"].to_numpy(dtype=float)
    groups = own["group"].to_numpy() if "group" in own else None
    scale = robust_sd(values)
    made = []
    for effect in EFFECTS:
        if own[effect].isna().any():
            continue
        levels = own[effect].to_numpy(dtype=bool if effect == "edge" else int)
        found = level_effect(values, levels, groups, draws=draws, seed=seed)
        row: dict[str, object] = {"plate": name, "effect": effect, "n": found.n, "n_levels": found.n_levels}
        row |= {"eta2": found.eta2, "epsilon2": found.epsilon2, "tied": found.tied, "test": TEST}
        row |= {"p": np.nan, "smallest_p": np.nan}
        if found.test is not None:
            row |= {"p": found.test.p, "smallest_p": found.test.smallest_p}
            row |= _sizes(values, levels, effect, scale)
        made.append(row)
    return made


def _sizes(values: Floats, levels: "npt.NDArray[np.bool_]", effect: str, scale: float) -> dict[str, float]:
    if effect == "edge":
        shift, low, high = (end / scale for end in hodges_lehmann(values[levels], values[~levels]))
        delta = cliffs_delta(values[levels], values[~levels])
        return {"shift": shift, "shift_low": low, "shift_high": high, "cliffs_delta": delta}
    medians = pd.Series(values).groupby(levels).median()
    return {"spread": float(medians.max() - medians.min()) / scale}


def _profiles(name: str, own: pd.DataFrame) -> pd.DataFrame:
    """Medians of rows and columns, in robust SDs from the plate's median."""
    scaled = (own["value"] - own["value"].median()) / robust_sd(own["value"].to_numpy(dtype=float))
    parts = []
    for effect in ("row", "column"):
        held = scaled.groupby(own[effect]).agg(n="size", median="median").rename_axis("level").reset_index()
        parts.append(held.assign(plate=name, effect=effect))
    return pd.concat(parts)[PROFILE]


def _size(row: pd.Series) -> str:
    if row["effect"] == "edge":
        if np.isnan(row["shift"]):
            return f"Cliff's delta {row['cliffs_delta']:+.2f}"
        return (
            f"outer wells lie {row['shift']:+.2f} robust SDs from inner ones (95% interval "
            f"{row['shift_low']:.2f} to {row['shift_high']:.2f}, Cliff's delta {row['cliffs_delta']:+.2f})"
        )
    if np.isnan(row["spread"]):
        return "medians have no common scale"
    return f"medians span {row['spread']:.2f} robust SDs"


def _caveats(table: pd.DataFrame, groups: str | None, value: str, inner_only: bool) -> list[str]:
    """Say what the numbers cannot: layout, overlap of effects, plates without an answer, coarse p-values."""
    said = [] if len(table) else [f"No well is left with a {spaced(value)} to test."]
    tested = table[table["p"].notna()]
    for effect, rows in table.groupby("effect", sort=False):
        tied = int((rows["tied"] > TIED).sum())
        other = int(rows["p"].isna().sum()) - tied
        if tied:
            said.append(
                f"{spaced(groups or '').capitalize()} and {effect} are tied on {counted(tied, 'plate')}: "
                f"each {spaced(groups or '')} has one {effect} only; no analysis can separate the two there."
            )
        if other and not (inner_only and effect == "edge"):
            said.append(
                f"No {effect} effect can be tested on {counted(other, 'plate')}: the wells there have one "
                "value or one place only, or a place each."
            )
        half = int(((rows["tied"] >= HALF_TIED) & (rows["tied"] <= TIED)).sum())
        if half:
            said.append(
                f"On {counted(half, 'plate')} the {spaced(groups or '')} tells most of the {effect}: a weak "
                f"{effect} effect could not be seen there."
            )
        said += [coarse_draws(rows, f"plate whose {effect} matters")]
    thin = tested[(tested["effect"] != "edge") & (tested["n"] < THIN * tested["n_levels"])]
    if len(thin):
        said.append(
            f"On {counted(thin['plate'].nunique(), 'plate')} a row or column has fewer than {THIN} wells on "
            "average: edge, rows and columns stand for a few wells, and cannot be told apart there."
        )
    flat = tested[tested["spread"].isna() & tested["shift"].isna()]["plate"].nunique()
    if flat:
        said.append(
            f"On {counted(flat, 'plate')} more than half of the wells have one value: sizes in robust SDs "
            "are not given."
        )
    if len(tested) and groups is None:
        said.append(
            "The tests take the layout for random: where treatments or clones stand by row, column or ring, "
            "their effect is counted as one of position; groups= takes it away."
        )
    if len(tested) and not inner_only:
        said.append(
            "Outer wells are whole rows and columns, so an edge effect shows in those too; inner_only=True "
            "looks beyond it."
        )
    return [part for part in said if part]
