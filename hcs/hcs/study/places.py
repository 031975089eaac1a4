"""Where everything stands in a study's results folder or a folder of predictions: each name once."""

from pathlib import Path

from hcs.classifiers.model import AGAIN as AGAIN

RECORD = "record.json"
"""Of the run; a folder with it holds a finished study."""
CLAIM = "settings.json"
"""What the folder was begun with (`hcs.study.claims.Claim`)."""
PREPARED = "prepared.json"
"""What was made while the samples were under codes (`hcs.study.preparation.Preparation`)."""
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
"""What models fed measurements see of each tile; made from the plates' folders in `MEASURED`."""
MEASURED = "measurements"
TABLES = "tables"
WORKBOOK = "tables.xlsx"
"""The tables of `TABLES` once more, for a spreadsheet, where that was asked for."""
READERS = "readers"
"""The table of people's calls."""

DESIGN = "design"
"""Copies of the records of the experiment's design."""

SETS = "sets"
RECEIPTS = "sets/receipts"
SCORES = "scores.parquet"

KEPT_ANALYSES = "analyses"
ANALYSES_WORKBOOK = "analyses/analyses.xlsx"
KEPT_PERMUTATIONS = "permuted"
PERMUTING = "permutations"
"""Receipts of single permutations, for a run that goes on."""
EXPLANATIONS = "explanations"
KEPT_EXPLANATIONS = "explained"
KEPT_READERS = "readers"

KEPT = (KEPT_ANALYSES, KEPT_PERMUTATIONS, KEPT_EXPLANATIONS, KEPT_READERS)
"""Folders of findings."""
FOLDERS = (TABLES, SETS, MEASURED, DESIGN, *KEPT, PERMUTING, EXPLANATIONS)

PREDICTIONS_WORKBOOK = "predictions.xlsx"
PREDICTED = "predictions.json"
PREDICTED_PAGE = "predictions.html"
"""What the predictions of a folder were made from; marks it as one of predictions."""


def beside(study: Path) -> Path:
    """Give the results folder of a study's file, unless it is said otherwise."""
    return study.with_name(f"{study.stem}-results")


def table_place(name: str) -> str:
    """Place of a result table, seen from the folder."""
    return f"{TABLES}/{name}.parquet"


def table_names(folder: Path) -> list[str]:
    """Names of the result tables that a folder holds."""
    return sorted(file.stem for file in (folder / TABLES).glob("*.parquet"))


def set_place(number: int) -> str:
    """Place of one set's own files, seen from the folder."""
    return f"{SETS}/{number:04d}"
