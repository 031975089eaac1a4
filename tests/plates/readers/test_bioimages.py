"""CZI files, written here and read through bioio's plug-in: wells by names, planes by key, no scene lost."""

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from hcs_plates.errors import ReaderError
from hcs_plates.ingestion import ingest
from hcs_plates.readers import bioimages
from hcs_plates.readers.acquisition import PlaneKey, Step
from hcs_plates.readers.bioimages import is_bioio, scan_bioio
from hcs_plates.readers.detect import scan
from hcs_plates.readers.pixels import read_plane

czi = pytest.importorskip("pylibCZIrw.czi")
pytest.importorskip("bioio_czi")

Sizes = Mapping[str, int]


def plane(scene: int, channel: int, time: int, z: int, shape: tuple[int, int]) -> npt.NDArray[np.uint16]:
    """Pixels that tell which plane they are, and which way up."""
    ramp = np.arange(shape[0] * shape[1], dtype="uint16").reshape(shape)
    return np.asarray(1000 * (1 + scene) + 200 * channel + 40 * time + 10 * z + ramp % 7, dtype="uint16")


def write(
    path: Path,
    scenes: Sequence[str] = (),
    *,
    channels: Sequence[str] = ("DAPI", "FITC"),
    n_times: int = 1,
    n_z: int = 1,
    shape: tuple[int, int] = (12, 16),
    scale: float = 0.65e-6,
) -> Path:
    """Write a CZI; the scenes' names, which its library does not write, take the place of a long title."""
    listed = "".join(
        f'<Scene Index="{index}" Name="{name.partition("-")[0]}">'
        + (f'<Shape Name="{name.partition("-")[2]}"/>' if "-" in name else "")
        + "</Scene>"
        for index, name in enumerate(scenes)
    )
    title = "t" * 2000
    with czi.create_czi(str(path), exist_ok=True) as file:
        for scene in range(max(1, len(scenes))):
            where = (100 * scene, 0)
            for channel in range(len(channels)):
                for time in range(n_times):
                    for z in range(n_z):
                        pixels = plane(scene, channel, time, z, shape)
                        file.write(
                            pixels, plane={"C": channel, "T": time, "Z": z}, scene=scene, location=where
                        )
        names = dict(enumerate(channels))
        file.write_metadata(title, channel_names=names, scale_x=scale, scale_y=scale, scale_z=2e-6)
    raw = path.read_bytes()
    if listed:
        end = b"</Dimensions>"
        named = f"<S><Scenes>{listed}</Scenes></S>".encode() + end
        raw = raw.replace(end, named, 1).replace(title.encode(), title.encode()[: len(end) - len(named)], 1)
        path.write_bytes(raw)
    return path


def test_wells_by_the_names_of_scenes(tmp_path: Path) -> None:
    """As ZEN names a plate's positions; every plane under its key, with the file's own sizes."""
    write(tmp_path / "P1.czi", ["P1-B3", "P2-B3", "P1-C10"], n_times=2, n_z=3)
    found = scan(tmp_path / "P1.czi")
    assert (found.reader, found.read_as) == ("bioio", "ND2, CZI, LIF … (P1.czi)")
    assert (found.name, found.wells(), found.fields("B03")) == ("P1", ["B03", "C10"], [1, 2])
    assert [channel.name for channel in found.channels] == ["DAPI", "FITC"]
    assert (found.n_times, found.n_z, found.shape, found.dtype) == (2, 3, (12, 16), "uint16")
    assert found.pixel_size_um == pytest.approx((0.65, 0.65))
    assert found.z_step_um == pytest.approx(2.0)
    assert not found.missing
    places = {("B03", 1): 0, ("B03", 2): 1, ("C10", 1): 2}
    assert len(found.planes) == 3 * 2 * 2 * 3
    for key, file in found.planes.items():
        pixels = read_plane(pickle.loads(pickle.dumps(file)), found.shape, found.dtype)
        scene = places[key.well, key.field]
        np.testing.assert_array_equal(pixels, plane(scene, key.channel, key.time, key.z, (12, 16)))
    (note,) = found.notes
    assert note == (
        "Wells are known by the scenes' names ('P1-B3' is B03, field 1); fields are numbered as the names "
        "show."
    )


def test_wells_by_the_names_of_files(tmp_path: Path) -> None:
    """A file a well, whose scenes are its fields; becomes a plate, with a field of another shape."""
    folder = tmp_path / "P1"
    folder.mkdir()
    write(folder / "WellB03.czi", ["Left", "Right"])
    write(folder / "WellB04.czi", ["Left"], shape=(8, 16))
    assert is_bioio(folder) == "WellB03.czi"
    plate = ingest(folder, tmp_path / "P1.ome.zarr")
    assert dict(plate.spec.fields) == {"B03": (1, 2), "B04": (1,)}
    np.testing.assert_array_equal(plate["B03"][2].read()[1, 0], plane(1, 1, 0, 0, (12, 16)))
    np.testing.assert_array_equal(plate["B04"][1].read()[0, 0], plane(0, 0, 0, 0, (8, 16)))
    assert "Wells are known by the files' names ('WellB03' is B03, field 1)" in plate.info()["notes"][1]


def test_a_pattern_names_what_the_names_hide(tmp_path: Path) -> None:
    """Scenes without a well are refused with their names; a pattern of file and scene helps."""
    write(tmp_path / "B_exp.czi", ["s3f1", "s4f2"])
    with pytest.raises(ReaderError) as refusal:
        scan(tmp_path)
    assert "has 2 scenes whose names tell no well (s3f1, s4f2); give --pattern" in refusal.value.message
    found = scan(tmp_path, pattern="{row}_exp.czi/s{column}f{field}")
    assert {(key.well, key.field) for key in found.planes} == {("B03", 1), ("B04", 2)}
    with pytest.raises(ReaderError, match=r"has 2 scenes that the pattern '\{well\}' does not fit"):
        scan(tmp_path, pattern="{well}")


def test_channels_meet_by_name(tmp_path: Path) -> None:
    """In files with other channels: what one has not is missing under its key; nothing takes its place."""
    write(tmp_path / "B03.czi", channels=("FITC", "DAPI"))
    write(tmp_path / "B04.czi", channels=("DAPI",))
    found = scan_bioio(tmp_path)
    assert [channel.name for channel in found.channels] == ["FITC", "DAPI"]
    assert list(found.missing) == [PlaneKey("B04", 1, 0)]
    pixels = read_plane(found.planes[PlaneKey("B04", 1, 1)], found.shape, found.dtype)
    np.testing.assert_array_equal(pixels, plane(0, 0, 0, 0, (12, 16)))
    assert Step(0, 0, 0) not in found.never_acquired


def test_scenes_that_bioio_loses_are_refused(tmp_path: Path) -> None:
    """A CZI that does not name its scenes would be read as its first one."""
    path = write(tmp_path / "B03.czi", ["Left", "Right"])
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"<Scene Index", b"<Stene Index").replace(b"</Scene>", b"</Stene>"))
    with pytest.raises(ReaderError, match=r"states 2 scenes, of which bioio finds 1|cannot be"):
        scan_bioio(tmp_path)


def test_a_well_of_two_files(tmp_path: Path) -> None:
    """Two plates in one folder are not one plate with twice the fields."""
    for name in ("plate1_B03.czi", "plate2_B03.czi"):
        write(tmp_path / name, ["a", "b"])
    with pytest.raises(ReaderError, match="has well B03 in several files"):
        scan_bioio(tmp_path)
    for number, name in enumerate(("plate1_B03.czi", "plate2_B03.czi")):
        write(tmp_path / name, [f"P{number + 1}-B3"])
    with pytest.raises(ReaderError, match="has well B03 in several files"):
        scan_bioio(tmp_path)


def test_a_damaged_file(tmp_path: Path) -> None:
    """One sentence, with the file."""
    path = write(tmp_path / "B03.czi")
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ReaderError) as refusal:
        scan(tmp_path)
    assert refusal.value.path == path
    assert "cannot be" in refusal.value.message
    assert "Traceback" not in refusal.value.message


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says what to install, for plug-ins of the extra and for others."""
    monkeypatch.setattr(bioimages, "entry_points", lambda group: [])
    (tmp_path / "B03.nd2").write_bytes(b"x")
    with pytest.raises(
        ReaderError, match=r"through bioio-nd2, which is not installed; run pip install 'hcs\["
    ):
        scan(tmp_path)
    (tmp_path / "B03.nd2").rename(tmp_path / "B03.vsi")
    with pytest.raises(ReaderError, match=r"run pip install bioio bioio-bioformats"):
        scan(tmp_path)
