"""What readers called, counted: shares of each reader and of all, their tests, and whether readers agree."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.statistics.frames import as_numbers, require_columns
from hcs.statistics.pvalues import PValue, no_pvalue
from hcs.tables.compared import Classes
from hcs.wording import counted, plural
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
AGREEMENT = ["level", "n_readers", "n", "kappa"]


def judged_rows(calls: pd.DataFrame, classes: Classes) -> tuple[pd.DataFrame, list[str]]:
    """Take calls as text with whether they are right, and the columns that name their images."""
    require_columns(calls, ["reader", "group", "label", "call"], "The table of calls")
    image = [name for name in IMAGE if name in calls.columns]
    judged = calls[["reader", "group", "label", "call", *image]].reset_index(drop=True)
    judged = judged.astype(dict.fromkeys(["reader", "group", "label", "call"], str))
    for column in ("label", "call"):
        strange = judged.loc[~judged[column].isin(classes.both), column]
        if len(strange):
            raise ArgumentError(
                f"The table of calls has the {column} {strange.iloc[0]!r}; give {' or '.join(classes.both)}."
            )
    twice = judged[judged.duplicated(["reader", "group", *image])]
    if len(twice):
        raise ArgumentError(
            f"{twice['reader'].iloc[0]} judged the same of {twice['group'].iloc[0]} twice; keep one call, or "
            f"name the images ({', '.join(IMAGE)})."
        )
    labels = judged.groupby("group")["label"].nunique()
    if (labels > 1).any():
        raise ArgumentError(f"{labels.idxmax()} has two labels in the table of calls; give each one.")
    return judged.assign(right=judged["label"] == judged["call"]), image


def majority_calls(judged: pd.DataFrame) -> pd.DataFrame:
    """Right (1), wrong (0) or tied (0.5): each reader's calls of each clone."""
    held = judged.groupby(["reader", "group", "label"], sort=False)["right"]
    clones = held.agg(n_calls="size", right="mean").reset_index()
    return clones.assign(right=(np.sign(clones["right"].astype(float) - 0.5) + 1) / 2)


def reader_shares(of: dict[str, pd.DataFrame]) -> tuple[list[Row], list[Row]]:
    """Give each reader's shares of each level, then all readers', and the tests of these."""
    found = {
        level: [
            _share_row(str(name), "reader", level, right)
            for name, right in units.groupby("reader", sort=False)["right"]
        ]
        for level, units in of.items()
    }
    rows, tests = [row for levels in zip(*found.values(), strict=True) for row in levels], []
    for level, mine in found.items():
        shares = np.array([row["value"] for row in mine])
        sd = float(shares.std(ddof=1)) if len(shares) > 1 else np.nan
        spread = {"n": len(shares), "value": float(shares.mean()), "sd": sd}
        rows.append({"reader": ALL, "kind": "all", "level": level, "unit": "reader"} | spread)
        tests += _tests(level, shares)
    return rows, tests


def _share_row(name: str, kind: str, level: str, right: pd.Series) -> Row:
    """Share called right; an interval of clones only, and where no half clone is in the count."""
    n, hits = len(right), float(right.sum())
    bounded = level != "image" and hits.is_integer()
    low, high = wilson_interval(int(hits), n) if bounded else (np.nan, np.nan)
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


def model_rows(models: pd.DataFrame | None, clones: pd.DataFrame, classes: Classes) -> list[Row]:
    """Count each model's calls of the clones that readers judged."""
    if models is None or models.empty or clones.empty:
        return []
    require_columns(models, ["model", "group", "label", "probability"], "The table of models")
    scored = models.assign(probability=as_numbers(models, "probability", "The table of models"))
    known = scored.dropna(subset=["probability"]).astype({"model": str, "group": str, "label": str})
    known = known.merge(clones[["group", "label"]].drop_duplicates(), on=["group", "label"])
    scores = known.groupby(["model", "group", "label"], sort=False)["probability"].mean().reset_index()
    right = called_right(scores, classes.positive).astype(float)
    held = right.groupby(scores["model"], sort=False)
    return [_share_row(str(name), "model", classes.noun, part) for name, part in held]


def whole_calls(clones: pd.DataFrame, classes: Classes) -> pd.DataFrame:
    """Name what each reader called each clone; a tie is no call."""
    whole = clones[clones["right"] != CHANCE]
    as_positive = (whole["label"] == classes.positive) == (whole["right"] == 1)
    return whole.assign(call=np.where(as_positive, *classes.both))


def fleiss_row(level: str, units: pd.DataFrame, keys: list[str]) -> tuple[Row, str]:
    """Fleiss' kappa over the units that all readers called, or why there is none."""
    n_readers, none = units["reader"].nunique(), f"There is no kappa between readers over {plural(level)}: "
    wide = units.set_index([*keys, "reader"])["call"].unstack("reader").dropna()
    row: Row = {"level": level, "n_readers": n_readers, "n": len(wide), "kappa": np.nan}
    if n_readers < 2:
        return row, f"{none}it needs two readers or more."
    if len(wide) < 2:
        return row, f"{none}all readers called {counted(len(wide), level)} in common; two are needed."
    if len(np.unique(wide.to_numpy(dtype=str))) == 1:
        return row, f"{none}every call is the same."
    from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

    counts, _ = aggregate_raters(wide.to_numpy(dtype=str))
    return row | {"kappa": float(fleiss_kappa(counts))}, ""
