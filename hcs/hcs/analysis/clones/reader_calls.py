"""People who judged pictures of the clones: how often they are right, and whether they agree."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.clones.reader_counts import (
    AGREEMENT,
    ALL,
    CHANCE,
    FEWEST,
    FLIPS,
    STUDENT,
    Row,
    fleiss_row,
    judged_rows,
    majority_calls,
    model_rows,
    reader_noun,
    reader_shares,
    simulated_said,
    whole_calls,
)
from hcs.analysis.clones.reader_crossed import COLUMNS as CROSSED
from hcs.analysis.clones.reader_crossed import crossed_rows
from hcs.analysis.finding import Shown
from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.intervals import Rows, interval_figure
from hcs.figures.panels import Panels
from hcs.figures.theme import OKABE_ITO, model_name
from hcs.statistics.bootstrap import Interval, span
from hcs.statistics.pvalues import ALPHA, PValue, no_pvalue
from hcs.tables.compared import Classes
from hcs.wording import are, counted, listed, plural, sentence, spaced

COLUMNS = ["reader", "kind", "level", "unit", "n", "n_right", "value", "sd", "low", "high"]
LOOKS = {"reader": (OKABE_ITO[0], "o"), ALL: (OKABE_ITO[0], "|"), "model": (OKABE_ITO[2], "s")}
"""Look of each kind of row, from the top."""


@dataclass(frozen=True, repr=False)
class ReaderCalls(Shown):
    """Calls of people: clones first, and single images beside where these were judged.

    Parameters
    ----------
    table
        reader, kind (reader, all, model), level (clone, image), unit (what n counts), n, n_right, value, sd
        (over readers), low, high (of clones Wilson; of images Student's t over clones; of all readers by
        crossed random effects).
    clones
        reader, group, label, n_calls, right: the majority of a reader's calls, 0.5 where they are tied.
    tests
        Share of each level against one half, n = readers: level, test, n, t, df, low and high (95 % of the
        mean share), p, smallest_p.
    agreement
        Fleiss' (1971) kappa over the units that all readers called: level, n_readers, n, n_groups, kappa, low
        and high (jackknife over clones).
    caveats
        What the numbers cannot say.
    noun
        What a unit is.
    crossed
        Mean share of each level over clones, and over readers and clones: level, over, n_readers, n_groups,
        value, low, high, interval, test (of one half), n, p, smallest_p.
    """

    table: pd.DataFrame
    clones: pd.DataFrame
    tests: pd.DataFrame
    agreement: pd.DataFrame
    caveats: tuple[str, ...]
    noun: str = "clone"
    crossed: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=CROSSED))

    @property
    def statistics(self) -> pd.DataFrame:
        """Share of every reader, of all and of models, with tests over readers, and agreement."""
        return statistics_table(self._stated())

    def _stated(self) -> Iterator[Stated]:
        for row in self.table.to_dict("records"):
            of, asked = no_pvalue("", int(row["n"]), plural(row["unit"])), f"{row['level']} called right"
            limits = Interval(row["low"], row["high"])
            if row["kind"] != "all":
                who = model_name(row["reader"]) if row["kind"] == "model" else row["reader"]
                method = f"Student's t over {plural(self.noun)}" if row["level"] == "image" else "Wilson"
                yield Stated(f"{who}: {asked}", "share", row["value"], limits, method, of)
                continue
            for test in self.tests[self.tests["level"] == row["level"]].to_dict("records"):
                ends = Interval(test["low"], test["high"])
                method, p = "Student's t over readers", PValue.of(test, "reader")
                yield Stated(f"all readers: {asked}", "mean share", row["value"], ends, method, p)
        for row in self.crossed.to_dict("records"):
            asked, p = f"all readers: {row['level']} called right", PValue.of(row, self.noun)
            ends = Interval(row["low"], row["high"])
            yield Stated(asked, "mean share", row["value"], ends, row["interval"], p)
        for row in self.agreement.dropna(subset=["kappa"]).to_dict("records"):
            of = no_pvalue("", int(row["n"]), plural(row["level"]))
            ends, method = Interval(row["low"], row["high"]), f"jackknife over {plural(self.noun)}"
            about = f"agreement on {plural(row['level'])}"
            yield Stated(about, "Fleiss' kappa", row["kappa"], ends, method, of)

    def headline(self) -> str:
        """Give the readers' mean share of clones called right, and whether it is above one half."""
        if self.clones.empty:
            return "No reader's calls are given."
        mean = self._level("all", self.noun).iloc[0]
        n = int(mean["n"])
        who = reader_noun(self.clones["reader"])
        share = f"{counted(n, who)} {'calls' if n == 1 else 'call'} {mean['value']:.2f} of the "
        share += f"{plural(self.noun)} right"
        if n < FEWEST:
            return f"{share}; with {counted(n, 'reader')} nothing is tested over readers."
        tests = self.tests[self.tests["level"] == self.noun].set_index("test")
        flips, student = tests.loc[FLIPS], tests.loc[STUDENT]
        crossed, over = np.isfinite(mean["low"]), ""
        low, high = (mean if crossed else student)[["low", "high"]]
        if np.isfinite(low):
            over = f"readers and {plural(self.noun)}" if crossed else "readers"
            share += f" (95 % interval over {over} {span(low, high)})"
        side = "above" if mean["value"] > CHANCE else "below"
        if flips["p"] <= ALPHA and crossed and not low <= CHANCE <= high:
            return f"{share}, {side} one half."
        if flips["p"] <= ALPHA:
            return f"{share}, {side} one half on these {plural(self.noun)}; not shown for others."
        if 2.0 ** (1 - n) > ALPHA:
            return f"{share}; whether that differs from one half cannot be known with {n} readers."
        return f"{share}, not shown to differ from one half."

    def summary(self) -> str:
        """Give the headline, the range of readers, the models beside them, agreement, and caveats."""
        return sentence(self.headline(), *self.details(), *self.caveats)

    def details(self) -> Iterator[str]:
        """Say what stands between headline and caveats."""
        shares = self._level("reader", self.noun)["value"]
        if len(shares) > 1:
            yield f"Single readers: {shares.min():.2f} to {shares.max():.2f}."
        images = self._level("all", "image")
        if len(images):
            yield f"Of single images: {_spread(images.iloc[0])}{self._against() if len(shares) > 1 else ''}."
        models = [
            f"the {model_name(row['reader'])} {row['n_right']:.0f} of {row['n']} "
            f"({row['value']:.2f}, {row['low']:.2f}–{row['high']:.2f})"
            for row in self._level("model", self.noun).to_dict("records")
        ]
        if models:
            yield f"Of these {plural(self.noun)}, by all test images of each, {listed(models)} right."
        for row in self.agreement.dropna(subset=["kappa"]).to_dict("records")[:1]:
            kappa, over = f"{round(row['kappa'], 2) + 0:.2f}", counted(row["n"], row["level"])
            kappa += f" ({span(row['low'], row['high'])})" if np.isfinite(row["low"]) else ""
            yield f"Fleiss' kappa (0 chance, 1 full agreement): {kappa} over {over} that all called."

    def _against(self) -> str:
        """Say what stands behind the share of images, and its t against one half."""
        found = self.tests[(self.tests["level"] == "image") & self.tests["t"].notna()].to_dict("records")
        return " (mean ± SD" + "".join(f"; t({row['df']:.0f}) = {row['t']:.1f}" for row in found) + ")"

    def plot(self) -> Panels:
        """Draw every reader's share with its interval, all readers, and the models; its axes."""
        clones = self.table[self.table["level"] == self.noun]
        if clones.empty:
            return Panels.none(f"No reader called a {self.noun}.", self.table)
        kinds = clones["kind"].replace("all", ALL)
        best = clones["value"].where(kinds == "reader", 0.0)
        order = clones.assign(group=kinds, _kind=kinds.map(list(LOOKS).index), _best=-best)
        rows = order.sort_values(["_kind", "_best"], kind="stable")
        images = self.table[self.table["level"] == "image"].set_index(["kind", "reader"])[["value", "sd"]]
        pictures = images.reindex(list(zip(rows["kind"], rows["reader"], strict=True)))
        drawn = rows.rename(columns={"value": "estimate"}).assign(
            label=rows["reader"].where(rows["kind"] != "model", rows["reader"].map(model_name)),
            beside=pictures["value"].to_numpy(),
            said=[
                _written(row) + ("" if np.isnan(picture["value"]) else f"  images {_spread(picture)}")
                for row, picture in zip(rows.to_dict("records"), pictures.to_dict("records"), strict=True)
            ],
        )
        every = rows[(rows["kind"] == "all") & rows["sd"].notna()]
        spread = [(row.value - row.sd, row.value + row.sd) for row in every.itertuples()]
        panel = Rows(
            drawn, "Share called right", reference=CHANCE, band=spread[0] if spread else None, looks=LOOKS
        )
        words = {
            "interval": f"95 % interval, {plural(self.noun)}",
            "beside": "single images",
            "band": "mean ± SD",
            "reference": "one half",
        }
        return Panels.of(interval_figure(panel, words=words), self.table)

    def _level(self, kind: str, level: str) -> pd.DataFrame:
        return self.table[(self.table["kind"] == kind) & (self.table["level"] == level)]


def reader_calls(
    calls: pd.DataFrame,
    *,
    positive: str,
    negative: str,
    noun: str = "clone",
    models: pd.DataFrame | None = None,
) -> ReaderCalls:
    """Count what people called right, and test their shares against one half.

    A reader calls a clone by the majority of the calls of its images; a tie counts one half. Tests are over
    readers: Student's (1908) t, and flips of the signs of differences from one half.

    Parameters
    ----------
    calls
        reader, group, label, call; and those of plate, well, field and tile that name the judged image.
        Without any of these a row is a clone. Rows whose ``repeat`` is not 0 are of images shown again, and
        are no part of this.
    positive, negative
        The two classes.
    noun
        What a group is.
    models
        model, group, label, probability: models to stand beside the readers, on clones that any judged.

    Raises
    ------
    ArgumentError
        A column is lacking, a label or call is neither class, or a reader judged the same thing twice.

    Examples
    --------
    >>> calls = pd.DataFrame({"reader": list("pppqqqrrr"), "group": list("abc") * 3})
    >>> calls = calls.assign(label=["ALS", "ALS", "control"] * 3, call=["ALS"] * 9)
    >>> found = reader_calls(calls, positive="ALS", negative="control")
    >>> found.table.loc[found.table["kind"] == "reader", "n_right"].tolist()
    [2.0, 2.0, 2.0]
    """
    classes = Classes(positive, negative, noun=noun)
    judged, image = judged_rows(calls, classes)
    clones, keys = majority_calls(judged), ["group", *image]
    of = ({noun: clones} | ({"image": judged} if image else {})) if len(judged) else {}
    crossed = crossed_rows(of, classes)
    rows, tests = reader_shares(of, crossed)
    rows += model_rows(models, clones, classes)
    whole = {noun: whole_calls(clones, classes), "image": judged}
    agreement = [
        fleiss_row(level, whole[level], ["group"] if level == noun else keys, classes) for level in of
    ]
    caveats = [
        simulated_said(judged["reader"]),
        *_reader_caveats(clones, noun, tests, rows),
        *_unit_caveats(clones, judged.drop_duplicates(keys), list(of), classes),
        *[why for _, why in agreement],
    ]
    return ReaderCalls(
        pd.DataFrame(rows, columns=COLUMNS),
        clones,
        pd.DataFrame(tests, columns=["level", "test", "n", "t", "df", "low", "high", "p", "smallest_p"]),
        pd.DataFrame([row for row, _ in agreement], columns=AGREEMENT),
        tuple(dict.fromkeys(filter(None, caveats))),
        noun,
        pd.DataFrame(crossed, columns=CROSSED),
    )


def _reader_caveats(clones: pd.DataFrame, noun: str, tests: list[Row], rows: list[Row]) -> Iterator[str]:
    """Say what the readers' number and their shared clones allow."""
    if clones.empty:
        return
    nouns, judged = plural(noun), clones["group"].nunique()
    if not any(row["kind"] == "all" and np.isfinite(row["low"]) for row in rows):
        yield f"Readers judged the same {nouns}: their number says nothing of other {nouns}."
    if clones["reader"].nunique() >= FEWEST and any(
        row["test"] == STUDENT and np.isnan(row["p"]) for row in tests
    ):
        yield "Where all readers have the same share there is no t test."
    per_reader = clones.groupby("reader").size()
    if per_reader.min() < judged:
        each = f"{per_reader.min()} to {per_reader.max()} of {counted(judged, noun)} each"
        yield f"Not all readers judged the same {nouns}: {each}."


def _unit_caveats(
    clones: pd.DataFrame, images: pd.DataFrame, levels: list[str], classes: Classes
) -> Iterator[str]:
    """Say where one half is not chance, which clones are tied, and that images have no interval."""
    noun, positive = classes.noun, classes.positive
    for level in levels:
        units = clones.drop_duplicates("group") if level == noun else images
        held = int((units["label"] == positive).sum())
        if 2 * held != len(units):
            most = max(held, len(units) - held) / len(units)
            of = f"{held} of {counted(len(units), level)} {are(held)} {spaced(positive)}"
            yield f"{of}: naming one label always gets {most:.2f} right."
    tied = clones[clones["right"] == CHANCE]
    if len(tied):
        times = "once" if len(tied) == 1 else f"{len(tied)} times"
        yield f"A reader's calls of a {noun}'s images are tied {times}, which counts one half."
    if "image" in levels:
        yield f"Images of one {noun} are not independent: intervals are over {plural(noun)}."


def _spread(row: Mapping[Any, Any] | pd.Series) -> str:
    """Mean, and the standard deviation over readers where there is one."""
    return f"{row['value']:.2f}" + ("" if np.isnan(row["sd"]) else f" ± {row['sd']:.2f}")


def _written(row: dict[Any, Any]) -> str:
    """Share of clones, with the interval of one reader or the spread over all."""
    if row["kind"] == "all":
        return _spread(row)
    known = np.isfinite(row["low"]) and np.isfinite(row["high"])
    return f"{row['value']:.2f}  " + (f"[{row['low']:.2f}, {row['high']:.2f}]" if known else "[no interval]")
