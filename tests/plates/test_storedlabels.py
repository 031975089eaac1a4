"""Lists of labels in fields, whoever wrote them; their pixels: tests/hcs/measure/test_fieldlabels.py."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from hcs_plates.errors import StoreError
from hcs_plates.plate import Plate
from hcs_plates.storedlabels import group_labels, listed_labels, stored_labels


def listing(group: Path, ome: object) -> Path:
    """Write the document of a group of labels."""
    group.mkdir(parents=True, exist_ok=True)
    document = {"zarr_format": 3, "node_type": "group", "attributes": {"ome": ome}}
    (group / "zarr.json").write_text(json.dumps(document))
    return group


def test_labels_of_other_tools_are_listed_and_not_ours(make_plate: Callable[..., Plate]) -> None:
    """A plate without labels has none; those without our mark are names alone."""
    plate = make_plate()
    assert (listed_labels(plate), stored_labels(plate)) == ({}, [])
    group = listing(plate.path / "A/01/3/labels", {"version": "0.5", "labels": ["cells", "nuclei"]})
    listing(group / "cells", {"image-label": {}})
    assert listed_labels(plate) == {("A01", 3): ["cells", "nuclei"]}
    assert stored_labels(plate) == []


def test_names_stay_inside_the_field(tmp_path: Path) -> None:
    """A name is that of a folder in the group; one that leads elsewhere is none."""
    group = listing(tmp_path, {"labels": ["nuclei", "../../2/labels/nuclei", "..", ""]})
    assert group_labels(group) == ["nuclei"]


@pytest.mark.parametrize("ome", [{}, [], {"labels": None}, {"labels": [1]}])
def test_damaged_lists_are_refused(ome: object, tmp_path: Path) -> None:
    """In one sentence that names the folder."""
    with pytest.raises(StoreError, match=r"has a damaged zarr\.json; remove the folder"):
        group_labels(listing(tmp_path, ome))
