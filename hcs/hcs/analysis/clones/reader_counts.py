"""What readers called, counted: shares of each reader and of all, their tests, and whether readers agree."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.statistics.bootstrap import TAILS
from hcs.statistics.crossed import crossed_mean
from hcs.statistics.frames import as_numbers, require_columns
from hcs.statistics.kappa import fleiss_kappa, over_clones, reader_sums
from hcs.statistics.pvalues import PValue, no_pvalue
from hcs.tables.compared import Classes
from hcs.wording import are, counted, plural
from hcs_models.pairing import sign_flip_test
from hcs_models.scores import called_right, wilson_interval
from hcs_plates.errors import ArgumentError

Floats = npt.NDArray[np.float64]
Row = dict[str, Any]

IMAGE = ("plate", "well", "field", "tile")
"""Columns that name a judged image, as many of them as there are."""
FEWEST = 3
"""Readers below which nothing is tested over readers."""
ALL = "all readers"
CHANCE = 0.5
"""Share of a clone's images called right where a reader's calls of it are tied."""
STUDENT, FLIPS = "One-sample t-test", "Sign-flip permutation test"
AGREEMENT = ["level", "n_readers", "n", "n_groups", "kappa", "low", "high"]
REPEAT, SURE, POSITION = "repeat", "sure", "position"
"""Columns that calls may have: which showing of the image to this reader it was (0 the first), whether the
reader was sure, and its place among all that the reader judged."""

SIMULATED = " (simulated)"
"""Ending of the name of a reader who is none."""


def reader_noun(readers: Iterable[object]) -> str:
    """Name what readers are: `simulated reader` where every one is."""
    names = [str(name) for name in readers]
    return "simulated reader" if names and all(name.endswith(SIMULATED) for name in names) else "reader"


def simulated_said(readers: Iterable[object]) -> str:
    """Say that readers are no people, where they are none.

    Examples
    --------
    >>> simulated_said(["reader 1", "reader 2 (simulated)"])
    '1 of 2 readers is simulated, no person.'
    """
    names = {str(name) for name in readers}
    made = sum(name.endswith(SIMULATED) for name in names)
    if not made:
        return ""
    if made == len(names) > 1:
        return f"All {made} readers are simulated, not people."
    person = "person" if made == 1 else "people"
    return f"{made} of {counted(len(names), 'reader')} {are(made)} simulated, no {person}."


def judged_rows(calls: pd.DataFrame, classes: Classes) -> tuple[pd.DataFrame, list[str]]:
    """Take first showings as text with whether they are right, and the columns that name their images."""
    showings, image = shown_rows(calls, classes)
    return showings[showings[REPEAT] == 0].drop(columns=REPEAT).reset_index(drop=True), image


def shown_rows(calls: pd.DataFrame, classes: Classes) -> tuple[pd.DataFrame, list[str]]:
    """Take calls as `judged_rows` does, images that were shown again among them."""
    require_columns(calls, ["reader", "group", "label", "call"], "The table of calls")
    image = [name for name in IMAGE if name in calls.columns]
    also = [name for name in (SURE, POSITION) if name in calls.columns]
    judged = calls[["reader", "group", "label", "call", *image, *also]].reset_index(drop=True)
    judged[REPEAT] = calls[REPEAT].to_numpy(dtype=int) if REPEAT in calls.columns else 0
    judged = judged.astype(dict.fromkeys(["reader", "group", "label", "call"], str))
    for column in ("label", "call"):
        strange = judged.loc[~judged[column].isin(classes.both), column]
        if len(strange):
            raise ArgumentError(
                f"The table of calls has the {column} {strange.iloc[0]!r}; give {' or '.join(classes.both)}."
            )
    twice = judged[judged.duplicated(["reader", "group", *image, REPEAT])]
    if len(twice):
        raise ArgumentError(
            f"{twice['reader'].iloc[0]} judged the same of {twice['group'].iloc[0]} twice; keep one call, or "
            f"name the images ({', '.join(IMAGE)})."
        )
    labels = judged.groupby("group")["label"].nunique()
    if (labels > 1).any():
        raise ArgumentError(f"{labels.idxmax()} has two labels in the table of calls; give each one.")
    return judged.assign(right=judged["label"] == judged["call"]), image


def reader_cells(units: pd.DataFrame, value: str = "right") -> pd.DataFrame:
    """Give the mean of each reader and clone, and of how many units, as `crossed_mean` takes it."""
    numbers = units.assign(value=units[value].astype(float))
    held = numbers.groupby(["reader", "group", "label"], sort=False)["value"]
    return held.agg(value="mean", n="size").reset_index()


def majority_calls(judged: pd.DataFrame) -> pd.DataFrame:
    """Right (1), wrong (0) or tied (0.5): each reader's calls of each clone."""
    held = judged.groupby(["reader", "group", "label"], sort=False)["right"]
    clones = held.agg(n_calls="size", right="mean").reset_index()
    return clones.assign(right=(np.sign(clones["right"].astype(float) - 0.5) + 1) / 2)


def reader_shares(of: dict[str, pd.DataFrame], crossed: list[Row]) -> tuple[list[Row], list[Row]]:
    """Give each reader's shares of each level, then all readers' (as `crossed_rows` has it), and tests."""
    found = {
        level: [
            share_row(str(name), "reader", level, part)
            for name, part in units.groupby("reader", sort=False)[["group", "label", "right"]]
        ]
        for level, units in of.items()
    }
    rows, tests = [row for levels in zip(*found.values(), strict=True) for row in levels], []
    # The last row of a level is the one over readers and clones.
    limits = {row["level"]: {name: row[name] for name in ("low", "high")} for row in crossed}
    for level, mine in found.items():
        shares = np.array([row["value"] for row in mine])
        sd = float(shares.std(ddof=1)) if len(shares) > 1 else np.nan
        spread = {"n": len(shares), "value": float(shares.mean()), "sd": sd} | limits[level]
        rows.append({"reader": ALL, "kind": "all", "level": level, "unit": "reader"} | spread)
        tests += _tests(level, shares)
    return rows, tests


def share_row(name: str, kind: str, level: str, units: pd.DataFrame) -> Row:
    """Share called right; the interval is over clones, and of clones where no half one is in the count."""
    n, hits = len(units), float(units["right"].sum())
    low, high = np.nan, np.nan
    if level == "image":
        low, high = crossed_mean(reader_cells(units.assign(reader=name))).clones
    elif hits.is_integer():
        low, high = wilson_interval(int(hits), n)
    found = {"n": n, "n_right": hits, "value": hits / n, "low": low, "high": high}
    return {"reader": name, "kind": kind, "level": level, "unit": level} | found


def _tests(level: str, shares: Floats) -> list[Row]:
    """Test the readers' shares against one half; n = readers."""
    n = len(shares)
    student, flips = no_pvalue(STUDENT, n, "readers"), no_pvalue(FLIPS, n, "readers")
    none = {"level": level, "t": np.nan, "df": np.nan, "low": np.nan, "high": np.nan}
    known: Row = {}
    if n >= FEWEST:
        p, smallest = sign_flip_test(shares - CHANCE)
        flips = PValue(p, FLIPS, n, smallest, "readers")
        if np.ptp(shares) > 0:
            from scipy.stats import ttest_1samp

            found = ttest_1samp(shares, CHANCE)
            limits = found.confidence_interval()
            known = {"t": float(found.statistic), "df": n - 1.0, "low": limits.low, "high": limits.high}
            student = PValue(float(found.pvalue), STUDENT, n, noun="readers")
    return [none | known | student.row(), none | flips.row()]


def mean_row(values: Floats, null: float = np.nan, bounds: tuple[float, float] = (-np.inf, np.inf)) -> Row:
    """Average one number of each reader: n, value, sd, Student's interval, and flips of signs about a null.

    Fewer than three readers have no interval and no p. `bounds` are what the mean can be.

    Examples
    --------
    >>> found = mean_row(np.array([0.25, 0.5, 0.75]), 0.5)
    >>> round(float(found["low"]), 2), found["p"]
    (-0.12, 1.0)
    """
    known = values[~np.isnan(values)]
    n, p = len(known), no_pvalue(FLIPS, len(known), "readers")
    row: Row = {"n": n, "value": float(known.mean()) if n else np.nan}
    row |= {"sd": float(known.std(ddof=1)) if n > 1 else np.nan, "low": np.nan, "high": np.nan}
    if n >= FEWEST and np.ptp(known) > 0:
        from scipy.stats import t as student

        half = float(student.ppf(TAILS[1], n - 1)) * row["sd"] / np.sqrt(n)
        row |= {"low": max(row["value"] - half, bounds[0]), "high": min(row["value"] + half, bounds[1])}
    if n >= FEWEST and not np.isnan(null):
        flipped, smallest = sign_flip_test(known - null)
        p = PValue(flipped, FLIPS, n, smallest, "readers")
    return row | p.row()


def model_rows(models: pd.DataFrame | None, clones: pd.DataFrame, classes: Classes) -> list[Row]:
    """Count each model's calls of the clones that readers judged."""
    if models is None or models.empty or clones.empty:
        return []
    require_columns(models, ["model", "group", "label", "probability"], "The table of models")
    scored = models.assign(probability=as_numbers(models, "probability", "The table of models"))
    known = scored.dropna(subset=["probability"]).astype({"model": str, "group": str, "label": str})
    known = known.merge(clones[["group", "label"]].drop_duplicates(), on=["group", "label"])
    scores = known.groupby(["model", "group", "label"], sort=False)["probability"].mean().reset_index()
    judged = scores.assign(right=called_right(scores, classes.positive).astype(float))
    held = judged.groupby("model", sort=False)
    return [share_row(str(name), "model", classes.noun, part) for name, part in held]


def whole_calls(clones: pd.DataFrame, classes: Classes) -> pd.DataFrame:
    """Name what each reader called each clone; a tie is no call."""
    whole = clones[clones["right"] != CHANCE]
    as_positive = (whole["label"] == classes.positive) == (whole["right"] == 1)
    return whole.assign(call=np.where(as_positive, *classes.both))


def fleiss_row(level: str, units: pd.DataFrame, keys: list[str], classes: Classes) -> tuple[Row, str]:
    """Fleiss' kappa over the units that all readers called, with its interval over clones, or why not."""
    n_readers, none = units["reader"].nunique(), f"There is no kappa between readers over {plural(level)}: "
    wide = units.set_index([*keys, "reader"])["call"].unstack("reader").dropna()
    groups = wide.index.get_level_values("group")
    row: Row = {"level": level, "n_readers": n_readers, "n": len(wide), "n_groups": groups.nunique()}
    row |= {"kappa": np.nan, "low": np.nan, "high": np.nan}
    if n_readers < 2:
        return row, f"{none}it needs two readers or more."
    if len(wide) < 2:
        ties = "" if level == "image" else ", ties left out"
        return (
            row,
            f"{none}all readers called {counted(len(wide), level)} in common{ties}; two are needed.",
        )
    yes = wide.to_numpy(dtype=str) == classes.positive
    if yes.all() or not yes.any():
        return row, f"{none}every call is the same."
    sums, clone = reader_sums(yes), pd.factorize(groups)[0]
    kappa, (low, high) = over_clones(lambda of: fleiss_kappa(of, n_readers), sums, clone)
    return row | {"kappa": kappa, "low": low, "high": high}, ""
