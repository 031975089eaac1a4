"""Codes for samples: short, told apart by eye and keyboard, and drawn so that nothing can be read from them.

A code is a letter, a digit and two letters (K7QX); `hcs_plates.coding` says of which signs, and why.
"""

from collections.abc import Collection, Iterator
from random import Random

from hcs_plates.coding import DIGITS, LETTERS, LONG, SHORT
from hcs_plates.errors import ArgumentError

SIGNS = {"L": LETTERS, "D": DIGITS}
MOST_SHORT = 150
"""A tenth of the short codes that can stand beside each other, so that few draws are turned down."""
MOST_LINES = 20_000
_EVERY = LETTERS + DIGITS


def draw_codes(n: int, random: Random, avoid: Collection[str] = ()) -> list[str]:
    """Draw codes that one typing error never turns into each other.

    A typing error is a sign that is wrong, left out, put in, or exchanged with its neighbour (the edit
    distance of Damerau, Commun. ACM 7:171, 1964); every two codes are at least two of them apart.

    Parameters
    ----------
    n
        How many.
    random
        Source of chance: `secrets.SystemRandom()`, or one with a seed.
    avoid
        Names that no code may be, nor be one typing error from (in any case).

    Returns
    -------
    list of str
        In an order of chance.

    Raises
    ------
    ArgumentError
        More than `MOST_LINES`.

    Examples
    --------
    >>> draw_codes(3, Random(4))
    ['D2MP', 'H6DT', 'M9FD']
    """
    if n > MOST_LINES:
        raise ArgumentError(f"There are codes for at most {MOST_LINES:,} lines; got {n:,}. Blind them apart.")
    pattern = SHORT if n <= MOST_SHORT else LONG
    taken = {name.upper() for name in avoid}
    codes: list[str] = []
    while len(codes) < n:
        code = "".join(random.choice(SIGNS[kind]) for kind in pattern)
        if code not in taken and taken.isdisjoint(typing_errors(code)):
            codes.append(code)
            taken.add(code)
    # Later draws have fewer codes to choose from: the order in which they were drawn must not stay.
    random.shuffle(codes)
    return codes


def typing_errors(code: str) -> Iterator[str]:
    """Give all that one typing error makes of a code, in the signs of codes.

    Examples
    --------
    >>> {"7KQX", "K7X", "K7QXX", "K8QX"} <= set(typing_errors("K7QX"))
    True
    """
    for place in range(len(code) + 1):
        before, after = code[:place], code[place:]
        yield from (before + sign + after for sign in _EVERY)
        if after:
            yield before + after[1:]
            yield from (before + sign + after[1:] for sign in _EVERY if sign != after[0])
        if len(after) > 1 and after[0] != after[1]:
            yield before + after[1] + after[0] + after[2:]


def meant(typed: str, codes: Collection[str]) -> list[str]:
    """List the codes that are one typing error away from what was typed.

    Examples
    --------
    >>> meant("K7XQ", ["K7QX", "M4CD"])
    ['K7QX']
    """
    near = set(typing_errors(typed.upper()))
    return [code for code in codes if code in near or code == typed.upper()]
