"""Where a TIFF keeps the pixels of an image, its strips or tiles, and whether that can be so (TIFF 6.0).

What a header states is held against the file's size before anything is allocated, and its parts against each
other: a decoder fills what a damaged header leaves out with zeros, or takes other bytes for pixels.
"""

import struct
from itertools import pairwise

import tifffile

MOST_PIXELS = 2**30
"""Of one image; a whole well stitched from a hundred fields has a third of it."""

LONGEST_SIDE = 2**16
LARGE_PIXELS = 2**26
MOST_PACKED = 50
"""Pixels a byte of a file that is larger than `LARGE_PIXELS`; camera noise packs to one or two."""

_OFFSETS, _COUNTS = (324, 273), (325, 279)
_DECISIVE = frozenset({256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 284, 317, 322, 323, 324, 325, 339})
"""Entries of a directory without which pixels are others: sizes, types, places and how they are packed."""

_ONE_BIT = frozenset({2, 3, 4})
"""Compressions of fax, for images of one bit a pixel."""


def damage_of(tiff: tifffile.TiffFile, page: tifffile.TiffPage, size: int) -> str | None:
    """Say why the pixels of a page cannot be where and what its directory says, None where they can.

    Parameters
    ----------
    tiff, page
        The file, opened, and a page of it.
    size
        Bytes of the file.
    """
    codes, end = _directory(tiff, page)
    return (
        _beyond_measure(page, size)
        or _unread_entries(page, codes)
        or _cut_short(page, size)
        or _unlike_its_size(page)
        or _overlapping(tiff, page, end)
    )


def broken_chain(tiff: tifffile.TiffFile, size: int) -> str | None:
    """Find directories that follow each other in a circle, or of several some beyond the end of the file.

    That one was passed over is not to be seen: the file has fewer pages then, as one that ended early has.
    """
    form, file, seen = tiff.tiff, tiff.filehandle, set[int]()
    several = len(tiff.pages) > 1
    file.seek(8 if tiff.is_bigtiff else 4)
    while at := struct.unpack(form.offsetformat, file.read(form.offsetsize))[0]:
        if at in seen:
            return "the file is damaged: its pages follow each other in a circle"
        seen.add(at)
        file.seek(min(at, size))
        count = int.from_bytes(file.read(form.tagnosize), "little" if tiff.byteorder == "<" else "big")
        end = at + form.tagnosize + count * form.tagsize
        if at >= size or end + form.offsetsize > size:
            return f"the file is cut short: its pages go on beyond its {size} bytes" if several else None
        file.seek(end)
    if several and len(seen) != len(tiff.pages):
        return f"the file is damaged: of its {len(seen)} pages {len(tiff.pages)} can be read"
    return None


def stored_as(tiff: tifffile.TiffFile, page: tifffile.TiffPage) -> str:
    """Say how the pixels of a page are stored, which the files of a plate mostly have in common."""
    order = "little endian" if tiff.byteorder == "<" else "big endian"
    names = (getattr(one, "name", one) for one in (page.compression, page.photometric))
    packed = f"predictor {int(page.predictor)}, fill order {int(page.fillorder)}"
    return ", ".join([*map(str, names), packed, order])


def _beyond_measure(page: tifffile.TiffPage, size: int) -> str | None:
    """Find an image too large to be one, before anything of its size is allocated."""
    height, width = int(page.imagelength), int(page.imagewidth)
    if min(height, width) < 1:
        return f"its header states an image of {height} × {width} pixels"
    pixels = height * width
    packed = pixels > LARGE_PIXELS and pixels > MOST_PACKED * size
    if pixels > MOST_PIXELS or max(height, width) > LONGEST_SIDE or packed:
        return (
            f"its header states {height} × {width} pixels, more than its {size} bytes can hold or hcs reads "
            f"(up to {LONGEST_SIDE} a side, {MOST_PIXELS >> 20} million, {MOST_PACKED} a byte)"
        )
    return None


def _directory(tiff: tifffile.TiffFile, page: tifffile.TiffPage) -> tuple[set[int], int]:
    """Read the tags that a page's directory has, whether they can be understood or not, and its end."""
    form, file = tiff.tiff, tiff.filehandle
    file.seek(page.offset)
    (count,) = struct.unpack(form.tagnoformat, file.read(form.tagnosize))
    raw = file.read(count * form.tagsize)
    codes = {struct.unpack_from(f"{tiff.byteorder}H", raw, at)[0] for at in range(0, len(raw), form.tagsize)}
    return codes, page.offset + form.tagnosize + len(raw) + form.offsetsize


def _unread_entries(page: tifffile.TiffPage, codes: set[int]) -> str | None:
    """Find an entry that says what the pixels are and that cannot be understood."""
    unread = sorted(code for code in codes & _DECISIVE if code not in page.tags)
    if unread:
        return f"the file is damaged: entry {unread[0]} of its header cannot be read"
    if int(page.compression) in _ONE_BIT:
        return "the file is damaged: its header names a compression of images of one bit"
    return None


def _cut_short(page: tifffile.TiffPage, size: int) -> str | None:
    """Find pixel data that lies beyond the end of the file, or less of it than the image needs."""
    ends = [offset + count for offset, count in zip(page.dataoffsets, page.databytecounts, strict=False)]
    if not ends:
        return "the file is cut short or damaged: its header names no pixel data"
    if max(ends) > size:
        return f"the file is cut short: its pixels need {max(ends)} bytes and it has {size}"
    if page.compression != tifffile.COMPRESSION.NONE:
        return None
    row = -(-page.imagewidth * page.samplesperpixel * page.bitspersample // 8)
    needed, held = page.imagelength * row, sum(page.databytecounts)
    if held < needed:
        return f"the file is cut short: the image needs {needed} bytes and holds {held}"
    # Tiles are padded; lines of strips are not, so more bytes than pixels means another type of pixel.
    if not page.is_tiled and 4 * held > 5 * needed + 1024:
        return f"the file is damaged: the image needs {needed} bytes and holds {held}"
    return None


def _unlike_its_size(page: tifffile.TiffPage) -> str | None:
    """Find other numbers of strips or tiles, or fewer bytes in one, than the size of the image needs."""
    height, width = int(page.imagelength), int(page.imagewidth)
    down, across = (page.tilelength, page.tilewidth) if page.is_tiled else (page.rowsperstrip, width)
    if min(down, across) < 1 or page.imagedepth != 1:
        return f"the file is damaged: its header states parts of {down} × {across} pixels"
    wanted = -(-height // down) * -(-width // across) * page.samplesperpixel ** (page.planarconfig == 2)
    tags = [
        next((page.tags[one] for one in codes if one in page.tags), None) for codes in (_OFFSETS, _COUNTS)
    ]
    packed = page.compression != tifffile.COMPRESSION.NONE
    # Of one part that is not packed the size is known.
    named = [
        wanted if tag is None and wanted == 1 and not packed else getattr(tag, "count", 0) for tag in tags
    ]
    if named != [wanted, wanted] or min(page.databytecounts, default=0) < 1:
        return f"the file is damaged: its image has {wanted} parts, of which its header places {min(named)}"
    if packed or page.samplesperpixel != 1:
        return None
    row = -(-across * page.bitspersample // 8)
    for place, held in enumerate(page.databytecounts):
        needed = row * (down if page.is_tiled else min(down, height - place * down))
        if held < needed:
            return f"the file is damaged: part {place + 1} of its image needs {needed} bytes and holds {held}"
    return None


def _overlapping(tiff: tifffile.TiffFile, page: tifffile.TiffPage, end: int) -> str | None:
    """Find pixels that would lie in the header, the directory or other pixels."""
    taken = [(0, 2 * tiff.tiff.offsetsize, "its header"), (page.offset, end, "its directory")]
    for code in (*_OFFSETS, *_COUNTS):
        tag = page.tags.get(code)
        if tag is not None and tag.count > 1:
            taken.append((tag.valueoffset, tag.valueoffset + tag.valuebytecount, "its directory"))
    # Parts that are alike may be stored once.
    parts = sorted(set(zip(page.dataoffsets, page.databytecounts, strict=False)))
    taken += [(start, start + count, "other pixels") for start, count in parts]
    for (_, stop, name), (start, _, other) in pairwise(sorted(taken)):
        if start < stop and "other pixels" in (name, other):
            within = other if name == "other pixels" else name
            return f"the file is damaged: its pixels would lie within {within}"
    return None
