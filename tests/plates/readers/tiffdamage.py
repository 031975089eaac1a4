"""Damage to the structure of a TIFF: its header, its directories and their entries (TIFF 6.0, BigTIFF).

No pixel is changed: of damage to uncompressed pixels nothing in a TIFF tells.
"""

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import tifffile

ABSURD = (0, 1, 3, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1)
BITS = 60
MOST = 250
"""Cases of a file, beside those that cut it or lead its directories astray."""


@dataclass(frozen=True)
class Entry:
    """An entry of a directory: its tag, and where it, its type, its count and its value lie."""

    code: int
    at: int
    long: int

    @property
    def type_at(self) -> int:
        """Place of the type, 2 bytes."""
        return self.at + 2

    @property
    def count_at(self) -> int:
        """Place of the count."""
        return self.at + 4

    @property
    def value_at(self) -> int:
        """Place of the value, or of the place where the values lie."""
        return self.at + 4 + self.long


@dataclass(frozen=True)
class Layout:
    """Where the parts of a TIFF lie: its pixels, its directories, and their entries."""

    order: Literal["little", "big"]
    long: int
    entries: tuple[Entry, ...]
    directories: tuple[int, ...]
    links: tuple[int, ...]
    pixels: tuple[tuple[int, int], ...]


def layout(raw: bytes) -> Layout:
    """Find the parts of a whole TIFF."""
    with tifffile.TiffFile(io.BytesIO(raw)) as tiff:
        long = 8 if tiff.is_bigtiff else 4
        entries, links, pixels = [], [long if long == 4 else 8], []
        for page in tiff.pages:
            assert isinstance(page, tifffile.TiffPage)
            entries += [Entry(tag.code, tag.offset, long) for tag in page.tags]
            links.append(page.offset + (8 if long == 8 else 2) + (20 if long == 8 else 12) * len(page.tags))
            pixels += list(zip(page.dataoffsets, page.databytecounts, strict=True))
        directories = tuple(page.offset for page in tiff.pages)
        order: Literal["little", "big"] = "little" if tiff.byteorder == "<" else "big"
    return Layout(order, long, tuple(entries), directories, tuple(links), tuple(pixels))


def described(raw: bytes, text: bytes) -> bytes:
    """Give the first page of a TIFF another description, which is put at the end of the file."""
    found = layout(raw)
    entry = next(one for one in found.entries if one.code == 270)
    for at, value in ((entry.count_at, len(text) + 1), (entry.value_at, len(raw))):
        raw = raw[:at] + value.to_bytes(found.long, found.order) + raw[at + found.long :]
    return raw + text + b"\0"


def damages(raw: bytes, seed: int) -> Iterator[tuple[str, bytes]]:
    """Give damaged copies of a TIFF with their names, some hundreds; what does not differ is left out."""
    cases = [(name, damaged) for name, damaged in _cases(raw, seed) if damaged != raw]
    chosen = set(random.Random(seed).sample(range(len(cases)), min(MOST, len(cases))))
    yield from (
        case for number, case in enumerate(cases) if number in chosen or case[0].startswith(("link", "cut"))
    )


def _cases(raw: bytes, seed: int) -> Iterator[tuple[str, bytes]]:
    found = layout(raw)
    size = len(raw)

    def put(at: int, value: int, wide: int) -> bytes:
        written: bytes = (value % 256**wide).to_bytes(wide, found.order)
        return raw[:at] + written + raw[at + wide :]

    yield from ((f"cut at {share} %", raw[: size * share // 100]) for share in range(0, 100, 10))
    yield "cut before its last byte", raw[:-1]
    yield "the other byte order", (b"MM" if raw[:2] == b"II" else b"II") + raw[2:]
    yield "another magic number", put(2, 44, 2)
    for number, at in enumerate(found.links):
        places = {"nowhere": 0, "the header": 2, "beyond the end": size + 4, "far beyond": 2**32 - 2}
        places |= {f"directory {one}": place for one, place in enumerate(found.directories)}
        places |= {"its middle": found.directories[0] + 7, "the pixels": found.pixels[0][0]}
        for name, place in places.items():
            yield f"link {number} to {name}", put(at, place, found.long)
    for place in found.directories:
        for count in (0, 1, 200, 2**16 - 1):
            yield f"directory at {place} of {count} entries", put(place, count, 8 if found.long == 8 else 2)
    for entry in found.entries:
        yield f"cut in tag {entry.code}", raw[: entry.at + 5]
        yield f"no tag {entry.code}", put(entry.at, 65000, 2)
        yield from (
            (f"tag {entry.code} of type {one}", put(entry.type_at, one, 2)) for one in (0, 1, 2, 3, 12, 99)
        )
        for count in (0, 2, 2**20, 2**32 - 1):
            yield f"tag {entry.code} of {count} values", put(entry.count_at, count, found.long)
        for value in (*ABSURD, entry.at, size - 1, size, size + 1):
            yield f"tag {entry.code} with {value}", put(entry.value_at, value, 4)
    chance = random.Random(seed)
    pixels = {place for start, count in found.pixels for place in range(start, start + count)}
    others = [place for place in range(size) if place not in pixels]
    for number in range(BITS):
        place = chance.choice(others)
        flipped = bytes([raw[place] ^ 1 << chance.randrange(8)])
        yield f"bit {number} at {place}", raw[:place] + flipped + raw[place + 1 :]
