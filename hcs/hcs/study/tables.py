"""From the scores of every set to a study's tables."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from hcs.statistics.means import well_means
from hcs.study.places import AGAIN, SCORES
from hcs.study.sets import SetWork
from hcs.tables.columnnames import TREATMENTS
from hcs.tables.stored import load_table
from hcs_models.calibration import brier, confusion, reliability
from hcs_models.pairing import pair_sets
from hcs_models.scores import score_groups, score_sets
from hcs_models.splits import SplitPlan

PLACE = ["plate", "well", "field", "tile", "group", "label"]


def study_tables(
    work: Sequence[SetWork], tiles: pd.DataFrame, plan: SplitPlan, positive: str, wells: pd.DataFrame
) -> tuple[dict[str, pd.DataFrame], tuple[str, ...]]:
    """Make every table that follows from the trained sets.

    Parameters
    ----------
    work
        The sets, run.
    tiles
        The tile table.
    plan
        Their plan.
    positive
        The positive label.
    wells
        The selected wells, for their doses.

    Returns
    -------
    dict, tuple
        Tables by name, and sentences on scores that do not exist.
    """
    scores = collect_scores(work, tiles)
    predicted = predictions(scores, work)
    models = work[0].config.fitted
    blind = blind_scores(scores, tiles, [model.name for model in models])
    by_well = well_scores(blind)
    metrics = score_sets(predicted, positive=positive)
    groups = score_groups(predicted, positive=positive)
    folders = {one.split.set: one.folder for one in work}
    made = {
        "predictions": predicted,
        "metrics": metrics.table,
        "scores": blind,
        "groups": groups.sort_values(["model", "label", "group"]),
        "splits": plan.table(),
        "trends": dose_trends(by_well, wells),
        "well_scores": by_well,
        "reliability": reliability(predicted, positive),
        "brier": brier(predicted, positive),
        "confusion": confusion(predicted, positive),
        "paired": paired(metrics.table, [model.name for model in models]),
    }
    for model in models:
        made |= model.training(folders)
    return made, metrics.notices


def paired(metrics: pd.DataFrame, models: Sequence[str]) -> pd.DataFrame:
    """Difference of every score between the first model and each other one, set by set.

    Returns
    -------
    DataFrame
        set, accuracy, auc, group_accuracy, group_auc: the first model's - the other's; against (the other).
    """
    first, *others = models
    # Of a single model there are columns and no rows.
    parts = [pair_sets(metrics, first, other).assign(against=other) for other in others or models]
    return pd.concat(parts, ignore_index=True)[slice(None) if others else slice(0)]


def left_out_table(*parts: Any) -> pd.DataFrame:
    """Join lists and tables of (what, where, reason); what stands in several is named once."""
    rows = [
        tuple(row)
        for part in parts
        for row in (part.itertuples(index=False) if isinstance(part, pd.DataFrame) else part)
    ]
    table = pd.DataFrame(rows, columns=["what", "where", "reason"], dtype=object)
    return table.drop_duplicates(["what", "where"])


def collect_scores(work: Sequence[SetWork], tiles: pd.DataFrame) -> pd.DataFrame:
    """All scores of all sets, one row per (model, set, tile), with the tile's place, group and label."""
    parts = [load_table(one.folder / SCORES, None, AGAIN).assign(set=one.split.set) for one in work]
    return pd.concat(parts, ignore_index=True).merge(
        tiles[["tile_id", *PLACE, "positive"]], on="tile_id", how="left", validate="many_to_one"
    )


def predictions(scores: pd.DataFrame, work: Sequence[SetWork]) -> pd.DataFrame:
    """Test tiles only: model, set, place, group, label, probability of the positive class."""
    tested = {(one.split.set, group) for one in work for group in one.split.test}
    pairs = pd.Series(list(zip(scores["set"], scores["group"], strict=True)), index=scores.index)
    kept = scores[pairs.isin(tested) & scores["positive"].notna()]
    return kept[["model", "set", *PLACE, "probability"]].reset_index(drop=True)


def blind_scores(scores: pd.DataFrame, tiles: pd.DataFrame, models: Sequence[str]) -> pd.DataFrame:
    """Every tile scored by the models that did not train on its group: mean, spread and number of sets.

    Tiles that no model was blind to stand with ``n_sets = 0`` and no probability.
    """
    summary = scores.groupby(["model", "tile_id"])["probability"].agg(["mean", "std", "count"])
    every = pd.MultiIndex.from_product([models, tiles["tile_id"]], names=["model", "tile_id"])
    summary = summary.reindex(every).reset_index()
    summary = summary.rename(columns={"mean": "probability", "std": "sd", "count": "n_sets"})
    summary["n_sets"] = summary["n_sets"].fillna(0).astype(int)
    table = summary.merge(tiles[["tile_id", *PLACE]], on="tile_id", validate="many_to_one")
    return table[["model", *PLACE, "probability", "sd", "n_sets"]]


def well_scores(scores: pd.DataFrame) -> pd.DataFrame:
    """Mean blind score of every well.

    Returns
    -------
    DataFrame
        model, plate, well, group, label, n_tiles, n_sets (fewest over its tiles), probability, sd (over its
        tiles).
    """
    keys = ["model", "plate", "well", "group", "label"]
    counts = {"n_tiles": ("tile", "size"), "n_sets": ("n_sets", "min"), "sd": ("probability", "std")}
    table = well_means(scores, "probability", keys, **counts)
    return table[[*keys, "n_tiles", "n_sets", "probability", "sd"]]


def dose_trends(by_well: pd.DataFrame, wells: pd.DataFrame) -> pd.DataFrame:
    """Rank correlation of the wells' scores (`well_scores`) with dose, per treatment.

    Wells of the two classes are left out, since models trained on their like, and so are wells of dose 0.

    Returns
    -------
    DataFrame
        model, treatment, unit, n_wells, spearman_rho (Spearman 1904); empty where no plate has doses.
    """
    columns = ["model", "treatment", "unit", "n_wells", "spearman_rho"]
    treatment = next((name for name in TREATMENTS if name in wells.columns), None)
    if treatment is None or "dose" not in wells.columns:
        return pd.DataFrame(columns=columns)
    dosed = wells[wells["positive"].isna() & (wells["dose"] > 0) & wells[treatment].notna()]
    unit = dosed["dose_unit"] if "dose_unit" in dosed.columns else pd.Series("", index=dosed.index)
    dosed = dosed.assign(unit=unit.fillna(""), treatment=dosed[treatment])
    scored = by_well.loc[by_well["probability"].notna(), ["model", "plate", "well", "probability"]]
    joined = scored.merge(dosed[["plate", "well", "treatment", "unit", "dose"]], on=["plate", "well"])
    rows = []
    for (model, name, one_unit), part in joined.groupby(["model", "treatment", "unit"]):
        if part["dose"].nunique() > 2:
            rho = stats.spearmanr(part["dose"].astype(float), part["probability"]).statistic
            rows.append((model, name, one_unit, len(part), float(np.round(rho, 6))))
    return pd.DataFrame(rows, columns=columns)
