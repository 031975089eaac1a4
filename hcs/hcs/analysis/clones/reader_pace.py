"""Whether readers get better or tire: how the share called right changes with the place in the order."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import isfinite, nan

import numpy as np
import pandas as pd

from hcs.analysis.clones.reader_counts import (
    ALL,
    FEWEST,
    POSITION,
    Row,
    judged_rows,
    mean_row,
    simulated_said,
)
from hcs.analysis.finding import Shown
from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.intervals import Rows, interval_figure
from hcs.figures.panels import Panels
from hcs.figures.theme import OKABE_ITO
from hcs.statistics.bootstrap import NO_INTERVAL, span
from hcs.statistics.pvalues import ALPHA, no_pvalue
from hcs.statistics.trends import Trend, unit_trend
from hcs.tables.compared import Classes
from hcs.wording import counted, sentence

TEST = "Sign-flip test"
STEP = 100
"""Images for which the change is told, where readers judged so many; no slope is drawn out beyond them."""
COLUMNS = ["reader", "kind", "n", "first_half", "second_half", "change", "low", "high"]
LOOKS = {"reader": (OKABE_ITO[0], "o"), ALL: (OKABE_ITO[0], "|")}


@dataclass(frozen=True, repr=False)
class ReaderPace(Shown):
    """Right calls along the order in which images were judged.

    Parameters
    ----------
    table
        reader, kind (reader, all), n (calls; of all readers), first_half, second_half (share called right),
        change (of that share over `over` images, by least squares), low, high (of all: over readers).
    trend
        Of all readers, per image.
    over
        Images for which the change is told: 100, or the whole order where it is shorter.
    caveats
        What the numbers cannot say.
    """

    table: pd.DataFrame
    trend: Trend
    over: int
    caveats: tuple[str, ...]

    @property
    def statistics(self) -> pd.DataFrame:
        """The mean change, its interval and test over readers."""
        if self.table.empty:
            return statistics_table(())
        row = self.table.iloc[-1]
        limits = NO_INTERVAL._replace(low=row["low"], high=row["high"])
        asked, name = "share called right along the order", f"change over {self.over} images"
        return statistics_table(
            [Stated(asked, name, row["change"], limits, self.trend.method, self.trend.pvalue)]
        )

    def headline(self) -> str:
        """Say how the share called right changes, and whether that can be told from none."""
        if self.table.empty or not isfinite(self.trend.slope):
            return "Whether readers learn or tire cannot be told."
        row, p = self.table.iloc[-1], self.trend.pvalue
        limits = f" (95 % interval {span(row['low'], row['high'])})" if isfinite(row["low"]) else ""
        change = f"{row['change']:+.2f}{limits}"
        said = f"Over {self.over} images the share that readers call right changes by {change}"
        if p.n < FEWEST or p.smallest > ALPHA:
            return f"{said}; whether they learn or tire cannot be known with {counted(p.n, 'reader')}."
        if p.value > ALPHA:
            return f"{said}: readers are not shown to learn or to tire."
        return f"{said}: readers {'get better' if row['change'] > 0 else 'tire'}."

    def summary(self) -> str:
        """Give the headline, both halves, the test, what could be seen, and caveats."""
        return sentence(self.headline(), *self.details(), *self.caveats)

    def details(self) -> Iterator[str]:
        """Say what stands between headline and caveats."""
        if self.table.empty or not isfinite(self.trend.slope):
            return
        row = self.table.iloc[-1]
        yield f"Right in the first half {row['first_half']:.2f}, in the second {row['second_half']:.2f}."
        if self.trend.pvalue.n >= FEWEST:
            yield f"{self.trend.pvalue.sentence()}."
        if isfinite(self.trend.detectable):
            seen = self.trend.detectable * self.over
            size = f"A change of {seen:.2f}" if seen <= 1 else "Not even the largest change"
            yield f"{size} would be seen with a power of 80 %."

    def plot(self) -> Panels:
        """Draw every reader's change and that of all; the axes."""
        drawn = self.table.dropna(subset=["change"])
        if drawn.empty:
            return Panels.none("Whether readers learn or tire cannot be told.", self.table)
        said = [
            "" if kind == "all" else f"{change:+.2f}".replace("-", "−")
            for kind, change in zip(drawn["kind"], drawn["change"], strict=True)
        ]
        kinds = drawn["kind"].replace("all", ALL)
        rows = drawn.assign(label=drawn["reader"], estimate=drawn["change"], group=kinds, said=said)
        ends = np.nanmax(np.abs(drawn[["change", "low", "high"]].to_numpy(dtype=float)))
        reach = max(0.1, 1.1 * float(ends))
        panel = Rows(
            rows,
            f"Change of the share called right over {self.over} images",
            reference=0.0,
            limits=(-reach, reach),
            looks=LOOKS,
        )
        words = {"interval": "95 % interval over readers", "reference": "no change"}
        return Panels.of(interval_figure(panel, words=words), self.table)


def reader_pace(calls: pd.DataFrame, *, positive: str, negative: str, noun: str = "clone") -> ReaderPace:
    """Ask whether readers learn or tire, over the order in which each judged the images.

    Each reader's slope is told from his own order; over readers signs are flipped, and the interval is the
    jackknife's over readers (`hcs.statistics.trends.unit_trend`).

    Parameters
    ----------
    calls
        As `reader_calls` takes them, with ``position``.
    positive, negative
        The two classes.
    noun
        What a group is.

    Raises
    ------
    ArgumentError
        As from `reader_calls`.

    Examples
    --------
    >>> calls = pd.DataFrame({"reader": ["p"] * 4, "group": list("abcd"), "position": [1, 2, 3, 4]})
    >>> calls = calls.assign(label=["ALS", "control"] * 2, call=["ALS", "control"] + ["ALS", "ALS"])
    >>> reader_pace(calls, positive="ALS", negative="control").table["change"].round().tolist()
    [-1.0, -1.0]
    """
    judged, image = judged_rows(calls, Classes(positive, negative, noun=noun))
    nothing = Trend(nan, NO_INTERVAL, "", no_pvalue(TEST, 0, "readers"), nan)
    if POSITION not in judged or judged.empty:
        why = "No reader's calls are given." if judged.empty else "The calls have no column position."
        return ReaderPace(pd.DataFrame(columns=COLUMNS), nothing, STEP, (why,))
    values = pd.DataFrame({"x": judged[POSITION], "y": judged["right"], "block": judged["reader"]}).astype(
        {"x": float, "y": float}
    )
    trend = unit_trend(values.assign(unit=values["block"]), "reader")
    trend = replace(trend, pvalue=replace(trend.pvalue, test=TEST))
    reach = int(values.groupby("block")["x"].agg(np.ptp).max())
    over = STEP if reach >= STEP - 1 else reach
    rows = [_row(str(name), part, over) for name, part in values.groupby("block", sort=False)]
    halves = {
        name: mean_row(np.array([row[name] for row in rows]))["value"]
        for name in ("first_half", "second_half")
    }
    low, high = (limit * over for limit in trend.interval)
    everybody = {"reader": ALL, "kind": "all", "n": len(judged), "change": trend.slope * over}
    rows.append(everybody | halves | {"low": low, "high": high})
    caveats = tuple(_caveats(judged, image))
    return ReaderPace(pd.DataFrame(rows, columns=COLUMNS), trend, over, caveats)


def _row(name: str, values: pd.DataFrame, over: int) -> Row:
    """Change over so many images and halves of one reader."""
    x, y = (values[column].to_numpy() for column in ("x", "y"))
    away, early = x - x.mean(), x <= np.median(x)
    square = float(away @ away)
    late = y[~early]
    return {
        "reader": name,
        "kind": "reader",
        "n": len(y),
        "first_half": float(y[early].mean()),
        "second_half": float(late.mean()) if len(late) else nan,
        "change": float(away @ y) / square * over if square else nan,
    }


def _caveats(judged: pd.DataFrame, image: list[str]) -> Iterator[str]:
    """Say where the order is no order of the reader alone."""
    if said := simulated_said(judged["reader"]):
        yield said
    places = judged.groupby(["group", *image])[POSITION]
    if judged["reader"].nunique() > 1 and (places.nunique() == 1).all() and (places.size() > 1).all():
        yield "All readers had one order, so how hard the images are cannot be told from their place in it."
