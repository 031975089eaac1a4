"""The stamp of a figure: the digest of its numbers, by which the CSV beside it is told from any other."""

import re
import zlib
from pathlib import Path

from hcs_plates.units import digest

FORMATS = (".svg", ".png", ".pdf")
_STAMP = re.compile(rb"hcs numbers ([0-9a-f]{32})")
_PNG_END = 12
"""Bytes of the last chunk of a PNG."""


def stamped(figure: bytes, ending: str, numbers: bytes) -> bytes:
    """Add the digest of a figure's numbers where readers of its format look for remarks.

    Parameters
    ----------
    figure
        A file's bytes.
    ending
        One of `FORMATS`.
    numbers
        The bytes of its CSV.

    Examples
    --------
    >>> stamped(b"<svg/>", ".svg", b"a,b").decode()
    '<svg/><!-- hcs numbers 5e5e2bedb4158d62c6e5e70170544071 -->'
    """
    said = f"hcs numbers {digest(numbers)}".encode()
    if ending == ".svg":
        return figure + b"<!-- " + said + b" -->"
    if ending == ".pdf":
        return figure + b"% " + said + b"\n"
    text = b"tEXtComment\0" + said
    chunk = (len(text) - 4).to_bytes(4, "big") + text + zlib.crc32(text).to_bytes(4, "big")
    return figure[:-_PNG_END] + chunk + figure[-_PNG_END:]


def is_own_table(table: Path) -> bool:
    """Whether a CSV holds the numbers of a figure of its name, as hcs wrote them."""
    own = digest(table.read_bytes()).encode()
    figures = (table.with_suffix(one) for ending in FORMATS for one in (ending, ending.upper()))
    return any(own in _STAMP.findall(figure.read_bytes()) for figure in figures if figure.is_file())


def holds(file: Path, content: bytes) -> bool:
    """Whether a file holds these bytes already."""
    return file.is_file() and file.stat().st_size == len(content) and file.read_bytes() == content
