"""What the map of a plate shows: every well as it is to be filled, and a list that says the same."""

import pandas as pd

from hcs.design.maps.mapped import MappedWell, map_plates
from hcs_plates.wells import parse_well

WELLS = pd.DataFrame(
    [
        ("P2", "B02", "K7QX", "ALS", "1", "sample", True),
        ("P2", "A03", "K7QX", "ALS", "1", "sample", True),
        ("P2", "A01", "C2HM", "control", "1", None, True),
        ("P2", "A02", None, None, "1", "negative_control", True),
        ("P2", "B01", "C2HM", "control", "1", "positive_control", True),
        ("P2", "B03", None, None, "1", "empty", False),
        ("P10", "A01", "K7QX", "ALS", "2", "sample", True),
        ("P10", "A02", "K7QX", "ALS", "3", "sample", True),
    ],
    columns=["plate", "well", "clone", "diagnosis", "differentiation_batch", "role", "included"],
)


def test_wells_are_samples_controls_or_empty() -> None:
    """A control without a line is called by its role, one with a line by both; empty wells hold nothing."""
    plate = map_plates(WELLS, 6)[0]
    shown = {place.name: well for place, well in plate.wells.items()}
    assert shown == {
        "A01": MappedWell("sample", "C2HM"),
        "A02": MappedWell("control", "negative control"),
        "A03": MappedWell("sample", "K7QX"),
        "B01": MappedWell("control", "C2HM", "positive control"),
        "B02": MappedWell("sample", "K7QX"),
        "B03": MappedWell("empty", ""),
    }
    assert plate.counts() == "6 wells: 3 with samples, 2 controls, 1 empty"


def test_the_list_has_every_well_once_and_row_by_row() -> None:
    """Lines come first, by name, then controls; a line's wells stand in the order of the plate."""
    plate = map_plates(WELLS, 6)[0]
    assert [(row.name, row.note, row.wells, row.control) for row in plate.rows] == [
        ("C2HM", "", ("A01",), False),
        ("K7QX", "", ("A03", "B02"), False),
        ("C2HM", "positive control", ("B01",), True),
        ("negative control", "", ("A02",), True),
    ]


def test_diagnoses_are_shown_only_where_they_are_asked_for() -> None:
    """Whoever pipettes does not read the diagnosis from the map unless that was wanted."""
    for shown in (False, True):
        notes = {well.note for well in map_plates(WELLS, 6, show_diagnosis=shown)[0].wells.values()}
        assert ({"ALS", "control"} <= notes) == shown


def test_plates_are_in_the_order_of_their_numbers_and_name_one_batch() -> None:
    """P2 comes before P10; a plate of two batches names none; the smallest format that fits is taken."""
    first, second = map_plates(WELLS)
    assert (first.name, first.batch, second.name, second.batch) == ("P2", "1", "P10", "")
    assert first.format.size == 6


def test_a_row_of_the_grid_has_all_wells() -> None:
    """Places that nobody describes are drawn empty."""
    grid = dict(map_plates(WELLS, 12)[1].grid())
    assert [well.name for well in grid["A"]] == ["K7QX", "K7QX", "", ""]
    assert list(grid) == ["A", "B", "C"]
    assert parse_well("C04") not in map_plates(WELLS, 12)[1].wells
