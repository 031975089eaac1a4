"""Commands killed at operations spread over a run, at its last ones, and at random moments.

The next run ends as one left in peace; no unit that had ended is run again, and nothing is left beside. More
kills than here: `python -m tests.faults.commands`.
"""

import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.faults.commands import kill

pytestmark = pytest.mark.faults


def check(row: dict[str, Any]) -> None:
    """The run after a kill was a good one."""
    assert (row["code"], row["differs"], row["left"], row["twice"]) == (0, [], [], []), row


@pytest.mark.parametrize("command", ["ingest", "overwrite", "complete", "measure", "tile"])
def test_of_a_plate(command: str, tmp_path: Path) -> None:
    """Over the whole run and its clean-up."""
    rows = kill(command, tmp_path, spread=3, last=3, times=1)
    assert sum(row["killed"] for row in rows) >= 5
    for row in rows:
        # Its last three removals leave no word of an overwriting run: to ask again is to ask anew.
        again = command == "overwrite" and not (row["killed"] and (row["to go"] or 0) > 3)
        check(row | {"twice": []} if again else row)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("command", ["study", "analyse", "permute", "explain"])
def test_of_a_study(command: str, ran: Path, tmp_path: Path) -> None:
    """In the midst of what it writes."""
    if command != "study":
        shutil.copytree(ran, tmp_path, dirs_exist_ok=True)
    (row,) = kill(command, tmp_path, spread=1, last=0, times=0)
    assert row["killed"]
    check(row)
