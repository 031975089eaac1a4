"""Whether readers agree: with each other, pair by pair, and with themselves on images shown again."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import isfinite, nan
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.clones.reader_counts import (
    ALL,
    REPEAT,
    Row,
    fleiss_row,
    mean_row,
    shown_rows,
    simulated_said,
)
from hcs.analysis.finding import Shown
from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.intervals import Rows, interval_figure
from hcs.figures.panels import Panels
from hcs.figures.theme import OKABE_ITO
from hcs.statistics.bootstrap import Interval, span
from hcs.statistics.kappa import cohen_kappa, over_clones, pair_counts
from hcs.statistics.pvalues import no_pvalue
from hcs.tables.compared import Classes
from hcs.wording import counted, listed, plural, sentence

COLUMNS = ["kind", "reader", "other", "n", "n_groups", "same", "kappa", "low", "high"]
PAIRS, REPEATS = "mean of pairs", "mean of repeats"
LOOKS = {"with each other": (OKABE_ITO[0], "o"), "with themselves": (OKABE_ITO[1], "s")}


@dataclass(frozen=True, repr=False)
class ReaderAgreement(Shown):
    """Agreement of readers, with each other and with themselves.

    Parameters
    ----------
    table
        kind (all, pair, repeats, mean of pairs, mean of repeats), reader, other, n (what both called; of a
        mean readers or pairs), n_groups, same (share called the same), kappa (Fleiss' of all, else Cohen's),
        low, high (jackknife over clones; of the mean of repeats Student's t over readers).
    caveats
        What the numbers cannot say.
    level, noun
        What was called: image or clone; what a unit is.
    """

    table: pd.DataFrame
    caveats: tuple[str, ...]
    level: str = "image"
    noun: str = "clone"

    @property
    def statistics(self) -> pd.DataFrame:
        """Every kappa, with its interval."""
        return statistics_table(self._stated())

    def _stated(self) -> Iterator[Stated]:
        over = f"jackknife over {plural(self.noun)}"
        for row in self.table.dropna(subset=["kappa"]).to_dict("records"):
            limits, of = Interval(row["low"], row["high"]), no_pvalue("", int(row["n"]), plural(self.level))
            name = "Fleiss' kappa" if row["kind"] == "all" else "Cohen's kappa"
            if row["kind"].startswith("mean"):
                name, of = f"mean {name}", no_pvalue("", int(row["n"]), _averaged(row))
                over = over if row["kind"] == PAIRS else "Student's t over readers"
            yield Stated(_asked(row), name, row["kappa"], limits, over, of)

    def headline(self) -> str:
        """Give the agreement of all readers, and of readers with themselves."""
        said = [
            f"{name} {_kappa(row)} with {whom}"
            for kind, name, whom in (
                ("all", "Fleiss' kappa", "each other"),
                (REPEATS, "mean Cohen's kappa", "themselves"),
            )
            if (row := self._row(kind)) is not None and isfinite(row["kappa"])
        ]
        if not said:
            return "Agreement of readers cannot be told."
        return f"Agreement of readers (0 is chance, 1 full): {', '.join(said)}."

    def summary(self) -> str:
        """Give the headline, shares called the same, and caveats."""
        return sentence(self.headline(), *self.details(), *self.caveats)

    def details(self) -> Iterator[str]:
        """Say what stands between headline and caveats."""
        pairs, own = (self.table[self.table["kind"] == kind] for kind in ("pair", "repeats"))
        kappas = pairs["kappa"].dropna()
        if len(kappas) > 1:
            yield (
                f"Pairs of readers: Cohen's kappa {kappas.min():.2f} to {kappas.max():.2f}, mean "
                f"{kappas.mean():.2f}."
            )
        shown = own[own["n"] > 0]
        if len(shown):
            n, same = int(shown["n"].sum()), float((shown["same"] * shown["n"]).sum() / shown["n"].sum())
            yield (
                f"Of {counted(n, 'image')} shown again to {counted(len(shown), 'reader')}, {same:.2f} were "
                "called the same."
            )

    def plot(self) -> Panels:
        """Draw the kappas of all, of every reader with the others, and with himself; the axes."""
        known = self.table[self.table["kind"].isin(["all", "repeats", PAIRS, REPEATS])]
        drawn = known.dropna(subset=["kappa"])
        if drawn.empty:
            return Panels.none("Agreement of readers cannot be told.", self.table)
        own = drawn["kind"].isin(["repeats", REPEATS])
        rows = pd.DataFrame(
            {
                "label": [_asked(row) for row in drawn.to_dict("records")],
                "estimate": drawn["kappa"],
                "low": drawn["low"],
                "high": drawn["high"],
                "group": np.where(own, "with themselves", "with each other"),
            }
        )
        lowest = min(-0.25, float(np.nanmin(drawn[["kappa", "low"]].to_numpy())) - 0.05)
        panel = Rows(rows, "Kappa", reference=0.0, limits=(lowest, 1.05), looks=LOOKS)
        words = {"interval": "95 % interval", "reference": "chance"}
        return Panels.of(interval_figure(panel, words=words), self.table)

    def _row(self, kind: str) -> dict[Any, Any] | None:
        rows = self.table[self.table["kind"] == kind].to_dict("records")
        return rows[0] if rows else None


def reader_agreement(
    calls: pd.DataFrame, *, positive: str, negative: str, noun: str = "clone"
) -> ReaderAgreement:
    """Ask whether readers agree beyond chance.

    Cohen's (1960) kappa of every two readers over what both called, Fleiss' (1971) of all over what all
    called, and Cohen's of each reader's first and second call of the images that were shown again.

    Parameters
    ----------
    calls
        As `reader_calls` takes them; ``repeat`` says which showing a call is of, 0 the first.
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
    >>> calls = pd.DataFrame({"reader": list("ppppqqqq"), "group": list("abcd") * 2})
    >>> calls = calls.assign(label=["ALS", "control"] * 4, call=["ALS", "control"] * 2 + ["ALS"] * 4)
    >>> reader_agreement(calls, positive="ALS", negative="control").table["kappa"].round(2).tolist()
    [-0.33, 0.0]
    """
    classes = Classes(positive, negative, noun=noun)
    showings, image = shown_rows(calls, classes)
    keys, level = ["group", *image], "image" if image else noun
    first = showings[showings[REPEAT] == 0]
    rows, caveats = [], []
    if len(first):
        found, why = fleiss_row(level, first, keys, classes)
        rows.append({"kind": "all", "reader": ALL} | found)
        caveats.append(why)
    pairs = list(_pairs(first, keys, classes))
    own = list(_repeats(showings, keys, classes))
    rows += [*pairs, *_mean_pairs(pairs), *own, *_mean_repeats(own)]
    caveats += [simulated_said(first["reader"]), *_caveats(pairs, own, level)]
    said = tuple(dict.fromkeys(filter(None, caveats)))
    return ReaderAgreement(pd.DataFrame(rows, columns=COLUMNS), said, level, noun)


def _pairs(first: pd.DataFrame, keys: list[str], classes: Classes) -> Iterator[Row]:
    """Cohen's kappa of every two readers."""
    wide = first.set_index([*keys, "reader"])["call"].unstack("reader")
    wide = wide.reindex(columns=list(dict.fromkeys(first["reader"])))
    for one, other in combinations(wide.columns, 2):
        both = wide[[one, other]].dropna()
        yield {"kind": "pair", "reader": one, "other": other} | _cohen(both, classes)


def _repeats(showings: pd.DataFrame, keys: list[str], classes: Classes) -> Iterator[Row]:
    """Cohen's kappa of each reader's first and second call of what was shown again."""
    if not (showings[REPEAT] > 0).any():
        return
    wide = showings[showings[REPEAT] < 2].set_index(["reader", *keys, REPEAT])["call"].unstack(REPEAT)
    both = wide.reindex(columns=[0, 1]).dropna()
    for name in dict.fromkeys(showings["reader"]):
        mine = both[both.index.get_level_values("reader") == name]
        yield {"kind": "repeats", "reader": name, "other": name} | _cohen(mine, classes)


def _cohen(both: pd.DataFrame, classes: Classes) -> Row:
    """Compare two columns of calls."""
    groups = both.index.get_level_values("group")
    said = both.to_numpy(dtype=str) == classes.positive
    counts = pair_counts(said[:, 0], said[:, 1])
    kappa, (low, high) = over_clones(cohen_kappa, counts, pd.factorize(groups)[0])
    same = float((said[:, 0] == said[:, 1]).mean()) if len(both) else nan
    found = {"n": len(both), "n_groups": groups.nunique(), "same": same}
    return found | {"kappa": kappa, "low": low, "high": high}


def _mean_pairs(pairs: list[Row]) -> Iterator[Row]:
    """Average the kappas of pairs (Light 1971, *Psychol Bull* 76:365)."""
    known = [row for row in pairs if isfinite(row["kappa"])]
    if len(known) > 1:
        means = {name: float(np.mean([row[name] for row in known])) for name in ("same", "kappa")}
        yield {"kind": PAIRS, "reader": ALL, "n": len(known), "low": nan, "high": nan} | means


def _mean_repeats(own: list[Row]) -> Iterator[Row]:
    """Average readers' kappas with themselves; the interval is over readers."""
    known = [row for row in own if isfinite(row["kappa"])]
    if not known:
        return
    kappas = np.array([row["kappa"] for row in known])
    same = float(np.mean([row["same"] for row in known]))
    mean = mean_row(kappas, bounds=(-1.0, 1.0))
    found = {"n": mean["n"], "kappa": mean["value"], "low": mean["low"], "high": mean["high"]}
    yield {"kind": REPEATS, "reader": ALL, "same": same} | found


def _caveats(pairs: list[Row], own: list[Row], level: str) -> Iterator[str]:
    """Say which kappas there are none of."""
    if not own:
        yield f"No {level} was shown again, so readers cannot be compared with themselves."
    elif all(row["n"] == 0 for row in own):
        yield f"No reader called an {level} twice, so readers cannot be compared with themselves."
    flat = [row["reader"] for row in own if row["n"] and not isfinite(row["kappa"])]
    if flat:
        yield f"No kappa with themselves of {listed(flat)}, who gave all repeated {plural(level)} one class."
    flat = [row for row in pairs if row["n"] and not isfinite(row["kappa"])]
    if flat:
        yield f"{counted(len(flat), 'pair')} of readers called one class only, which has no kappa."
    apart = [row for row in pairs if not row["n"]]
    if apart:
        yield f"{counted(len(apart), 'pair')} of readers called no {level} in common."


def _averaged(row: dict[Any, Any]) -> str:
    return "pairs" if row["kind"] == PAIRS else "readers"


def _kappa(row: dict[Any, Any]) -> str:
    """Write a kappa with its interval."""
    limits = f" ({span(row['low'], row['high'])})" if isfinite(row["low"]) else ""
    return f"{round(row['kappa'], 2) + 0:.2f}{limits}"


def _asked(row: dict[Any, Any]) -> str:
    """Name who is compared."""
    if row["kind"] == "pair":
        return f"{row['reader']} and {row['other']}"
    return {
        "all": "all readers with each other",
        PAIRS: "mean of pairs of readers",
        REPEATS: "mean of readers with themselves",
    }.get(row["kind"], f"{row['reader']}, first and second call")
