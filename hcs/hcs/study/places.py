"""Where everything stands in a study's results folder or a folder of predictions: each name once."""

from pathlib import Path

RECORD = "record.json"
"""Of the run; a folder with it holds a finished study."""
CLAIM = "settings.json"
"""What the folder was begun with (`hcs.study.claims.Claim`)."""
FORMER = "settings.txt"
"""Where earlier versions kept a digest of the settings, which does not say what they were."""
SETTINGS = "study.toml"
"""Copy of the study's file."""
REPORT = "report.html"
LOCK = ".lock"

TILES = "tiles.parquet"
TILE_SET = "tiles.zarr"
FEATURES = "features.zarr"
MEASUREMENTS = "measurements.parquet"
"""What the forest sees, one row per tile; made from what each plate's folder in `MEASURED` holds."""
MEASURED = "measurements"
TABLES = "tables"
READERS = "readers"
"""The table of people's calls."""

SETS = "sets"
RECEIPTS = "sets/receipts"
HEAD = "head.npz"
SCORES = "scores.parquet"
TRIALS = "trials.parquet"

KEPT_ANALYSES = "analyses"
KEPT_PERMUTATIONS = "permuted"
PERMUTING = "permutations"
"""Receipts of single permutations, for a run that goes on."""
EXPLANATIONS = "explanations"

PREDICTED = "predictions.json"
"""What the predictions of a folder were made from; marks it as one of predictions."""

AGAIN = "run `hcs study run` again, which makes it anew"


def table_place(name: str) -> str:
    """Place of a result table, seen from the folder."""
    return f"{TABLES}/{name}.parquet"


def table_names(folder: Path) -> list[str]:
    """Names of the result tables that a folder holds."""
    return sorted(file.stem for file in (folder / TABLES).glob("*.parquet"))


def set_place(number: int) -> str:
    """Place of one set's own files, seen from the folder."""
    return f"{SETS}/{number:04d}"
