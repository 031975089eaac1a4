"""MetaMorph stacks: written byte by byte as the format has them, read plane by plane."""

import struct
from pathlib import Path

import numpy as np
import pytest

from hcs_plates.errors import ReaderError
from hcs_plates.export import Export
from hcs_plates.ingestion import ingest
from hcs_plates.readers.acquisition import PlaneKey
from hcs_plates.readers.detect import scan
from hcs_plates.readers.metamorph import stk_plane

PLANES = np.random.default_rng(0).integers(0, 4000, (3, 6, 8)).astype("uint16")


def stk(path: Path, planes: np.ndarray) -> None:
    """Write a stack: one page, UIC1 and UIC2 tags that count the planes, planes one after the other."""
    count, height, width = planes.shape
    tags = [
        *((256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 16), (259, 3, 1, 1), (262, 3, 1, 1)),
        *((277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, height * width * 2)),
    ]
    start = 8 + 2 + 12 * (len(tags) + 3) + 4
    uic2, pixels = start + 8, start + 8 + 24 * count
    tags += [(273, 4, 1, pixels), (33628, 4, 1, start), (33629, 5, count, uic2)]
    written = struct.pack("<2sHIH", b"II", 42, 8, len(tags))
    written += b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags)) + struct.pack("<I", 0)
    # UIC1: one entry, "AutoScale" 0; UIC2: z distance 3/2 and four times and dates of each plane.
    written += struct.pack("<II", 0, 0) + struct.pack("<6I", 3, 2, 2451545, 0, 2451545, 0) * count
    path.write_bytes(written + planes.astype("<u2").tobytes())


def test_planes_are_steps_in_z(tmp_path: Path) -> None:
    """Each plane by itself, in a plate; the distance of steps as the stack states it."""
    (tmp_path / "P").mkdir()
    for number, name in enumerate(("A01_s1", "A01_s2", "B02_s1")):
        stk(tmp_path / "P" / f"{name}.stk", PLANES + number)
    found = scan(tmp_path / "P", pattern="{well}_s{field}.stk")
    assert (found.n_z, found.z_step_um, found.shape, found.dtype) == (3, 1.5, (6, 8), "uint16")
    plate = ingest(Export(tmp_path / "P", pattern="{well}_s{field}.stk"), tmp_path / "P.ome.zarr")
    np.testing.assert_array_equal(plate["B02"][1].read()[0], PLANES + 2)


def test_planes_are_what_the_user_says(tmp_path: Path) -> None:
    """Fields, one file a well; and it is told that MetaMorph calls them otherwise."""
    stk(tmp_path / "A01.stk", PLANES)
    found = scan(tmp_path, pattern="{well}.stk", pages="f")
    assert (found.fields("A01"), found.n_z) == ([1, 2, 3], 1)
    np.testing.assert_array_equal(
        stk_plane(tmp_path / "A01.stk", found.planes[PlaneKey("A01", 3, 0)].page), PLANES[2]
    )
    assert "read as 3 fields, as --pages says; MetaMorph says 3 z steps." in found.notes[0]
    with pytest.raises(ReaderError, match=r"holds 3 images .* does not make up"):
        scan(tmp_path, pattern="{well}.stk", pages="c2f")


def test_a_cut_stack_is_refused(tmp_path: Path) -> None:
    """The bytes that its planes need are counted, whatever its header says of the first."""
    stk(tmp_path / "A01.stk", PLANES)
    whole = (tmp_path / "A01.stk").read_bytes()
    (tmp_path / "A01.stk").write_bytes(whole[:-1])
    with pytest.raises(ReaderError, match="the file is cut short: its 3 planes need"):
        scan(tmp_path, pattern="{well}.stk")


def test_planes_beyond_are_none(tmp_path: Path) -> None:
    """A stack of three has no fourth."""
    stk(tmp_path / "A01.stk", PLANES)
    np.testing.assert_array_equal(stk_plane(tmp_path / "A01.stk", 2), PLANES[2])
    with pytest.raises(ValueError, match="it has 3 planes"):
        stk_plane(tmp_path / "A01.stk", 3)


def test_other_files_are_no_stacks(tmp_path: Path) -> None:
    """A TIFF under the name of a stack is refused."""
    import tifffile

    tifffile.imwrite(tmp_path / "A01.stk", PLANES[0])
    with pytest.raises(ReaderError, match="no tags of a MetaMorph stack"):
        scan(tmp_path, pattern="{well}.stk")
