"""Damage as it comes to the metadata of exports: copies that broke off, bits that flipped, files that lie.

Every mutation is a function of bytes and a seeded generator, so that each case is the same at every run.
"""

import random
import re
from collections.abc import Callable, Iterator

Mutation = Callable[[bytes, random.Random], bytes]

BOMB = (
    b'<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + place, (b"&%c;" % (97 + place)) * 10) for place in range(12))
    + b"]>"
)
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
ABSURD = (b"99999999999", b"-1", b"0", b"1e308", b"nan", b"2147483648", b"18446744073709551616", b"")
_NUMBER = re.compile(rb"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")
_DECLARATION = re.compile(rb"^\s*(?:\xef\xbb\xbf)?<\?xml[^>]*\?>")
_FILE = re.compile(rb"[\w .()#-]+\.tiff?", re.IGNORECASE)


def cut(share: float) -> Mutation:
    """Break off after a share of the file."""
    return lambda raw, _: raw[: int(len(raw) * share)]


def flip(raw: bytes, chance: random.Random) -> bytes:
    """Flip one bit."""
    place = chance.randrange(len(raw))
    return raw[:place] + bytes([raw[place] ^ 1 << chance.randrange(8)]) + raw[place + 1 :]


def lose(raw: bytes, chance: random.Random) -> bytes:
    """Lose a piece, as a copy over a bad line does."""
    start = chance.randrange(len(raw))
    return raw[:start] + raw[start + chance.randrange(1, 400) :]


def repeat(raw: bytes, chance: random.Random) -> bytes:
    """Have a run of lines twice."""
    lines = raw.splitlines(keepends=True)
    start = chance.randrange(len(lines))
    stop = start + chance.randrange(1, 30)
    return b"".join([*lines[:stop], *lines[start:stop], *lines[stop:]])


def absurd(raw: bytes, chance: random.Random) -> bytes:
    """Replace one number by one that nothing has."""
    found = list(_NUMBER.finditer(raw))
    if not found:
        return raw
    one = chance.choice(found)
    return raw[: one.start()] + chance.choice(ABSURD) + raw[one.end() :]


def declared(text: bytes) -> Mutation:
    """Put a document type after the XML declaration, and use its entity."""

    def mutation(raw: bytes, _: random.Random) -> bytes:
        head = _DECLARATION.match(raw)
        at = head.end() if head else 0
        return raw[:at] + text + raw[at:].replace(b"</", b"&a;</", 1)

    return mutation


def namespace(raw: bytes, _: random.Random) -> bytes:
    """Give every namespace another address."""
    return re.sub(rb'(xmlns(?::\w+)?=")[^"]*"', rb'\1urn:nobody:knows"', raw)


def led_out(prefix: bytes) -> Mutation:
    """Have every image lie in another folder."""
    return lambda raw, _: _FILE.sub(lambda one: prefix + one[0], raw)


def one_led_out(raw: bytes, chance: random.Random) -> bytes:
    """Have one image lie outside of the export."""
    found = list(_FILE.finditer(raw))
    if not found:
        return raw
    one = chance.choice(found)
    return raw[: one.start()] + b"../outside.tif" + raw[one.end() :]


def crlf(raw: bytes, _: random.Random) -> bytes:
    """End lines as Windows does."""
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def bom(raw: bytes, _: random.Random) -> bytes:
    """Begin with a byte-order mark."""
    return b"\xef\xbb\xbf" + raw.removeprefix(b"\xef\xbb\xbf")


def utf16(raw: bytes, _: random.Random) -> bytes:
    """Be written in UTF-16, and say so."""
    text = raw.decode("utf-8-sig", errors="replace")
    return re.sub(r'encoding="[^"]*"', 'encoding="utf-16"', text, count=1).encode("utf-16")


def accents(raw: bytes, chance: random.Random) -> bytes:
    """Have a letter of some word written with an accent, in Latin-1 though the file says UTF-8."""
    words = list(re.finditer(rb">[A-Za-z ]{3,}<", raw))
    if not words:
        return raw
    place = chance.choice(words).start() + 1
    return raw[:place] + "ü".encode("latin-1") + raw[place + 1 :]


KINDS: dict[str, tuple[Mutation, int]] = {
    **{f"cut at {share} %": (cut(share / 100), 1) for share in range(0, 100, 10)},
    "cut before its last byte": (lambda raw, _: raw[:-1], 1),
    "a bit": (flip, 30),
    "a piece lost": (lose, 10),
    "lines twice": (repeat, 6),
    "an absurd number": (absurd, 25),
    "an entity bomb": (declared(BOMB), 1),
    "an outer entity": (declared(OUTSIDE), 1),
    "another namespace": (namespace, 1),
    "Windows folders": (led_out(b"D:\\data\\"), 1),
    "folders above": (led_out(b"..\\..\\"), 1),
    "one image outside": (one_led_out, 3),
    "CRLF": (crlf, 1),
    "byte-order mark": (bom, 1),
    "UTF-16": (utf16, 1),
    "Latin-1": (accents, 3),
}
"""Mutations and how many of each a file gets."""


def damages(raw: bytes, seed: int) -> Iterator[tuple[str, bytes]]:
    """Give every damaged copy of a file with its name; copies that do not differ are left out."""
    for kind, (mutation, count) in KINDS.items():
        for number in range(count):
            damaged = mutation(raw, random.Random(f"{seed} {kind} {number}"))
            if damaged != raw:
                yield f"{kind} {number}", damaged


def misnamed(name: str) -> Iterator[str]:
    """Give a file's name with each character lost, doubled, exchanged for its neighbour or another.

    Names that are none, or those of hidden files, are left out.
    """
    found = {
        name.lower(),
        name.upper(),
        f"{name}.tif",
        f"Copy of {name}",
        name.replace("--", "-"),
        f" {name}",
    }
    for place, one in enumerate(name):
        before, after = name[:place], name[place + 1 :]
        found |= {before + after, before + one + one + after, before + after[:1] + one + after[1:]}
        found |= {before + other + after for other in ("٣", "7", "Q", "-", "_")}
        found |= {before + str((int(one) + 1) % 10) + after} if one.isdecimal() else set()
    yield from sorted(one for one in found - {name} if one.strip(".") and one[0] != ".")
