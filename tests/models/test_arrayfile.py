"""Files of plain arrays: what was written comes back, and anything else is refused in a sentence."""

from pathlib import Path

import numpy as np
import pytest

from hcs_models.arrayfile import read_arrays, write_arrays
from hcs_plates.errors import StoreError


@pytest.mark.parametrize("compressed", [False, True])
def test_arrays_and_facts_come_back(tmp_path: Path, compressed: bool) -> None:
    """To the last bit, with their types."""
    values = np.random.default_rng(0).random((3, 4)).astype(np.float32)
    write_arrays(tmp_path / "a.npz", {"epoch": 7}, {"values": values}, compressed=compressed)
    with read_arrays(tmp_path / "a.npz", "a head") as (about, stored):
        assert about == {"epoch": 7}
        np.testing.assert_array_equal(stored["values"], values, strict=True)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"{}"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """And so is one that the reader finds fault with."""
    file = tmp_path / "a.npz"
    file.write_bytes(content)
    refused = "is not a head of a study; run `hcs study run` again"
    with pytest.raises(StoreError, match=refused), read_arrays(file, "a head"):
        raise AssertionError("it was opened")
    write_arrays(file, {}, {"values": np.zeros(2)})
    with pytest.raises(StoreError, match=refused), read_arrays(file, "a head"):
        raise ValueError("other shapes")
