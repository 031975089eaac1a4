"""Do plates differ, and the dates on which they were made? Shares of variance, and permutation tests."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2, kruskal

from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, BatchSection, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.analysis.wells.by_plate import DRAWS
from hcs.analysis.wells.roles import WELLS, flagged_wells, left_out, once
from hcs.figures.panels import Panels
from hcs.figures.strips import plates_figure
from hcs.statistics.anova import collapse, fit_anova
from hcs.statistics.bootstrap import Interval
from hcs.statistics.frames import as_numbers, named_rows, per_unit, require_columns, well_names
from hcs.statistics.levels import TIED, LevelEffect, checked_draws, level_effect
from hcs.statistics.pivots import PIVOT, component_draws, pivot_limits
from hcs.statistics.pvalues import ALPHA, NO_BOUND, PValue
from hcs.tables.rolenames import beside_samples
from hcs.wording import brackets, capital, counted, noted, percent_or_none, plural, sentence, spaced

LEAST = 5
"""With fewer wells per plate than this the chi-squared approximation of Kruskal and Wallis is rough."""
WIDE = 0.8
"""A share whose limits lie further apart than this is not known."""
TINY = 1e-300
"""Smaller p-values cannot be told from 0, and are said to be below this."""
QUARTILES = (0.25, 0.5, 0.75)
KRUSKAL = "Kruskal–Wallis test"
MOVED = "permutation test of plate medians over dates"
COLUMNS = [
    "factor", "n_levels", "n", "unit", "variance", "share", "share_low", "share_high", "p", "smallest_p",
    "test",
]  # fmt: skip


@dataclass(frozen=True, repr=False)
class PlateEffects(Shown):
    """How much of a value's variance lies between dates, plates and wells.

    Parameters
    ----------
    table
        One row per factor (date where given, plate, well): factor, n_levels, n (units of the test), unit
        (plate or well), variance, share (of the sum of all; Henderson's third method), share_low and
        share_high (95 %, generalised pivots; without dates the exact ones of the one-way intraclass
        correlation), p (one-sided), smallest_p, test.
    medians
        One row per plate: plate, date (empty without), n (wells), low, median, high (quartiles).
    value, date
        Columns that were looked at.
    caveats
        What the numbers cannot say.
    """

    table: pd.DataFrame
    medians: pd.DataFrame
    value: str
    date: str
    caveats: tuple[str, ...]

    @property
    def statistics(self) -> pd.DataFrame:
        """Shares of the variance with their limits, and the tests of plates and dates."""
        return statistics_table(
            Stated(
                f"variation of {spaced(self.value)} between {_between(row['factor'])}",
                "share of variance",
                row["share"],
                Interval(row["share_low"], row["share_high"]),
                PIVOT,
                None if pd.isna(row["p"]) else PValue.of(row, row["unit"], "one-sided"),
            )
            for _, row in self.table[self.table["share"].notna()].iterrows()
        )

    def headline(self) -> str:
        """Say whether plates and dates differ, and how much of the variance lies between them."""
        rows = self.table[self.table["share"].notna() & (self.table["factor"] != "well")].iloc[::-1]
        if rows.empty:
            return f"Whether plates differ in {spaced(self.value)} cannot be known."
        hopeless = rows[rows["smallest_p"] > ALPHA]
        told = rows.drop(hopeless.index) if len(rows) > 1 else rows
        # Those that differ come first, in the verdict and among the shares.
        told = told.iloc[np.argsort(told["p"].to_numpy() > ALPHA, kind="stable")]
        names = [_between(factor) for factor in told["factor"]]
        if (told["share_high"] - told["share_low"] > WIDE).all() and not (told["p"] <= ALPHA).any():
            row, plates = told.iloc[0], counted(len(self.medians), "plate")
            limits = brackets(row["share_low"], row["share_high"])
            of = f"{spaced(self.value)} lies between {names[0]} cannot be known with {plates}"
            return f"How much of the variance in {of}{limits}."
        differ = [name for name, p in zip(names, told["p"], strict=True) if p <= ALPHA]
        none = [name for name, p in zip(names, told["p"], strict=True) if p > ALPHA]
        verdict = ", ".join(
            noted(
                (differ, f"{' and '.join(differ)} differ"),
                (none, f"no difference between {' or '.join(none)} is seen"),
            )
        )
        first, *others = (
            f"{percent_or_none(row['share'])}{brackets(row['share_low'], row['share_high'])}"
            for _, row in told.iterrows()
        )
        # The first says what the brackets hold.
        shares = " and ".join([first, *(other.replace("95 % interval ", "") for other in others)])
        who = f"{verdict}: they" if len(differ) + len(none) == len(told) else " and ".join(names)
        after = "".join(
            f"; {_between(row['factor'])} cannot be tested with {counted(int(row['n']), row['unit'])}"
            for _, row in hopeless.iterrows()
        )
        return f"{capital(who)} hold {shares} of the variance in {spaced(self.value)}{after}."

    def summary(self) -> str:
        """Say whether plates and dates differ, and every caveat."""
        wells = counted(int(self.medians["n"].sum()), "well")
        said = f"These are {wells} on {counted(len(self.medians), 'plate')}." if len(self.medians) else ""
        return sentence(self.headline(), said, *self.caveats)

    def plot(self) -> Panels:
        """Draw every plate's median and quartiles, by date; its axes."""
        if self.medians.empty:
            return Panels.none(self.summary(), self.medians)
        return Panels.of(plates_figure(self.medians, self.value, self.date), self.medians)


def plate_effects(  # noqa: PLR0913 – public: columns and options by keyword
    wells: pd.DataFrame,
    value: str,
    *,
    plate: str = "plate",
    date: str | None = None,
    layout: str | None = None,
    included: str = "included",
    draws: int = DRAWS,
    seed: int = 0,
) -> PlateEffects:
    """Share the variance of a value among dates, plates and wells, and test dates and plates.

    Dates are tested by exchanging whole plates (their medians) over dates, so n is the number of plates, not
    of wells; plates by the test of Kruskal & Wallis (1952, *JASA* 47:583) among those of one date.
    Variances are estimated by analysis of variance (`hcs.statistics.anova`).

    Parameters
    ----------
    wells
        One row per well; controls beside samples are left out (`hcs.tables.rolenames.beside_samples`).
    value
        Column of numbers.
    plate, included
        Names of columns.
    date
        Column of the plate's date or batch.
    layout
        Column of the plate's layout: plates are then exchanged over dates among those of one layout only, so
        that other contents on other dates do not count as a date effect.
    draws, seed
        Of the permutations.

    Raises
    ------
    ArgumentError
        A missing column, a value that is no number, no permutations.

    Examples
    --------
    >>> wells = pd.DataFrame({"plate": ["p", "p", "q", "q", "r", "r", "s", "s"], "day": list("11112222")})
    >>> found = plate_effects(wells.assign(cells=[1, 2, 2, 3, 11, 12, 12, 13]), "cells", date="day")
    >>> found.table[["factor", "n", "share", "p"]].round(3).values.tolist()
    [['day', 4.0, 0.985, 0.333], ['plate', 8.0, 0.005, 0.223], ['well', nan, 0.01, nan]]
    """
    checked_draws(draws)
    extra = [name for name in (date, layout) if name is not None]
    require_columns(wells, [plate, *extra], WELLS)
    kept, caveats = _usable(named_rows(wells, plate), value, plate, included)
    held, said = per_unit(kept.assign(**{name: kept[name].astype(object) for name in extra}), plate, extra)
    caveats += said
    if date is not None and (n := int(held[date].isna().sum())):
        caveats.append(f"{counted(n, 'plate')} without one {spaced(date)} left out.")
        held = held[held[date].notna()]
        kept = kept[kept[plate].isin(held.index)]
    found = _plate_test(kept, value, plate, date)
    named = KRUSKAL if date is None else f"{KRUSKAL} within dates"
    tests = {"plate": {"n": len(kept), "unit": "well", "test": named, **found}}
    quartiles = kept.groupby(kept[plate])[value].quantile(list(QUARTILES)).unstack()
    quartiles = quartiles.reindex(columns=list(QUARTILES)).reindex(held.index)
    if date is not None:
        tests["date"], more = _date_test(held, quartiles[0.5], date, layout, draws, seed)
        caveats += more
    names = {"date": date, "plate": "plate", "well": "well"}
    rows = _shares(kept, value, plate, None if date is None else held[date])
    rows = [row | tests.get(str(row["factor"]), {}) | {"factor": names[str(row["factor"])]} for row in rows]
    medians = quartiles.set_axis(["low", "median", "high"], axis=1).rename_axis("plate").reset_index()
    medians["n"] = kept.groupby(kept[plate]).size().reindex(held.index).to_numpy()
    medians["date"] = "" if date is None else held[date].astype(str).to_numpy()
    caveats += _plate_caveats(kept, value, plate, found)
    return PlateEffects(pd.DataFrame(rows, columns=COLUMNS), medians, value, date or "", tuple(caveats))


def _usable(wells: pd.DataFrame, value: str, plate: str, included: str) -> tuple[pd.DataFrame, list[str]]:
    """Rows with a plate and a number that are not flagged, and what was left out."""
    read = {"plate": wells[plate], "value": as_numbers(wells, value, WELLS)}
    frame = pd.DataFrame(read | {"flagged": flagged_wells(wells, included)}, index=wells.index)
    beside, told = beside_samples(wells)
    taken = ~beside & ~frame["flagged"] & frame["plate"].notna() & frame["value"].notna()
    kept = wells.assign(**{value: frame["value"]})[taken]
    if "well" in kept:
        once(kept.assign(plate=kept[plate], well=well_names(kept["well"])))
    return kept, [*told, *left_out(frame[~beside], value)]


def _date_test(
    held: pd.DataFrame, medians: pd.Series, date: str, layout: str | None, draws: int, seed: int
) -> tuple[dict[str, object], list[str]]:
    """Test dates by exchanging whole plates over them, and say what stands against it."""
    blocks = None if layout is None else held[layout].astype(object).fillna("").astype(str).to_numpy()
    days = held[date].astype(str).to_numpy()
    moved = level_effect(medians.to_numpy(dtype=float), days, blocks, draws=draws, seed=seed)
    p = {} if moved.test is None else {"p": moved.test.p, "smallest_p": moved.test.smallest_p}
    within = "" if layout is None else f" within {plural(spaced(layout))}"
    row = {"n": len(held), "unit": "plate", "test": f"{MOVED}{within}", **p}
    return row, _date_caveats(moved, date, layout)


def _shares(kept: pd.DataFrame, value: str, plate: str, dates: pd.Series | None) -> list[dict[str, object]]:
    """Variance and its share by factor, with limits by generalised pivots."""
    code, plates = pd.factorize(kept[plate], sort=True)
    codes = {"plate": code}
    if dates is not None:
        codes = {"date": pd.factorize(dates.reindex(plates).astype(str))[0][code], **codes}
    values = kept[value].to_numpy(dtype=float)
    names = [*codes, "well"]
    sizes = {name: len(set(own)) for name, own in codes.items()} | {"well": len(values)}
    rows: list[dict[str, object]] = [{"factor": name, "n_levels": sizes[name]} for name in names]
    if len(values) < 2 or np.ptp(values) == 0:
        return rows
    found = fit_anova(collapse((values - values.mean())[:, None], codes))
    variances = np.append(found.variances[0], found.residual[0])
    df = np.append(found.df, found.residual_df)
    total, known, limits = np.nansum(variances), df > 0, np.full((2, len(df)), np.nan)
    if variances[-1] > 0 and known.sum() > 1:
        drawn = component_draws(found.expected[np.ix_(known, known)], df[known], variances[known])
        limits[:, known] = pivot_limits(drawn / drawn.sum(axis=1, keepdims=True))
    for row in rows:
        at = -1 if row["factor"] == "well" else found.names.index(str(row["factor"]))
        row |= {"variance": variances[at], "share": variances[at] / total if total > 0 else np.nan}
        row |= {"share_low": limits[0, at], "share_high": limits[1, at]}
    return rows


def _between(factor: str) -> str:
    """Name the levels of a factor, wells by where they stand."""
    return "wells of a plate" if factor == "well" else plural(spaced(factor))


def _plate_test(kept: pd.DataFrame, value: str, plate: str, date: str | None) -> dict[str, float]:
    """Kruskal–Wallis test of plates within each date, the statistics and degrees of freedom summed."""
    total, freedom = 0.0, 0
    for _, own in kept.groupby(kept[date].astype(str)) if date is not None else [("", kept)]:
        parts = [part.to_numpy(dtype=float) for _, part in own.groupby(plate)[value]]
        if len(parts) > 1 and np.ptp(own[value].to_numpy(dtype=float)) > 0:
            total += float(kruskal(*parts).statistic)
            freedom += len(parts) - 1
    if freedom == 0:
        return {"p": np.nan, "smallest_p": np.nan}
    return {"p": max(float(chi2.sf(total, freedom)), TINY), "smallest_p": NO_BOUND}


def _date_caveats(moved: LevelEffect, date: str, layout: str | None) -> list[str]:
    name, names, n = spaced(date), plural(spaced(date)), moved.n_levels
    tied = n > 1 and moved.tied > TIED
    alike = n > 1 and not tied and moved.test is None and moved.n > n
    return noted(
        (n < 2, f"All plates are of one {name}: nothing can be said on differences between {names}."),
        (
            tied,
            f"{spaced(layout or '').capitalize()} and {name} are confounded: {names} cannot be tested.",
        ),
        (alike, f"All plates have one median: {names} cannot be tested."),
        (moved.n == n > 1, f"Each {name} has one plate: {names} and plates are confounded."),
    )


def _plate_caveats(kept: pd.DataFrame, value: str, plate: str, found: Mapping[str, float]) -> list[str]:
    sizes, name = kept.groupby(plate).size(), spaced(value)
    flat = len(kept) > 0 and np.ptp(kept[value].to_numpy(dtype=float)) == 0
    known = not np.isnan(found["p"])
    return noted(
        (kept.empty, f"No well is left with a {name}."),
        (flat, f"All wells have one {name}: there is no variance to share out."),
        (not flat and len(sizes) == 1, "There is one plate only: plates cannot be compared."),
        (
            (sizes == 1).all() and len(sizes) > 1,
            "Each plate has one well: plates and wells are confounded.",
        ),
        (known, "The test assumes independent wells, and plates that hold the same samples."),
        (
            known and sizes.min() < LEAST,
            f"Some plates have fewer than {LEAST} wells: the p-value of plates is rough.",
        ),
    )


def _ask(asked: Question) -> PlateEffects:
    date = asked.batch if asked.evidence.has(asked.batch) and asked.batch != "plate" else None
    return plate_effects(asked.scored, "score", date=date, seed=asked.seed)


ANALYSIS = Analysis("plates", "Plates", StudySection.WELLS, _ask, BatchSection.PLATES)
