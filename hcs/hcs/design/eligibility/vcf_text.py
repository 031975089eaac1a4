"""The text of a VCF: whole or refused, its header, and its records line by line.

htslib stops without a word where a record is cut off, takes too many columns for enough, and falls over an
empty line. So every line is looked at here before the library reads it, and a packed file has to end as one.
"""

import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from hcs_plates.errors import InputFileError, NotThereError

FIXED = ("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
FORMAT = "FORMAT"
GZIP = b"\x1f\x8b"
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that ends each file of bgzip (SAM specification, section 4.1.2)."""

LARGEST_POS = 2**31 - 1
_HEAD = re.compile(rb"[^\t\s]+\t\d{1,10}\t[^\t]+\t[A-Za-z]+\t[^\t\s]+\t[^\t]+\t[^\t]+\t[^\t\r\n]")
"""A record up to the first letter of its annotations, which are long."""

_EXPECTED = (
    (rb"[^\t\s]+", "a chromosome without spaces"),
    (rb"\d+", "a whole number from 1"),
    (rb"[^\t]+", "a name or '.'"),
    (rb"[A-Za-z]+", "bases"),
    (rb"[^\t\s]+", "bases, '.', '*', a symbol as <DEL>, or several with commas"),
    (rb"[^\t]+", "a number or '.'"),
    (rb"[^\t]+", "PASS, names or '.'"),
    (rb"[^\t]+", "annotations or '.'"),
)


@dataclass
class VcfText:
    """A VCF that is being read.

    Attributes
    ----------
    path
        The file.
    header
        Lines that begin with ``##``.
    samples
        Names of the columns after FORMAT.
    faults
        What is wrong with its lines so far.
    ends
        Whether its last line ends with a line break, known once all lines are read.
    """

    path: Path
    lines: Iterator[bytes]
    header: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    faults: list[str] = field(default_factory=list)
    number: int = 0
    ends: bool = True

    @property
    def width(self) -> int:
        """Columns of a record."""
        return len(FIXED) + (1 + len(self.samples) if self.samples else 0)

    def fault(self, said: str) -> None:
        """Say what is wrong with the line at hand."""
        self.faults.append(f"line {self.number}: {said}")

    def records(self) -> Iterator[list[bytes]]:
        """Give the fixed columns of each record, FORMAT, and its genotypes in one; others become faults."""
        width = self.width
        for line in self._read():
            cells = line.rstrip(b"\r\n").split(b"\t", len(FIXED) + 1)
            if (
                line.count(b"\t") != width - 1
                or _HEAD.match(line) is None
                or not 0 < int(cells[1]) <= LARGEST_POS
            ):
                self.fault(self._wrong(line))
            elif b"\0" in line or not _is_text(line):
                self.fault("holds bytes that are no UTF-8 text; write the file anew as UTF-8")
            else:
                yield cells

    def _read(self) -> Iterator[bytes]:
        try:
            for line in self.lines:
                self.number += 1
                self.ends = line.endswith(b"\n")
                yield line
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise InputFileError(
                self.path,
                f"cannot be unpacked after line {self.number}; it is cut off or damaged: copy it again",
            ) from error

    def _wrong(self, line: bytes) -> str:
        cells = line.rstrip(b"\r\n").split(b"\t")
        if len(cells) != self.width:
            return (
                f"has {len(cells)} column{'s' * (len(cells) != 1)} between tabs and the header {self.width}; "
                "it is cut off or no record"
            )
        for name, cell, (pattern, wanted) in zip(FIXED, cells, _EXPECTED, strict=False):
            if not re.fullmatch(pattern, cell):
                return f"{name.lstrip('#')} is {_shown(cell)}; expected {wanted}"
        return f"POS is {_shown(cells[1])}; expected a whole number from 1 to {LARGEST_POS:,}"


@contextmanager
def open_text(path: Path | str) -> Iterator[VcfText]:
    """Open a VCF, packed or not, and read its header.

    Parameters
    ----------
    path
        Plain, or packed with bgzip or gzip.

    Yields
    ------
    VcfText
        Its header, and its records still to be read.

    Raises
    ------
    NotThereError, InputFileError
        No such file; an empty one, a BCF, another kind of file, one that is cut off, or a header that names
        no columns or a sample twice.
    """
    place = Path(path)
    if not place.is_file():
        raise NotThereError(f"There is no '{place}'; expected a VCF (.vcf or .vcf.gz).")
    with _unpacked(place) as handle:
        text = VcfText(place, iter(handle))
        _read_header(text)
        yield text


@contextmanager
def _unpacked(place: Path) -> Iterator[BinaryIO]:
    with place.open("rb") as raw:
        start = raw.read(18)
        if start[:2] == GZIP and start[3:4] == b"\x04" and start[12:14] == b"BC":
            raw.seek(max(0, place.stat().st_size - len(BGZF_END)))
            if raw.read() != BGZF_END:
                raise InputFileError(
                    place,
                    "is packed by bgzip and lacks the block that ends such a file: it is cut off",
                )
        raw.seek(0)
        if start[:2] == GZIP:
            with gzip.GzipFile(fileobj=raw) as handle:
                yield handle  # type: ignore[misc]  # reads as a binary file does
        else:
            yield raw


def _read_header(text: VcfText) -> None:
    header = []
    for line in text._read():
        if text.number == 1 and not line.startswith(b"##fileformat=VCF"):
            raise InputFileError(text.path, _no_vcf(line))
        try:
            said = line.decode().rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise InputFileError(text.path, f"line {text.number} of the header is no UTF-8 text") from error
        if not said.startswith("##"):
            break
        header.append(said)
    else:
        text.ends = False
    if not text.ends:
        said = (
            "is empty" if not header else "ends within its header, before the line of column names (#CHROM …)"
        )
        raise InputFileError(text.path, f"{said}; expected a VCF")
    text.header = tuple(header)
    text.samples = _samples(text, said)


def _samples(text: VcfText, line: str) -> tuple[str, ...]:
    if not line.startswith("#CHROM"):
        raise InputFileError(
            text.path,
            f"line {text.number} is no line of column names (#CHROM POS ID …), which ends a VCF's header",
        )
    names = line.split("\t")
    if tuple(names[:8]) != FIXED or names[8:9] not in ([], [FORMAT]):
        raise InputFileError(
            text.path,
            f"line {text.number}: the columns are to be {' '.join((*FIXED, FORMAT))} and the samples, "
            "with tabs between them",
        )
    samples = tuple(names[9:])
    for place, name in enumerate(samples):
        if not name.strip() or name in samples[:place]:
            said = f"has the sample {name!r} twice" if name.strip() else "has a sample without a name"
            raise InputFileError(text.path, f"line {text.number} {said}; give each its own name")
    return samples


def _no_vcf(line: bytes) -> str:
    if line.startswith(b"BCF"):
        return "is a BCF; write it as text (bcftools view -O z -o NAME.vcf.gz) and read that"
    return f"begins with {_shown(line.strip())} and not with '##fileformat=VCF…'; it is no VCF"


def _is_text(line: bytes) -> bool:
    if line.isascii():
        return True
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _shown(cell: bytes) -> str:
    said = cell.decode(errors="replace")
    return repr(said if len(said) <= 30 else f"{said[:30]}…")
