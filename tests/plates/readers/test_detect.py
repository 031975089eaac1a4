"""Choosing the reader, and the refusals at the door."""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from hcs_plates.errors import ArgumentError, HcsError, NotThereError, ReaderError
from hcs_plates.ingestion import ingest
from hcs_plates.readers.acquisition import Acquisition
from hcs_plates.readers.detect import READERS, readers_table, scan
from hcs_plates.readers.reader import Reader
from hcs_plates.readers.tiffs import scan_tiffs

INCELL = "B - 03(fld 1 wv Blue - FITC).tif"


def write(folder: Path, name: str) -> None:
    """Write a tiny TIFF."""
    tifffile.imwrite(folder / name, np.zeros((4, 6), "uint16"))


def test_every_reader_says_what_it_looks_for() -> None:
    """Whoever has a folder that none knows reads it; the one by pattern comes last and looks for nothing."""
    *others, last = READERS
    assert last == "tiffs"
    assert {"incell", "harmony", "imagexpress", "cellvoyager", "scanr"} <= set(others)
    assert all(READERS[name].looks_for and READERS[name].title for name in others)


def test_several_readers_refuse_to_choose(tmp_path: Path) -> None:
    """None is taken silently; the sentence names them, why, and the option."""
    write(tmp_path, INCELL)
    (tmp_path / "P1.HTD").write_text("x")
    with pytest.raises(ReaderError) as refusal:
        scan(tmp_path)
    message = refusal.value.message
    assert f"IN Cell Analyzer ({INCELL}); ImageXpress (P1.HTD)" in message
    assert "--reader incell or imagexpress" in message
    assert scan(tmp_path, reader="incell").wells() == ["B03"]


def test_how_it_was_read_is_kept(tmp_path: Path) -> None:
    """The plate says as what it was read and why."""
    (tmp_path / "P1").mkdir()
    write(tmp_path / "P1", INCELL)
    plate = ingest(tmp_path / "P1", tmp_path / "P1.ome.zarr")
    assert plate.info()["notes"][0] == f"Read as IN Cell Analyzer ({INCELL})."


def test_another_instrument_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader in the registry is found by what it recognises, and its export becomes a plate."""

    def toy(source: Path) -> Acquisition:
        found = scan_tiffs(source / "planes", pattern="{well}_{channel}.tif")
        return replace(found, reader="toy")

    def is_toy(source: Path) -> str:
        return "toy.ini" if (source / "toy.ini").is_file() else ""

    known = {"toy": Reader("Toy 3000", toy, is_toy), **READERS}
    monkeypatch.setattr("hcs_plates.readers.detect.READERS", known)
    (tmp_path / "P1" / "planes").mkdir(parents=True)
    (tmp_path / "P1" / "toy.ini").touch()
    write(tmp_path / "P1" / "planes", "B03_DAPI.tif")
    plate = ingest(tmp_path / "P1", tmp_path / "P1.ome.zarr")
    assert (list(plate), plate.channels) == (["B03"], ("DAPI",))


def test_in_cell_names_are_recognised(tmp_path: Path) -> None:
    """No `.xdce` and no pattern is needed where the names are an IN Cell's."""
    write(tmp_path, INCELL)
    assert scan(tmp_path).reader == "incell"


def test_a_pattern_chooses_the_pattern_reader(tmp_path: Path) -> None:
    """Whoever gives a pattern wants it used, even on an IN Cell's names."""
    write(tmp_path, INCELL)
    found = scan(tmp_path, pattern="{row} - {column}(fld {field} wv {channel}).tif", name="P9")
    assert (found.reader, found.name) == ("tiffs", "P9")
    assert found.channels[0].name == "Blue - FITC"


def test_a_broken_xdce_is_not_passed_over(tmp_path: Path) -> None:
    """Where there is a `.xdce`, it is read or refused; the names are no way around it."""
    write(tmp_path, INCELL)
    (tmp_path / "P1.xdce").write_text("<ImageStack>")
    with pytest.raises(ReaderError, match="is not whole XML"):
        scan(tmp_path)


def test_a_plain_folder_asks_for_a_pattern(tmp_path: Path) -> None:
    """The sentence says what was looked for and shows a file name."""
    write(tmp_path, "A01_w1.tif")
    with pytest.raises(ReaderError) as refusal:
        scan(tmp_path)
    told, *table = refusal.value.message.splitlines()
    for part in ("holds 1 TIFFs that no reader knows", "give a pattern", "'A01_w1.tif'"):
        assert part in told
    assert [line.split()[0] for line in table] == list(READERS)
    assert "a .xdce" in table[0]


def test_relative_paths_name_the_plate_by_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`hcs ingest .` names the plate by the folder, not ''."""
    folder = tmp_path / "P3"
    folder.mkdir()
    write(folder, INCELL)
    monkeypatch.chdir(folder)
    assert scan(".").name == "P3"


@pytest.mark.parametrize(
    ("path", "arguments", "kind", "message"),
    [
        ("nowhere", {}, NotThereError, "There is no"),
        ("empty", {}, ReaderError, "is an empty folder; expected the export of an instrument"),
        ("text/readme.txt", {}, ReaderError, "is a file; give the folder of the export"),
        ("text", {}, ReaderError, "holds no TIFF file (.tif, .tiff), only .txt files, for example"),
        (
            "zarr",
            {},
            ReaderError,
            "is a Zarr folder and no instrument's export; a plate of OME-Zarr needs no ingesting",
        ),
        ("channels", {}, ReaderError, "give a pattern of the path with '/', such as '{folder}/{row} - {col"),
        ("text", {"reader": "incel"}, ArgumentError, "There is no reader 'incel'; did you mean 'incell'?"),
        ("text", {"reader": "zzz"}, ArgumentError, "known: auto, incell, harmony"),
        ("text", {"reader": "incell", "pattern": "{well}.tif"}, ArgumentError, "'incell' takes no pattern"),
        ("text", {"reader": "incell"}, ReaderError, "holds neither a .xdce file nor TIFFs named like"),
        ("text", {"reader": "tiffs"}, ArgumentError, "needs a pattern"),
        ("text", {"name": "a/b"}, ArgumentError, "'a/b' cannot name a plate"),
        ("text", {"name": " "}, ArgumentError, "cannot name a plate"),
    ],
)
def test_what_cannot_be_scanned_is_told_in_one_sentence(
    tmp_path: Path, path: str, arguments: dict[str, Any], kind: type[HcsError], message: str
) -> None:
    """Paths, readers and names that lead nowhere."""
    (tmp_path / "empty").mkdir()
    for name in ("text/readme.txt", "zarr/zarr.json", f"channels/DAPI/{INCELL}"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("nothing")
    with pytest.raises(kind) as refusal:
        scan(tmp_path / path, **arguments)
    told, *table = refusal.value.message.splitlines()
    assert message in told
    assert table == (readers_table(READERS).splitlines() if table else [])


@pytest.mark.skipif(find_spec("bioio_bioformats") is not None, reason="its plug-in is installed")
def test_an_operas_own_files_are_named(tmp_path: Path) -> None:
    """What .flex files are, and both ways to read them, whether they lie in the folder or below it."""
    (tmp_path / "Meas_01").mkdir()
    (tmp_path / "Meas_01" / "001001000.flex").write_bytes(b"II*\0")
    with pytest.raises(ReaderError, match=r"holds 1 \.flex files of an Opera .* Harmony or Columbus"):
        scan(tmp_path)
    with pytest.raises(ReaderError, match=r"bioio-bioformats .* a \.flex file of an Opera; as TIFFs"):
        scan(tmp_path / "Meas_01")
