"""A plate's description survives the way to JSON and back."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hcs_plates.description import PlateSpec, from_json, table_from_json, table_to_json, to_json
from hcs_plates.errors import ArgumentError, StoreError
from hcs_plates.ngff import FieldLayout
from hcs_plates.readers.acquisition import Channel, Objective

MakeSpec = Callable[..., PlateSpec]


def test_round_trip(make_spec: MakeSpec) -> None:
    """Everything comes back, types of the wells table included."""
    spec = make_spec(
        objective=Objective(20.0, 0.45, "Nikon 20X"),
        positions_um={("A01", 1): (-1.5, 2.0)},
        checksums={"A01/1": "ab"},
    )
    back = from_json(json.loads(json.dumps(to_json(spec))), Path("x"))
    pd.testing.assert_frame_equal(back.wells, spec.wells)
    assert replace(back, wells=spec.wells) == spec


def test_missing_values_stay_missing(make_spec: MakeSpec) -> None:
    """Gaps in text, whole numbers and numbers are gaps again, not 'nan' or 0."""
    table = table_from_json(json.loads(json.dumps(table_to_json(make_spec().wells))))
    assert table["passage"].isna().tolist() == [False, False, True, False]
    assert table["diagnosis"].isna().tolist() == [False, False, False, True]
    assert str(table["passage"].dtype) == "Int64"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"layout": FieldLayout(1, 2, 1, 8, 8, "float32")}, "uint8 or uint16"),
        ({"channels": (Channel("GFP"), Channel("GFP"))}, "must differ"),
        ({"fields": {"E01": (1,)}}, "outside a 24-well plate"),
    ],
)
def test_refusals(make_spec: MakeSpec, changes: dict[str, Any], words: str) -> None:
    """What no plate can hold is refused before anything is written."""
    with pytest.raises(ArgumentError, match=words):
        make_spec(**changes)


def test_later_versions_are_refused(make_spec: MakeSpec) -> None:
    """A plate of a later format is named as such."""
    with pytest.raises(StoreError, match="plate format 99"):
        from_json({**to_json(make_spec()), "version": 99}, Path("x"))
