"""Amounts with units, and dilutions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs_plates.quantities import UNITS, Quantity, dilution_text, read_dilution


@given(st.floats(0, 1e6, allow_nan=False), st.sampled_from(sorted(UNITS)))
def test_what_is_written_is_read_back(value: float, unit: str) -> None:
    """To fifteen digits, which are more than any protocol has."""
    read = Quantity.read(f"{value:.15f} {unit}")
    assert read.unit == unit
    assert read.value == pytest.approx(value, rel=1e-14, abs=1e-15)


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        (15, "time", "15 has no unit; expected a time in ns, µs, ms, s, min, h or d, in quotation marks"),
        ("15", "time", "'15' has no unit"),
        ("15 µm", "time", "'15 µm' is a length; expected a time"),
        ("4 mM", "share", "'4 mM' is an amount concentration; expected a share in %"),
        ("15 parsecs", "length", "the unit 'parsecs' of '15 parsecs' is not known; expected a length in nm"),
        ("-4 min", "time", "'-4 min' is below 0"),
        ("a few minutes", "time", "'a few minutes' is no number with a unit"),
        (True, None, "True is no number with a unit"),
        ("1,5 min", "time", "'1,5 min' is no number with a unit"),
    ],
)
def test_what_is_no_amount_is_refused(text: object, kind: object, said: str) -> None:
    """A number alone is none: 15 may be minutes or seconds."""
    with pytest.raises(ValueError, match="expected a") as refusal:
        Quantity.read(text, kind)  # type: ignore[arg-type]  # names of kinds, as the table has them
    assert str(refusal.value).startswith(said)


def test_one_micro_is_as_good_as_the_other() -> None:
    """U+03BC, U+00B5 and u are one letter; M and m are not."""
    assert len({Quantity.read(f"20 {letter}M") for letter in "μµu"}) == 1
    assert Quantity.read("20 mM").within("µM") == pytest.approx(20_000)


@given(st.integers(1, 10**9))
def test_dilutions_are_read_as_papers_write_them(factor: int) -> None:
    """With and without commas, as 1:n, 1/n, or a whole number."""
    for text in (dilution_text(factor), f"1:{factor}", f"1 / {factor}", f"{factor}", factor):
        assert read_dilution(text) == factor
