"""Which planes the pages of an OME-TIFF are, by the OME schema."""

import pytest

from hcs_plates.readers.omexml import ome_lengths, ome_pages, ome_root


def pixels(
    inside: str, order: str = "XYCZT", sizes: str = 'SizeC="2" SizeZ="3" SizeT="1"', more: str = ""
) -> str:
    """Write an image's Pixels element."""
    return f'<Image><Pixels DimensionOrder="{order}" {sizes} {more}>{inside}</Pixels></Image>'


def whole(*images: str) -> str:
    """Write a document."""
    return f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06">{"".join(images)}</OME>'


ALL = {page: (page % 2, 0, page // 2) for page in range(6)}
OWN = '<UUID FileName="a.tif">urn:uuid:1</UUID>'
OTHER = '<UUID FileName="b.tif">urn:uuid:2</UUID>'


@pytest.mark.parametrize(
    ("image", "planes"),
    [
        (pixels(""), ALL),
        (pixels("<TiffData/>"), ALL),
        (pixels('<TiffData IFD="0" PlaneCount="6"/>'), ALL),
        (pixels("", "XYZCT"), {page: (page // 3, 0, page % 3) for page in range(6)}),
        (
            pixels("", "XYTZC", 'SizeC="1" SizeZ="2" SizeT="2"'),
            {page: (0, page % 2, page // 2) for page in range(4)},
        ),
        (pixels('<TiffData IFD="4" FirstC="1"/><TiffData IFD="1"/>'), {4: (1, 0, 0), 1: (0, 0, 0)}),
        (pixels('<TiffData IFD="2" FirstZ="1" PlaneCount="3"/>'), {2: (0, 0, 1), 3: (1, 0, 1), 4: (0, 0, 2)}),
        (pixels('<TiffData FirstZ="2"/>'), {0: (0, 0, 2), 1: (1, 0, 2)}),
        (
            pixels(f'<TiffData IFD="0" FirstC="1">{OWN}</TiffData><TiffData IFD="0">{OTHER}</TiffData>'),
            {0: (1, 0, 0)},
        ),
        (pixels(f'<TiffData IFD="0" FirstC="1">{OTHER}</TiffData>'), {0: (1, 0, 0)}),
        (pixels("", "XYABC"), None),
        ("<BinaryOnly/>", None),
    ],
)
def test_pages(image: str, planes: dict[int, tuple[int, int, int]] | None) -> None:
    """By TiffData where there is any, in the order of the dimensions from where each begins."""
    found = ome_pages(ome_root(whole(image)), "a.tif", 6)
    assert [dict(one.planes) for one in found] == ([] if planes is None else [planes])


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ((pixels("", sizes='SizeC="99999" SizeZ="99999"'),), "states 9999800001 planes"),
        ((pixels("", sizes='SizeC="0"'),), "expected a whole number from 1"),
        ((pixels('<TiffData IFD="0"/><TiffData IFD="0" FirstC="1"/>'),), "page 0 that it is two planes"),
    ],
)
def test_what_is_no_field_is_refused(images: tuple[str, ...], message: str) -> None:
    """Nothing is allocated for sizes that no file has."""
    with pytest.raises(ValueError, match=message):
        ome_pages(ome_root(whole(*images)), "a.tif", 6)


@pytest.mark.parametrize(
    ("channels", "names"),
    [
        ('<Channel Name="DAPI"/><Channel Name="FITC"/>', ("DAPI", "FITC")),
        ('<Channel Name="DAPI"/><Channel Name="DAPI"/>', ()),
        ('<Channel Name="DAPI"/><Channel/>', ()),
        ('<Channel Name="DAPI"/>', ()),
    ],
)
def test_names_of_channels(channels: str, names: tuple[str, ...]) -> None:
    """Only where each has one of its own."""
    (found,) = ome_pages(ome_root(whole(pixels(channels))), "a.tif", 6)
    assert found.channels == names


@pytest.mark.parametrize(
    ("more", "lengths"),
    [
        ('PhysicalSizeX="0.5" PhysicalSizeY="0.65" PhysicalSizeZ="2"', ((0.65, 0.5), 2.0)),
        ('PhysicalSizeX="500" PhysicalSizeXUnit="nm" PhysicalSizeY="0.5"', ((0.5, 0.5), None)),
        ('PhysicalSizeZ="0.002" PhysicalSizeZUnit="mm"', (None, 2.0)),
        ('PhysicalSizeX="a" PhysicalSizeY="1" PhysicalSizeZ="-1"', (None, None)),
        ('PhysicalSizeX="1" PhysicalSizeY="1" PhysicalSizeYUnit="pixel"', (None, None)),
        ('PhysicalSizeX="inf" PhysicalSizeY="1" PhysicalSizeZ="nan"', (None, None)),
    ],
)
def test_lengths(more: str, lengths: object) -> None:
    """Micrometres unless another unit stands beside the number."""
    found = ome_lengths(ome_root(whole(pixels("", more=more))))
    assert found == (lengths if lengths[1] is None else (lengths[0], pytest.approx(lengths[1])))  # type: ignore[index]


@pytest.mark.parametrize(
    "description", ["", "<OME", "ImageJ=1.53t", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>']
)
def test_what_is_no_xml(description: str) -> None:
    """Says nothing."""
    assert ome_root(description) is None
