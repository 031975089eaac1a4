"""What no plate can be is refused; channels are found by name."""

from collections.abc import Callable
from typing import Any

import pytest

from hcs_plates.description import PlateSpec
from hcs_plates.errors import ArgumentError
from hcs_plates.ngff import FieldLayout
from hcs_plates.readers.acquisition import Channel, PlaneKey

MakeSpec = Callable[..., PlateSpec]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"layout": FieldLayout(1, 2, 1, 8, 8, "float32")}, "uint8 or uint16"),
        ({"layout": FieldLayout(1, 2, 1, 0, 8, "uint8")}, "No field has 1 × 2 × 1 planes"),
        ({"layout": FieldLayout(10**9, 2, 1, 8, 8, "uint8")}, "No field has 1000000000 × 2 × 1 planes"),
        ({"layout": FieldLayout(1, 2, 1, 10**7, 8, "uint8")}, "10000000 × 8 pixels"),
        ({"layout": FieldLayout(1, 3, 1, 8, 8, "uint8")}, "names 2 channels and its fields have 3"),
        ({"channels": (Channel("GFP"), Channel("GFP"))}, "must differ"),
        ({"fields": {"E01": (1,)}}, "outside a 24-well plate"),
        ({"fields": {"a1": (1,)}}, "'a1' is spelt 'A01'"),
        ({"fields": {"B01": (1,)}}, "no row of B01"),
        ({"missing": {PlaneKey("A01", 1, 2): "gone"}}, "no plane .* listed as missing"),
        *(
            ({"name": name}, "cannot name a plate")
            for name in ("", ".", "..", "../P1", "a/b", "a\\b", "a\nb")
        ),
    ],
)
def test_refusals(make_spec: MakeSpec, changes: dict[str, Any], words: str) -> None:
    """What no plate can hold, or be called, is refused before anything is written or allocated."""
    with pytest.raises(ArgumentError, match=words):
        make_spec(**changes)


def test_a_wells_table_says_which_wells_are_included(make_spec: MakeSpec) -> None:
    """Each well is in or out, and called as the index calls it."""
    table = make_spec().wells
    assert make_spec(wells=table.assign(well=table.index)) == make_spec()
    with pytest.raises(ArgumentError, match="names other wells than its index"):
        make_spec(wells=table.assign(well="A01"))
    for wrong in (table.drop(columns="included"), table.assign(included="yes")):
        with pytest.raises(ArgumentError, match="'included', true or false of each well"):
            make_spec(wells=wrong)


def test_equal_descriptions(make_spec: MakeSpec) -> None:
    """Descriptions compare by what they say, wells table included."""
    assert make_spec() == make_spec()
    assert make_spec() != make_spec(wells=make_spec().wells.assign(clone="other"))
    assert make_spec() != make_spec(notices=())
    assert make_spec() != "a description"
