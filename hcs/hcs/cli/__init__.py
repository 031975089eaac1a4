"""Command line: a thin skin over the public functions."""

from hcs.cli.app import main

__all__ = ["main"]
