"""A rise of the validation loss is seen, noise is not called one."""

import numpy as np
import pandas as pd
import pytest

from hcs_models.overfitting import rise_sentence, validation_rise


def history(*losses: list[float]) -> pd.DataFrame:
    """One set per list of losses."""
    return pd.concat(
        pd.DataFrame({"set": number, "epoch": range(1, len(loss) + 1), "validation_loss": loss})
        for number, loss in enumerate(losses, start=1)
    )


def test_rising_and_falling() -> None:
    """Falling to the end is no rise; from its lowest up by half is one."""
    falling = np.linspace(1.0, 0.4, 64).tolist()
    rising = [*np.linspace(1.0, 0.4, 32), *np.linspace(0.4, 0.6, 32)]
    table = validation_rise(history(falling, rising).sample(frac=1, random_state=0))
    assert table["clear"].tolist() == [False, True]
    assert table["lowest_epoch"].tolist() == [64, 32]
    assert table["rise"][1] == pytest.approx(np.mean(rising[-6:]) / 0.4)
    assert rise_sentence(table).endswith("in 1 of 2 sets.")


def test_one_noisy_epoch_decides_nothing() -> None:
    """The end is the mean of the last tenth of the epochs."""
    loss = [0.5] * 63 + [0.7]
    assert validation_rise(history(loss))["clear"].tolist() == [False]


def test_what_has_no_loss() -> None:
    """No validation, or a head that diverged: missing, and said."""
    table = validation_rise(history([np.nan] * 4, [0.6, 0.5, np.nan, np.nan], [0.6, 0.5, 0.5, 0.5]))
    assert table["clear"].isna().tolist() == [True, True, False]
    assert rise_sentence(table).endswith("in 0 of 1 sets; 2 sets have none that is finite.")
    assert rise_sentence(table.iloc[:2]) == "No set has a validation loss to watch for a rise."
