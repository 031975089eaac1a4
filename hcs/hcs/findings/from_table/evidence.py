"""Features of any table (profiles of wells, image quality of fields) as the evidence analyses look at."""

import pandas as pd

from hcs.analysis.batches.transfer import batch_transfer
from hcs.analysis.evidence import Evidence
from hcs.analysis.factors import factors
from hcs.findings.from_table.rows import OWN, table_rows
from hcs.statistics.means import well_means
from hcs.tables.compared import Classes
from hcs.tables.spec import TableSpec
from hcs.wording import spaced
from hcs_models.scores import called_right


def table_evidence(
    table: pd.DataFrame, spec: TableSpec, *, seed: int = 0
) -> tuple[Evidence, tuple[str, ...]]:
    """Turn a table into evidence: every batch is scored by linear models of the others.

    The table has one row per cell, field, tile or well: plate, well, the columns that `spec` names, and
    features; `seed` is that of folds. Gives evidence with models called ``linear``, and sentences on rows
    that take no part.

    Raises
    ------
    ArgumentError
        As `hcs.findings.from_table.rows.table_rows`.
    """
    read = table_rows(table, spec)
    rows = read.rows
    about = [name for name in rows if name not in read.features.names]
    # What differs within a well is no property of it.
    varied = rows[about].groupby(["plate", "well"], sort=False).nunique().max() > 1
    single = [name for name in about if name in OWN or not varied.get(name, False)]
    found = factors(rows.drop_duplicates(["plate", "well"])[single], label=spec.label)
    known = [name for name in (spec.batch, *(one.name for one in found), "donor", "role") if name in rows]
    kept = ["tile_id", "plate", "well", "field", "tile", "group", "label", *known]
    tiles = rows[list(dict.fromkeys(kept))]
    transfer = batch_transfer(read.values, tiles, spec.positive, batch=spec.batch, noun=read.unit, seed=seed)
    predictions = transfer.predictions
    label = "label" if spec.label in (*OWN, *tiles) else spaced(spec.label)
    evidence = Evidence(
        wells=tiles.drop(columns=["tile_id", "field", "tile"]).drop_duplicates(["plate", "well"]),
        groups=_mean(predictions, ["model", "group", "label"], spec.positive),
        predictions=predictions,
        well_scores=_mean(predictions, ["model", "plate", "well", "group", "label"], spec.positive),
        splits=transfer.splits,
        tiles=tiles,
        features=read.values,
        measured=pd.DataFrame(columns=["plate", "well", "group", "label"]),
        classes=Classes(spec.positive, spec.negative, label, spaced(read.unit)),
        plate_format=read.plate_format,
        sizes=dict.fromkeys(rows["plate"].unique(), read.plate_format.size) if read.plate_format else {},
        feature_names=read.features.names,
        notices=read.notices,
        left_out=read.left_out,
        in_order=False,
    )
    return evidence, tuple(part for part in (spec.chosen, *read.said, *transfer.caveats) if part)


def _mean(predictions: pd.DataFrame, keys: list[str], positive: str) -> pd.DataFrame:
    """Mean score, how many rows it rests on, and the share of them that are called right."""
    rows = predictions.assign(right=called_right(predictions, positive))
    counts = {"n_tiles": ("right", "size"), "correct": ("right", "mean")}
    return well_means(rows, "probability", keys, **counts)[[*keys, *counts, "probability"]]
