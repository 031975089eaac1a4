"""Arrays of other tools take no more memory than a field has, and run nothing."""

import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.inputs.otherplates import VERSIONS, edit, noise, other_plate

from hcs_plates.errors import StoreError
from hcs_plates.others.arrays import open_array
from hcs_plates.others.metadata import MetadataError
from hcs_plates.viewing import open_view


def test_codecs_that_run_what_they_unpack_are_refused(tmp_path: Path) -> None:
    """A filter that unpickles would run a stranger's code: no chunk of such an array is read."""
    path = other_plate(tmp_path / "P.zarr", {"A/1": {"0": [noise(1, 16, 16)]}}, version="0.4")
    ran = tmp_path / "ran"

    class Runs:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(ran),)

    edit(path / "A/1/0/0/.zarray", lambda one: one.update(filters=[{"id": "pickle"}], compressor=None))
    (path / "A/1/0/0/0/0/0").write_bytes(pickle.dumps(Runs()))
    with pytest.raises(StoreError, match="packed with 'pickle'"):
        open_view(path).field("A01", "0")
    assert not ran.exists()


ABSURD: dict[str, dict[str, Any]] = {
    "shape": {"shape": [1, 10**9, 10**9]},
    "planes": {"shape": [10**9, 16, 16]},
    "chunks": {"shape": [1, 10**6, 10**6], "chunks": [1, 10**6, 10**6]},
    "no pixels": {"shape": [1, 0, 16]},
    "negative": {"shape": [1, -16, 16]},
    "too few axes": {"shape": [16, 16], "chunks": [16, 16]},
    "chunks of nothing": {"chunks": [1, 0, 16]},
    "text": {"shape": "large"},
    "no type": {"dtype": None},
    "objects": {"dtype": "|O"},
    "filters of another kind": {"filters": 7},
}


@pytest.mark.parametrize("fault", ABSURD)
def test_absurd_arrays_are_refused_before_memory_is_taken(tmp_path: Path, fault: str) -> None:
    """Sizes that no field has, and documents that are none, are a sentence."""
    path = other_plate(tmp_path / "P.zarr", {"A/1": {"0": [noise(1, 16, 16)]}}, version="0.4")
    edit(path / "A/1/0/0/.zarray", lambda one: one.update(ABSURD[fault]))
    with pytest.raises(StoreError, match="level '0' is left out"):
        open_view(path).field("A01", "0")


@VERSIONS
def test_a_file_larger_than_its_array_is_not_read(tmp_path: Path, version: str) -> None:
    """A chunk's file of gigabytes (here: sparse) is refused, not read; damaged ones are a sentence."""
    path = other_plate(tmp_path / "P.zarr", {"A/1": {"0": [noise(1, 16, 16)]}}, version=version)
    chunk = path / ("A/1/0/0/0/0/0" if version == "0.4" else "A/1/0/0/c/0/0/0")
    field = open_view(path).field("A01", "0")
    chunk.write_bytes(b"damaged")
    with pytest.raises(StoreError, match="field A/1/0 cannot be read"):
        field.region(0, [0], 0, 0, 0, 9, 0, 9)
    os.truncate(chunk, 2**40)
    with pytest.raises(StoreError, match="larger than its array can be"):
        field.region(0, [0], 0, 0, 0, 9, 0, 9)


def test_pieces_that_lie_elsewhere_are_not_zeros(tmp_path: Path) -> None:
    """A document that names other places for its pieces is refused; an array of no piece at all is empty."""
    folder = other_plate(tmp_path / "p", {"A/1": {"0": [noise(1, 24, 24)]}}, version="0.4")
    level = folder / "A" / "1" / "0" / "0"
    edit(level / ".zarray", lambda document: document.pop("dimension_separator"))
    with pytest.raises(MetadataError, match=r"found 0, expected 0\.0\.0"):
        open_array(folder.resolve(), "A/1/0/0", "0.4", ("c", "y", "x"))
    shutil.rmtree(level / "0")
    assert not open_array(folder.resolve(), "A/1/0/0", "0.4", ("c", "y", "x"))[...].any()


def test_axes_that_two_documents_name_in_another_order_are_refused(tmp_path: Path) -> None:
    """Channels would be read for steps in z, or the other way round."""
    path = other_plate(tmp_path / "P.zarr", {"A/1": {"0": [noise(2, 2, 16, 16)]}}, axes="czyx")
    named = path / "A/1/0/0/zarr.json"
    edit(named, lambda one: one.update(dimension_names=["C", "Z", "Y", "X"]))
    open_view(path).field("A01", "0")
    edit(named, lambda one: one.update(dimension_names=["z", "c", "y", "x"]))
    with pytest.raises(StoreError, match="dimension_names are z, c, y, x"):
        open_view(path).field("A01", "0")
