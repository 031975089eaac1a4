"""XML as an instrument or its imitators write it: the root of a file, and numbers in attributes.

A number that says where an image belongs is refused when it cannot be one; any other that cannot be one (NaN,
endless, beyond all measure) is not known.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from hcs_plates.errors import ReaderError

_LARGEST = 1e9
"""No count, length or time of an export reaches it."""

# What XML 1.0 does not allow in a text: control characters, as they are and as references.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_REFERENCE = re.compile(r"&#(x[0-9a-f]{1,6}|[0-9]{1,7});", re.IGNORECASE)
_DECLARATION = re.compile(r"\s*<\?xml[^>]*\?>")


def read_root(path: Path) -> tuple[Any, tuple[str, ...]]:
    """Parse a file; give its root and sentences on what was forgiven.

    Raises
    ------
    ReaderError
        Not whole XML; a DTD or entities, which no instrument writes.
    """
    raw = path.read_bytes()
    try:
        return ElementTree.fromstring(raw, forbid_dtd=True), ()
    except ElementTree.ParseError as error:
        root = _mended(raw)
        if root is None:
            raise ReaderError(
                path, f"is not whole XML ({error}); copy it again from the instrument"
            ) from error
    except DefusedXmlException as error:
        raise ReaderError(
            path, "declares a DTD or entities, which an instrument's file never does"
        ) from error
    except (LookupError, ValueError) as error:
        raise ReaderError(path, f"names an encoding that cannot be read ({error})") from error
    return root, (f"{path.name} holds characters that its encoding has not; it was read without them.",)


def _mended(raw: bytes) -> Any:
    """Parse a file whose characters are wrong: of another encoding than it says, control characters."""
    try:
        written = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        written = raw.decode("cp1252", errors="replace")
    allowed = _CONTROL.sub("", _DECLARATION.sub("", written, count=1))
    try:
        return ElementTree.fromstring(_REFERENCE.sub(_allowed, allowed), forbid_dtd=True)
    except (ElementTree.ParseError, DefusedXmlException):
        return None


def _allowed(reference: re.Match[str]) -> str:
    """Drop a reference to a control character."""
    digits = reference[1]
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    return "" if code > 0x10FFFF or _CONTROL.match(chr(code)) else reference[0]


def every(root: Any, name: str) -> Iterator[Any]:
    """Elements by local name, whatever the namespace."""
    return (
        element
        for element in root.iter()
        if isinstance(element.tag, str) and element.tag.rpartition("}")[2] == name
    )


def first(root: Any, name: str) -> Any:
    """First element of a local name, None where there is none."""
    return None if root is None else next(every(root, name), None)


def text(element: Any, name: str) -> str | None:
    """Attribute of an element, None where either is absent or blank."""
    value = None if element is None else element.get(name)
    return value.strip() or None if value is not None else None


def number(element: Any, name: str) -> float | None:
    """Attribute as a number; what is absent, no number or beyond all measure is not known."""
    written = text(element, name)
    try:
        value = math.nan if written is None else float(written.replace(",", "."))
    except ValueError:
        return None
    return value if abs(value) <= _LARGEST else None


def whole(element: Any, name: str, *, least: int = 0, most: int = int(_LARGEST)) -> int | None:
    """Attribute as a whole number, None where it is absent or blank.

    Raises
    ------
    ValueError
        It is written, and is no whole number within the bounds.
    """
    written = text(element, name)
    if written is None:
        return None
    value = number(element, name)
    if value is None or not value.is_integer() or not least <= value <= most:
        tag = element.tag.rpartition("}")[2]
        shown = written if len(written) <= 20 else f"{written[:20]}…"
        raise ValueError(f"has {tag}@{name} {shown!r}; expected a whole number from {least} to {most}")
    return int(value)


def read_elements(
    path: Path, takers: Mapping[str, Callable[[Any], Any]]
) -> tuple[str, dict[str, list[Any]], tuple[str, ...]]:
    """Take what is needed of the elements of some names, in memory bounded by what is taken.

    Parameters
    ----------
    path
        The file.
    takers
        By local name, what makes of an element what is kept of it: the element itself goes.

    Returns
    -------
    root, taken, notes
        Local name of the root; what was taken, by name and in order; sentences on what was forgiven.

    Raises
    ------
    ReaderError
        As `read_root`.
    """
    try:
        root, taken = _taken_of(ElementTree.iterparse(path, ("start", "end"), forbid_dtd=True), takers)
        return root, taken, ()
    except (ElementTree.ParseError, DefusedXmlException, LookupError, ValueError):
        # Parsed again as a whole: it says what is wrong, or forgives it.
        whole, notes = read_root(path)
    events = (("end", element) for element in [whole, *whole.iter()])
    return local(whole), _taken_of(events, takers)[1], notes


def _taken_of(
    events: Iterable[tuple[str, Any]], takers: Mapping[str, Callable[[Any], Any]]
) -> tuple[str, dict[str, list[Any]]]:
    """Take the wanted elements as they end, and let go of what lies in them."""
    taken: dict[str, list[Any]] = {name: [] for name in takers}
    root = ""
    for event, element in events:
        name = local(element)
        root = root or name
        if event == "end" and name in takers:
            taken[name].append(takers[name](element))
            element.clear()
    return root, taken


def local(element: Any) -> str:
    """Name of an element without its namespace; "" of a comment."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
