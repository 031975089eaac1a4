"""A check as a value: plain numbers for machines, whatever library they come from."""

import json

import numpy as np
import pandas as pd

from hcs.answer.check import Check, Outcome


def test_json_holds_plain_numbers() -> None:
    """Numbers of numpy and pandas become Python's, what is not known becomes null, names stay."""
    numbers = {
        "p": np.float64(0.5),
        "n": np.int64(3),
        "low": float("nan"),
        "tied": ["a"],
        "beaten": np.bool_(True),
    }
    check = Check("design", Outcome.FAILS, "It fails.", "design", numbers | {"one": pd.Series([2]).iloc[0]})
    told = json.loads(json.dumps(check.to_json(), allow_nan=False))
    assert told == {
        "name": "design",
        "outcome": "fails",
        "sentence": "It fails.",
        "table": "design",
        "numbers": {"p": 0.5, "n": 3, "low": None, "tied": ["a"], "beaten": True, "one": 2},
    }
