"""Links of an export: none that leads out of it is followed, by no reader."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from tests.plates.readers.watching import watched

from hcs_plates.errors import ReaderError
from hcs_plates.readers.detect import scan
from hcs_plates.readers.links import check_links

NAMES = {
    "incell": "B - 03(fld 1 wv DAPI).tif",
    "scanr": "B3--W00015--P00001--Z00000--T00000--DAPI.tif",
    "imagexpress": "P_B03_s1_w1.TIF",
    "tiffs": "B03.tif",
}
EXPORTS: dict[str, tuple[str, str]] = {
    **{reader: (name, reader) for reader, name in NAMES.items()},
    "a folder of images": ("data", "scanr"),
    "an index": ("Images", "harmony"),
    "a list": ("MeasurementData.mlf", "cellvoyager"),
    "a description": ("P.companion.ome", "ometiff"),
    "an .xdce": ("P.xdce", "incell"),
    "an HTD": ("P.HTD", "imagexpress"),
    "a file of bioio": ("P.nd2", "bioio"),
}


@pytest.mark.parametrize("chosen", [True, False], ids=["asked for", "recognised"])
@pytest.mark.parametrize(("name", "reader"), EXPORTS.values(), ids=EXPORTS)
def test_what_lies_elsewhere_is_not_opened(tmp_path: Path, name: str, reader: str, chosen: bool) -> None:
    """The sentence names the link and where it leads."""
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "P"
    folder.mkdir()
    if "." in name:
        elsewhere.mkdir()
        tifffile.imwrite(elsewhere / name, np.zeros((4, 6), "uint16"))
    else:
        (elsewhere / name).mkdir(parents=True)
        tifffile.imwrite(elsewhere / name / NAMES["scanr"], np.zeros((4, 6), "uint16"))
    (folder / name).symlink_to(elsewhere / name)
    given: dict[str, Any] = {"pattern": "{well}.tif"} if reader == "tiffs" else {}
    with watched(folder) as outside, pytest.raises(ReaderError) as refusal:
        scan(folder, reader=reader if chosen else "auto", **given)
    assert f"a link that leads out of it ({name} → {elsewhere / name})" in refusal.value.message
    assert not outside


@pytest.mark.parametrize(
    ("link", "target", "scanned"),
    [("link", "P", "link"), ("P/A01.lnk", "A01.tif", "P"), ("P/.cache", "..", "P")],
    ids=["of the folder", "inside", "hidden"],
)
def test_links_that_are_allowed(tmp_path: Path, link: str, target: str, scanned: str) -> None:
    """The folder may be reached by a link; inside it, and where no reader looks, links may stand."""
    (tmp_path / "P").mkdir()
    tifffile.imwrite(tmp_path / "P" / "A01.tif", np.zeros((4, 6), "uint16"))
    (tmp_path / link).symlink_to(target)
    assert len(scan(tmp_path / scanned, pattern="{well}.tif").planes) == 1


def test_many_links_are_one_sentence(tmp_path: Path) -> None:
    """In whatever folder they are."""
    (tmp_path / "P" / "below").mkdir(parents=True)
    (tmp_path / "a").touch()
    for number in range(5):
        (tmp_path / "P" / "below" / f"{number}.tif").symlink_to(tmp_path / "a")
    with pytest.raises(ReaderError, match=r"5 links that lead out of it \(below/0\.tif → .* and 2 more\)"):
        check_links(tmp_path / "P")
