"""Codes for samples: short, told apart by eye and keyboard, and drawn so that nothing can be read from them.

A code is a letter, a digit and two letters (K7QX); `hcs_plates.coding` says of which signs, and why.
"""

from collections.abc import Collection
from random import Random

from hcs_plates.coding import DIGITS, LETTERS, LONG, SHORT, typing_errors
from hcs_plates.errors import ArgumentError

SIGNS = {"L": LETTERS, "D": DIGITS}
MOST_SHORT = 150
"""A tenth of the short codes that can stand beside each other, so that few draws are turned down."""
MOST_LINES = 20_000


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
