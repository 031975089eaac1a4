"""The passphrase of a sealed key: from a file, the environment or the keyboard, never an argument."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from hcs_plates.errors import ArgumentError, InputFileError, NotThereError

VARIABLE = "HCS_PASSPHRASE"
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        help=f"File whose only line is the passphrase; else the variable {VARIABLE}, else it is asked for."
    ),
]
LONGEST = 4096


def passphrase(file: Path | None, *, twice: bool = False) -> str:
    """Get a passphrase, which is shown nowhere.

    Parameters
    ----------
    file
        Whose only line it is; the variable `HCS_PASSPHRASE`, or else the keyboard, if None.
    twice
        Whether it is asked for twice, as where it seals.

    Raises
    ------
    NotThereError, InputFileError, ArgumentError
        No such file, or not one line; nothing to ask, or two that differ.
    """
    if file is not None:
        return _only_line(file)
    known = os.environ.get(VARIABLE)
    if known is not None:
        return known
    if not sys.stdin.isatty():
        raise ArgumentError(
            f"No passphrase is given: write it into a file (--passphrase-file) or the variable {VARIABLE}, "
            "or run this in a terminal, where it is asked for."
        )
    first: str = typer.prompt("Passphrase", hide_input=True, err=True)
    if twice and typer.prompt("Once more", hide_input=True, err=True) != first:
        raise ArgumentError("The two passphrases differ; nothing was sealed.")
    return first


def _only_line(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            held = stream.read(LONGEST + 1)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise NotThereError(f"There is no passphrase file {file}.") from error
    lines = held.removeprefix(b"\xef\xbb\xbf").splitlines()
    if len(lines) != 1 or len(held) > LONGEST:
        raise InputFileError(file, "is no passphrase file; expected one line, the passphrase")
    try:
        return lines[0].decode()
    except UnicodeDecodeError:
        # The error would show the bytes.
        raise InputFileError(file, "is not text (UTF-8); write the passphrase anew") from None
