"""Wells in the names of positions, as programs and people write them."""

import pytest

from hcs_plates.readers.positionnames import numbered, well_in


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("A01_0000", ("A01", 0)),
        ("B - 03", ("B03", None)),
        ("B-03 fld 12", ("B03", 12)),
        ("Well B3, Field 2", ("B03", 2)),
        ("WellB03_Channel405,488_Seq0004", ("B03", 4)),
        ("P1-B3", ("B03", 1)),
        ("P12-P3", ("P03", 12)),
        ("A/1/R2", ("A01", 2)),
        ("plate1_B03", ("B03", None)),
        ("B03_20260101", ("B03", None)),
        ("AF48", ("AF48", None)),
        ("well h12", None),
        ("Position 3", None),
        ("XYPos:0", None),
        ("GFP 12", None),
        ("A00", None),
        ("A01 and B02", None),
        ("scan2021A01", None),
        ("", None),
    ],
)
def test_wells(name: str, found: tuple[str, int | None] | None) -> None:
    """Either one well and the number after it, or nothing: two wells are none."""
    assert well_in(name) == found


def test_fields_are_numbered_as_shown_or_in_order() -> None:
    """The names' numbers hold where each field of a well has one of its own."""
    assert numbered([("A01", 4), ("A01", 7), ("A02", 4)]) == ([("A01", 4), ("A01", 7), ("A02", 4)], True)
    assert numbered([("A01", 1), ("A01", 1), ("A02", None)]) == ([("A01", 1), ("A01", 2), ("A02", 1)], False)
