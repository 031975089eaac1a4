"""The trained heads of a study: one per set, read back, and the tables on their search and training."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hcs.study.folder import StudyResults
from hcs.study.network import feature_spec
from hcs.study.places import AGAIN, HEAD, SETS, TRIALS, set_place
from hcs.study.record import read_record
from hcs.study.sets import SetWork
from hcs.tables.stored import load_table
from hcs_models.saved import save_joined
from hcs_models.trained import TrainedHead
from hcs_models.tuning import TRIAL_COLUMNS
from hcs_plates.errors import NotThereError, StoreError
from hcs_plates.units import file_digest

HEAD_COLUMNS = [
    "set",
    "learning_rate",
    "momentum",
    "epoch",
    "diverged",
    "train_accuracy",
    "validation_accuracy",
    "validation_loss",
]


def load_head(results: Path, number: int) -> TrainedHead:
    """Read the head of one set.

    Raises
    ------
    NotThereError, StoreError
        The study has no such set; its file cannot be read, or is not the one that the run wrote.
    """
    file = results / set_place(number) / HEAD
    if not file.is_file():
        raise NotThereError(f"{results} has no set {number}; its sets are folders of {results / SETS}.")
    written = read_record(results).get("files", {}).get(file.relative_to(results).as_posix())
    if written not in (None, file_digest(file)):
        raise StoreError(file, f"is not the head that the run trained (its digest differs); {AGAIN}")
    head = TrainedHead.load(file)
    if head.n_classes != 2:
        raise StoreError(file, f"tells {head.n_classes} classes apart, a study two; {AGAIN}")
    return head


def export_head(study: StudyResults, number: int, folder: Path, *, overwrite: bool = False) -> Path:
    """Export one set's model, backbone and head joined, as ``set-0001.keras`` with a JSON file beside it.

    Raises
    ------
    HcsError
        No such set, other weights than the study's, or a file that is there already.
    """
    head = load_head(study.results, number)
    data = study.config.data
    about = {
        "classes": [data.negative, data.positive],
        "channels": list(study.tiles.channels),
        "tile_size": study.tiles.size,
        "study": study.title,
        "set": number,
        "use": "For research use only.",
    }
    path = folder / f"set-{number:04d}.keras"
    return save_joined(head, feature_spec(study), path, about, overwrite=overwrite)


def training_tables(work: Sequence[SetWork]) -> dict[str, pd.DataFrame]:
    """Tables on how every set's head came about.

    Returns
    -------
    dict
        ``history``: set, epoch, loss, accuracy, validation_loss, validation_accuracy.
        ``trials``: set, trial, learning_rate, momentum, value (validation accuracy; 0 if diverged),
        validation_loss; no rows where nothing was searched.
        ``heads``: set, learning_rate, momentum, epoch (whose weights were kept), diverged, train_accuracy,
        validation_accuracy, validation_loss (of that epoch).
    """
    history, trials, heads = [], [], []
    for one in work:
        head = TrainedHead.load(one.folder / HEAD)
        history.append(head.history.assign(set=one.split.set))
        trials.append(load_table(one.folder / TRIALS, None, AGAIN).assign(set=one.split.set))
        kept = head.kept()
        heads.append(
            (
                one.split.set,
                head.settings["learning_rate"],
                head.settings["momentum"],
                head.epoch,
                head.diverged,
                kept["accuracy"],
                kept["validation_accuracy"],
                kept["validation_loss"],
            )
        )
    tried = [table for table in trials if len(table)]
    nothing = pd.DataFrame(columns=["set", *TRIAL_COLUMNS]).astype(
        {"set": int, "trial": int} | dict.fromkeys(TRIAL_COLUMNS[1:], float)
    )
    return {
        "history": pd.concat(history, ignore_index=True),
        "trials": pd.concat(tried, ignore_index=True)[["set", *TRIAL_COLUMNS]] if tried else nothing,
        "heads": pd.DataFrame(heads, columns=HEAD_COLUMNS),
    }
