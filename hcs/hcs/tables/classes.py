"""Which class is positive: the one whose probability scores are, by one rule for every command.

The class that bears a name of controls is negative, and the other is positive. Where neither bears one, or
both do alike, the first in the alphabet is positive: a guess, which is told with the remedy. Whoever names
the classes has the last word.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from hcs.wording import counted, listed
from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.spelling import alike

CONTROL_NAMES = frozenset(
    {
        "c", "con", "cont", "contr", "ctr", "ctl", "ctrl", "control", "controls", "hc", "hv", "nc", "n",
        "no", "none", "false", "0", "neg", "negative", "negcon", "normal", "healthy", "unaffected",
        "isogenic", "corrected", "rescued", "wt", "wild type", "wildtype", "dmso", "vehicle", "veh", "mock",
        "sham", "untreated", "nt", "ut", "unstimulated", "uninfected", "pbs", "saline", "solvent", "scramble",
        "scrambled", "scr", "non targeting", "nontargeting", "empty vector", "parental", "baseline", "td",
        "neurotypical", "typical", "absent", "low control",
    }
)  # fmt: skip
"""What labs call the class that is not diseased or not treated, as `plain` writes names."""

CONTROL_WORDS = CONTROL_NAMES - {
    "c", "n", "no", "none", "0", "nt", "ut", "td", "nc", "absent", "typical", "low control",
}  # fmt: skip
"""Those that also tell it as one word among others: ``isogenic control 2``."""

AFFECTED_NAMES = frozenset(
    {
        "patient", "patients", "case", "cases", "disease", "diseased", "affected", "mutant", "mut", "ko",
        "knockout", "null", "positive", "pos", "poscon", "yes", "y", "true", "1", "treated", "compound",
        "drug", "infected", "stimulated", "present", "tumor", "tumour", "cancer", "sick", "carrier",
    }
)  # fmt: skip
"""What labs call the other class; they decide where no name of controls does."""

_NOT = ("non", "not", "no", "without", "un")


@dataclass(frozen=True)
class NamedClasses:
    """Two classes, a sentence on how it was found which is positive, and whether only the alphabet told."""

    positive: str
    negative: str
    reason: str
    guessed: bool = False


def plain(name: object) -> str:
    """Write a name of a class or a role in lower case with single spaces, whatever stood between its words.

    Examples
    --------
    >>> plain("Negative_Control"), plain("negCon"), plain(" Wild-Type "), plain("+/+")
    ('negative control', 'negcon', 'wild type', '+/+')
    """
    text = unicodedata.normalize("NFKC", str(name)).casefold()
    words = re.sub(r"[\W_]+", " ", text).strip()
    return words or text.strip()


def is_control_name(name: object, other: object = "") -> int:
    """Tell how surely a name is one of controls: 3 as a whole, 2 by a word of it, 1 by a negation, or 0.

    `other` is what it is told from: ``not ALS`` and ``ALS-`` are controls beside ``ALS``.

    Examples
    --------
    >>> is_control_name("Ctrl"), is_control_name("isogenic control 2"), is_control_name("non-ALS")
    (3, 2, 1)
    >>> is_control_name("ALS"), is_control_name("positive control")
    (0, 0)
    """
    written, beside = plain(name), plain(other)
    if written in CONTROL_NAMES or written in ("+/+", "-", "−"):
        return 3
    words = [re.sub(r"(?<=[a-z])\d+$", "", word) for word in written.split()]
    if {"positive", "pos", "poscon"} & set(words):
        return 0
    if CONTROL_WORDS & set(words) or any(" ".join(pair) in CONTROL_WORDS for pair in pairwise(words)):
        return 2
    first = words[0] if words else ""
    negated = len(words) > 1 and first in _NOT
    joined = bool(beside) and any(written.replace(" ", "") == f"{no}{beside}".replace(" ", "") for no in _NOT)
    less = bool(beside) and written == beside and str(name).strip().endswith(("-", "−"))
    return int(negated or joined or less)


def two_classes(
    values: Iterable[object], label: str, positive: str | None = None, negative: str | None = None
) -> NamedClasses:
    """Find which two values of a label are told apart, and which of them is positive.

    Parameters
    ----------
    values
        What stands in the label's column; None and blanks are none.
    positive, negative
        As the user named them; with one named, the other is the only value left.

    Raises
    ------
    ArgumentError
        Fewer than two values, more than two with none chosen, values that look alike, a name that no row
        has, one name for both.

    Examples
    --------
    >>> found = two_classes(["ALS", "control", "ALS"], "diagnosis")
    >>> found.positive, found.negative, found.guessed
    ('ALS', 'control', False)
    >>> found.reason
    "Positive is ALS, negative control: 'control' is a name of controls."
    >>> two_classes(["A", "B"], "genotype").reason
    "Positive is A, negative B, a guess: neither is a name of controls that hcs knows, and 'A' comes first in the alphabet; say which is positive with --positive."
    """  # noqa: E501 - a sentence is one line
    found = sorted({str(value) for value in values if value is not None and value == value} - {""})
    for same in alike(found):
        raise ArgumentError(
            f"Column {label!r} has {listed(map(repr, same))}, which look alike; spell one value in one way."
        )
    _check_named(found, label, positive, negative)
    if positive is not None and negative is not None:
        return NamedClasses(positive, negative, _told(positive, negative, "as they were named", by_user=True))
    if len(found) < 2:
        raise ArgumentError(
            f"Column {label!r} has {counted(len(found), 'value')} ({listed(found) or 'all blank'}): there "
            "are no two to tell apart."
        )
    if len(found) > 2:
        raise ArgumentError(
            f"Column {label!r} has {counted(len(found), 'value')} ({listed(found)}); name the two to tell "
            "apart with --positive and --negative."
        )
    one, other = found
    if positive is not None or negative is not None:
        chosen, left = (one, other) if positive == one or negative == other else (other, one)
        return NamedClasses(chosen, left, _told(chosen, left, "as named", by_user=True))
    return _by_name(one, other)


def exchanged(positive: str, negative: str) -> str:
    """Say that the names of two classes speak for the other order; nothing where they do not.

    Examples
    --------
    >>> exchanged("control", "ALS")
    "'control' is a name of controls: scores are then of controls; exchange positive and negative if that is not meant."
    >>> exchanged("ALS", "control")
    ''
    """  # noqa: E501 - a sentence is one line
    meant = _by_name(positive, negative)
    if meant.guessed or meant.positive == positive:
        return ""
    return (
        f"{positive!r} is a name of controls: scores are then of controls; exchange positive and negative if "
        "that is not meant."
    )


def _by_name(one: str, other: str) -> NamedClasses:
    """Decide by the names."""
    first, second = is_control_name(one, other), is_control_name(other, one)
    if first != second:
        negative, positive = (one, other) if first > second else (other, one)
        why = f"{negative!r} is a name of controls"
        return NamedClasses(positive, negative, _told(positive, negative, why))
    affected = [plain(name) in AFFECTED_NAMES for name in (one, other)]
    if any(affected) and not all(affected):
        positive, negative = (one, other) if affected[0] else (other, one)
        return NamedClasses(positive, negative, _told(positive, negative, f"{positive!r} is a name of cases"))
    positive, negative = sorted((one, other), key=str.casefold)
    known = "both are names of controls" if first else "neither is a name of controls that hcs knows"
    why = f"{known}, and {positive!r} comes first in the alphabet; say which is positive with --positive"
    return NamedClasses(
        positive, negative, f"Positive is {positive}, negative {negative}, a guess: {why}.", True
    )


def _told(positive: str, negative: str, why: str, *, by_user: bool = False) -> str:
    """Say the classes and why they are so; a choice against the names' meaning with a warning."""
    doubt = exchanged(positive, negative) if by_user else ""
    return f"Positive is {positive}, negative {negative}: {why}." + (f" {doubt}" if doubt else "")


def _check_named(found: list[str], label: str, positive: str | None, negative: str | None) -> None:
    """Refuse names that no row has."""
    for name in (positive, negative):
        if name is not None and name not in found:
            raise ArgumentError(f"No row has {label} {name!r}; {nearest(name, found)}")
    if positive is not None and positive == negative:
        raise ArgumentError(f"The positive and the negative {label} are both {positive!r}; name two.")
