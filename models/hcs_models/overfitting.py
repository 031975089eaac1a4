"""Does the validation loss rise while training goes on? The study's check on its 55 sets."""

import numpy as np
import pandas as pd

RISE = 1.1
"""How many times its lowest value the loss at the end must be to count as a clear rise (ours)."""
TAIL = 0.1
"""Share of the epochs that "the end" is the mean of, so that one noisy epoch decides nothing (ours)."""


def validation_rise(history: pd.DataFrame) -> pd.DataFrame:
    """Compare every set's validation loss at the end of training with its lowest.

    Parameters
    ----------
    history
        set, epoch, validation_loss.

    Returns
    -------
    DataFrame
        set, lowest_epoch, lowest_loss, end_loss (mean of the last tenth of the epochs), rise (end ÷ lowest),
        clear (rise above 1.1). Missing where the set has no validation, or its head diverged.

    Examples
    --------
    >>> losses = [0.9, 0.6, 0.5, 0.55, 0.7]
    >>> table = validation_rise(pd.DataFrame({"set": 1, "epoch": range(1, 6), "validation_loss": losses}))
    >>> int(table["lowest_epoch"][0]), float(table["rise"][0].round(2)), bool(table["clear"][0])
    (3, 1.4, True)
    """
    rows = []
    for number, part in history.sort_values("epoch").groupby("set"):
        loss = part["validation_loss"].to_numpy(dtype=float)
        if not np.isfinite(loss).all():
            rows.append((number, pd.NA, np.nan, np.nan, np.nan, pd.NA))
            continue
        lowest = int(loss.argmin())
        end = float(loss[-max(1, round(TAIL * len(loss))) :].mean())
        rise = end / loss[lowest]
        rows.append((number, int(part["epoch"].iloc[lowest]), float(loss[lowest]), end, rise, rise > RISE))
    columns = ["set", "lowest_epoch", "lowest_loss", "end_loss", "rise", "clear"]
    return pd.DataFrame(rows, columns=columns).astype({"lowest_epoch": "Int64", "clear": "boolean"})


def rise_sentence(table: pd.DataFrame) -> str:
    """Say in how many sets it rose.

    Examples
    --------
    >>> rise_sentence(pd.DataFrame({"clear": pd.array([True, False, None], dtype="boolean")}))
    'Validation loss rises clearly towards the end (above 1.1 times its lowest) in 1 of 2 sets; 1 sets have none that is finite.'
    """  # noqa: E501 - a sentence is one line
    known = table["clear"].notna()
    if not known.any():
        return "No set has a validation loss to watch for a rise."
    sentence = (
        f"Validation loss rises clearly towards the end (above {RISE} times its lowest) in "
        f"{int(table['clear'].sum())} of {int(known.sum())} sets"
    )
    without = int((~known).sum())
    return f"{sentence}; {without} sets have none that is finite." if without else f"{sentence}."
