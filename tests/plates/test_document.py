"""A plate's description survives the way to JSON and back, and what was changed on disk is a sentence."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hcs_plates.coding import Made, Unblinding
from hcs_plates.description import PlateSpec
from hcs_plates.document import from_json, table_from_json, table_to_json, to_json
from hcs_plates.errors import ArgumentError, StoreError
from hcs_plates.plate import open_plate
from hcs_plates.protocol import Protocol
from hcs_plates.readers.acquisition import Objective
from hcs_plates.units import digest

MakeSpec = Callable[..., PlateSpec]


def test_round_trip(make_spec: MakeSpec) -> None:
    """Everything comes back, types of the wells table included."""
    spec = make_spec(
        objective=Objective(20.0, 0.45, "Nikon 20X"),
        positions_um={("A01", 1): (-1.5, 2.0)},
        checksums={"A01/1": "ab"},
        protocol=Protocol.model_validate(
            {
                "imaging": {"exposure": {"FITC": "300 ms"}},
                "antibodies": [{"target": "NF-H", "dilution": "1:1,000"}],
            }
        ),
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


@pytest.mark.parametrize("version", [99, None, True, "2", [1]])
def test_other_versions_are_refused(make_spec: MakeSpec, version: Any) -> None:
    """A plate of a later format, or of none, is named as such."""
    with pytest.raises(StoreError, match=r"plate format .*; this hcs reads formats 1 to 5"):
        from_json({**to_json(make_spec()), "version": version}, Path("x"))


def test_plates_of_the_format_before_open(make_spec: MakeSpec) -> None:
    """Without what was never acquired, the step in z, the protocol, and whether the format was stated."""
    stored = {
        key: value
        for key, value in to_json(make_spec()).items()
        if key not in ("never_acquired", "format_stated", "z_step_um", "protocol", "digest")
    }
    stored["version"] = 2
    assert from_json(stored | {"digest": digest(stored)}, Path("x")) == make_spec()


@pytest.mark.parametrize(
    "never", [[[2, 0, 0]], [[0, 1, 0]], [[0, 0, 1]], [[1, 0, 0]], [[0, 0]], [[-1, 0, 0]], [["GFP", 0, 0]]]
)
def test_planes_that_the_plate_has_not_were_not_acquired(make_spec: MakeSpec, never: Any) -> None:
    """A combination outside the box, a channel without any plane, or none at all is damage."""
    stored = {**to_json(make_spec()), "never_acquired": never}
    del stored["digest"]
    with pytest.raises(StoreError, match="its description is damaged"):
        from_json(stored | {"digest": digest(stored)}, Path("x"))


def test_a_changed_letter_is_noticed(make_spec: MakeSpec) -> None:
    """A sound description that is not the one that was written (a clone of another name) is refused."""
    text = json.dumps(to_json(make_spec()))
    with pytest.raises(StoreError, match="not the one that hcs wrote"):
        from_json(json.loads(text.replace('"c2"', '"c3"')), Path("x"))


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths to everything in a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inside:
        yield (*path, key)
        yield from places(below, (*path, key))


def changed(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Change one place of a copy; `places` itself stands for: gone."""
    other = copy.deepcopy(document)
    parent = other
    for key in path[:-1]:
        parent = parent[key]
    if value is places:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return other


@pytest.mark.parametrize(
    "value", [places, None, True, -1, 10**12, 1e300, float("nan"), "", "‮x", [], [0], {}, {"a": 1}, "../../x"]
)
def test_damaged_descriptions_are_sentences(make_spec: MakeSpec, value: Any) -> None:
    """Any one thing gone or of another kind, without the digest of format 2: right, or one sentence."""
    spec = make_spec(
        objective=Objective(20.0), positions_um={("A01", 1): (0.5, 2.0)}, checksums={"A01/1": "ab"}
    )
    document = json.loads(json.dumps(to_json(spec) | {"version": 1}))
    document.pop("digest")
    said = []
    for path in places(document):
        damaged = changed(document, path, value)
        try:
            found = from_json(damaged, Path("x"))
        except StoreError as error:
            said.append(str(error))
        else:
            assert isinstance(found, PlateSpec)
    assert len(said) > 20
    assert all(len(sentence.splitlines()) == 1 for sentence in said)


@pytest.mark.parametrize(
    "damage",
    [
        lambda document: document.update(attributes=[]),
        lambda document: document["attributes"].update(ome={"plate": []}),
        lambda document: document["attributes"].update(ome=7),
        lambda document: document["attributes"].update(hcs="P1"),
        lambda document: document["attributes"]["hcs"].pop("name"),
    ],
)
def test_a_root_of_another_shape(make_plate: Any, damage: Callable[[Any], object]) -> None:
    """What is no plate's root is said to be none."""
    path = make_plate().path
    document = json.loads((path / "zarr.json").read_text())
    damage(document)
    (path / "zarr.json").write_text(json.dumps(document))
    with pytest.raises(StoreError, match=r"is not a plate|has no OME metadata|expected an object with rows"):
        open_plate(path)


def test_the_log_of_names_put_on_codes(make_spec: MakeSpec) -> None:
    """It survives, and only plates that have one are of a format that older versions refuse."""
    spec = make_spec()
    assert to_json(spec)["version"] == 3
    assert "unblinding" not in to_json(spec)
    log = Unblinding(
        "2026-03-02T09:30:00+00:00", "0.1.0", "ab", ("diagnosis",), "i1", (Made("tiles", "t", "d"),)
    )
    named = replace(spec, wells=spec.wells.assign(code=spec.wells["clone"]), unblinding=log)
    stored = to_json(named)
    assert stored["version"] == 4
    assert from_json(json.loads(json.dumps(stored)), Path("x")).unblinding == log
    with pytest.raises(ArgumentError, match="keeps the codes and the names"):
        replace(named, wells=spec.wells)
