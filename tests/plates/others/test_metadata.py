"""What plates and wells of other tools say of themselves, and what is refused of it."""

from typing import Any

import pytest

from hcs_plates.others.metadata import FieldPlace, MetadataError, plate_metadata, well_metadata
from hcs_plates.wells import PlateFormat


def described(*paths: str) -> dict[str, Any]:
    """Metadata of a plate of these wells."""
    rows, columns = (list(dict.fromkeys(path.split("/")[side] for path in paths)) for side in (0, 1))
    wells = [
        {
            "path": path,
            "rowIndex": rows.index(path.split("/")[0]),
            "columnIndex": columns.index(path.split("/")[1]),
        }
        for path in paths
    ]
    named = [{"name": row} for row in rows], [{"name": column} for column in columns]
    return {"plate": {"rows": named[0], "columns": named[1], "wells": wells}}


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_two_names_for_one_well(version: str) -> None:
    """A/1 and A/01 are one well: the first is shown, the other told; neither is taken for another well."""
    found = plate_metadata(described("A/1", "A/01", "B/2"), version)
    assert found.wells == {"A01": "A/1", "B02": "B/2"}
    assert found.faults == ("well A/01 is A01, which A/1 is already",)


def test_grids_that_no_standard_plate_has() -> None:
    """Wells beyond 1,536 are drawn on a grid that holds them; indices are no positions."""
    found = plate_metadata(described("B/03", "AG/99"), "0.4")
    assert (found.format, found.format_stated) == (PlateFormat(33, 99), False)
    assert list(found.wells) == ["B03", "AG99"]


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_fields_of_a_well(version: str) -> None:
    """Fields as listed, each once; those that are none are told, a well without any is refused."""
    images = [{"path": 3, "acquisition": 1}, {"path": "a-b_c.d"}, {"path": "3"}, {"path": "x y"}, "7", {}]
    fields, faults = well_metadata({"well": {"images": images}}, version)
    assert fields == [FieldPlace("3", 1), FieldPlace("a-b_c.d")]
    assert [" ".join(fault.split()[:4]) for fault in faults] == [
        "well.images.2: path is '3'",
        "well.images.3: path is 'x",
        "well.images.4: it is '7'",
        "well.images.5: path is ''",
    ]
    nothing: tuple[dict[str, Any], ...] = (
        {},
        {"well": 7},
        {"well": {"images": []}},
        {"well": {"images": [7]}},
    )
    for broken in nothing:
        with pytest.raises(MetadataError, match=r"well\.images"):
            well_metadata(broken, version)
