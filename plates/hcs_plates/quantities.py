"""Amounts with their units, as protocols write them: 15 min, 4 %, 300 ms, 20 µM; and dilutions, 1:1,000."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

Kind = Literal["time", "length", "temperature", "share", "amount concentration", "mass concentration"]

UNITS: Mapping[str, tuple[Kind, float]] = {
    "ns": ("time", 1e-9),
    "µs": ("time", 1e-6),
    "ms": ("time", 1e-3),
    "s": ("time", 1.0),
    "min": ("time", 60.0),
    "h": ("time", 3600.0),
    "d": ("time", 86400.0),
    "nm": ("length", 1e-9),
    "µm": ("length", 1e-6),
    "mm": ("length", 1e-3),
    "°C": ("temperature", 1.0),
    "%": ("share", 1e-2),
    "nM": ("amount concentration", 1e-9),
    "µM": ("amount concentration", 1e-6),
    "mM": ("amount concentration", 1e-3),
    "M": ("amount concentration", 1.0),
    "ng/ml": ("mass concentration", 1e-9),
    "µg/ml": ("mass concentration", 1e-6),
    "mg/ml": ("mass concentration", 1e-3),
}
"""Kind of each unit that is read, and what it is in the kind's own (s, m, °C, 1, mol/l, g/ml)."""

_SPELT: Mapping[str, str] = {
    "us": "µs",
    "msec": "ms",
    "sec": "s",
    "second": "s",
    "seconds": "s",
    "minute": "min",
    "minutes": "min",
    "mins": "min",
    "hour": "h",
    "hours": "h",
    "hr": "h",
    "day": "d",
    "days": "d",
    "um": "µm",
    "micron": "µm",
    "microns": "µm",
    "C": "°C",
    "℃": "°C",
    "percent": "%",
    "uM": "µM",
    "ug/ml": "µg/ml",
    "ng/mL": "ng/ml",
    "µg/mL": "µg/ml",
    "ug/mL": "µg/ml",
    "mg/mL": "mg/ml",
}
"""Other spellings of units. Case counts, since M is mol/l and m a metre; U+03BC and U+00B5 are one letter."""

_AMOUNT = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*([^\d\s.,].*)?")
_DILUTION = re.compile(r"1\s*[:/]\s*([1-9]\d{0,2}(?:,\d{3})+|[1-9]\d*(?:\.\d+)?)")
_POINT_OF_THOUSANDS = re.compile(r"1\s*[:/]\s*[1-9]\d{0,2}\.\d{3}")
MOST_DILUTED = 1e9


@dataclass(frozen=True)
class Quantity:
    """A number and its unit.

    Parameters
    ----------
    value
        In the unit.
    unit
        A key of `UNITS`.
    """

    value: float
    unit: str

    @classmethod
    def read(cls, text: object, kind: Kind | None = None) -> Self:
        """Read an amount, such as ``15 min``.

        Parameters
        ----------
        text
            As it is written; a bare number has no unit and is refused.
        kind
            What it has to be; None takes any.

        Raises
        ------
        ValueError
            No number, no unit, a unit that is not known, or one of another kind.

        Examples
        --------
        >>> Quantity.read("15 min", "time"), str(Quantity.read("4%"))
        (Quantity(value=15.0, unit='min'), '4 %')
        >>> Quantity.read("15 µm", "time")
        Traceback (most recent call last):
        ValueError: '15 µm' is a length; expected a time in ns, µs, ms, s, min, h or d
        """
        units = [unit for unit, (of, _) in UNITS.items() if kind in (None, of)]
        article = "an" if kind == "amount concentration" else "a"
        expected = f"expected {article} {kind or 'number'} in {', '.join(units[:-1])} or {units[-1]}"
        if units == ["°C"] or units == ["%"]:
            expected = f"expected a {kind} in {units[0]}"
        if isinstance(text, cls):
            text = str(text)
        if isinstance(text, (int, float)) and not isinstance(text, bool):
            raise ValueError(f"{text:g} has no unit; {expected}, in quotation marks")
        found = _AMOUNT.fullmatch(text.strip()) if isinstance(text, str) else None
        if found is None:
            raise ValueError(f"{text!r} is no number with a unit; {expected}")
        if not found[2]:
            raise ValueError(f"{text!r} has no unit; {expected}")
        spelt = found[2].strip().replace("\u03bc", "µ")
        unit = _SPELT.get(spelt, spelt)
        if unit not in UNITS:
            raise ValueError(f"the unit {found[2]!r} of {text!r} is not known; {expected}")
        if kind is not None and UNITS[unit][0] != kind:
            article = "an" if UNITS[unit][0][0] == "a" else "a"
            raise ValueError(f"{text!r} is {article} {UNITS[unit][0]}; {expected}")
        value = float(found[1])
        if value < 0 and UNITS[unit][0] != "temperature":
            raise ValueError(f"{text!r} is below 0; {expected}")
        return cls(value, unit)

    def __str__(self) -> str:
        return f"{self.value:.15g} {self.unit}"

    def within(self, unit: str) -> float:
        """Give the number in another unit of the same kind.

        Examples
        --------
        >>> Quantity(0.3, "s").within("ms")
        300.0
        """
        return self.value * UNITS[self.unit][1] / UNITS[unit][1]


def read_dilution(text: object) -> float:
    """Read a dilution: the n of 1:n.

    Raises
    ------
    ValueError
        Anything but ``1:n`` or ``1/n`` (or n alone as a whole number above 1); a time that a spreadsheet made
        of it.

    Examples
    --------
    >>> read_dilution("1:1,000"), read_dilution("1/500"), dilution_text(1000)
    (1000.0, 500.0, '1:1,000')
    """
    said = text.strip() if isinstance(text, str) else text
    if isinstance(said, (int, float)) and not isinstance(said, bool):
        said = f"1:{said:.15g}" if said >= 1 else f"{said:g}"
    elif isinstance(said, str) and re.fullmatch(r"[1-9]\d*(?:\.0*)?", said):
        said = f"1:{said}"
    found = _DILUTION.fullmatch(said) if isinstance(said, str) else None
    factor = float(found[1].replace(",", "")) if found else 0.0
    # 1:1.000 is a thousand to some and nothing to others.
    if not 1 <= factor <= MOST_DILUTED or _POINT_OF_THOUSANDS.fullmatch(str(said)):
        raise ValueError(f"{text!r} is not {expected_dilution(said)}")
    return factor


def expected_dilution(cell: object) -> str:
    """Say what was expected of a cell that is no dilution."""
    made = isinstance(cell, str) and re.search(r"\d:\d\d(:\d\d)?\b", cell)
    why = " (a spreadsheet makes times of ratios: format the column as text and type them again)"
    return f"a dilution such as 1:1000{why if made else ''}"


def dilution_text(factor: float) -> str:
    """Write a dilution as papers do."""
    return f"1:{factor:,.0f}" if float(factor).is_integer() else f"1:{factor:g}"
