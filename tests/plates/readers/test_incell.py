"""IN Cell Analyzer exports, with and without their `.xdce`."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import tifffile

from hcs_plates.errors import ArgumentError, ReaderError
from hcs_plates.readers.acquisition import Objective, PlaneKey, Step
from hcs_plates.readers.detect import scan
from hcs_plates.readers.incell import scan_incell
from hcs_plates.readers.incellnames import incell_name

WAVES = (("Blue", "FITC", 475, 535, 200), ("UV", "DAPI", 350, 455, 50))

HEAD = """<?xml version="1.0" encoding="ISO-8859-1" standalone="no"?>
<ImageStack{namespace}>
 <UUID value="7697b7dd"/>
 <Application name="IN Cell Analyzer 2000" software_version="3.0"/>
 <Creation date="2010-11-17" time="20:23:53"/>
 <AutoLeadAcquisitionProtocol name="motor neurons">
  <ObjectiveCalibration magnification="20.0" numerical_aperture="0.45" objective_name="Nikon 20X/0.45"
    pixel_height="0.650" pixel_width="0.325" unit="\xb5m"/>
  <Camera><Size width="6" height="4"/></Camera>
  <Wavelengths>{waves}</Wavelengths>
  <Plate name="96 well" rows="8" columns="12">
   <NamingRows begin="{row_begin}"/><NamingColumns begin="1"/>
  </Plate>
  <PlateMap>
   <Exclude row="1" col="12"/>
   <FieldOffsets number_of_fields="2">
    <offset_point index="0" x="-300.5" y="10"/><offset_point index="1" x="300.5" y="10"/>
   </FieldOffsets>
  </PlateMap>
 </AutoLeadAcquisitionProtocol>
 <Images number="{number}" path="C:\\data">
"""


def file_name(well: str, field: int, wave: int, z: int | None = None, time: int | None = None) -> str:
    """Spell a file as the instrument does."""
    excitation, emission = WAVES[wave][:2]
    indices = ("" if z is None else f" z {z + 1}") + ("" if time is None else f" time {time + 1}")
    return f"{well[0]} - {well[1:]}(fld {field} wv {excitation} - {emission}{indices}).tif"


def image_entry(name: str, well: str, field: int, wave: int, z: int = 0, time: int = 0) -> str:
    """Write one <Image>: rows and columns from 1, indices from 0."""
    row, column = ord(well[0]) - 64, int(well[1:])
    return (
        f'<Image acquisition_time_ms="12" filename="{name}" thumbnail="thumb_{name}">'
        f'<Well label="{well[0]} - {column}"><Row number="{row}"/><Column number="{column}"/></Well>'
        f'<FocusPosition unit="um" z="8713.0"/><Exposure time="{WAVES[wave][4]}.0"/>'
        f'<Identifier field_index="{field - 1}" time_index="{time}" wave_index="{wave}" z_index="{z}"/>'
        "</Image>"
    )


def write_xdce(path: Path, entries: Sequence[str], *, row_begin: str = "A", namespace: str = "") -> None:
    """Write the `.xdce` around its image entries."""
    waves = "".join(
        f'<Wavelength index="{index}" fusion_wave="false" imaging_mode="2-D">'
        f'<ExcitationFilter name="{excitation}" wavelength="{nm}"/>'
        f'<EmissionFilter name="{emission}" wavelength="{em}"/>'
        "</Wavelength>"
        for index, (excitation, emission, nm, em, _) in enumerate(WAVES)
    )
    head = HEAD.format(waves=waves, row_begin=row_begin, number=len(entries), namespace=namespace)
    path.write_bytes((head + "".join(entries) + "</Images></ImageStack>").encode("latin-1"))


def write_images(folder: Path, names: Iterable[str], shape: tuple[int, int] = (4, 6)) -> None:
    """Write a tiny TIFF under each name."""
    for name in names:
        tifffile.imwrite(folder / name, np.zeros(shape, "uint16"))


def export(folder: Path, keys: Sequence[tuple[str, int, int]]) -> Path:
    """Write an export of single planes: images and the `.xdce` that lists them."""
    folder.mkdir(exist_ok=True)
    names = [file_name(*key) for key in keys]
    write_images(folder, names)
    write_xdce(
        folder / f"{folder.name}.xdce",
        [image_entry(name, *key) for name, key in zip(names, keys, strict=True)],
    )
    return folder


GRID = [(well, field, wave) for well in ("A01", "B03") for field in (1, 2) for wave in (0, 1)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("B - 03(fld 012 wv Blue - FITC).tif", ("B03", 12, "Blue - FITC", 0, 0, None)),
        ("B - 03(fld 12 wv Blue - FITC z 03 time 002).tif", ("B03", 12, "Blue - FITC", 2, 3, None)),
        ("A - 01(fld 1 wv Green - dsRed z 3).tif", ("A01", 1, "Green - dsRed", 0, 3, None)),
        ("A - 1(fld 1 wv 390 - Blue).tiff", ("A01", 1, "390 - Blue", 0, 0, None)),
        ("B - 02(fld 01 wv FITC - FITC2 wix 6).tif", ("B02", 1, "FITC - FITC2 wix 6", 0, 0, None)),
        ("F - 001(fld 01 wv TL-Brightfield - DAPI).tif", ("F01", 1, "TL-Brightfield - DAPI", 0, 0, None)),
        ("B - 02(fld 01 wv Blue - FITC - time 01 - 0 ms).tif", ("B02", 1, "Blue - FITC", 1, 0, None)),
        ("H - 12(fld 4 z 3- time 50 - 1470000 ms).tif", ("H12", 4, "1", 50, 3, None)),
        ("N - 6(fld 1- time 1 - 22858 ms).tif", ("N06", 1, "1", 1, 0, None)),
        ("A - 1(fld 1 wv FITC - FITC).tif", ("A01", 1, "FITC - FITC", 0, 0, None)),
        ("A - 1(fld 01 wv UV - DAPI z 1 time 2).tif", ("A01", 1, "UV - DAPI", 2, 1, None)),
        ("Plate1_HA41_B - 01(fld 01 wv 390 - Blue).tif", ("B01", 1, "390 - Blue", 0, 0, "Plate1_HA41")),
        ("Plate1_A01(fld 1 wv 390 - Blue).tif", ("A01", 1, "390 - Blue", 0, 0, "Plate1")),
        ("AF - 48(fld 1 wv UV - DAPI).TIF", ("AF48", 1, "UV - DAPI", 0, 0, None)),
    ],
)
def test_the_spellings_of_real_exports_are_read(name: str, expected: tuple[object, ...]) -> None:
    """Names found in public code and data, of several generations of the instrument."""
    file = incell_name(Path(name))
    assert file is not None
    assert (file.well, file.field, file.channel, file.time, file.z, file.plate) == expected


@pytest.mark.parametrize(
    "name", ["B03_s1_w1.tif", "B - 03(fld 1 wv Blue - FITC).png", "B - 00(fld 1 wv a - b).tif", "x.tif"]
)
def test_other_names_are_not_an_in_cells(name: str) -> None:
    """Only the instrument's own names are taken for its."""
    assert incell_name(Path(name)) is None


def test_an_export_becomes_an_acquisition(tmp_path: Path) -> None:
    """Planes, optics and positions come from the `.xdce`."""
    found = scan_incell(export(tmp_path / "P1", GRID))
    assert (found.name, found.reader, found.format.size) == ("P1", "incell", 96)
    assert found.wells() == ["A01", "B03"]
    assert len(found.planes) == 8
    assert found.planes[PlaneKey("B03", 2, 1)].path.name == "B - 03(fld 2 wv UV - DAPI).tif"
    assert (found.shape, found.dtype, found.pixel_size_um) == ((4, 6), "uint16", (0.650, 0.325))
    assert found.instrument == "IN Cell Analyzer 2000"
    assert found.objective == Objective(20.0, 0.45, "Nikon 20X/0.45")
    first, second = found.channels
    assert (first.name, first.excitation_nm, first.emission_nm, first.exposure_ms) == (
        "Blue - FITC",
        475,
        535,
        200,
    )
    assert (second.name, second.excitation_nm, second.emission_nm, second.exposure_ms) == (
        "UV - DAPI",
        350,
        455,
        50,
    )
    assert found.positions_um[("B03", 2)] == (300.5, 10.0)
    assert found.missing == {}
    assert found.imaged_at["B03", 2] == "2010-11-17T20:23:53.012"
    assert found.notes == (
        "Times of the images count from the creation of the .xdce, 2010-11-17T20:23:53.",
        "1 wells were excluded at acquisition: A12.",
    )


def test_elements_are_found_whatever_their_namespace(tmp_path: Path) -> None:
    """A default namespace changes nothing."""
    folder = export(tmp_path / "P1", GRID)
    entries = [image_entry(file_name(*key), *key) for key in GRID]
    write_xdce(folder / "P1.xdce", entries, namespace=' xmlns="http://example.org/xdce"')
    assert len(scan_incell(folder).planes) == 8


def test_the_xdce_itself_can_be_given(tmp_path: Path) -> None:
    """Of a folder with two `.xdce` the one given is read; the folder alone is refused."""
    folder = export(tmp_path / "P1", GRID)
    write_xdce(folder / "other.xdce", [image_entry(file_name("A01", 1, 0), "A01", 1, 0)])
    assert len(scan_incell(folder / "other.xdce").planes) == 1
    with pytest.raises(ReaderError, match=r"holds 2 \.xdce files \(P1\.xdce, other\.xdce\)"):
        scan_incell(folder)


def test_a_listed_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    """It stays missing under its own key; no other image takes its place."""
    folder = export(tmp_path / "P1", GRID)
    gone = file_name("A01", 1, 0)
    (folder / gone).unlink()
    found = scan_incell(folder)
    assert dict(found.missing) == {
        PlaneKey("A01", 1, 0): f"{gone}: the .xdce lists this file and it is not there"
    }
    assert all(f"fld {key.field} " in file.path.name for key, file in found.planes.items())


def test_a_damaged_file_is_missing(tmp_path: Path) -> None:
    """A file that was cut short is found without reading pixels."""
    folder = export(tmp_path / "P1", GRID)
    path = folder / file_name("B03", 2, 1)
    path.write_bytes(path.read_bytes()[:-4])
    found = scan_incell(folder)
    assert "cut short" in found.missing[PlaneKey("B03", 2, 1)]
    assert len(found.planes) == 7


def test_an_xdce_without_any_of_its_files_is_refused(tmp_path: Path) -> None:
    """A lone `.xdce` is no plate."""
    folder = export(tmp_path / "P1", GRID)
    for path in folder.glob("*.tif"):
        path.unlink()
    with pytest.raises(ReaderError, match=r"none of the 8 images it lists is in its folder"):
        scan_incell(folder)


def test_fields_that_are_not_listed_are_not_missing(tmp_path: Path) -> None:
    """Sparse fields: each well may have its own."""
    found = scan_incell(export(tmp_path / "P1", [("A01", 1, 0), ("A01", 1, 1), ("A02", 2, 0), ("A02", 2, 1)]))
    assert (found.fields("A01"), found.fields("A02"), found.missing) == ([1], [2], {})


def test_a_channel_that_is_not_listed_for_one_field_is_missing(tmp_path: Path) -> None:
    """An acquisition that was stopped leaves a field with half its channels; that is told."""
    found = scan_incell(export(tmp_path / "P1", GRID[:-1]))
    assert list(found.missing) == [PlaneKey("B03", 2, 1)]
    assert "does not list this plane" in found.missing[PlaneKey("B03", 2, 1)]


def test_a_stack_in_one_channel_alone_leaves_no_gaps(tmp_path: Path) -> None:
    """Steps that the other channel never had are not missing."""
    keys = [("A01", 1, 0, z) for z in range(3)] + [("A01", 1, 1, 0)]
    names = [file_name(*key) for key in keys]
    write_images(tmp_path, names)
    write_xdce(tmp_path / "P1.xdce", [image_entry(name, *key) for name, key in zip(names, keys, strict=True)])
    found = scan_incell(tmp_path)
    assert (found.n_z, len(found.planes), found.missing) == (3, 4, {})


def test_time_points_are_read(tmp_path: Path) -> None:
    """Time indices count from 0 in the `.xdce`, numbers from 1 in the names."""
    names = [file_name("A01", 1, 0, None, time) for time in range(3)]
    write_images(tmp_path, names)
    write_xdce(
        tmp_path / "P1.xdce", [image_entry(name, "A01", 1, 0, 0, time) for time, name in enumerate(names)]
    )
    found = scan_incell(tmp_path)
    assert found.n_times == 3
    assert found.planes[PlaneKey("A01", 1, 0, 2)].path.name.endswith("time 3).tif")


def test_what_the_xdce_does_not_list_ends_in_a_note(tmp_path: Path) -> None:
    """Images beside the listed ones are left out and told; thumbnails are neither."""
    folder = export(tmp_path / "P1", GRID)
    write_images(folder, [file_name("C05", 1, 0), "thumb_" + file_name("A01", 1, 0)])
    found = scan_incell(folder)
    assert "C05" not in found.wells()
    assert (
        "1 images are not listed in the .xdce and are left out: C - 05(fld 1 wv Blue - FITC).tif."
        in found.notes
    )


def test_flat_fields_beside_the_images_are_told(tmp_path: Path) -> None:
    """Their folders are left out, with and without the `.xdce`; that the instrument used them is said."""
    folder = export(tmp_path / "P1", GRID)
    (folder / "FlatField").mkdir()
    write_images(folder / "FlatField", ["Blue - FITC.tif", file_name("A01", 1, 0)])
    path = folder / "P1.xdce"
    path.write_bytes(path.read_bytes().replace(b"<Camera>", b'<Camera apply_ffc="true">'))
    told = "2 TIFF files in folders without an image of the plate are left out (FlatField); flat fields"
    listed = scan_incell(folder)
    assert len(listed.planes) == 8
    assert told in " ".join(listed.notes)
    assert "The instrument corrected the images by its own flat field" in " ".join(listed.notes)
    path.unlink()
    named = scan_incell(folder)
    assert named.planes == listed.planes
    assert told in " ".join(named.notes)


def test_blocks_of_images_are_one_plate(tmp_path: Path) -> None:
    """What the blocks state is added up; a block short of an image is told."""
    folder = export(tmp_path / "P1", GRID)
    path = folder / "P1.xdce"
    raw = path.read_bytes().replace(b'<Images number="8"', b'<Images number="4"')
    cut = [found.start() for found in re.finditer(b"<Image ", raw)][4]
    path.write_bytes(raw[:cut] + b'</Images><Images number="4">' + raw[cut:])
    found = scan_incell(folder)
    assert len(found.planes) == 8
    assert not any("where it states" in note for note in found.notes)
    path.write_bytes(raw[:cut] + b'</Images><Images number="5">' + raw[cut:])
    assert "The .xdce lists 8 images where it states 9." in scan_incell(folder).notes


def test_a_file_listed_at_every_step_is_one_plane(tmp_path: Path) -> None:
    """MetaXpress lists the one file of a wave without a stack at each step of the others."""
    names = [*(f"t1_A01_s1_w1_z{z + 1}.tif" for z in range(3)), "t1_A01_s1_w2_z2.tif"]
    write_images(tmp_path, names)
    entries = [image_entry(name, "A01", 1, 0, z) for z, name in enumerate(names[:3])]
    write_xdce(tmp_path / "P1.xdce", [*entries, *(image_entry(names[3], "A01", 1, 1, z) for z in range(3))])
    found = scan_incell(tmp_path)
    assert [key.z for key in found.planes if key.channel == 1] == [1]
    assert not found.missing
    assert found.never_acquired == {Step(1, 0, 0), Step(1, 0, 2)}
    assert "2 entries of the .xdce list a file again" in found.notes[0]


@pytest.mark.parametrize(
    ("shown", "listed", "message"),
    [
        (
            [(1, 0), (2, 0), (3, 1)],
            [(1, 0), (2, 0), (3, 0)],
            "is listed as wave 0, whose files are named 'Blue",
        ),
        (
            [(1, 1), (1, 0)],
            [(1, 0), (1, 1)],
            "files of wave 0 are named 'UV - DAPI', which are the filters of",
        ),
    ],
)
def test_names_of_another_wave_are_refused(
    tmp_path: Path, shown: list[tuple[int, int]], listed: list[tuple[int, int]], message: str
) -> None:
    """No stain takes the place of another; also where all files of two waves are exchanged."""
    more = [(field, 1) for field in (1, 2, 3)] if len(shown) == 3 else []
    names = [file_name("A01", field, wave) for field, wave in [*shown, *more]]
    names = [f"{number}/{name}" for number, name in enumerate(names)]
    for name in names:
        (tmp_path / name).parent.mkdir()
        write_images(tmp_path, [name])
    entries = [image_entry(name, "A01", *at) for name, at in zip(names, [*listed, *more], strict=True)]
    write_xdce(tmp_path / "P1.xdce", entries)
    with pytest.raises(ReaderError, match=message):
        scan_incell(tmp_path)


@pytest.mark.parametrize(
    ("shown", "refused"),
    [
        ({1: (0, 1), 2: (0, 1)}, False),
        ({1: (4, 6), 2: (4, 6)}, False),
        ({1: (0, 1), 2: (0, 1), 3: (1, 0)}, True),
        ({1: (1, 0)}, True),
    ],
)
@pytest.mark.parametrize("axis", ["z", "time"])
def test_steps_and_times_rise_as_the_names_do(
    tmp_path: Path, axis: str, shown: dict[int, tuple[int, int]], refused: bool
) -> None:
    """By how much they differ is the instrument's choice; one field against the others is refused."""
    entries = []
    for field, numbers in shown.items():
        for index, number in enumerate(numbers):
            name = file_name("A01", field, 0, **{axis: number})
            write_images(tmp_path, [name])
            entries.append(image_entry(name, "A01", field, 0, **{axis: index}))
    write_xdce(tmp_path / "P1.xdce", entries)
    with pytest.raises(ReaderError, match=f"{axis}_index [01], where") if refused else nullcontext():
        assert len(scan_incell(tmp_path).planes) == len(entries)


def test_a_file_of_several_places_is_refused(tmp_path: Path) -> None:
    """One image cannot be of two wells."""
    write_images(tmp_path, ["x.tif"])
    write_xdce(tmp_path / "P1.xdce", [image_entry("x.tif", well, 1, 0) for well in ("A01", "A02")])
    with pytest.raises(ReaderError, match=r"file 'x\.tif' is listed for 2 places"):
        scan_incell(tmp_path)


def test_a_field_number_in_the_name_wins(tmp_path: Path) -> None:
    """The field is the number the instrument shows; that the index differs is noted."""
    name = file_name("A01", 7, 0)
    write_images(tmp_path, [name])
    write_xdce(tmp_path / "P1.xdce", [image_entry(name, "A01", 2, 0)])
    found = scan_incell(tmp_path)
    assert found.fields("A01") == [7]
    assert found.positions_um == {("A01", 7): (300.5, 10.0)}
    assert any("another field number" in note for note in found.notes)


def test_windows_paths_and_changed_case_are_found(tmp_path: Path) -> None:
    r"""`sub\A - 01….TIF` in the `.xdce` is `sub/A - 01….tif` here."""
    name = file_name("A01", 1, 0)
    (tmp_path / "sub").mkdir()
    write_images(tmp_path / "sub", [name])
    write_xdce(tmp_path / "P1.xdce", [image_entry("sub\\" + name.replace(".tif", ".TIF"), "A01", 1, 0)])
    assert len(scan_incell(tmp_path).planes) == 1


def test_files_outside_the_folder_are_never_read(tmp_path: Path) -> None:
    """`../` in a file name leads nowhere."""
    folder = tmp_path / "P1"
    folder.mkdir()
    write_images(tmp_path, ["secret.tif"])
    write_xdce(folder / "P1.xdce", [image_entry("../secret.tif", "A01", 1, 0)])
    with pytest.raises(ReaderError, match="none of the 1 images"):
        scan_incell(folder)


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("", ["is not whole XML"]),
        ("<ImageStack><Images>", ["is not whole XML", "copy it again"]),
        ("<ImageStack/>", ["lists no images"]),
        ('<!DOCTYPE a [<!ENTITY b "c">]><ImageStack>&b;</ImageStack>', ["declares a DTD or entities"]),
        ('<?xml version="1.0" encoding="nonsense"?><ImageStack/>', ["encoding"]),
        (
            '<a><Image filename="x.tif"/><Image filename="y.tif"/></a>',
            ["2 faults", "'x.tif' has no <Row number", "'y.tif'"],
        ),
        (
            '<a><Image filename="x.tif"><Row number="0"/><Column number="1"/></Image></a>',
            ["has Row@number '0'; expected a whole number from 1"],
        ),
        (
            '<a><Image filename="x.tif"><Row number="1"/><Column number="1"/></Image></a>',
            ["has no <Identifier field_index"],
        ),
        (
            '<a><Plate rows="2" columns="3"/><Image filename="x.tif"><Row number="3"/><Column number="1"/>'
            '<Identifier field_index="0" wave_index="0"/></Image></a>',
            ["Well 'C01' is outside a 6-well plate"],
        ),
    ],
)
def test_a_damaged_xdce_is_refused(tmp_path: Path, text: str, messages: list[str]) -> None:
    """One sentence for what is wrong, all faults at once."""
    (tmp_path / "P1.xdce").write_text(text)
    with pytest.raises(ReaderError) as refusal:
        scan_incell(tmp_path)
    for message in messages:
        assert message in refusal.value.message


def test_two_entries_for_one_plane_are_refused(tmp_path: Path) -> None:
    """Which of the two is the plane cannot be known."""
    names = ["first.tif", "second.tif"]
    write_images(tmp_path, names)
    write_xdce(tmp_path / "P1.xdce", [image_entry(name, "A01", 1, 0) for name in names])
    with pytest.raises(ReaderError, match=r"listed 2 times: first\.tif and second\.tif"):
        scan_incell(tmp_path)


def test_a_name_of_another_well_than_listed_is_refused(tmp_path: Path) -> None:
    """A well under a wrong name would be a wrong label; with custom plate naming it is no contradiction."""
    name = file_name("B02", 1, 0)
    write_images(tmp_path, [name])
    write_xdce(tmp_path / "P1.xdce", [image_entry(name, "A02", 1, 0)])
    with pytest.raises(ReaderError, match="is listed under well A02; one of the two is wrong"):
        scan_incell(tmp_path)
    write_xdce(tmp_path / "P1.xdce", [image_entry(name, "A02", 1, 0)], row_begin="B")
    assert scan_incell(tmp_path).wells() == ["A02"]


def test_mixed_shapes_are_refused(tmp_path: Path) -> None:
    """Within a field; every field is named, with a file of each shape."""
    folder = export(tmp_path / "P1", GRID)
    write_images(folder, [file_name("A01", 1, 0), file_name("B03", 1, 0)], shape=(8, 6))
    with pytest.raises(ReaderError) as refusal:
        scan_incell(folder)
    assert file_name("A01", 1, 0) in refusal.value.message
    assert file_name("B03", 1, 0) in refusal.value.message
    assert "field A01/1 has planes of 4 × 6" in refusal.value.message


def test_channels_are_renamed(tmp_path: Path) -> None:
    """By the instrument's own names; an unknown one is answered with them."""
    folder = export(tmp_path / "P1", GRID)
    found = scan(folder, channels={"Blue - FITC": "NFH"}, name="mine")
    assert [channel.name for channel in found.channels] == ["NFH", "UV - DAPI"]
    assert found.channels[0].exposure_ms == 200
    assert found.name == "mine"
    with pytest.raises(ArgumentError, match="The export has no channel 'Red'"):
        scan(folder, channels={"Red": "NFH"})


def test_without_an_xdce_the_names_are_enough(tmp_path: Path) -> None:
    """The same planes, less what only the `.xdce` knows."""
    folder = export(tmp_path / "P1", GRID)
    listed = scan_incell(folder)
    (folder / "P1.xdce").unlink()
    found = scan_incell(folder)
    assert found.planes == listed.planes
    assert [channel.name for channel in found.channels] == ["Blue - FITC", "UV - DAPI"]
    assert (found.name, found.format.size, found.pixel_size_um) == ("P1", 6, None)
    assert found.notes[0].startswith("There is no .xdce file")


def test_without_an_xdce_gaps_in_the_grid_are_missing(tmp_path: Path) -> None:
    """A plane, and a whole field, that other wells have is missing where it is not."""
    gone = {("A01", 2, 0), ("B03", 1, 0), ("B03", 1, 1)}
    write_images(tmp_path, [file_name(*key) for key in GRID if key not in gone])
    found = scan_incell(tmp_path)
    assert set(found.missing) == {PlaneKey(*key) for key in gone}


def test_without_an_xdce_two_plates_in_a_folder_are_refused(tmp_path: Path) -> None:
    """Prefixes of two plates would fall on the same planes."""
    write_images(tmp_path, ["P1_" + file_name("A01", 1, 0), "P2_" + file_name("A01", 1, 0)])
    with pytest.raises(ReaderError, match=r"are of 2 plates \(P1, P2\)"):
        scan_incell(tmp_path)


def test_images_of_another_format_are_told(tmp_path: Path) -> None:
    """The instrument's own .im files are there and are not read: the sentence says so."""
    folder = export(tmp_path / "P1", GRID)
    text = (folder / "P1.xdce").read_bytes().replace(b".tif", b".im")
    (folder / "P1.xdce").write_bytes(text)
    for path in list(folder.glob("*.tif")):
        path.rename(path.with_suffix(".im"))
    with pytest.raises(ReaderError, match=r"8 of the 8 images it lists are there, but as \.im files"):
        scan_incell(folder)


def test_one_image_of_another_format_is_missing(tmp_path: Path) -> None:
    """Beside TIFFs it is a missing plane with the true reason."""
    folder = export(tmp_path / "P1", GRID)
    name = file_name("B03", 2, 1)
    (folder / name).rename((folder / name).with_suffix(".png"))
    text = (folder / "P1.xdce").read_bytes()
    (folder / "P1.xdce").write_bytes(text.replace(name.encode(), name.replace(".tif", ".png").encode()))
    (reason,) = scan_incell(folder).missing.values()
    assert "it is a .png file, which hcs does not read" in reason


def test_umlauts_are_found_however_a_copy_keeps_them(tmp_path: Path) -> None:
    """MacOS keeps ä as two characters; the listed name is the same."""
    names = ["Pl\u00e4ttchen_" + file_name("A01", 1, 0)]
    write_images(tmp_path, [unicodedata.normalize("NFD", names[0])])
    write_xdce(tmp_path / "P1.xdce", [image_entry(names[0], "A01", 1, 0)])
    found = scan_incell(tmp_path)
    assert list(found.planes) == [PlaneKey("A01", 1, 0)]
    assert not any("not listed" in note for note in found.notes)


def film(folder: Path, times: Sequence[tuple[int, int]]) -> Path:
    """An export of one field with these (wave, time index)."""
    names = [file_name("A01", 1, wave, None, time) for wave, time in times]
    write_images(folder, names)
    entries = [
        image_entry(name, "A01", 1, wave, 0, time) for name, (wave, time) in zip(names, times, strict=True)
    ]
    write_xdce(folder / "P1.xdce", entries)
    return folder


def test_only_time_points_with_images_count(tmp_path: Path) -> None:
    """Of a film whose first moments were not exported, the others are the plate; the numbers are told."""
    found = scan_incell(film(tmp_path, [(0, 2), (0, 10**6)]))
    assert (found.n_times, found.missing) == (2, {})
    assert [key.time for key in found.planes] == [0, 1]
    assert "Time points are numbered 3, 1000001 in the export and 0, 1 here." in found.notes


def test_a_stain_at_the_end_was_never_acquired_at_the_start(tmp_path: Path) -> None:
    """A channel taken at the last time point only has no black images before it, and none is missing."""
    found = scan_incell(film(tmp_path, [(0, 0), (0, 1), (1, 1)]))
    assert found.missing == {}
    assert found.never_acquired == {Step(channel=1, time=0, z=0)}


def test_a_numbering_beyond_all_sense_is_refused(tmp_path: Path) -> None:
    """Before anything of its size is allocated."""
    names = [f"{number}.tif" for number in range(100)]
    write_images(tmp_path, names)
    entries = [image_entry(name, "A01", 1, 0, number, number) for number, name in enumerate(names)]
    write_xdce(tmp_path / "P1.xdce", entries)
    with pytest.raises(ReaderError, match="10000 planes a field, and there are 100 of them"):
        scan_incell(tmp_path)


def test_a_link_that_leads_nowhere_is_a_missing_plane(tmp_path: Path) -> None:
    """With and without an `.xdce`."""
    folder = export(tmp_path / "P1", GRID)
    name = file_name("B03", 2, 1)
    (folder / name).unlink()
    (folder / name).symlink_to("/no/such/share/a.tif")
    for _ in range(2):
        missing = scan_incell(folder).missing
        assert list(missing) == [PlaneKey("B03", 2, 1)]
        assert "is a link to '/no/such/share/a.tif', which is not there" in missing[PlaneKey("B03", 2, 1)]
        (folder / "P1.xdce").unlink(missing_ok=True)
