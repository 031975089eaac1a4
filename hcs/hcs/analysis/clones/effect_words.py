"""Words of an effect: numbers as a reader writes them, and the answer to whether two classes differ."""

from math import floor, isnan, log10

ALPHA = 0.05


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


def ranged(estimate: float, low: float, high: float, *, named: bool = False) -> str:
    """Write an estimate with its limits, which a first mention calls a 95 % interval.

    Examples
    --------
    >>> ranged(-35.04, -60, -10), ranged(1.5, float("nan"), float("nan"))
    ('-35.0 (-60.0 to -10.0)', '1.50 (no interval)')
    """
    limits = "no interval" if isnan(low) else f"{rounded(low)} to {rounded(high)}"
    named = named and not isnan(low)
    return f"{rounded(estimate)} ({'95 % interval ' if named else ''}{limits})"


def shared_caveats(said: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Say once what is true of several columns: without their names where it is true of all.

    Examples
    --------
    >>> shared_caveats({"area": ("one has no value.",), "count": ("one has no value.", "n is 3.")})
    ('One has no value.', 'count: n is 3.')
    """
    columns: dict[str, list[str]] = {}
    for column, sentences in said.items():
        for one in dict.fromkeys(sentences):
            columns.setdefault(one, []).append(column)
    return tuple(
        one[:1].upper() + one[1:]
        if len(names) == len(said)
        else f"{names[0] if len(names) == 1 else f'{len(names)} measurements'}: {one}"
        for one, names in columns.items()
    )
