"""TIFF folders by a pattern of their names."""

import tarfile
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import tifffile

from hcs_plates.errors import ArgumentError, ReaderError
from hcs_plates.readers.acquisition import PlaneKey
from hcs_plates.readers.detect import scan
from hcs_plates.readers.namepattern import compile_pattern
from hcs_plates.readers.pixels import read_plane
from hcs_plates.readers.tiffs import scan_tiffs

PATTERN = "{well}_f{field}_{channel}.tif"


def export(folder: Path, names: Iterable[str]) -> Path:
    """Write a tiny TIFF under each name."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(folder / name, np.zeros((4, 6), "uint16"))
    return folder


@pytest.mark.parametrize(
    ("pattern", "name", "values"),
    [
        (
            "Channel{channel}-{n}-{row}-{column}.tif",
            "Channel2-96-H-12.tif",
            {"channel": "2", "row": "H", "column": "12"},
        ),
        ("{well}_s{field}_w{channel}.tif", "B03_s12_w1.TIF", {"well": "B03", "field": "12", "channel": "1"}),
        (
            "{plate}_{well}_t{time}_z{z}.tif",
            "P_1_B - 3_t04_z2.tif",
            {"plate": "P_1", "well": "B - 3", "time": "04", "z": "2"},
        ),
        (
            r"^r(?P<row>\d+)c(?P<column>\d+)-(?P<channel>ch\d)",
            "r02c11-ch3sk1.tiff",
            {"row": "02", "column": "11", "channel": "ch3"},
        ),
        (r"_(?P<Well>[A-P]\d\d)_", "plate_B03_x.tif", {"well": "B03"}),
        ("{well}(a+b)[1].tif", "B03(a+b)[1].tif", {"well": "B03"}),
    ],
)
def test_patterns_read_names(pattern: str, name: str, values: dict[str, str]) -> None:
    """Braces and regular expressions give the same parts; everything else in braces' patterns is literal."""
    assert compile_pattern(pattern).match(name) == values


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("Channel.tif", "has no named part"),
        ("{channel}-{field}.tif", "names no well; use {well}, or {row} and {column}"),
        ("{row}-{field}.tif", "names no well"),
        ("{row}-{col}.tif", "{col} is ignored: did you mean {column}?"),
        ("{well}-{well}.tif", "has the part 'well' twice"),
        ("{well}-{row}.tif", "has both a well and a row or column"),
        ("{well}-{0}.tif", "a part is a plain name"),
        ("{well}-{channel:d}.tif", "a part is a plain name"),
        (r"(?P<well>[A-P", "is not a regular expression"),
        (r"(?P<well>a)(?P<Well>b)", "has the part 'well' twice"),
    ],
)
def test_patterns_that_cannot_work_are_refused(pattern: str, message: str) -> None:
    """Each refusal says what is wrong in the pattern."""
    with pytest.raises(ArgumentError) as refusal:
        compile_pattern(pattern)
    assert message in refusal.value.message


def test_a_folder_becomes_an_acquisition(tmp_path: Path) -> None:
    """Channels in sorted order, fields as shown, the folder's name, the smallest plate."""
    folder = export(
        tmp_path / "P7",
        [f"{well}_f{field}_{c}.tif" for well in ("A01", "d6") for field in (1, 3) for c in ("10", "9")],
    )
    found = scan_tiffs(folder, pattern=PATTERN)
    assert (found.name, found.reader, found.format.size) == ("P7", "tiffs", 24)
    assert [channel.name for channel in found.channels] == ["9", "10"]
    assert found.wells() == ["A01", "D06"]
    assert found.fields("D06") == [1, 3]
    assert found.planes[PlaneKey("D06", 3, 1)].path.name == "d6_f3_10.tif"
    assert (found.shape, found.dtype, found.missing) == ((4, 6), "uint16", {})
    assert found.notes == ()


def test_times_and_z_become_ranks(tmp_path: Path) -> None:
    """Whatever numbers the names show, times and z steps count from 0."""
    folder = export(tmp_path, [f"A1_t{time}_z{z}.tif" for time in (10, 9, 100) for z in (5, 7)])
    found = scan_tiffs(folder, pattern="{well}_t{time}_z{z}.tif")
    assert (found.n_times, found.n_z) == (3, 2)
    assert found.planes[PlaneKey("A01", 1, 0, 1, 0)].path.name == "A1_t10_z5.tif"


def test_numbered_rows_count_from_one(tmp_path: Path) -> None:
    """Row 2 is row B."""
    folder = export(tmp_path, ["r02c03.tif"])
    assert scan_tiffs(folder, pattern="r{row}c{column}.tif").wells() == ["B03"]


def test_channels_are_renamed(tmp_path: Path) -> None:
    """A mapping names channels by their values; those left out keep theirs."""
    folder = export(tmp_path, ["A1_f1_1.tif", "A1_f1_2.tif"])
    found = scan(folder, pattern=PATTERN, channels={"2": "DNA"})
    assert [channel.name for channel in found.channels] == ["1", "DNA"]


@pytest.mark.parametrize(
    ("channels", "message"),
    [
        ({"3": "DNA"}, "The export has no channel '3'; it has 1, 2."),
        ({"1": "x", "2": "x"}, "each needs a name of its own"),
        ({"1": " "}, "each needs a name of its own"),
    ],
)
def test_wrong_channel_names_are_refused(tmp_path: Path, channels: dict[str, str], message: str) -> None:
    """An unknown channel is answered with the known ones."""
    folder = export(tmp_path, ["A1_f1_1.tif", "A1_f1_2.tif"])
    with pytest.raises(ArgumentError) as refusal:
        scan(folder, pattern=PATTERN, channels=channels)
    assert message in refusal.value.message


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["P1/A1.tif", "P1/A2.tif", "P2/B1.tif", "P2/B2.tif"], True),
        (["P1/A1.tif", "P2/A2.tif"], False),
        (["P1/A1.tif", "P1/A2.tif"], False),
    ],
)
def test_plates_that_a_pattern_does_not_tell_apart(tmp_path: Path, names: list[str], told: bool) -> None:
    """Folders with several wells each and none in common may be plates; one well a folder is usual."""
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        tifffile.imwrite(tmp_path / name, np.zeros((4, 4), "uint8"))
    notes = scan_tiffs(tmp_path, pattern="{folder}/{well}.tif").notes
    assert ("its 2 values (P1, P2) have no well in common" in " ".join(notes)) == told
    with (
        pytest.raises(ReaderError, match="are of 2 plates")
        if len({name[:2] for name in names}) > 1
        else nullcontext()
    ):
        scan_tiffs(tmp_path, pattern="{plate}/{well}.tif")


def test_a_missing_plane_stays_missing_under_its_own_key(tmp_path: Path) -> None:
    """A channel other fields have is missing where it is not, and nothing slides into its place."""
    folder = export(
        tmp_path, ["A1_f1_1.tif", "A1_f1_2.tif", "A1_f2_1.tif", "A2_f1_1.tif", "A2_f1_2.tif", "A2_f2_2.tif"]
    )
    found = scan_tiffs(folder, pattern=PATTERN)
    assert sorted(found.missing) == [PlaneKey("A01", 2, 1), PlaneKey("A02", 2, 0)]
    assert found.planes[PlaneKey("A02", 2, 1)].path.name == "A2_f2_2.tif"


def test_a_stack_of_one_channel_alone_leaves_no_gaps(tmp_path: Path) -> None:
    """Planes that no field has are not missing."""
    folder = export(
        tmp_path,
        [f"{well}_1_z{z}.tif" for well in ("A1", "A2") for z in (1, 2, 3)] + ["A1_2_z1.tif", "A2_2_z1.tif"],
    )
    found = scan_tiffs(folder, pattern="{well}_{channel}_z{z}.tif")
    assert (found.n_z, len(found.planes), found.missing) == (3, 8, {})


def test_a_damaged_file_is_a_missing_plane(tmp_path: Path) -> None:
    """The reason names the file; the other planes are there."""
    folder = export(tmp_path, ["A1_f1_1.tif", "A2_f1_1.tif"])
    whole = (folder / "A2_f1_1.tif").read_bytes()
    (folder / "A2_f1_1.tif").write_bytes(whole[:-10])
    found = scan_tiffs(folder, pattern=PATTERN)
    assert list(found.planes) == [PlaneKey("A01", 1, 0)]
    assert "A2_f1_1.tif: the file is cut short" in found.missing[PlaneKey("A02", 1, 0)]
    assert found.wells() == ["A01", "A02"]


def test_other_files_end_in_a_note(tmp_path: Path) -> None:
    """What does not match is counted and shown; hidden files are not even that."""
    folder = export(tmp_path, ["A1_f1_1.tif", "overview1.tif", "overview2.tif", "o3.tif", "o4.tif"])
    (folder / "._A1_f1_1.tif").write_bytes(b"macOS")
    (notes,) = scan_tiffs(folder, pattern=PATTERN).notes
    assert notes.startswith(
        "4 images do not match the pattern and are left out: o3.tif, o4.tif, overview1.tif"
    )


def test_wells_with_fewer_fields_end_in_a_note(tmp_path: Path) -> None:
    """A field that is wholly absent is not silently so."""
    folder = export(tmp_path, ["A1_f1_1.tif", "A1_f2_1.tif", "A2_f1_1.tif"])
    assert scan_tiffs(folder, pattern=PATTERN).notes == ("1 of 2 wells have fewer than 2 fields: A02.",)


def test_the_plates_name_can_come_from_the_names(tmp_path: Path) -> None:
    """`{plate}` names the plate unless the caller does."""
    folder = export(tmp_path, ["P1_A1.tif"])
    assert scan_tiffs(folder, pattern="{plate}_{well}.tif").name == "P1"
    assert scan(folder, pattern="{plate}_{well}.tif", name="mine").name == "mine"


def test_paths_are_matched_where_the_pattern_has_a_slash(tmp_path: Path) -> None:
    """With a slash in the pattern subfolders are searched."""
    folder = export(tmp_path, ["B03/f1.tif", "B03/f2.tif", "B04/f1.tif"])
    assert len(scan_tiffs(folder, pattern="{well}/f{field}.tif").planes) == 3


@pytest.mark.parametrize(
    ("names", "pattern", "messages"),
    [
        (["A1.tif", "a01.tif"], "{well}.tif", ["well A01, field 1, channel 1", "A1.tif and a01.tif"]),
        (
            ["A1_s1.tif", "A1_s2.tif"],
            "{well}_s{site}.tif",
            ["claimed by 2 files", "the pattern's site is ignored"],
        ),
        (["P1_A1.tif", "P2_A1.tif"], "{plate}_{well}.tif", ["are of 2 plates (P1, P2)"]),
        (["x.tif"], "{well}.tif", ["none of its 1 images matches the pattern '{well}.tif'", "'x.tif'"]),
        (["A00.tif", "B0.tif"], "{row}{column}.tif", ["2 faults", "Column '00'", "Column '0'"]),
        (["0-1.tif"], "{row}-{column}.tif", ["Row '0' is not a row"]),
        (["AZ01.tif"], "{well}.tif", ["Well 'AZ01' is outside every standard plate"]),
        (["A1.png"], "{well}.tif", ["holds no TIFF file", "only .png files", "exported as TIFF"]),
        ([], "{well}.tif", ["is an empty folder"]),
        (
            ["001001000.flex"],
            "{well}.tif",
            ["1 .flex files of an Opera", "from Harmony or Columbus, or give the folder"],
        ),
        (["images/A1.tif"], "{well}.tif", ["its subfolders do (for example 'images/A1.tif')"]),
    ],
)
def test_folders_that_are_no_plate_are_refused(
    tmp_path: Path, names: list[str], pattern: str, messages: list[str]
) -> None:
    """Each refusal shows what was found and what was expected."""
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(ReaderError) as refusal:
        scan_tiffs(tmp_path, pattern=pattern)
    for message in messages:
        assert message in refusal.value.message


def test_the_reader_asks_for_its_pattern(tmp_path: Path) -> None:
    """Without a pattern there is nothing to read by."""
    with pytest.raises(ArgumentError, match="needs a pattern"):
        scan_tiffs(tmp_path)


def test_a_likely_misspelt_part_ends_in_a_note(tmp_path: Path) -> None:
    """A part that is ignored but looks like a known one is pointed at."""
    folder = export(tmp_path, ["A1_1.tif"])
    (note,) = scan_tiffs(folder, pattern="{well}_{chanel}.tif").notes
    assert "{chanel} is ignored: did you mean {channel}?" in note


@pytest.mark.slow
@pytest.mark.shared
def test_the_translocation_plate_is_whole(shared_data: Path, tmp_path: Path) -> None:
    """BBBC013: 96 wells, one field, two channels of 640 × 640 palette images."""
    with tarfile.open(shared_data / "bbbc013" / "ExampleSBSImages.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    found = scan(
        tmp_path / "ExampleSBSImages",
        pattern="Channel{channel}-{n}-{row}-{column}.tif",
        channels={"1": "GFP", "2": "DNA"},
    )
    assert found.format.size == 96 == len(found.wells())
    assert len(found.planes) == 192
    assert [channel.name for channel in found.channels] == ["GFP", "DNA"]
    assert (found.shape, found.dtype, found.pixel_size_um) == ((640, 640), "uint8", None)
    assert (found.missing, found.notes) == ({}, ())
    file = found.planes[PlaneKey("H12", 1, 1)]
    assert file.path.name == "Channel2-96-H-12.tif"
    # The palette is the identity, so the indices are the grey levels an ordinary reader shows.
    np.testing.assert_array_equal(read_plane(file, found.shape, found.dtype), tifffile.imread(file.path))
