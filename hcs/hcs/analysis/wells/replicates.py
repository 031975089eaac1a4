"""Agreement of replicates: Pearson, Spearman and Lin's concordance between the same wells of two runs."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import norm, rankdata

from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.analysis.wells.columns import WellColumns
from hcs.analysis.wells.roles import WELLS, is_flat, left_out, plate_sentences, read_wells
from hcs.analysis.wells.values import OfValues, of_wells, study_wells
from hcs.figures.panels import Panels
from hcs.figures.points import replicate_figure
from hcs.statistics.bootstrap import NO_INTERVAL, TAILS, Interval, span
from hcs.statistics.frames import require_columns
from hcs.statistics.jackknife import jackknife_limits
from hcs.tables.rolenames import beside_samples, wells_of
from hcs.wording import counted, listed, noted, sentence, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names

Values = npt.NDArray[np.float64]

ALL = "all plates"
LEAST_WELLS = 3
"""Two wells always lie on a line: fewer than this many give no correlation."""
LEAST_INTERVAL = 5
"""Fewer wells than this give no interval."""
LEAST_PLATES = 8
"""From this many plates on, plates are what the interval is over; below, wells."""
FISHER, ROUNDING = "Fisher's z over wells", 1e-12
COLUMNS = [
    "plate", "first", "second", "n", "n_left_out", "pearson", "pearson_low", "pearson_high", "spearman",
    "concordance",
]  # fmt: skip
SHARED = "Over all plates, differences between plates count as agreement."
NUMBERS = {"pearson": "Pearson r", "spearman": "Spearman ρ", "concordance": "Lin's concordance"}


@dataclass(frozen=True, repr=False)
class ReplicateCorrelation(Shown):
    """Agreement of each pair of replicates, plate by plate and over all.

    Parameters
    ----------
    table
        One row per pair of replicates and plate, and one over all plates: plate, first, second, n (wells in
        both), n_left_out (wells flagged, missing or without a value in either), pearson, pearson_low,
        pearson_high (95 %, over all plates only: Fisher's z over wells, a jackknife over plates from 8 on),
        spearman, concordance (Lin 1989).
    pairs
        The wells behind it: plate, well, first, second, x, y.
    value
        What was measured.
    interval
        How the interval was made.
    caveats
        What the numbers cannot say.
    """

    table: pd.DataFrame
    pairs: pd.DataFrame
    value: str
    interval: str
    caveats: tuple[str, ...]

    @property
    def statistics(self) -> pd.DataFrame:
        """Each pair's Pearson correlation over all plates with its interval, Spearman's and Lin's."""
        return statistics_table(
            Stated(
                f"replicates {row['first']} and {row['second']} of {spaced(self.value)}",
                name,
                row[column],
                Interval(row["pearson_low"], row["pearson_high"]) if column == "pearson" else NO_INTERVAL,
                self.interval if column == "pearson" else "",
            )
            for _, row in self._known.iterrows()
            for column, name in NUMBERS.items()
        )

    @property
    def _known(self) -> pd.DataFrame:
        """Pairs over all plates that have a correlation."""
        return self.table[(self.table["plate"] == ALL) & self.table["pearson"].notna()]

    def headline(self) -> str:
        """Say how well replicates agree: the only pair, or the middle of several and their range."""
        known, name = self._known, spaced(self.value)
        if known.empty:
            return f"How well replicates of {name} agree cannot be told."
        if len(known) == 1:
            row = known.iloc[0]
            limits = span(row["pearson_low"], row["pearson_high"])
            between = "" if np.isnan(row["pearson_low"]) else f" (95 % interval {limits})"
            return (
                f"Replicates {row['first']} and {row['second']} of {name} correlate with Pearson r "
                f"{row['pearson']:.2f}{between}, over {counted(int(row['n']), 'well')}."
            )
        r = known["pearson"]
        return (
            f"Replicates of {name}, {counted(len(known), 'pair')}, correlate with Pearson r {r.median():.2f} "
            f"in the median ({r.min():.2f} to {r.max():.2f})."
        )

    def summary(self) -> str:
        """Say how well replicates agree, plate by plate and at either end, and every caveat."""
        return sentence(self.headline(), self._by_plate(), self._ends(), *self.caveats)

    def _by_plate(self) -> str:
        """Say how well one pair agrees, and its plates."""
        known = self._known
        if len(known) != 1:
            return ""
        plates = self.table.loc[self.table["plate"] != ALL, "pearson"].dropna()
        own = f"; by plate r is {plates.min():.2f} to {plates.max():.2f}" if len(plates) > 1 else ""
        return f"Lin's concordance is {known['concordance'].iloc[0]:.2f}{own}."

    def _ends(self) -> str:
        """Name the pairs that agree least and most."""
        known = self._known
        if len(known) < 2:
            return ""
        low, high = known.loc[known["pearson"].idxmin()], known.loc[known["pearson"].idxmax()]
        return (
            f"Least alike are {low['first']} and {low['second']}, most {high['first']} and {high['second']}; "
            f"median concordance (Lin) {known['concordance'].median():.2f}."
        )

    def plot(self) -> Panels:
        """Draw the wells of each pair of replicates against each other; its axes."""
        if self.pairs.empty:
            return Panels.none(self.summary(), self.pairs)
        overall = self.table[self.table["plate"] == ALL]
        return Panels.of(replicate_figure(self.pairs, overall, label=spaced(self.value)), self.pairs)


def replicate_correlation(  # noqa: PLR0913 – public: columns and options by keyword
    wells: pd.DataFrame,
    value: str,
    *,
    replicate: str = "replicate",
    plate: str = "plate",
    well: str = "well",
    role: str = "role",
    roles: Collection[str] = (),
) -> ReplicateCorrelation:
    """Compare the same well of the same plate layout between replicates.

    Concordance is Lin's (1989): 2 s_xy / (s_x² + s_y² + (x̄ − ȳ)²) with moments over n; unlike a correlation,
    it falls where one replicate is higher or wider than the other.

    Parameters
    ----------
    wells
        One row per well and replicate; wells whose ``included`` is False are left out, with their partners.
    value
        Column of numbers.
    replicate, plate, well, role
        Columns; here a plate is the layout that its replicates share.
    roles
        Compare wells of these roles only, such as samples: controls lie far apart and raise any correlation.
        All wells without any.

    Raises
    ------
    ArgumentError
        A missing column, a value that is no number, a well that stands twice in a replicate.

    Examples
    --------
    >>> wells = pd.DataFrame({"plate": "P", "well": ["A01", "A02", "A03"] * 2})
    >>> wells["replicate"] = [1] * 3 + [2] * 3
    >>> found = replicate_correlation(wells.assign(count=[1.0, 2, 3, 2, 3, 4]), "count")
    >>> found.table.loc[0, ["n", "pearson", "concordance"]].astype(float).round(2).tolist()
    [3.0, 1.0, 0.57]
    """
    columns = WellColumns(plate, well, role)
    frame, said = _prepare(wells, value, replicate, columns, roles)
    names = sorted(frame["replicate"].unique(), key=_natural)
    rows, pairs, reasons, method, lone = [], [], [], "", []
    for first, second in combinations(names, 2):
        both, named = _pair(frame, first, second), {"first": first, "second": second}
        for name, own in both.groupby("plate", sort=False):
            row, reason = _agree(own)
            rows.append({"plate": name, **named, **row})
            reasons.append((str(name), reason))
        known = both.dropna(subset=["x", "y"])
        interval, method = _interval(known)
        limits = {"pearson_low": interval.low, "pearson_high": interval.high}
        rows.append({"plate": ALL, **named, **_agree(both)[0], **limits})
        pairs.append(known.drop(columns="flagged").assign(**named))
        if n := int((both[["x", "y"]].isna().any(axis=1) & ~both["flagged"]).sum()):
            lone.append(f"{counted(n, 'well')} of {first} and {second}")
    several = counted(len(names), "replicate")
    caveats = (
        *said,
        *noted(
            (lone, f"Left out, without a value in one replicate or both: {listed(lone)}."),
            (len(names) < 2, f"Only {several} of {spaced(value)}: agreement needs two."),
        ),
        *plate_sentences(dict.fromkeys(reasons)),
        *noted((pairs and frame["plate"].nunique() > 1, SHARED)),
    )
    empty = pd.DataFrame(columns=["plate", "well", "x", "y", "first", "second"])
    together = pd.concat(pairs, ignore_index=True) if pairs else empty
    return ReplicateCorrelation(pd.DataFrame(rows, columns=COLUMNS), together, value, method, caveats)


def lin_concordance(x: Values, y: Values) -> float:
    """Compute Lin's concordance correlation of two arrays of shape (n,); NaN without any spread.

    Examples
    --------
    >>> lin_concordance(np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0]))
    -1.0
    """
    if len(x) < LEAST_WELLS:
        return np.nan
    total = float(x.var() + y.var() + (x.mean() - y.mean()) ** 2)
    joint = float(((x - x.mean()) * (y - y.mean())).mean())
    return np.nan if is_flat(np.sqrt(total), np.concatenate([x, y])) else 2 * joint / total


def _prepare(
    wells: pd.DataFrame, value: str, replicate: str, columns: WellColumns, roles: Collection[str]
) -> tuple[pd.DataFrame, list[str]]:
    """Rows with a name, values NaN where flagged, and what was left out."""
    if isinstance(roles, str):
        raise ArgumentError(f"roles is the text {roles!r}; give a list of roles, [{roles!r}].")
    require_columns(wells, [replicate, *([columns.role] if roles else [])], WELLS)
    taken = wells[wells_of(wells[columns.role], roles)] if roles else wells
    frame = read_wells(taken, value, columns)
    frame["replicate"] = as_names(taken[replicate]).astype(object).to_numpy()
    frame["value"] = frame["value"].where(~frame["flagged"])
    names = ["replicate", "plate", "well"]
    named = frame[names].notna().all(axis=1)
    twice = frame[named & frame.duplicated(names)]
    if len(twice):
        first = twice.iloc[0]
        raise ArgumentError(
            f"Replicate {first['replicate']} has plate {first['plate']} well {first['well']} twice; give one "
            "row per well and replicate."
        )
    where = (frame["plate"] + " (replicate " + frame["replicate"] + ")").where(named)
    lost = frame.assign(plate=where)[frame["flagged"] | ~named]
    return frame[named], list(left_out(lost, value))


def _natural(name: str) -> tuple[int, float, str]:
    """Order '2' before '10', and numbers before words."""
    return (0, float(name), name) if name.isdecimal() else (1, 0.0, name)


def _pair(frame: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Wells of either replicate in the order of the table: x, y, and whether one of them is flagged."""
    own = [
        frame[frame["replicate"] == name].set_index(["plate", "well"])[["value", "flagged"]]
        for name in (first, second)
    ]
    places = own[0].index.append(own[1].index).unique()
    x, y = (part["value"].reindex(places) for part in own)
    flagged = [places.isin(part.index[part["flagged"]]) for part in own]
    return pd.DataFrame({"x": x, "y": y, "flagged": flagged[0] | flagged[1]}).reset_index()


def _agree(both: pd.DataFrame) -> tuple[dict[str, float], str]:
    """Numbers of wells in two replicates, and what there is to say."""
    known = both.dropna(subset=["x", "y"])
    x, y = known["x"].to_numpy(dtype=float), known["y"].to_numpy(dtype=float)
    row: dict[str, float] = {"n": len(known), "n_left_out": len(both) - len(known)}
    row |= {"pearson": np.nan, "pearson_low": np.nan, "pearson_high": np.nan, "spearman": np.nan}
    row["concordance"] = lin_concordance(x, y)
    if len(known) < LEAST_WELLS:
        return row, f"has fewer than {LEAST_WELLS} wells in both replicates ({{}}): no correlation."
    if is_flat(float(x.std()), x) or is_flat(float(y.std()), y):
        return row, "has a replicate without any spread ({}): no correlation."
    row["pearson"], row["spearman"] = _pearson(x, y), _pearson(rankdata(x), rankdata(y))
    return row, ""


def _pearson(x: Values, y: Values) -> float:
    """Correlation of two arrays; NaN where one has no spread (a resample may)."""
    x, y = x - x.mean(), y - y.mean()
    size = float(np.sqrt((x @ x) * (y @ y)))
    return float(np.clip((x @ y) / size, -1, 1)) if size > 0 else np.nan


def _interval(known: pd.DataFrame) -> tuple[Interval, str]:
    """Interval of Pearson's r over all plates, and how it was made."""
    if len(known) < LEAST_INTERVAL:
        return NO_INTERVAL, ""
    x, y = known["x"].to_numpy(dtype=float), known["y"].to_numpy(dtype=float)
    codes, plates = pd.factorize(known["plate"])
    x, y = (values - values.mean() for values in (x, y))
    whole = _pearson(x, y)
    if not abs(whole) < 1 - ROUNDING:
        return NO_INTERVAL, ""
    if len(plates) < LEAST_PLATES:
        half = float(norm.ppf(TAILS[1])) / np.sqrt(len(known) - 3)
        return Interval(*np.tanh(np.arctanh(whole) + np.array([-half, half]))), FISHER
    # A plate left out is a sum less: its moments need no pass over wells.
    terms = np.column_stack([np.ones_like(x), x, y, x * x, y * y, x * y])
    sums = np.column_stack([np.bincount(codes, term) for term in terms.T])
    n, sx, sy, sxx, syy, sxy = (sums.sum(axis=0) - sums).T
    size = np.sqrt(np.maximum(sxx - sx * sx / n, 0.0) * np.maximum(syy - sy * sy / n, 0.0))
    if not (size > 0).all():
        return NO_INTERVAL, ""
    left = np.arctanh(np.clip((sxy - sx * sy / n) / size, -1 + ROUNDING, 1 - ROUNDING))
    limits = np.tanh(jackknife_limits(np.arctanh([whole]), left[:, None])).ravel()
    return Interval(float(limits[0]), float(limits[1])), "jackknife over plates of Fisher's z"


def _ask(asked: Question) -> OfValues:
    wells = asked.once(study_wells)
    layout, plates = "layout", wells.groupby("replicate")["plate"]
    if layout not in wells and (plates.nunique() > 1).any():
        raise ArgumentError(
            "A replicate stands on several plates, and nothing says which plates of the replicates hold the "
            f"same wells; name that in a column {layout} of the platemaps to ask this."
        )
    if (wells.groupby("plate")["replicate"].nunique() > 1).any():
        raise ArgumentError(
            "Replicates stand in different wells of one plate: only the same well of like plates is compared."
        )

    def make(rows: pd.DataFrame, value: str) -> ReplicateCorrelation:
        aside, _ = beside_samples(rows)
        rows = rows if layout in rows else rows.assign(**{layout: "all"})
        return replicate_correlation(rows[~aside], value, plate=layout)

    return of_wells(asked, make, ("replicate", layout))


ANALYSIS = Analysis(
    "replicate_correlation", "Replicates of wells", StudySection.WELLS, _ask, needs=("replicate",)
)
