"""Dose–response: four-parameter curves, and EC50s with intervals where the doses show both plateaus."""

import re
from dataclasses import dataclass, field
from math import isfinite, nan
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.isotonic import IsotonicRegression

from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.analysis.wells.columns import WellColumns
from hcs.analysis.wells.roles import WELLS, judge_wells
from hcs.analysis.wells.values import OfValues, of_wells, study_wells
from hcs.figures.dose_curves import dose_curve_figure
from hcs.figures.panels import Panels
from hcs.statistics.arrays import Floats
from hcs.statistics.bootstrap import Interval
from hcs.statistics.frames import as_numbers, require_columns
from hcs.statistics.levels import RATE
from hcs.statistics.logistic4 import Logistic4, fit_logistic4
from hcs.statistics.permutation import permutation_test
from hcs.statistics.pvalues import PValue, adjust_pvalues
from hcs.tables.columnnames import TREATMENTS
from hcs.tables.rolenames import OTHER, role_kinds
from hcs.wording import capital, listed, noted, rounded, sentence, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names

LEAST_DOSES = 5
"""Four parameters need one dose more."""
LEAST_WELLS = 6
REACHED = 0.8
"""Share of the way from start to end that the highest dose must have gone."""
MONOTONE = 0.8
"""Share of the variance between doses that a monotone curve must explain."""
BELOW = 1.0
"""With wells of dose 0 the EC50's lower limit may lie so many decades below the lowest dose."""
DRAWS = 1_999
TEST = "Permutation test of the rank correlation with dose"
FEW_DOSES, FLAT, BENT = f"fewer than {LEAST_DOSES} doses", "no response", "not monotone"
NO_START, NO_END = "low-dose plateau not reached", "high-dose plateau not reached"
COLUMNS = [
    "series", "unit", "n_doses", "n_wells", "ec50", "ec50_low", "ec50_high", "log10_ec50", "hill", "bottom",
    "top", "rho", "p", "smallest_p", "p_adjusted", "reason",
]  # fmt: skip
INTERVAL = "95 % interval "
ONLY_WELLS = "Intervals are over wells: clones and days may differ by more."


@dataclass(frozen=True, repr=False)
class DoseResponse(Shown):
    """Curves of one value over doses.

    Parameters
    ----------
    table
        One row per series (compound, or compound and clone): series, unit, n_doses (dose 0 counted), n_wells,
        ec50, ec50_low, ec50_high (95 %, in the doses' unit), log10_ec50, hill (below 0 for a falling value),
        bottom, top (lower and upper plateau), rho (rank correlation with dose), p, smallest_p, p_adjusted
        (Benjamini–Hochberg over series), reason (why there is no EC50; empty where there is one).
    wells
        series, dose, value.
    fits
        The curve of each series that has an EC50.
    value
        What was measured.
    caveats
        What the numbers cannot say.
    """

    table: pd.DataFrame
    wells: pd.DataFrame
    value: str
    caveats: tuple[str, ...]
    fits: dict[str, Logistic4] = field(default_factory=dict)

    def headline(self) -> str:
        """Give the EC50 of one series, or how many have one and between which doses."""
        known, n = self.table[self.table["reason"] == ""], len(self.table)
        value, units = spaced(self.value), known["unit"].unique()
        if not n:
            return f"No wells with a dose and {value}."
        if known.empty:
            why = f"{self.table['series'].iloc[0]}: {self.table['reason'].iloc[0]}"
            return f"No EC50 of {value} can be given ({why if n == 1 else f'{n} series of doses'})."
        if len(known) < 3 or len(units) > 1:
            first, *others = (_said(row) for _, row in known.head(2).iterrows())
            return f"EC50 of {value}: {'; '.join([first, *(one.replace(INTERVAL, '') for one in others)])}."
        low, high = known.loc[known["ec50"].idxmin()], known.loc[known["ec50"].idxmax()]
        return (
            f"{len(known)} of {n} series of doses have an EC50 of {value}: from "
            f"{_dose(low['ec50'], low['unit'])} ({low['series']}) to {_dose(high['ec50'], high['unit'])} "
            f"({high['series']})."
        )

    def summary(self) -> str:
        """Give the headline, and why other series have no EC50."""
        without = self.table[self.table["reason"] != ""]
        said = [
            f"{capital(str(reason))}: {listed(own['series'], 4)}."
            for reason, own in without.groupby("reason", sort=False)
        ]
        return sentence(self.headline(), *(said if len(self.table) > 1 else ()), *self.caveats)

    @property
    def statistics(self) -> pd.DataFrame:
        """EC50 and the test of a response, of every series."""
        known = self.table[self.table["p"].notna()]
        return statistics_table(
            Stated(
                row["series"], f"EC50 ({row['unit']})" if row["unit"] else "EC50", row["ec50"],
                Interval(row["ec50_low"], row["ec50_high"]), "" if row["reason"] else "profile likelihood",
                PValue(row["p"], TEST, int(row["n_wells"]), row["smallest_p"], "wells"),
                row["p_adjusted"], f"Benjamini–Hochberg over {len(known)} series",
            )
            for row in known.to_dict("records")
        )  # fmt: skip

    def plot(self) -> Panels:
        """Draw wells and curves; its axes."""
        if self.table.empty:
            return Panels.none(self.summary(), self.wells)
        rows = self.table.assign(order=self.table["reason"] != "").sort_values("order", kind="stable")
        titles = [
            f"{row['series']}: {row['reason'] or 'EC50 ' + _dose(row['ec50'], row['unit'])}"
            for row in rows.to_dict("records")
        ]
        figure = dose_curve_figure(
            self.wells, rows.assign(title=titles), {name: fit.level for name, fit in self.fits.items()},
            value=spaced(self.value),
        )  # fmt: skip
        return Panels.of(figure, self.wells)


def dose_response(  # noqa: PLR0913 – public: columns and options by keyword
    wells: pd.DataFrame,
    value: str,
    *,
    treatment: str = "treatment",
    dose: str = "dose",
    group: str = "",
    plate: str = "plate",
    well: str = "well",
    role: str = "role",
    seed: int = 0,
) -> DoseResponse:
    """Fit the four-parameter logistic curve of a value over the doses of each compound.

    Parameters
    ----------
    wells
        One row per well; wells whose ``included`` is False are left out. Values of several plates are taken
        as they are (`normalise_wells` brings them to one scale).
    value, treatment, dose
        Columns: the number, what was given, and how much of it (0 or more, in ``dose_unit`` where that column
        is there). A treatment that has no dose but 0, such as vehicle, is dose 0 of all others.
    group
        Column of clones, for a curve of each; without it wells of all clones are one series.
    plate, well, role
        Columns that name the well; wells that are empty or blank by their role take no part.
    seed
        Of the permutations.

    Returns
    -------
    DoseResponse
        EC50 with profile-likelihood limits, Hill slope and both plateaus, where the value changes with dose
        (rank correlation, false-discovery rate 5 % over series), changes in one direction, and reaches both
        plateaus within the doses; else the reason.

    Raises
    ------
    ArgumentError
        A missing column, a value or dose that is no number, a dose below 0, a well that stands twice.

    Examples
    --------
    >>> doses = [0, 1, 3, 10, 30, 100, 300] * 3
    >>> wells = pd.DataFrame({"plate": "P", "well": [f"A{at:02d}" for at in range(1, 22)], "dose": doses})
    >>> noise = np.tile([0.5, -0.5, 0.0], 7)
    >>> count = 100 - 80 * wells["dose"] ** 2 / (wells["dose"] ** 2 + 15**2) + noise
    >>> found = dose_response(wells.assign(treatment="drug", count=count), "count")
    >>> print(found.headline())
    EC50 of count: drug 15.0 (95 % interval 14.7 to 15.3).
    """
    require_columns(wells, [treatment, dose, *filter(None, [group])], WELLS)
    # Roles say nothing of a dose, but that a well is empty.
    judged = judge_wells(wells, value, WellColumns(plate, well, role=""))
    doses = as_numbers(wells, dose, WELLS).to_numpy()
    if (doses < 0).any():
        raise ArgumentError(f"{WELLS} has a {spaced(dose)} below 0; leave it empty where nothing was given.")
    held = judged.frame[["plate", "value"]].assign(
        dose=doses, treatment=as_names(wells[treatment]).to_numpy(),
        group=as_names(wells[group]).to_numpy() if group else "",
        unit=as_names(wells["dose_unit"]).fillna("").to_numpy() if "dose_unit" in wells else "",
    )  # fmt: skip
    empty = role_kinds(wells[role]).kinds == OTHER if role in wells else pd.Series(False, index=wells.index)
    held = held[~empty.to_numpy()].dropna()
    series, said = _series(held)
    fits: dict[str, Logistic4] = {}
    rows, parts = [], [pd.DataFrame(columns=["series", "dose", "value"])]
    for name, own in series.items():
        rows.append({"series": name} | _trend(own, seed))
        parts.append(own[["dose", "value"]].assign(series=name))
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["p_adjusted"] = adjust_pvalues(table["p"].to_numpy(dtype=float), "bh")
    for at, row in enumerate(table.to_dict("records")):
        found, fit = _curve(series[row["series"]], row)
        table.loc[at, list(found)] = list(found.values())
        if fit is not None:
            fits[row["series"]] = fit
    caveats = (*judged.caveats, *said, *((ONLY_WELLS,) if fits else ()))
    return DoseResponse(table, pd.concat(parts[1:] or parts, ignore_index=True), value, caveats, fits)


def _series(held: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], tuple[str, ...]]:
    """Wells of every compound (and clone); vehicle is dose 0 of those on its plates."""
    highest = held.groupby("treatment")["dose"].max()
    vehicle = held["treatment"].isin(highest.index[highest == 0])
    dosed, zero = held[~vehicle], held[vehicle]
    found, shared = {}, False
    keys = ["treatment", "group", "unit"]
    several = dosed.loc[dosed["dose"] > 0].groupby("treatment")["unit"].nunique() > 1
    for (name, clone, unit), own in dosed.groupby(keys, sort=True):
        if not (own["dose"] > 0).any():
            continue
        beside = zero[(zero["group"] == clone) & zero["plate"].isin(own["plate"])]
        shared |= len(beside) > 0
        of = f" ({unit})" if several.get(name, False) else ""
        title = f"{name}{of}{' · ' if clone else ''}{clone}"
        found[title] = pd.concat([own, beside]).assign(unit=unit)
    uneven = sum(
        bool((own.groupby("plate")["dose"].nunique() < own["dose"].nunique()).any()) for own in found.values()
    )
    said = noted(
        (shared, f"Wells of {listed(highest.index[highest == 0])} are dose 0."),
        (uneven, f"Plates hold different doses of {uneven} series: what plates do counts as dose."),
    )
    return found, tuple(said)


def _trend(own: pd.DataFrame, seed: int) -> dict[str, Any]:
    """Numbers of a series, and the test of a response."""
    doses, values = own["dose"].to_numpy(dtype=float), own["value"].to_numpy(dtype=float)
    row: dict[str, Any] = {
        "unit": str(own["unit"].iloc[0]),
        "n_doses": len(np.unique(doses)),
        "n_wells": len(own),
    }
    row |= {"p": nan, "smallest_p": nan, "rho": nan, "reason": ""}
    if row["n_doses"] < LEAST_DOSES or row["n_wells"] < LEAST_WELLS:
        return row | {
            "reason": FEW_DOSES if row["n_doses"] < LEAST_DOSES else f"fewer than {LEAST_WELLS} wells"
        }
    if np.ptp(values) <= 1e-12 * max(1e-300, float(np.abs(values).max())):
        return row | {"reason": FLAT}
    ranks = [rankdata(held) - (len(own) + 1) / 2 for held in (doses, values)]
    size = float(np.sqrt((ranks[0] @ ranks[0]) * (ranks[1] @ ranks[1])))
    test = permutation_test(lambda rows: rows @ ranks[0] / size, ranks[1], seed=seed, draws=DRAWS)
    return row | {"p": test.p, "smallest_p": test.smallest_p, "rho": test.statistic}


def _curve(own: pd.DataFrame, row: dict[str, Any]) -> tuple[dict[str, Any], Logistic4 | None]:
    """Curve of a series whose value changes with dose, or the reason why it has none."""
    if row["reason"]:
        return {}, None
    if not row["p_adjusted"] <= RATE:
        return {"reason": FLAT}, None
    doses, values = own["dose"].to_numpy(dtype=float), own["value"].to_numpy(dtype=float)
    if _monotone(doses, values, rising=row["rho"] > 0) < MONOTONE:
        return {"reason": BENT}, None
    with np.errstate(divide="ignore"):
        log_dose = np.log10(doses)
    fit = fit_logistic4(log_dose, values)
    if reason := _unreached(fit, log_dose):
        return {"reason": reason}, None
    low, high = (10**limit for limit in fit.interval)
    sign = 1 if fit.end > fit.start else -1
    return {
        "ec50": 10**fit.log_ec50, "ec50_low": low, "ec50_high": high, "log10_ec50": fit.log_ec50,
        "hill": sign * fit.hill, "bottom": min(fit.start, fit.end), "top": max(fit.start, fit.end),
    }, fit  # fmt: skip


def _monotone(doses: Floats, values: Floats, *, rising: bool) -> float:
    """Share of the variance between doses that a curve in one direction explains."""
    held = pd.Series(values).groupby(doses).agg(["mean", "size"])
    means, sizes = held["mean"].to_numpy(), held["size"].to_numpy()
    fitted = IsotonicRegression(increasing=rising).fit(held.index, means, sizes).predict(held.index)
    between = float(sizes @ (means - values.mean()) ** 2)
    return 1 - float(sizes @ (means - fitted) ** 2) / between


def _unreached(fit: Logistic4, log_dose: Floats) -> str:
    """Say which plateau the doses do not show; nothing where they show both."""
    above = log_dose[np.isfinite(log_dose)]
    least, most = float(above.min()), float(above.max())
    ends = fit.share(np.array([least, most]))
    if ends[1] < REACHED or not fit.interval.high < most:
        return NO_END
    zero = len(above) < len(log_dose)
    if fit.interval.low <= least - (BELOW if zero else 0.0) or not isfinite(fit.interval.low):
        return NO_START
    return "" if zero or ends[0] <= 1 - REACHED else NO_START


def _said(row: pd.Series) -> str:
    """Give the EC50 of a series with its interval."""
    limits = f"{rounded(row['ec50_low'])} to {rounded(row['ec50_high'])}"
    return f"{row['series']} {_dose(row['ec50'], row['unit'])} ({INTERVAL}{limits})"


def _dose(amount: float, unit: str) -> str:
    """Write a dose with its unit."""
    return f"{rounded(amount)} {re.sub('^u(?=M$|g)', 'µ', unit)}".strip()


def _ask(asked: Question) -> OfValues:
    wells = asked.once(study_wells)
    treatment = next((name for name in TREATMENTS if name in wells), "")
    if not treatment or "dose" not in wells or not (as_numbers(wells, "dose") > 0).any():
        raise ArgumentError("The platemaps know no doses: name compound and dose (columns treatment, dose).")
    beside = [treatment, "dose", *(["dose_unit"] if "dose_unit" in wells else [])]

    def make(rows: pd.DataFrame, value: str) -> DoseResponse:
        return dose_response(rows, value, treatment=treatment, seed=asked.seed)

    return of_wells(asked, make, beside)


ANALYSIS = Analysis("dose_response", "Dose–response curves", StudySection.WELLS, _ask)
