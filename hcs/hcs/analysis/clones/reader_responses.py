"""What readers answer: to each class, which they prefer, and whether they know when they are right."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.clones.reader_counts import (
    ALL,
    FEWEST,
    SURE,
    Row,
    judged_rows,
    mean_row,
    reader_noun,
    simulated_said,
)
from hcs.analysis.finding import Shown
from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.intervals import Rows, interval_figure
from hcs.figures.panels import Panels
from hcs.figures.theme import OKABE_ITO
from hcs.statistics.bootstrap import Interval, span
from hcs.statistics.detection import detection
from hcs.statistics.pvalues import ALPHA, PValue
from hcs.tables.compared import Classes
from hcs.wording import counted, plural, sentence, spaced

COUNTS = ["n_positive", "n_negative", "n_sure", "n_unsure"]
MEASURES = {
    "sensitivity": ("share of {positive} called right", (0.0, 1.0)),
    "specificity": ("share of {negative} called right", (0.0, 1.0)),
    "called_positive": ("share called {positive}", (0.0, 1.0)),
    "d_prime": ("d′", (-np.inf, np.inf)),
    "criterion": ("criterion", (-np.inf, np.inf)),
    "right_sure": ("share called right when sure", (0.0, 1.0)),
    "right_unsure": ("share called right when unsure", (0.0, 1.0)),
}
"""What is averaged over readers: in words, and what it can be."""
GAIN = "sure_gain"
COLUMNS = ["reader", "kind", *COUNTS, *MEASURES]
MEANS = ["measure", "value", "sd", "low", "high", "test", "n", "p", "smallest_p"]
LOOKS = {"reader": (OKABE_ITO[0], "o"), ALL: (OKABE_ITO[0], "|")}


@dataclass(frozen=True, repr=False)
class ReaderResponses(Shown):
    """What readers answer.

    Parameters
    ----------
    table
        reader, kind (reader, all), n_positive, n_negative (images, or clones, shown of each class), n_sure,
        n_unsure, sensitivity, specificity, called_positive (share), d_prime, criterion, right_sure,
        right_unsure.
    means
        Mean over readers: measure (those, and sure_gain, sure − unsure), value, sd, low, high (Student's t
        over readers), test (of 0: d′, criterion, sure_gain), n, p, smallest_p.
    caveats
        What the numbers cannot say.
    classes, level
        What was told apart; what was called: image or clone.
    """

    table: pd.DataFrame
    means: pd.DataFrame
    caveats: tuple[str, ...]
    classes: Classes
    level: str = "image"

    @property
    def statistics(self) -> pd.DataFrame:
        """Means over readers, with their tests."""
        return statistics_table(self._stated())

    def _stated(self) -> Iterator[Stated]:
        words = {name: self._worded(said) for name, (said, _) in MEASURES.items()}
        words[GAIN] = "share called right, sure − unsure"
        for row in self.means.dropna(subset=["value"]).to_dict("records"):
            limits, name = Interval(row["low"], row["high"]), words[row["measure"]]
            p = PValue.of(row, "reader")
            yield Stated(
                "answers of readers", f"mean {name}", row["value"], limits, "Student's t over readers", p
            )

    def headline(self) -> str:
        """Give the readers' share of either class called right, and whether they prefer one."""
        found = self._means()
        if not len(self.table):
            return "No reader's calls are given."
        shares = " and ".join(
            f"{found[name]['value']:.2f} of {spaced(one)}"
            for name, one in zip(MEASURES, self.classes.both, strict=False)
            if isfinite(found[name]["value"])
        )
        n = len(self.table) - 1
        verb = "calls" if n == 1 else "call"
        who = reader_noun(self.table.loc[self.table["kind"] == "reader", "reader"])
        return f"{counted(n, who)} {verb} {shares} {plural(self.level)} right{self._preferring(found)}."

    def _preferring(self, found: dict[str, Row]) -> str:
        """Say whether readers prefer a class, as far as that can be known."""
        row = found["criterion"]
        if not isfinite(row["value"]):
            return ""
        limits = f", {span(row['low'], row['high'])}" if isfinite(row["low"]) else ""
        # Without the sign that rounding leaves at 0.
        number = f"(criterion {round(row['value'], 2) + 0:.2f}{limits})"
        if not isfinite(row["p"]) or row["smallest_p"] > ALPHA:
            return (
                f"; whether they prefer a class cannot be known with {counted(row['n'], 'reader')} {number}"
            )
        if row["p"] > ALPHA:
            return f", and are not shown to prefer a class {number}"
        preferred = self.classes.positive if row["value"] < 0 else self.classes.negative
        return f", and prefer to say {spaced(preferred)} {number}"

    def summary(self) -> str:
        """Give the headline, d′, what being sure is worth, and caveats."""
        return sentence(self.headline(), *self.details(), *self.caveats)

    def details(self) -> Iterator[str]:
        """Say what stands between headline and caveats."""
        found = self._means()
        if len(self.table) and isfinite((row := found["d_prime"])["value"]):
            yield f"Mean d′ {row['value']:.2f} ({_said(row)})."
        if len(self.table) and isfinite((gain := found[GAIN])["value"]):
            yield (
                f"When sure they are right in {found['right_sure']['value']:.2f}, when unsure in "
                f"{found['right_unsure']['value']:.2f}: {gain['value']:+.2f} ({_said(gain)})."
            )

    def plot(self) -> Panels:
        """Draw every reader's share of either class called right, and all readers'; the axes."""
        if self.table.empty:
            return Panels.none("No reader's calls are given.", self.table)
        panels = [
            self._panel(name, spaced(one))
            for name, one in zip(("sensitivity", "specificity"), self.classes.both, strict=True)
        ]
        words = {"interval": "95 % interval over readers", "reference": "one half"}
        return Panels.of(interval_figure(*panels, words=words), self.table)

    def _panel(self, name: str, one: str) -> Rows:
        """Lay out the shares of one class; single readers have no interval."""
        every, mean = self.table["kind"] == "all", self._means()[name]
        rows = self.table.assign(
            label=self.table["reader"],
            estimate=self.table[name],
            group=self.table["kind"].replace("all", ALL),
            low=np.where(every, mean["low"], nan),
            high=np.where(every, mean["high"], nan),
            said=[
                "" if last else f"{value:.2f}" for value, last in zip(self.table[name], every, strict=True)
            ],
        )
        title = f"{one} {plural(self.level)}"
        missing = f"no {title} called"
        return Rows(rows, "Share called right", title, reference=0.5, looks=LOOKS, missing=missing)

    def _means(self) -> dict[str, Row]:
        return {row["measure"]: row for row in self.means.to_dict("records")}

    def _worded(self, said: str) -> str:
        return said.format(positive=spaced(self.classes.positive), negative=spaced(self.classes.negative))


def reader_responses(
    calls: pd.DataFrame, *, positive: str, negative: str, noun: str = "clone"
) -> ReaderResponses:
    """Ask what readers answer to either class, which they prefer, and whether being sure means anything.

    d′ and criterion are those of signal detection (`hcs.statistics.detection`), of each reader; tests flip
    the signs of readers' values about 0.

    Parameters
    ----------
    calls
        As `reader_calls` takes them; ``sure`` (true or false) may be lacking.
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
    >>> calls = pd.DataFrame({"reader": ["p"] * 4, "group": list("abcd"), "call": ["ALS"] * 3 + ["control"]})
    >>> calls = calls.assign(label=["ALS", "control"] * 2)
    >>> found = reader_responses(calls, positive="ALS", negative="control")
    >>> found.table.loc[0, ["sensitivity", "specificity"]].tolist()
    [1.0, 0.5]
    """
    classes = Classes(positive, negative, noun=noun)
    judged, image = judged_rows(calls, classes)
    level = "image" if image else noun
    rows = [_row(str(name), part, classes) for name, part in judged.groupby("reader", sort=False)]
    if not rows:
        nothing = pd.DataFrame(columns=COLUMNS), pd.DataFrame(columns=MEANS)
        return ReaderResponses(*nothing, (), classes, level)
    table = pd.DataFrame(rows, columns=COLUMNS)
    means = []
    for name, (_, bounds) in MEASURES.items():
        null = 0.0 if name in ("d_prime", "criterion") else nan
        means.append({"measure": name} | mean_row(table[name].to_numpy(dtype=float), null, bounds))
    gain = (table["right_sure"] - table["right_unsure"]).to_numpy(dtype=float)
    means.append({"measure": GAIN} | mean_row(gain, 0.0, (-1.0, 1.0)))
    everybody: dict[str, Any] = {"reader": ALL, "kind": "all", **table[COUNTS].sum()}
    everybody |= {row["measure"]: row["value"] for row in means if row["measure"] in MEASURES}
    table = pd.concat([table, pd.DataFrame([everybody], columns=COLUMNS)], ignore_index=True)
    caveats = tuple(_caveats(table, SURE in judged, level, classes))
    return ReaderResponses(table, pd.DataFrame(means, columns=MEANS), caveats, classes, level)


def _row(name: str, judged: pd.DataFrame, classes: Classes) -> Row:
    """Count one reader's calls."""
    truth, said = judged["label"] == classes.positive, judged["call"] == classes.positive
    positives, negatives = int(truth.sum()), int((~truth).sum())
    hits, alarms = int((said & truth).sum()), int((said & ~truth).sum())
    found = detection(hits, positives, alarms, negatives)
    row = {"reader": name, "kind": "reader", "n_positive": positives, "n_negative": negatives}
    row |= {"sensitivity": hits / positives if positives else nan}
    row |= {
        "specificity": 1 - alarms / negatives if negatives else nan,
        "called_positive": float(said.mean()),
    }
    row |= {"d_prime": found.d_prime, "criterion": found.criterion}
    sure = (
        judged[SURE].astype("boolean") if SURE in judged else pd.Series(pd.NA, judged.index, dtype="boolean")
    )
    for word, chosen in (("sure", sure.fillna(False)), ("unsure", ~sure.fillna(True))):
        mine = judged.loc[chosen.astype(bool), "right"]
        row |= {f"n_{word}": len(mine), f"right_{word}": float(mine.mean()) if len(mine) else nan}
    return row


def _caveats(table: pd.DataFrame, asked: bool, level: str, classes: Classes) -> Iterator[str]:
    """Say what cannot be told, and why."""
    mine = table[table["kind"] == "reader"]
    if said := simulated_said(mine["reader"]):
        yield said
    one = mine[(mine["called_positive"] == 0) | (mine["called_positive"] == 1)]
    if len(one):
        said = f"{counted(len(one), 'reader')} said one class only"
        yield f"{said}, so d′ and criterion rest on the correction."
    for name, of in (("n_positive", classes.positive), ("n_negative", classes.negative)):
        if (mine[name] == 0).any():
            yield f"Not every reader was shown {plural(level)} of {spaced(of)}."
    if not asked:
        yield "Readers did not say whether they were sure."
    elif mine[["right_sure", "right_unsure"]].isna().any(axis=None):
        yield "Not every reader was both sure and unsure."
    if len(mine) < FEWEST:
        yield f"With {counted(len(mine), 'reader')} nothing is tested over readers."


def _said(row: Row) -> str:
    """Write the interval and the test behind a mean over readers."""
    limits = f"95 % interval {span(row['low'], row['high'])}, " if isfinite(row["low"]) else ""
    return limits + PValue.of(row, "reader").sentence()
