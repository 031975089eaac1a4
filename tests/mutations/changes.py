"""Random changes of whole inputs: of bytes, XML attributes, JSON trees, cells, a TIFF's header."""

import copy
import io
import json
import re
import struct
import zipfile
from collections.abc import Callable
from random import Random
from typing import Any

EVIL_NUMBERS = (
    "0", "-1", "1e9", "1e400", "nan", "inf", "-inf", "2.7", "1000000", "99999999999999999999", "", "x", "٣",
    "²", "1_000", "0x10", " 1 ", "1" * 5000, "1,5", "True", "null",
)  # fmt: skip
EVIL_TEXTS = (
    "", " ", "..", ".", "/", "\\", "../../x", "/etc/passwd", "C:\\x.tif", "<script>alert(1)</script>",
    "=cmd|' /c'!A0", "\u202eabc", "a\u200bb", "\ufeff", "é", "x" * 3000, "%s%n", "{0.__class__}", "'; DROP",
    '"', "a\nb", "\0", "NaN", "__class__", "index", "well",
)  # fmt: skip
EVIL_JSON: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, 10**12, 2.5, "", "x", "..", "../../x", [], {}, [[]], [None], {"a": 1},
    "\u202e<script>", float("nan"), [0] * 50,
)  # fmt: skip


def of_bytes(random: Random, content: bytes) -> tuple[str, bytes]:
    """Cut, flip, drop, repeat or overwrite some bytes."""
    changed = bytearray(content)
    place = random.randrange(max(1, len(content)))
    size = random.choice((1, 2, 7, 64, 500))
    what = random.choice(("cut", "flip", "flip", "flip", "drop", "repeat", "noise", "insert", "zeros"))
    if what == "cut":
        changed = changed[:place]
    elif what == "flip" and changed:
        changed[place] ^= 1 << random.randrange(8)
    elif what == "drop":
        del changed[place : place + size]
    elif what == "repeat":
        changed[place:place] = changed[place : place + size]
    elif what == "noise":
        for _ in range(20):
            changed[random.randrange(len(changed))] = random.randrange(256)
    elif what == "insert":
        changed[place:place] = random.randbytes(size)
    elif what == "zeros":
        changed[place : place + size] = bytes(len(changed[place : place + size]))
    return f"{what} {size} at {place}", bytes(changed)


def of_attributes(random: Random, text: str) -> tuple[str, str]:
    """Give an XML attribute, or all of its name, another value; or take an element away or twice."""
    found = random.choice(list(re.finditer(r'(\w+)="([^"]*)"', text)))
    name, value = found[1], found[2]
    elements = list(re.finditer(r"<(\w+)\b[^<>]*/>", text))
    if elements and random.random() < 0.15:
        element = random.choice(elements)
        again = random.choice(("", element[0] * 2))
        return f"<{element[1]}> × {2 if again else 0}", text[: element.start()] + again + text[
            element.end() :
        ]
    numeric = re.fullmatch(r"[-+.\d]+", value) and random.random() < 0.8
    new = random.choice(EVIL_NUMBERS if numeric else EVIL_TEXTS)
    written = new.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").replace("\0", "&#0;")
    if random.random() < 0.2:
        return f"every {name}={new[:20]!r}", re.sub(
            rf'\b{name}="[^"]*"', lambda _: f'{name}="{written}"', text
        )
    return f"{name}={new[:20]!r}", text[: found.start(2)] + written + text[found.end(2) :]


def of_json(random: Random, document: Any) -> tuple[str, Any]:
    """Change, drop or add one value somewhere in a tree."""
    changed = copy.deepcopy(document)
    places: list[tuple[Any, Any, str]] = []

    def walk(node: Any, path: str) -> None:
        inside = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, value in list(inside)[:40]:
            places.append((node, key, f"{path}/{key}"))
            walk(value, f"{path}/{key}")

    walk(changed, "")
    node, key, path = random.choice(places)
    if random.random() < 0.25:
        del node[key]
        return f"without {path}", changed
    new = random.choice(EVIL_JSON)
    node[key] = new
    return f"{path}={str(new)[:20]}", changed


def of_json_text(random: Random, content: bytes) -> tuple[str, bytes]:
    """Change a JSON file, by its tree or by its bytes."""
    if random.random() < 0.2:
        return of_bytes(random, content)
    name, changed = of_json(random, json.loads(content))
    return name, json.dumps(changed).encode()


def of_cells(random: Random, rows: list[list[str]]) -> tuple[str, list[list[str]]]:
    """Change a cell, a column's heading, or how many rows and columns there are."""
    changed = [list(row) for row in rows]
    row = random.randrange(len(rows))
    column = random.randrange(len(rows[0]))
    what = random.choice(
        ("cell",) * 6 + ("heading", "row twice", "row gone", "column gone", "ragged", "title")
    )
    if what == "cell":
        changed[row][column] = random.choice(EVIL_NUMBERS + EVIL_TEXTS)
    elif what == "heading":
        changed[0][column] = random.choice((*EVIL_TEXTS, *rows[0]))
    elif what == "row twice":
        changed.insert(row, list(changed[row]))
    elif what == "row gone":
        del changed[row]
    elif what == "column gone":
        for one in changed:
            del one[column]
    elif what == "ragged":
        changed[row] = changed[row][:column] if random.random() < 0.5 else [*changed[row], "more"]
    else:
        changed.insert(0, ["A title"])
    return f"{what} {row},{column}", changed


def of_zip(random: Random, packed: bytes, pattern: str) -> tuple[str, bytes]:
    """Change one member of a ZIP file, its checksum included, or the bytes of the file."""
    if random.random() < 0.4:
        return of_bytes(random, packed)
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(packed)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        members = [name for name in old.namelist() if re.search(pattern, name)]
        chosen = random.choice(members)
        said = "gone"
        for name in old.namelist():
            content = old.read(name)
            if name == chosen:
                if random.random() < 0.1:
                    continue
                change: Callable[[Random, Any], tuple[str, Any]] = of_bytes
                if random.random() < 0.6 and b'="' in content:
                    said, text = of_attributes(random, content.decode("utf-8", "replace"))
                    content = text.encode()
                else:
                    said, content = change(random, content)
            new.writestr(name, content)
    return f"{chosen}: {said}", stream.getvalue()


def of_tiff(random: Random, content: bytes) -> tuple[str, bytes]:
    """Give a tag of a little-endian TIFF another value, type or count; or change its bytes."""
    if random.random() < 0.35:
        return of_bytes(random, content)
    changed = bytearray(content)
    (directory,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, directory)
    place = directory + 2 + 12 * random.randrange(count)
    code, kind, number, value = struct.unpack_from("<HHII", content, place)
    evil = (0, 1, 3, 7, 8, 12, 16, 100, 129, 60_000, 65_535, 200_000, 2**31 - 1, 2**32 - 1)
    what = random.choice(("value", "value", "value", "kind", "count", "code", "size"))
    if what == "value":
        value, kind = random.choice(evil), 4
    elif what == "kind":
        kind = random.randrange(20)
    elif what == "count":
        number = random.choice(evil)
    elif what == "code":
        code = random.choice((254, 256, 257, 258, 259, 262, 273, 277, 278, 279, 320, 339, 65_000))
    struct.pack_into("<HHII", changed, place, code, kind, number, value)
    if what == "size":
        wanted = random.choice((0, 20_000, 60_000, 200_000))
        for at in range(directory + 2, directory + 2 + 12 * count, 12):
            (tag,) = struct.unpack_from("<H", content, at)
            if tag in (256, 257, 278):
                struct.pack_into("<HHII", changed, at, tag, 4, 1, wanted)
        value = wanted
    return f"{what} of tag {code}: {kind}, {number}, {value}", bytes(changed)
