"""The trained heads of a study: one per set, read back, and the tables on their search and training."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hcs.sets import HEAD, SetWork, set_folder
from hcs_models.trained import TrainedHead
from hcs_models.tuning import TRIAL_COLUMNS

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
    StoreError
        The study has none for this set, or an unreadable one.
    """
    return TrainedHead.load(set_folder(results, number) / HEAD)


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
        head = load_head(one.results, one.split.set)
        history.append(head.history.assign(set=one.split.set))
        trials.append(pd.read_parquet(one.folder / "trials.parquet").assign(set=one.split.set))
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
