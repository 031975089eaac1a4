"""Documents of other tools lead nowhere out of the plate, and damaged ones are a sentence."""

import json
import shutil
from pathlib import Path

import pytest
from tests.inputs.otherplates import DOCUMENT, VERSIONS, edit, noise, ome, other_plate

from hcs_plates.errors import StoreError
from hcs_plates.viewing import open_view


@VERSIONS
@pytest.mark.parametrize("key", ["..", "../../../outside", "/etc", "", ".", "a" * 300])
def test_paths_stay_inside(tmp_path: Path, version: str, key: str) -> None:
    """No path of a well's fields or of a field's levels leads out of the plate."""
    inside = {"A/1": {"0": [noise(1, 20, 20)], "1": [noise(1, 20, 20)]}}
    path = other_plate(tmp_path / "P.zarr", inside, version=version)
    other_plate(tmp_path / "outside", inside, version=version)
    edit(path / "A/1" / DOCUMENT[version], lambda one: ome(one)["well"]["images"][0].update(path=key))
    view = open_view(path)
    assert (view.fields["A01"], len(view.notices)) == (("1",), 2)
    document = path / "A/1/1" / DOCUMENT[version]
    edit(document, lambda one: ome(one)["multiscales"][0]["datasets"][0].update(path=key))
    with pytest.raises(StoreError, match=r"names? the path|is left out"):
        view.field("A01", "1")


@VERSIONS
@pytest.mark.parametrize("place", ["A", "A/1", "A/1/0", "A/1/0/0", "chunk"])
def test_links_out_of_the_plate_are_not_followed(tmp_path: Path, version: str, place: str) -> None:
    """A link to a folder or a file outside of the plate is refused; the plate may be a link itself."""
    path = other_plate(tmp_path / "P.zarr", {"A/1": {"0": [noise(1, 16, 16)]}}, version=version)
    if place == "chunk":
        place = "A/1/0/0/0/0/0" if version == "0.4" else "A/1/0/0/c/0/0/0"
    shutil.move(path / place, tmp_path / "elsewhere")
    (path / place).symlink_to(tmp_path / "elsewhere")
    (tmp_path / "L.zarr").symlink_to(path)
    with pytest.raises(StoreError, match="link that leads out"):
        open_view(tmp_path / "L.zarr").field("A01", "0").region(0, [0], 0, 0, 0, 9, 0, 9)


def test_damaged_documents_are_a_sentence(tmp_path: Path) -> None:
    """Documents that are cut, deep or something else: the plate or the field is refused in a sentence."""
    for place, content in (
        ("zarr.json", b"{"),
        ("zarr.json", b"[]"),
        ("zarr.json", json.dumps({"attributes": {"ome": {"plate": 7, "version": "0.5"}}}).encode()),
        ("zarr.json", b"[" * 100_000),
        ("A/1/0/zarr.json", b'{"attributes": 7}'),
        ("A/1/0/zarr.json", b"\xff"),
        ("A/1/0/0/zarr.json", b"{}"),
    ):
        path = other_plate(tmp_path / "P.zarr", {"A/1": {"0": [noise(1, 16, 16)]}})
        (path / place).write_bytes(content)
        with pytest.raises(StoreError, match=r"zarr\.json|level '0'"):
            open_view(path).field("A01", "0")
        shutil.rmtree(path)
