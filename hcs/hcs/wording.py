"""How sentences name things: columns as words, nouns in their number, lists of names."""

from collections.abc import Iterable
from math import floor, isnan, log10

UNITS = {"_um2": "µm²", "_um": "µm", "_px2": "px²", "_px": "px", "_pg_ml": "pg/ml", "_ms": "ms"}
"""Ends of columns' names, and the units that they stand for."""


def spaced(name: object) -> str:
    """Write a column's or value's name as words, and the unit at its end as one.

    Examples
    --------
    >>> spaced("positive_control"), spaced("mean_soma_area_um2")
    ('positive control', 'mean soma area (µm²)')
    """
    text = str(name)
    for end, unit in UNITS.items():
        if text.endswith(end) and text != end:
            return f"{text.removesuffix(end).replace('_', ' ')} ({unit})"
    return text.replace("_", " ")


def capital(text: str) -> str:
    """Write a text's first letter large.

    Examples
    --------
    >>> capital("random forest")
    'Random forest'
    """
    return text[:1].upper() + text[1:]


def percent(share: float) -> str:
    """Write a share in hundredths.

    Examples
    --------
    >>> percent(0.256)
    '26 %'
    """
    return f"{100 * share:.0f} %"


def percent_or_none(share: float) -> str:
    """Write a share in hundredths, without claiming all or nothing: below 0 there is none.

    Examples
    --------
    >>> percent_or_none(0.2), percent_or_none(-0.01), percent_or_none(0.003), percent_or_none(0.996)
    ('20 %', 'none', 'under 1 %', 'over 99 %')
    """
    if share <= 0:
        return "none"
    return "under 1 %" if share < 0.005 else "over 99 %" if 0.995 <= share < 1 else percent(share)


def rounded(value: float) -> str:
    """Write a number with three digits that count, thousands apart, and no minus before a zero.

    Examples
    --------
    >>> [rounded(value) for value in (-35.04, 12345.6, 0.01234, 0.0, -0.0, 3e-9)]
    ['-35.0', '12,300', '0.0123', '0', '0', '3e-09']
    """
    if isnan(value):
        return "not known"
    if value == 0:
        return "0"
    if abs(value) < 1e-4:
        return f"{value:.2g}"
    places = 2 - floor(log10(abs(value)))
    return f"{round(value, places):,.{max(0, places)}f}"


def brackets(low: float, high: float) -> str:
    """Write the 95 % interval of a share behind it, in brackets; nothing where there is none.

    Examples
    --------
    >>> brackets(0.05, 0.451), brackets(0, 0.12), brackets(0, 1), brackets(float("nan"), float("nan"))
    (' (95 % interval 5–45 %)', ' (95 % interval up to 12 %)', ' (anything up to 100 %)', '')
    """
    if high != high:
        return ""
    if low < 0.005 and high >= 0.995:
        return " (anything up to 100 %)"
    return f" (95 % interval {'up to ' if low < 0.005 else f'{100 * low:.0f}–'}{percent(max(high, 0.01))})"


def block_name(block: str) -> str:
    """Write a block of the network as words.

    Examples
    --------
    >>> block_name("block3")
    'block 3'
    """
    return f"block {block.removeprefix('block')}"


def plural(noun: str, n: int = 2) -> str:
    """Put a noun in the form for n things.

    Examples
    --------
    >>> plural("clone"), plural("batch"), plural("analysis"), plural("exposure (ms)"), plural("clone", 1)
    ('clones', 'batches', 'analyses', 'exposures (ms)', 'clone')
    """
    if n == 1:
        return noun
    if noun.endswith(")") and " (" in noun:
        word, _, unit = noun.rpartition(" (")
        return f"{plural(word)} ({unit}"
    if noun.endswith("sis"):
        return f"{noun[:-2]}es"
    if noun.endswith(("s", "x", "ch", "sh")):
        return f"{noun}es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}s"


def are(number: int) -> str:
    """Verb for so many things.

    Examples
    --------
    >>> are(1), are(2)
    ('is', 'are')
    """
    return "is" if number == 1 else "are"


def have(number: int) -> str:
    """Verb of owning for so many things.

    Examples
    --------
    >>> have(1), have(2)
    ('has', 'have')
    """
    return "has" if number == 1 else "have"


def exist(number: int) -> str:
    """Verb of being there for so many things.

    Examples
    --------
    >>> exist(1), exist(2)
    ('exists', 'exist')
    """
    return "exists" if number == 1 else "exist"


def counted(number: int, noun: str) -> str:
    """Write a number with its noun.

    Examples
    --------
    >>> counted(1, "clone"), counted(1200, "batch")
    ('1 clone', '1,200 batches')
    """
    return f"{number:,} {plural(noun, number)}"


def listed(names: Iterable[object], most: int = 5) -> str:
    """Write names as a list, cut short after some with the number of those left out.

    Examples
    --------
    >>> listed("abc"), listed("abcdefg", most=3)
    ('a, b and c', 'a, b, c and 4 more')
    """
    words = [str(name) for name in names]
    if len(words) > most:
        words = [*words[:most], f"{len(words) - most} more"]
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def sentence(*parts: str) -> str:
    """Join sentences, each said once; empty ones fall away.

    Examples
    --------
    >>> sentence("No relation is seen.", "", "Two clones have no passage.", "No relation is seen.")
    'No relation is seen. Two clones have no passage.'
    """
    return " ".join(dict.fromkeys(part for part in parts if part))


def noted(*said: tuple[object, str]) -> list[str]:
    """Give the sentences whose reason is there: a number above 0, or something true.

    Examples
    --------
    >>> noted((2, "2 wells are left out."), (0, "0 plates are flat."), (True, "Doses are not known."))
    ['2 wells are left out.', 'Doses are not known.']
    """
    return [text for reason, text in said if reason]
