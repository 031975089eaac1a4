"""Progress on standard error: a bar in a terminal, one line anywhere else, nothing where nothing began."""

import os
import pty
import re
import subprocess
import sys

import pytest

from hcs.cli.progress import progress_bar

SHOWS = """
from hcs.cli.progress import progress_bar
with progress_bar("fields") as progress:
    for done in range(40, 101):
        progress(done, 100)
"""


def test_one_line_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """How many, of all, how many were there, and the rate of the others."""
    with progress_bar("fields") as progress:
        for done in range(1_040, 1_101):
            progress(done, 2_000)
    shown = capsys.readouterr()
    said = r"fields: 1,100 of 2,000 \(1,040 were there already\) in \d+\.\d s, [\d,.]+/s\n"
    assert re.fullmatch(said, shown.err)
    assert shown.out == ""


def test_nothing_of_what_never_began(capsys: pytest.CaptureFixture[str]) -> None:
    """What is refused before its first unit shows no progress."""
    with pytest.raises(ZeroDivisionError), progress_bar("fields"):
        raise ZeroDivisionError
    assert capsys.readouterr().err == ""


def test_a_bar_in_a_terminal() -> None:
    """A bar that counts."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm"}
    subprocess.run([sys.executable, "-c", SHOWS], stderr=theirs, check=True, env=environment)
    os.close(theirs)
    shown = os.read(ours, 65_536).decode()
    os.close(ours)
    assert "fields" in shown
    assert "100/100" in shown
    assert "were there" not in shown
