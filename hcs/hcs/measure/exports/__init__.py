"""Formats of other tools that `hcs export` writes: a file each, a line of `registry.py` each."""
