"""Control charts of an assay: control levels, the samples' median and Z′ from plate to plate."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, BatchSection, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.analysis.wells.columns import WellColumns
from hcs.analysis.wells.layout import in_order
from hcs.analysis.wells.roles import WELLS, judge_wells
from hcs.analysis.wells.separation import control_statistics
from hcs.analysis.wells.values import OfValues, of_wells, study_wells
from hcs.figures.charts import control_figure
from hcs.figures.panels import Panels
from hcs.statistics.frames import require_columns
from hcs.statistics.levels import RATE
from hcs.statistics.pvalues import PValue, adjust_pvalues
from hcs.statistics.shewhart import LEAST, control_chart
from hcs.tables.rolenames import NEGATIVE, POSITIVE, SAMPLE
from hcs.tables.types import are_dates
from hcs.wording import capital, counted, listed, sentence, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names

NAMES = {
    NEGATIVE: "median of negative controls",
    POSITIVE: "median of positive controls",
    SAMPLE: "median of samples",
    "z_prime": "Z′",
}
TEST = "Control chart against stable ones"
PLATES = [
    "statistic",
    "place",
    "plate",
    "date",
    "value",
    "n_wells",
    "outside",
    "run",
    "centre",
    "low",
    "high",
]
CHARTS = [
    "statistic", "n_plates", "scale", "centre", "low", "high", "n_outside", "n_run", "p", "smallest_p",
    "p_holm",
]  # fmt: skip
FEWEST = 2
"""Control wells of a kind without which a plate has no Z′."""


@dataclass(frozen=True, repr=False)
class ControlCharts(Shown):
    """Charts of one value over plates.

    Parameters
    ----------
    table
        One row per statistic and plate, in order: statistic (negative, positive, sample: medians of these
        wells; z_prime), place (of the plate in the order, from 1), plate, date, value, n_wells, outside
        (beyond the limits), run (in a run of 8 on one side of the centre), and the chart's centre, low, high.
    charts
        One row per statistic: n_plates, scale (log for levels that are all above 0, else linear), centre
        (median), low, high (limits, 3 SD by moving ranges), n_outside, n_run, p (that a stable chart shows as
        much), smallest_p, p_holm. NaN below 8 plates.
    value
        What was measured.
    date
        Column that gave the order; empty where it is that of the table.
    caveats
        What the numbers cannot say.
    """

    table: pd.DataFrame
    charts: pd.DataFrame
    value: str
    date: str
    caveats: tuple[str, ...]

    def out_of_control(self) -> pd.DataFrame:
        """Plates that a rule names, of charts that show more than chance gives."""
        held = self.charts.loc[self.charts["p_holm"] <= RATE, "statistic"]
        return self.table[self.table["statistic"].isin(held) & (self.table["outside"] | self.table["run"])]

    def headline(self) -> str:
        """Say whether the assay is in control, and how many plates are not."""
        known = self.charts[self.charts["p"].notna()]
        n, value = self.table["plate"].nunique(), spaced(self.value)
        if known.empty:
            return f"Whether {value} is in control cannot be known with {counted(n, 'plate')}."
        if (out := self.out_of_control()).empty:
            return f"{capital(value)} is in control over {n} plates: no chart shows more than chance gives."
        alarms = out["statistic"].value_counts()
        the = "" if alarms.index[0] == "z_prime" else "the "
        worst, plates = str(alarms.index[0]), known.set_index("statistic")["n_plates"]
        return (
            f"{capital(value)} is not in control: {the}{NAMES[worst]} leaves its limits, or stays on one "
            f"side, on {alarms.iloc[0]} of {plates[worst]} plates."
        )

    def summary(self) -> str:
        """Give the headline, what each chart shows, and what the numbers cannot say."""
        said = []
        for row in self.charts[self.charts["p"].notna()].to_dict("records"):
            own = self.table[(self.table["statistic"] == row["statistic"]) & self.table["outside"]]
            if len(own):
                named = f"{NAMES[row['statistic']]}: {listed(own['plate'], 3)}"
                said.append(f"{named}{'' if row['p_holm'] <= RATE else ' (as chance gives)'}")
        outside = f"Outside the limits: {'; '.join(said)}." if said else ""
        return sentence(self.headline(), outside, *self.caveats)

    @property
    def statistics(self) -> pd.DataFrame:
        """The test of each chart."""
        known = self.charts[self.charts["p"].notna()].to_dict("records")
        return statistics_table(
            Stated(
                NAMES[row["statistic"]], "median over plates", row["centre"],
                pvalue=PValue(row["p"], TEST, int(row["n_plates"]), row["smallest_p"], "plates", "one-sided"),
                corrected=row["p_holm"], correction=f"Holm over {counted(len(known), 'chart')}",
            )
            for row in known
        )  # fmt: skip

    def plot(self) -> Panels:
        """Draw the charts; their axes."""
        if self.table.empty:
            return Panels.none(self.summary(), self.table)
        names = {
            name: (title if name == "z_prime" else f"{capital(title)}: {spaced(self.value)}")
            for name, title in NAMES.items()
        }
        return Panels.of(
            control_figure(self.table, self.charts, names=names, by=spaced(self.date)), self.table
        )


def control_charts(  # noqa: PLR0913 – public: columns, roles and options by keyword
    wells: pd.DataFrame,
    value: str,
    *,
    date: str = "",
    plate: str = "plate",
    well: str = "well",
    role: str = "role",
    positive: str | None = None,
    negative: str | None = None,
    samples: Collection[str] = (),
    seed: int = 0,
) -> ControlCharts:
    """Follow an assay from plate to plate: name those whose controls, samples or Z′ are out of control.

    Each statistic of a plate is one point of a Shewhart (1931) chart of individuals: centre is the median
    over plates, limits 3 SD from it, by the median moving range; of logarithms for levels above 0. A plate
    beyond them (Western Electric rule 1), or in a run of 8 on one side of the centre, is named. Whether that
    is more than chance is asked of simulated stable charts of as many plates; p is corrected over charts
    (Holm).

    Returns
    -------
    ControlCharts
        Of the median of negative controls, of positive controls and of samples, and of Z′ (two wells of each
        control, or more); those that the wells have.

    Parameters
    ----------
    wells
        One row per well; wells whose ``included`` is False are left out.
    value
        Column of numbers.
    date
        Column with one value a plate whose order is that of the plates: dates, or numbers. Without it plates
        follow as they stand in the table.
    plate, well, role, positive, negative, samples
        See `hcs.analysis.wells.columns.WellColumns`.
    seed
        Of the stable charts.

    Raises
    ------
    ArgumentError
        A missing column, a value that is no number, a plate with two dates, a well that stands twice.

    Examples
    --------
    >>> levels = [50, 52, 49, 51, 50, 48, 51, 50, 80]
    >>> wells = pd.DataFrame({"plate": [f"P{at}" for at in range(9)], "well": "A01", "count": levels})
    >>> found = control_charts(wells, "count")
    >>> found.table.loc[found.table["outside"], "plate"].tolist()
    ['P8']
    """
    columns = WellColumns(plate, well, role, positive, negative, samples)
    judged = judge_wells(wells, value, columns)
    order, dates, said = _order(wells, plate, date)
    rows = []
    for name, own in judged.plates():
        known = own[own["value"].notna()]
        kinds = {kind: held["value"].to_numpy(dtype=float) for kind, held in known.groupby("kind")}
        levels = {kind: (float(np.median(held)), len(held)) for kind, held in kinds.items() if kind in NAMES}
        both = [kinds.get(kind, np.empty(0)) for kind in (POSITIVE, NEGATIVE)]
        if min(map(len, both)) >= FEWEST:
            levels["z_prime"] = control_statistics(*both)["z_prime"], sum(map(len, both))
        rows += [
            {"statistic": kind, "place": order[name], "plate": name, "date": dates.get(name, "")}
            | {"value": level, "n_wells": n}
            for kind, (level, n) in levels.items()
            if np.isfinite(level)
        ]
    table = pd.DataFrame(rows, columns=PLATES).astype({"place": int, "n_wells": int})
    table = table.sort_values("place", kind="stable")
    table, charts = _charts(table, seed)
    few = int(charts["p"].isna().sum())
    if few and len(charts):
        n = int(charts["n_plates"].max())
        why = f"there are {n}" if n < LEAST else "most neighbours have the same value"
        said.append(f"Limits need {LEAST} plates that differ; {why}.")
    return ControlCharts(table, charts, value, date, (*judged.caveats, *said))


def _charts(table: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mark the plates that a rule names, and give limits and tests of every chart."""
    parts, charts = [table.iloc[:0]], []
    for name in NAMES:
        own = table[table["statistic"] == name]
        if own.empty:
            continue
        values = own["value"].to_numpy(dtype=float)
        # Levels of an assay vary by factors: counts and intensities are skewed, their logarithms less.
        log = name != "z_prime" and bool((values > 0).all())
        chart = control_chart(np.log(values) if log else values, seed=seed)
        lines = {column: getattr(chart, column) for column in ("centre", "low", "high")}
        lines = {column: float(np.exp(held)) if log else held for column, held in lines.items()}
        parts.append(own.assign(outside=chart.outside, run=chart.run, **lines))
        counts = {"n_outside": int(chart.outside.sum()), "n_run": int(chart.run.sum())}
        row = {"statistic": name, "n_plates": len(own), "scale": "log" if log else "linear"}
        charts.append(row | lines | counts | {"p": chart.p, "smallest_p": chart.smallest_p})
    made = pd.DataFrame(charts, columns=CHARTS)
    made["p_holm"] = adjust_pvalues(made["p"].to_numpy(dtype=float), "holm")
    held = pd.concat(parts, ignore_index=True).astype({"outside": bool, "run": bool})
    return held, made


def _order(wells: pd.DataFrame, plate: str, date: str) -> tuple[dict[str, int], dict[str, str], list[str]]:
    """Place of every plate, from 1, its date as text, and what is to be said of the order."""
    names = as_names(wells[plate]).astype(object)
    met = list(dict.fromkeys(names.dropna()))
    if not date:
        return (
            {name: at + 1 for at, name in enumerate(met)}, {},
            ["Plates follow in the order of the table: no date was given."],
        )  # fmt: skip
    require_columns(wells, [date], WELLS)
    held = pd.DataFrame({"plate": names, "date": in_order(wells, date, WELLS), "text": as_names(wells[date])})
    several = held.groupby("plate")["date"].nunique() > 1
    if several.any():
        raise ArgumentError(f"Plate {several.idxmax()} has several values of {date!r}; give one a plate.")
    first = held.dropna(subset=["plate"]).groupby("plate", sort=False).first()
    ordered = first.sort_values("date", kind="stable")
    lacking = int(first["date"].isna().sum())
    stand = "stands" if lacking == 1 else "stand"
    said = [f"{counted(lacking, 'plate')} without {spaced(date)} {stand} last."] if lacking else []
    return (
        {str(name): at + 1 for at, name in enumerate(ordered.index)},
        first["text"].fillna("").to_dict(),
        said,
    )


def _ask(asked: Question) -> OfValues:
    wells = asked.once(study_wells)
    n = wells["plate"].nunique()
    if n < LEAST:
        raise ArgumentError(f"A control chart needs {LEAST} plates or more; there are {n}.")
    dated = [name for name in wells if are_dates(wells[name])]
    single = [name for name in dated if (wells.groupby("plate")[name].nunique() <= 1).all()]
    date = str(single[0]) if single else ""

    def make(rows: pd.DataFrame, value: str) -> ControlCharts:
        return control_charts(rows, value, date=date, seed=asked.seed)

    return of_wells(asked, make, (date,) if date else ())


ANALYSIS = Analysis(
    "control_charts",
    "Is the assay in control from plate to plate?",
    StudySection.WELLS,
    _ask,
    BatchSection.PLATES,
)
