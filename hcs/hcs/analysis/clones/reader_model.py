"""A model against readers on the same images: by its held-out scores of exactly what each reader judged."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite, nan

import numpy as np
import pandas as pd

from hcs.analysis.clones.reader_counts import (
    ALL,
    CHANCE,
    Floats,
    Row,
    judged_rows,
    majority_calls,
    reader_cells,
    reader_noun,
    share_row,
    simulated_said,
)
from hcs.analysis.finding import Shown
from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.intervals import Rows, interval_figure
from hcs.figures.panels import Panels
from hcs.figures.theme import OKABE_ITO, model_name
from hcs.statistics.auc import auc_interval, roc_area
from hcs.statistics.bootstrap import Interval, span
from hcs.statistics.crossed import METHOD, crossed_mean
from hcs.statistics.frames import as_numbers, key_names, require_columns
from hcs.statistics.pvalues import ALPHA, PValue, no_pvalue
from hcs.tables.compared import Classes
from hcs.wording import counted, plural, sentence
from hcs_models.pairing import sign_flip_test
from hcs_models.scores import called

COLUMNS = ["reader", "kind", "level", "n_groups", "n", "value", "low", "high", "interval"]
DIFFERENCES = ["level", "n_readers", "n_groups", "value", "low", "high", "test", "n", "p", "smallest_p"]
AREAS = ["level", "n_positive", "n_negative", "auc", "low", "high"]
TEST = "Sign-flip test"
LOOKS = {"reader": (OKABE_ITO[0], "o"), ALL: (OKABE_ITO[0], "|"), "model": (OKABE_ITO[2], "s")}


@dataclass(frozen=True, repr=False)
class ReaderModel(Shown):
    """Readers and a model on the same images.

    Parameters
    ----------
    table
        reader, kind (reader, all, model), level (image, clone), n_groups, n (different images, or clones),
        value (share called right), low, high (over clones; of all readers over readers and clones), interval
        (how it was made).
    differences
        Model minus mean reader, each model call against the reader's of the same image: level, n_readers,
        n_groups, value, low, high (readers and clones crossed), test (over clones), n, p, smallest_p.
    areas
        ROC AUC of the model on these images: level, n_positive, n_negative, auc, low, high (of clones
        Newcombe's; of images none, since those of a clone are not independent).
    caveats
        What the numbers cannot say.
    model, noun
        The model; what a unit is.
    """

    table: pd.DataFrame
    differences: pd.DataFrame
    areas: pd.DataFrame
    caveats: tuple[str, ...]
    model: str = ""
    noun: str = "clone"

    @property
    def statistics(self) -> pd.DataFrame:
        """Shares, differences and areas."""
        return statistics_table(self._stated())

    def _stated(self) -> Iterator[Stated]:
        nouns, name = plural(self.noun), f"the {model_name(self.model)}"
        for row in self.table.to_dict("records"):
            who = name if row["kind"] == "model" else row["reader"]
            of, limits = no_pvalue("", int(row["n_groups"]), nouns), Interval(row["low"], row["high"])
            yield Stated(
                f"{who}: {row['level']} called right", "share", row["value"], limits, row["interval"], of
            )
        for row in self.differences.to_dict("records"):
            asked, limits = f"{name} against readers, {row['level']}", Interval(row["low"], row["high"])
            p = PValue.of(row, self.noun)
            yield Stated(asked, "difference of shares", row["value"], limits, METHOD, p)
        for row in self.areas.dropna(subset=["auc"]).to_dict("records"):
            of = no_pvalue("", int(row["n_positive"] + row["n_negative"]), plural(row["level"]))
            asked, limits = f"{name} on readers' {plural(row['level'])}", Interval(row["low"], row["high"])
            yield Stated(asked, "ROC AUC", row["auc"], limits, "Newcombe", of)

    def headline(self) -> str:
        """Give both shares on the same images, and whether they differ."""
        if self.table.empty:
            return self.caveats[0] if self.caveats else "No reader's calls are given."
        level = "image" if "image" in set(self.table["level"]) else self.noun
        mine, theirs = self._share("model", level), self._share("all", level)
        row = self._difference(level)
        name, who = model_name(self.model), plural(reader_noun(self._readers()))
        said = f"On the same {plural(level)} the {name} calls {mine:.2f} right, {who} {theirs:.2f}"
        if not isfinite(row["low"]) or row["smallest_p"] > ALPHA:
            return f"{said}; whether they differ cannot be known with so few."
        over = f"95 % interval over readers and {plural(self.noun)} {span(row['low'], row['high'])}"
        said += f" (difference {row['value']:+.2f}, {over})"
        if row["low"] <= 0 <= row["high"]:
            return f"{said}: not shown to differ."
        if row["p"] > ALPHA:
            return f"{said}: not shown to differ by the test."
        return f"{said}: the {name} is {'better' if row['value'] > 0 else 'worse'}."

    def summary(self) -> str:
        """Give the headline, clones beside images, the test, the area, and caveats."""
        return sentence(self.headline(), *self.details(), *(self.caveats if len(self.table) else ()))

    def details(self) -> Iterator[str]:
        """Say what stands between headline and caveats."""
        for row in self.differences.to_dict("records"):
            if row["level"] != "image":
                yield (
                    f"Of {plural(self.noun)}, each by the images that the reader judged: "
                    f"{self._share('model', self.noun):.2f} against {self._share('all', self.noun):.2f} "
                    f"(difference {row['value']:+.2f})."
                )
        for row in self.differences.to_dict("records")[:1]:
            yield f"{PValue.of(row, self.noun).sentence()}."
        for row in self.areas.dropna(subset=["auc"]).to_dict("records")[-1:]:
            limits = f" ({span(row['low'], row['high'])})" if isfinite(row["low"]) else ""
            name, units = model_name(self.model), plural(row["level"])
            yield f"ROC AUC of the {name} over these {units}: {row['auc']:.2f}{limits}."

    def plot(self) -> Panels:
        """Draw every reader's share, all readers', and the model's on the same images; the axes."""
        if self.table.empty:
            return Panels.none(self.headline(), self.table)
        level = "image" if "image" in set(self.table["level"]) else self.noun
        rows = self.table[self.table["level"] == level]
        kinds = rows["kind"].replace("all", ALL)
        order = rows.assign(
            group=kinds,
            estimate=rows["value"],
            label=rows["reader"].where(rows["kind"] != "model", model_name(self.model)),
            _kind=kinds.map(list(LOOKS).index),
            _best=-rows["value"].where(kinds == "reader", 0.0),
        ).sort_values(["_kind", "_best"], kind="stable")
        panel = Rows(
            order.drop(columns=["_kind", "_best"]),
            f"Share of {plural(level)} called right",
            reference=CHANCE,
            looks=LOOKS,
        )
        over = f"95 % interval over {plural(self.noun)} (all: readers and {plural(self.noun)})"
        words = {"interval": over, "reference": "chance"}
        return Panels.of(interval_figure(panel, words=words), self.table)

    def _readers(self) -> pd.Series:
        return self.table.loc[self.table["kind"] == "reader", "reader"]

    def _share(self, kind: str, level: str) -> float:
        rows = self.table[(self.table["kind"] == kind) & (self.table["level"] == level)]
        return float(rows["value"].iloc[0])

    def _difference(self, level: str) -> Row:
        (row,) = self.differences[self.differences["level"] == level].to_dict("records")
        return {str(name): value for name, value in row.items()}


def reader_model(
    calls: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    positive: str,
    negative: str,
    noun: str = "clone",
) -> ReaderModel:
    """Hold a model against readers on exactly the images that they judged.

    The model calls an image by its score, and a clone by the mean score of those of its images that the
    reader judged. Differences are taken reader by reader and clone by clone; readers and clones are crossed
    random effects (`hcs.statistics.crossed`), and signs are flipped over clones.

    Parameters
    ----------
    calls
        As `reader_calls` takes them, with plate and well.
    scores
        model, plate, well, field, tile, probability: of one model, blind to the clone. Of an image that holds
        several tiles the mean is taken.
    positive, negative
        The two classes.
    noun
        What a group is.

    Raises
    ------
    ArgumentError
        As from `reader_calls`; scores of several models.

    Examples
    --------
    >>> places = {"plate": "P1", "well": ["A01", "A02"] * 2, "field": 1, "tile": 0}
    >>> calls = pd.DataFrame({"reader": list("ppqq"), "group": list("abab"), **places})
    >>> calls = calls.assign(label=["ALS", "control"] * 2, call=["ALS", "ALS", "control", "control"])
    >>> scores = calls[:2].assign(model="cnn", probability=[0.9, 0.2])
    >>> reader_model(calls, scores, positive="ALS", negative="control").differences["value"].tolist()
    [0.5, 0.5]
    """
    classes = Classes(positive, negative, noun=noun)
    judged, image = judged_rows(calls, classes)
    if why := _unmatched(judged, image):
        return _nothing(why, noun)
    scored, model = _scored(judged, scores, image, classes)
    if not len(scored):
        return _nothing("The study has no held-out score of an image that readers judged.", noun)
    rows: list[Row] = []
    differences = []
    for level, units in {"image": scored, noun: _by_clone(scored, classes)}.items():
        rows += _shares(level, units, ["group", *image] if level == "image" else ["group"], model, noun)
        differences.append(_difference(level, units, classes))
    caveats = [said] if (said := simulated_said(scored["reader"])) else []
    if lost := len(judged) - len(scored):
        caveats.append(f"{lost} of {counted(len(judged), 'call')} are of images without a held-out score.")
    return ReaderModel(
        pd.DataFrame(rows, columns=COLUMNS),
        pd.DataFrame(differences, columns=DIFFERENCES),
        pd.DataFrame(_areas(scored, image, classes), columns=AREAS),
        tuple(caveats),
        model,
        noun,
    )


def _unmatched(judged: pd.DataFrame, image: list[str]) -> str:
    """Say why calls cannot be matched with scores, if they cannot."""
    if judged.empty:
        return "No reader's calls are given."
    if not {"plate", "well"} <= set(image):
        return "The calls do not name plate and well, so the model's scores of the same images are not known."
    return ""


def _nothing(why: str, noun: str) -> ReaderModel:
    shares, differences, areas = (pd.DataFrame(columns=names) for names in (COLUMNS, DIFFERENCES, AREAS))
    return ReaderModel(shares, differences, areas, (why,), "", noun)


def _scored(
    judged: pd.DataFrame, scores: pd.DataFrame, image: list[str], classes: Classes
) -> tuple[pd.DataFrame, str]:
    """Put the model's score, and whether it is right, beside every call; and name the model."""
    require_columns(scores, ["model", *image, "probability"], "The table of scores")
    known = scores.assign(probability=as_numbers(scores, "probability", "The table of scores"))
    known = known.dropna(subset=["probability"])
    model = str(known["model"].iloc[0]) if len(known) else ""
    known = known[known["model"] == model] if len(known) else known
    keyed = [_keyed(table, image) for table in (judged, known)]
    means = keyed[1].groupby(image, sort=False)["probability"].mean().reset_index()
    both = keyed[0].merge(means, on=image, how="inner", validate="many_to_one")
    return both.assign(model_right=_right(both, classes)), model


def _keyed(table: pd.DataFrame, image: list[str]) -> pd.DataFrame:
    """Write what names an image alike in both tables."""
    return table.assign(**{name: key_names(table, name).astype(str) for name in image})


def _right(rows: pd.DataFrame, classes: Classes) -> pd.Series:
    return (called(rows["probability"]) == (rows["label"] == classes.positive)).astype(float)


def _by_clone(scored: pd.DataFrame, classes: Classes) -> pd.DataFrame:
    """Each reader's majority of a clone, and the model's call by the mean score of the same images."""
    keys = ["reader", "group", "label"]
    means = scored.groupby(keys, sort=False)["probability"].mean().reset_index()
    both = majority_calls(scored).merge(means, on=keys)
    return both.assign(model_right=_right(both, classes))


def _shares(level: str, units: pd.DataFrame, keys: list[str], model: str, noun: str) -> Iterator[Row]:
    """Shares of readers, of all, and of the model on what they judged (weighed by readers alike)."""
    student = f"Student's t over {plural(noun)}"
    single = student if level == "image" else "Wilson"
    for name, mine in units.groupby("reader", sort=False):
        row = share_row(str(name), "reader", level, mine)
        yield row | {"n_groups": mine["group"].nunique(), "interval": single}
    every, own = (crossed_mean(reader_cells(units, name)) for name in ("right", "model_right"))
    different = units.assign(right=units["model_right"]).drop_duplicates([*keys, "right"])
    known = {"level": level, "n_groups": every.n_clones, "n": len(units.drop_duplicates(keys))}
    low, high = every.both
    row = {"reader": ALL, "kind": "all", "value": every.value, "low": low, "high": high, "interval": METHOD}
    yield known | row
    (low, high), method = own.clones, student
    if level != "image" and len(different) == known["n"]:
        # Every reader saw the same of each clone, so that the model calls it once.
        limits = share_row(model, "model", level, different)
        low, high, method = limits["low"], limits["high"], "Wilson"
    row = {"reader": model, "kind": "model", "value": own.value, "low": low, "high": high, "interval": method}
    yield known | row


def _difference(level: str, units: pd.DataFrame, classes: Classes) -> Row:
    """Model minus reader, over readers and clones; and the test over clones."""
    away = units.assign(away=units["model_right"] - units["right"].astype(float))
    cells = reader_cells(away, "away")
    found = crossed_mean(cells, -1.0, 1.0)
    # A clone weighs in the mean by the images that each reader judged of it.
    weights = cells["n"] / cells.groupby("reader")["n"].transform("sum")
    of_clones: Floats = (weights * cells["value"]).groupby(cells["group"], sort=False).sum().to_numpy()
    p, smallest = sign_flip_test(np.asarray(of_clones, dtype=float))
    test = PValue(p, TEST, len(of_clones), smallest, classes.nouns)
    low, high = found.both
    known = {"level": level, "n_readers": found.n_readers, "n_groups": found.n_clones}
    return known | {"value": found.value, "low": low, "high": high} | test.row()


def _areas(scored: pd.DataFrame, image: list[str], classes: Classes) -> Iterator[Row]:
    """ROC AUC of the model over the different images, and over clones by their mean score."""
    images = scored.drop_duplicates(["group", *image])
    clones = images.groupby(["group", "label"], sort=False)["probability"].mean().reset_index()
    for level, units in (("image", images), (classes.noun, clones)):
        truth, score = (units["label"] == classes.positive).to_numpy(), units["probability"].to_numpy()
        limits = (nan, nan) if level == "image" else auc_interval(score, truth)
        row = {"level": level, "n_positive": int(truth.sum()), "n_negative": int((~truth).sum())}
        yield row | {"auc": roc_area(score, truth), "low": limits[0], "high": limits[1]}
