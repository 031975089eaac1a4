"""Does a value depend on where on the plate the well stands? Edge, row and column effects, plate by plate."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, BatchSection, Question, StudySection
from hcs.analysis.stated import statistics_table
from hcs.analysis.wells.by_plate import (
    BY_RANKS,
    DRAWS,
    by_plate,
    called,
    changed,
    in_percent,
    no_wells,
    on_plates,
    plate_rows,
    tested,
)
from hcs.analysis.wells.columns import WellColumns
from hcs.analysis.wells.layout import well_positions
from hcs.analysis.wells.roles import robust_sd, scaled_from_median
from hcs.figures.panels import Panels, stacked
from hcs.figures.ranked import position_figure
from hcs.statistics.arrays import Floats
from hcs.statistics.frames import require_columns
from hcs.statistics.levels import RATE, TIED, coarse_draws, level_effect
from hcs.statistics.shifts import cliffs_delta, hodges_lehmann
from hcs.wording import are, counted, listed, noted, sentence, spaced
from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.names import as_names

EFFECTS = ("edge", "row", "column")
HALF_TIED = 0.5
"""From this share on, groups tell so much of the position that what is left says little."""
THIN = 4
"""With fewer wells than this in the average row or column, the two say little apart."""
UNTESTED = "its wells have one value, one place, or a place each"
MINGLED = f"rows or columns have fewer than {THIN} wells on average: edge, row and column are confounded"
BY_LAYOUT = (
    "Samples laid out by row, column or ring show as effects of position, if they are not named as groups."
)
COLUMNS = [
    "plate", "effect", "n", "n_levels", "shift", "shift_low", "shift_high", "shift_percent", "cliffs_delta",
    "spread", "spread_percent", "eta2", "epsilon2", "p", "smallest_p", "p_adjusted", "tied", "test",
]  # fmt: skip
PROFILE = ["plate", "effect", "level", "n", "median"]


@dataclass(frozen=True, repr=False)
class PositionEffects(Shown):
    """Edge, row and column effects of each plate.

    Parameters
    ----------
    table
        One row per plate and effect: plate, effect (edge, row, column), n (wells), n_levels, shift (edge
        minus inside, Hodges–Lehmann, in the plate's robust SDs), shift_low and shift_high (distribution-free
        95 % interval, as if wells were independent), shift_percent (in percent of the plate's median),
        cliffs_delta (−1 to 1), spread (highest minus lowest median of a row or column, in robust SDs),
        spread_percent, eta2 and epsilon2 (share of the ranks' variance, without
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
        return called(self.table[self.table["effect"] == effect])

    @property
    def statistics(self) -> pd.DataFrame:
        """Tests of each effect on each plate, and the median share over plates."""
        share = ("share of ranks' variance, chance taken off", "epsilon2")
        rows = tested(self.table.assign(epsilon2=self.table["epsilon2"].clip(0))).groupby(
            "effect", sort=False
        )
        return statistics_table(
            one for effect, own in rows for one in plate_rows(own, f"{effect} effect", share)
        )

    def headline(self) -> str:
        """Count the plates with each effect, and say how large they are."""
        rows, name = tested(self.table), spaced(self.value)
        if rows.empty:
            return f"No effect of position on {name} can be tested."
        n = rows.groupby("effect", sort=False)["plate"].nunique()
        said = []
        for effect, of in n.items():
            own = self.called(str(effect))
            where = on_plates(len(own), int(of)) if len(own) else "on none"
            said.append(f"{effect} {where}{_size(own, str(effect))}")
        if all(text.endswith("on none") for text in said):
            effects = listed(n.index).replace(" and ", " or ")
            return f"No effect of {effects} on {name} is seen {on_plates(0, int(n.max()))}."
        return f"Effects of position on {name}: {', '.join(said)}."

    def summary(self) -> str:
        """Say on how many plates position matters, and how much."""
        within = f"Medians of each {spaced(self.groups)} are taken away first." if self.groups else ""
        return sentence(self.headline(), within if len(tested(self.table)) else "", *self.caveats)

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
        shown = self.table.assign(epsilon2=self.table["epsilon2"].clip(0))
        figure = position_figure(shown, self.profiles, chosen, self.value, rate=RATE)
        return Panels.of(figure, stacked({"effects": self.table, "profiles": self.profiles}))


def position_effects(  # noqa: PLR0913 – public: columns and options by keyword
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
        See `hcs.analysis.wells.columns.WellColumns`.
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
    columns = WellColumns(plate, well, included=included, formats=formats)
    placed, said = well_positions(wells, value, columns)
    placed["level"] = placed["value"]
    caveats = [*said, *_unknown_edges(placed, inner_only)]
    if groups is not None:
        require_columns(wells, [groups], "The table of wells")
        placed["group"] = wells[groups].astype(object).to_numpy()[placed.index]
        placed, left = _with_group(placed, groups)
        caveats += left
    if inner_only:
        outer = placed["edge"].astype(bool)
        placed = placed[~outer]
        caveats.append(f"The outermost ring ({counted(int(outer.sum()), 'well')}) is left out.")
    table = by_plate(placed, _plate_rows, COLUMNS, draws=draws, seed=seed)
    caveats += _caveats(table, groups, value, inner_only)
    return PositionEffects(table, _profiles(placed), value, groups or "", tuple(caveats))


def _unknown_edges(placed: pd.DataFrame, inner_only: bool) -> list[str]:
    """Say of how many plates the format is a guess; refuse to leave out a ring that is not known."""
    guessed = placed.loc[placed["edge"].isna(), "plate"].unique()
    if len(guessed) and inner_only:
        raise ArgumentError(
            f"The format of plate {guessed[0]} is not known, so neither is its outermost ring; give formats."
        )
    n = counted(len(guessed), "plate")
    return noted((len(guessed), f"No edge is known of {n}: wells miss a side, and no format is given."))


def _with_group(placed: pd.DataFrame, groups: str) -> tuple[pd.DataFrame, list[str]]:
    """Keep wells whose group has others on the plate; take the median of each group away."""
    known = placed["group"].notna()
    kept = placed[known].copy()
    kept["group"] = as_names(kept["group"], groups)
    held = kept.groupby(["plate", "group"])["value"]
    alone = held.transform("size") < 2
    kept["value"] -= held.transform("median")
    lost, lone, name = int((~known).sum()), int(alone.sum()), spaced(groups)
    its = "its" if lone == 1 else "their"
    return kept[~alone], noted(
        (lost, f"{counted(lost, 'well')} without a {name} {are(lost)} left out."),
        (lone, f"{counted(lone, 'well')} alone in {its} {name} on a plate {are(lone)} left out."),
    )


def _plate_rows(own: pd.DataFrame, draws: int, seed: int) -> list[dict[str, object]]:
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
        row: dict[str, object] = {"effect": effect, "n": found.n, "n_levels": found.n_levels}
        row |= {"eta2": found.eta2, "epsilon2": found.epsilon2, "tied": found.tied, "test": BY_RANKS}
        if found.test is not None:
            row |= {"p": found.test.p, "smallest_p": found.test.smallest_p}
            row |= _sizes(values, levels, effect, scale, own["level"].to_numpy(dtype=float))
        made.append(row)
    return made


def _sizes(
    values: Floats, levels: "npt.NDArray[np.bool_]", effect: str, scale: float, raw: Floats
) -> dict[str, float]:
    """Sizes in robust SDs, and in percent of the median of the values before groups were taken away."""
    if effect == "edge":
        ends = hodges_lehmann(values[levels], values[~levels])
        shift, low, high = (end / scale for end in ends)
        delta = cliffs_delta(values[levels], values[~levels])
        made = {"shift": shift, "shift_low": low, "shift_high": high, "cliffs_delta": delta}
        return made | {"shift_percent": in_percent(raw, ends[0])}
    medians = pd.Series(values).groupby(levels).median()
    spread = float(medians.max() - medians.min())
    return {"spread": spread / scale, "spread_percent": in_percent(raw, spread)}


def _profiles(placed: pd.DataFrame) -> pd.DataFrame:
    """Medians of rows and columns, in robust SDs from the plate's median."""
    scaled = scaled_from_median(placed["value"], placed["plate"])
    parts = []
    for effect in ("row", "column"):
        held = scaled.groupby([placed["plate"], placed[effect]], sort=True).agg(n="size", median="median")
        parts.append(held.rename_axis(["plate", "level"]).reset_index().assign(effect=effect))
    shape = pd.concat(parts)[PROFILE]
    order = pd.factorize(placed["plate"])[1]
    return shape.sort_values("plate", kind="stable", key=order.get_indexer).reset_index(drop=True)


def _size(rows: pd.DataFrame, effect: str) -> str:
    """Write the size of an effect on the plates that have it, in brackets."""
    if rows.empty:
        return ""
    if effect == "edge":
        return f" (outer wells {changed(rows['shift_percent'], rows['shift'])})"
    spans = rows["spread_percent"].dropna()
    return f" (span {spans.median():.2g} %)" if len(spans) else ""


def _caveats(table: pd.DataFrame, groups: str | None, value: str, inner_only: bool) -> list[str]:
    """Say what the numbers cannot: layout, overlap of effects, plates without an answer, coarse p-values."""
    said, name, rows = no_wells(table, value), spaced(groups or ""), tested(table)
    for effect, own in table.groupby("effect", sort=False):
        tied = int((own["tied"] > TIED).sum())
        half = int(((own["tied"] >= HALF_TIED) & (own["tied"] <= TIED)).sum())
        other = 0 if inner_only and effect == "edge" else int(own["p"].isna().sum()) - tied
        both, coarse = f"{name.capitalize()} and {effect}", coarse_draws(own, f"plate whose {effect} matters")
        said += noted(
            (tied, f"{both} are confounded on {counted(tied, 'plate')}."),
            (other, f"No {effect} effect can be tested on {counted(other, 'plate')}: {UNTESTED}."),
            (half, f"{both} nearly are on {counted(half, 'plate')}: a weak effect would be missed."),
            (coarse, coarse),
        )
    thin = rows[(rows["effect"] != "edge") & (rows["n"] < THIN * rows["n_levels"])]["plate"].nunique()
    flat = rows.loc[rows["spread"].isna() & rows["shift"].isna(), "plate"].nunique()
    return said + noted(
        (thin, f"On {counted(thin, 'plate')} {MINGLED}."),
        (flat, f"On {counted(flat, 'plate')} half of the wells have one value: no sizes in robust SDs."),
        (len(rows) and groups is None, BY_LAYOUT),
        (len(rows) and not inner_only, "An edge effect shows in rows and columns too."),
    )


def _ask(asked: Question) -> PositionEffects:
    sizes = asked.evidence.sizes or None
    return position_effects(asked.scored, "score", groups="label", formats=sizes, seed=asked.seed)


ANALYSIS = Analysis("positions", "Rows, columns and edges", StudySection.WELLS, _ask, BatchSection.PLATES)
