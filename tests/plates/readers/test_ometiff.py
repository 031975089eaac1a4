"""OME-TIFF plates: companion files and self-contained TIFFs, by the wells, samples and pages of the XML."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from hcs_plates.errors import ReaderError
from hcs_plates.ingestion import ingest
from hcs_plates.readers.detect import scan
from hcs_plates.readers.ometiff import is_ometiff

SPACE = "http://www.openmicroscopy.org/Schemas/OME/2016-06"
FIELDS = {("A01", 1): 0, ("A01", 2): 1, ("B02", 1): 2}


def image(number: int, *files: str, pages: bool = False) -> str:
    """Describe an image of two channels and two steps in z: a file each plane, or all in one."""
    if pages:
        data = f'<TiffData><UUID FileName="{files[0]}">urn:uuid:{number}</UUID></TiffData>'
    else:
        data = "".join(
            f'<TiffData FirstC="{place % 2}" FirstZ="{place // 2}" IFD="0" PlaneCount="1">'
            f'<UUID FileName="{file}">urn:uuid:{number}{place}</UUID></TiffData>'
            for place, file in enumerate(files)
        )
    return (
        f'<Image ID="Image:{number}"><AcquisitionDate>2024-05-01T10:0{number}:00</AcquisitionDate>'
        f'<Pixels ID="Pixels:{number}" DimensionOrder="XYCZT" Type="uint16" SizeX="8" SizeY="6" SizeC="2" '
        'SizeZ="2" SizeT="1" PhysicalSizeX="650" PhysicalSizeXUnit="nm" PhysicalSizeY="0.65" '
        'PhysicalSizeZ="2">'
        '<Channel ID="Channel:0:0" Name="DAPI" EmissionWavelength="455"/>'
        '<Channel ID="Channel:0:1" Name="NFH"/>'
        f"{data}</Pixels></Image>"
    )


def plate(name: str = "P1", extra: str = "") -> str:
    """Describe a plate of three samples, and one without an image."""
    return (
        f'<Plate ID="Plate:0" Name="{name}" Rows="2" Columns="3">'
        '<Well ID="Well:0" Row="0" Column="0">'
        '<WellSample ID="S:0" Index="0" PositionX="-10" PositionXUnit="µm" PositionY="5" PositionYUnit="µm">'
        '<ImageRef ID="Image:0"/></WellSample>'
        '<WellSample ID="S:1" Index="1"><ImageRef ID="Image:1"/></WellSample>'
        '</Well><Well ID="Well:1" Row="1" Column="1"><WellSample ID="S:2" Index="2"><ImageRef ID="Image:2"/>'
        f'</WellSample><WellSample ID="S:3" Index="3"/></Well>{extra}</Plate>'
    )


def ome(*parts: str) -> str:
    """Put the parts into an OME document."""
    return f'<?xml version="1.0" encoding="UTF-8"?><OME xmlns="{SPACE}">{"".join(parts)}</OME>'


def pixels(number: int) -> np.ndarray:
    """Four planes of an image: (z, c, y, x), all different."""
    return (np.arange(4).reshape(2, 2, 1, 1) + 10 * number + np.zeros((2, 2, 6, 8))).astype("uint16")


def companion(folder: Path, *, pages: bool = False) -> Path:
    """Write a plate with a companion file."""
    folder.mkdir()
    parts = []
    for number in FIELDS.values():
        stack = pixels(number).reshape(4, 6, 8)
        if pages:
            names = [f"f{number}.ome.tif"]
            tifffile.imwrite(folder / names[0], stack, metadata=None)
        else:
            names = [f"f{number}_{place}.tif" for place in range(4)]
            for name, plane in zip(names, stack, strict=True):
                tifffile.imwrite(folder / name, plane, metadata=None)
        parts.append(image(number, *names, pages=pages))
    (folder / "P1.companion.ome").write_text(ome(plate(), *parts), encoding="utf-8")
    return folder


@pytest.mark.parametrize("pages", [False, True], ids=["a file a plane", "a file a field"])
def test_a_companion(tmp_path: Path, pages: bool) -> None:
    """Every plane by its file and page; names, sizes, places, times as stated; pixel for pixel in a plate."""
    source = companion(tmp_path / "P1", pages=pages)
    found = scan(source)
    assert (found.name, found.reader, found.format.size, found.format_stated) == ("P1", "ometiff", 6, True)
    assert [channel.name for channel in found.channels] == ["DAPI", "NFH"]
    assert (found.pixel_size_um, found.z_step_um, found.n_z) == ((0.65, 0.65), 2.0, 2)
    assert found.positions_um == {("A01", 1): (-10.0, 5.0)}
    assert found.imaged_at["B02", 1] == "2024-05-01T10:02:00"
    assert any("1 samples" in note and "B02 field 2" in note for note in found.notes)
    made = ingest(source, tmp_path / "P1.ome.zarr")
    for (well, field), number in FIELDS.items():
        np.testing.assert_array_equal(made[well][field].read(), np.moveaxis(pixels(number), 1, 0))


def test_in_the_tiff_itself(tmp_path: Path) -> None:
    """One file of all images, which describes the plate: pages by the places that each image states."""
    parts = [
        image(number, "all.ome.tif", pages=True).replace(
            "<TiffData>", f'<TiffData IFD="{4 * number}" PlaneCount="4">'
        )
        for number in FIELDS.values()
    ]
    stack = np.concatenate([pixels(number).reshape(4, 6, 8) for number in FIELDS.values()])
    tifffile.imwrite(
        tmp_path / "all.ome.tif", stack, metadata=None, description=ome(plate(), *parts).encode("utf-8")
    )
    found = scan(tmp_path)
    assert found.read_as == "OME-TIFF plate (all.ome.tif)"
    made = ingest(tmp_path, tmp_path / "P1.ome.zarr")
    np.testing.assert_array_equal(made["B02"][1].read(), np.moveaxis(pixels(2), 1, 0))


def test_a_file_that_is_gone_is_missing(tmp_path: Path) -> None:
    """Its planes, under their own keys."""
    source = companion(tmp_path / "P1")
    (source / "f1_2.tif").unlink()
    (key,) = scan(source).missing
    assert tuple(key) == ("A01", 2, 0, 0, 1)


def test_a_page_that_is_not_there_is_missing(tmp_path: Path) -> None:
    """A stack that is shorter than stated lacks its last planes, and is no other's."""
    source = companion(tmp_path / "P1", pages=True)
    tifffile.imwrite(source / "f2.ome.tif", pixels(2).reshape(4, 6, 8)[:3], metadata=None)
    made = ingest(source, tmp_path / "P1.ome.zarr")
    assert made.missing[["well", "field", "channel", "z"]].to_numpy().tolist() == [["B02", 1, "NFH", 1]]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<Plate ", '<Plate ID="Plate:1" Name="P2"/><Plate ', "describes 2 plates"),
        ('<ImageRef ID="Image:2"/>', '<ImageRef ID="Image:9"/>', "that it does not describe"),
        ('Row="1"', 'Row="99999"', "expected a whole number"),
        ('Name="NFH"', 'Name="MAP2"', "names channel 2 differently"),
        ('FileName="f0_0.tif"', 'FileName="f0_1.tif"', "that it is two planes"),
    ],
)
def test_what_contradicts_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    """In a sentence that names it."""
    source = companion(tmp_path / "P1")
    file = source / "P1.companion.ome"
    file.write_text(file.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ReaderError, match=said):
        scan(source)


def test_images_alone_are_no_plate(tmp_path: Path) -> None:
    """An OME-TIFF without a plate is for the reader of patterns."""
    tifffile.imwrite(tmp_path / "A01.ome.tif", np.zeros((4, 6), "uint16"), ome=True)
    assert is_ometiff(tmp_path) == ""


def test_two_plates_in_one_folder_are_refused(tmp_path: Path) -> None:
    """Neither is dropped: another companion file is another plate."""
    source = companion(tmp_path / "P1")
    text = (source / "P1.companion.ome").read_text(encoding="utf-8")
    (source / "P2.companion.ome").write_text(text.replace('Name="P1"', 'Name="P2"'), encoding="utf-8")
    with pytest.raises(ReaderError, match="two descriptions of plates"):
        scan(source)


def test_planes_that_are_stated_and_not_listed(tmp_path: Path) -> None:
    """Three steps in z are stated, and two listed: the export disagrees with itself."""
    source = companion(tmp_path / "P1")
    file = source / "P1.companion.ome"
    file.write_text(file.read_text(encoding="utf-8").replace('SizeZ="2"', 'SizeZ="3"'), encoding="utf-8")
    assert scan(source).disagreements == ("The images of the plate state 18 planes and list 12.",)


def runs(*samples: str) -> str:
    """Describe runs of one name, each with its samples."""
    refs = ["".join(f'<WellSampleRef ID="S:{one}"/>' for one in own) for own in samples]
    return "".join(
        f'<PlateAcquisition ID="PA:{number}" Name="Run">{own}</PlateAcquisition>'
        for number, own in enumerate(refs)
    )


def with_plate(source: Path, extra: str) -> Path:
    """Add to the description of a plate."""
    file = source / "P1.companion.ome"
    file.write_text(
        file.read_text(encoding="utf-8").replace("</Plate>", f"{extra}</Plate>"), encoding="utf-8"
    )
    return source


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        (("02", "1"), "images of 2 runs"),
        (("0", "3"), "does not say of which"),
        (("", ""), "does not say of which"),
    ],
)
def test_runs_are_not_merged(tmp_path: Path, samples: tuple[str, ...], said: str) -> None:
    """Two images of one place, of two days, are no two fields of it."""
    source = with_plate(companion(tmp_path / "P1"), runs(*samples))
    with pytest.raises(ReaderError, match=said):
        scan(source)


def test_one_run_with_images_is_read(tmp_path: Path) -> None:
    """Another that has none is told."""
    found = scan(with_plate(companion(tmp_path / "P1"), runs("012", "3")))
    assert len(found.planes) == 12
    assert "The plate has 2 runs; all images are of 'Run'." in found.notes


def test_a_set_whose_first_file_names_its_master(tmp_path: Path) -> None:
    """The master is found by that name, whatever its own; where it is gone that is said."""
    source = companion(tmp_path / "P1", pages=True)
    described = (source / "P1.companion.ome").rename(source / "plate.xml").read_text(encoding="utf-8")
    only = ome('<BinaryOnly MetadataFile="D:/x/plate.xml" UUID="urn:uuid:9"/>').encode()
    for number in FIELDS.values():
        stack = pixels(number).reshape(4, 6, 8)
        tifffile.imwrite(
            source / f"f{number}.ome.tif", stack, photometric="minisblack", metadata=None, description=only
        )
    assert len(scan(source).planes) == 12
    (source / "plate.xml").unlink()
    with pytest.raises(ReaderError, match=r"'plate\.xml' describes, and that is not there"):
        scan(source, reader="ometiff")
    for number in FIELDS.values():
        stack = pixels(number).reshape(4, 6, 8)
        text = only.replace(b"plate.xml", b"f2.ome.tif") if number < 2 else described.encode()
        tifffile.imwrite(
            source / f"f{number}.ome.tif", stack, photometric="minisblack", metadata=None, description=text
        )
    assert scan(source).read_as == "OME-TIFF plate (f2.ome.tif)"


def test_a_companion_in_utf_16(tmp_path: Path) -> None:
    """As Windows programs write it."""
    source = companion(tmp_path / "P1")
    file = source / "P1.companion.ome"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('encoding="UTF-8"', 'encoding="UTF-16"'), encoding="utf-16")
    found = scan(source)
    assert (found.reader, len(found.planes)) == ("ometiff", 12)


def test_a_tiff_that_the_description_does_not_name(tmp_path: Path) -> None:
    """It is left out and told; one that describes other images of the plate is refused."""
    source = companion(tmp_path / "P1")
    tifffile.imwrite(source / "overview.tif", np.zeros((6, 8), "uint16"))
    assert any("1 TIFF files are not named" in note for note in scan(source).notes)
    stack = pixels(3).reshape(4, 6, 8)
    text = ome(plate(), image(3, "more.ome.tif", pages=True)).encode()
    tifffile.imwrite(
        source / "more.ome.tif", stack, photometric="minisblack", metadata=None, description=text
    )
    with pytest.raises(ReaderError, match="two descriptions of plates"):
        scan(source)
